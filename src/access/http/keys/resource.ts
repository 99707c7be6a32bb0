import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { INSTANT, INSTANT_OR_NULL, TEXT_OR_NULL } from '../../../infrastructure/http/fields/schemas.ts';
import type { ApiKey, Instant } from '../../keys/key-events.ts';
import { isOver } from '../../keys/key-registry.ts';
import type { Role } from '../../scopes.ts';
import { ROLES } from '../../scopes.ts';

const STATUSES = ['active', 'expired', 'revoked'] as const;

@ApiSchema({ description: 'An API key, without its secret.' })
export class KeyResource {
  @ApiProperty({ format: 'uuid' })
  readonly id!: string;

  @ApiProperty({ description: 'The principal recorded in events' })
  readonly name!: string;

  @ApiProperty({ enum: ROLES })
  readonly role!: Role;

  @ApiProperty({ enum: STATUSES })
  readonly status!: (typeof STATUSES)[number];

  @ApiProperty({ example: 'abk_3fGh', description: 'The first characters of the secret, to recognise it by' })
  readonly hint!: string;

  @ApiProperty(INSTANT)
  readonly created_at!: Instant;

  @ApiProperty()
  readonly created_by!: string;

  @ApiProperty(INSTANT_OR_NULL)
  readonly expires_at!: Instant | null;

  @ApiProperty(INSTANT_OR_NULL)
  readonly rotated_at!: Instant | null;

  @ApiProperty({
    ...INSTANT_OR_NULL,
    description: 'Until when the secret from before the last rotation is still valid',
  })
  readonly previous_valid_until!: Instant | null;

  @ApiProperty({ ...INSTANT_OR_NULL, description: 'Use on other instances of the service shows up to an hour late' })
  readonly last_used_at!: Instant | null;

  @ApiProperty(INSTANT_OR_NULL)
  readonly revoked_at!: Instant | null;

  @ApiProperty(TEXT_OR_NULL)
  readonly revoked_by!: string | null;
}

@ApiSchema({ description: 'An API key, with its secret.' })
export class IssuedKeyResource extends KeyResource {
  static readonly headers = ['Idempotent-Replayed'];

  @ApiProperty({
    ...TEXT_OR_NULL,
    description:
      'The secret, shown only once. Null in the answer to a repeated call: if the first answer was lost, rotate the key.',
  })
  readonly key!: string | null;
}

export function keyView(key: ApiKey, lastUsedAt: Instant | null, now: Instant): KeyResource {
  return {
    id: key.id,
    name: key.name,
    role: key.role,
    status: key.revoked_at !== null ? 'revoked' : isOver(key, now) ? 'expired' : 'active',
    hint: key.hint,
    created_at: key.created_at,
    created_by: key.created_by,
    expires_at: key.expires_at,
    rotated_at: key.rotated_at,
    previous_valid_until: key.previous?.valid_until ?? null,
    last_used_at: lastUsedAt,
    revoked_at: key.revoked_at,
    revoked_by: key.revoked_by,
  };
}
