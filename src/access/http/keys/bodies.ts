import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { INSTANT, INSTANT_OR_NULL } from '../../../infrastructure/http/fields/schemas.ts';
import { rule } from '../../../infrastructure/http/fields/validation.ts';
import {
  IsInstant,
  IsInteger,
  IsOneOf,
  IsText,
  Nullable,
  Optional,
} from '../../../infrastructure/http/fields/field-rules.ts';
import { isKeyName, KEY_NAME_PATTERN, KEY_NAME_RULE } from '../../keys/keys-file.ts';
import type { Role } from '../../scopes.ts';
import { ROLES } from '../../scopes.ts';

const MAX_REASON = 4_000;
const MAX_OVERLAP_SECONDS = 30 * 24 * 3_600;
/** Long enough to replace the old secret wherever it is used. */
export const DEFAULT_OVERLAP_SECONDS = 3_600;

/** The name of a principal, as recorded in events and shown in lists. */
function IsKeyName(): PropertyDecorator {
  return rule('isKeyName', (value) => (isKeyName(value) ? undefined : KEY_NAME_RULE));
}

export class CreateKeyBody {
  @ApiProperty({
    example: 'dev-1',
    maxLength: 100,
    pattern: KEY_NAME_PATTERN,
    description: 'The principal recorded in events',
  })
  @IsKeyName()
  name!: string;

  @ApiProperty({ enum: ROLES })
  @IsOneOf(ROLES)
  role!: Role;

  @ApiPropertyOptional({ ...INSTANT_OR_NULL, description: 'Null or omitted: the key never expires' })
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
    description: 'How long the old secret stays valid',
  })
  @Optional()
  @IsInteger({ min: 0, max: MAX_OVERLAP_SECONDS })
  overlap_seconds?: number;

  @ApiPropertyOptional({ ...INSTANT, description: 'If omitted, the key is renewed for the same length of time' })
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
