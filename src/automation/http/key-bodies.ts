import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { rule } from '../../infrastructure/http/fields/field-context.ts';
import { IsInstant, IsInteger, IsOneOf, Nullable, Optional } from '../../infrastructure/http/fields/field-rules.ts';
import { IsText } from '../../infrastructure/http/fields/text-rules.ts';
import { isKeyName, KEY_NAME_PATTERN, KEY_NAME_RULE } from '../../access/keys/keys-file.ts';
import type { Role } from '../../access/scopes.ts';
import { ROLES } from '../../access/scopes.ts';

const MAX_REASON = 4_000;
const MAX_OVERLAP_SECONDS = 30 * 24 * 3_600;
/** Long enough to bring the new key to where the old one is used. */
export const DEFAULT_OVERLAP_SECONDS = 3_600;

/** The name of a principal: what events record, and lists show. */
function IsKeyName(): PropertyDecorator {
  return rule('isKeyName', (value) => (isKeyName(value) ? undefined : KEY_NAME_RULE));
}

export class CreateKeyBody {
  @ApiProperty({
    example: 'dev-1',
    maxLength: 100,
    pattern: KEY_NAME_PATTERN,
    description: 'The principal that events will name',
  })
  @IsKeyName()
  name!: string;

  @ApiProperty({ enum: ROLES })
  @IsOneOf(ROLES)
  role!: Role;

  @ApiPropertyOptional({ type: String, format: 'date-time', nullable: true, description: 'Null, or left out: never' })
  @Optional()
  @Nullable()
  @IsInstant()
  expires_at?: string | null;
}

export class RotateKeyBody {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: MAX_OVERLAP_SECONDS,
    default: DEFAULT_OVERLAP_SECONDS,
    description: 'For so long the old secret is valid too',
  })
  @Optional()
  @IsInteger({ min: 0, max: MAX_OVERLAP_SECONDS })
  overlap_seconds?: number;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Left out: the same term again' })
  @Optional()
  @IsInstant()
  expires_at?: string;
}

export class RevokeKeyBody {
  @ApiPropertyOptional({ maxLength: MAX_REASON })
  @Optional()
  @IsText(MAX_REASON)
  reason?: string;
}
