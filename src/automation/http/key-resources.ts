import { ApiProperty } from '@nestjs/swagger';
import type { ApiKey, Instant } from '../../access/keys/key-events.ts';
import { isOver } from '../../access/keys/key-registry.ts';
import type { Role } from '../../access/scopes.ts';
import { ROLES } from '../../access/scopes.ts';

const time = { type: String, format: 'date-time' } as const;
const STATUSES = ['active', 'expired', 'revoked'] as const;

/** A key as the API shows it: everything but what would open something. */
export class KeyResource {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ description: 'The principal that events name' })
  name!: string;

  @ApiProperty({ enum: ROLES })
  role!: Role;

  @ApiProperty({ enum: STATUSES })
  status!: (typeof STATUSES)[number];

  @ApiProperty({ example: 'abk_3fGh', description: 'How the secret begins, to recognise it by' })
  hint!: string;

  @ApiProperty(time)
  created_at!: Instant;

  @ApiProperty()
  created_by!: string;

  @ApiProperty({ ...time, nullable: true })
  expires_at!: Instant | null;

  @ApiProperty({ ...time, nullable: true })
  rotated_at!: Instant | null;

  @ApiProperty({ ...time, nullable: true, description: 'Until then the secret before the last rotation is valid too' })
  previous_valid_until!: Instant | null;

  @ApiProperty({ ...time, nullable: true, description: 'To the hour, as far as other instances are concerned' })
  last_used_at!: Instant | null;

  @ApiProperty({ ...time, nullable: true })
  revoked_at!: Instant | null;

  @ApiProperty({ type: String, nullable: true })
  revoked_by!: string | null;
}

/** A key with its secret. */
export class IssuedKeyResource extends KeyResource {
  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'The secret, shown this once. Null in the answer to a repeated call: rotate if the first one was lost.',
  })
  key!: string | null;
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
