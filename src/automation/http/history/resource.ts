import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import type { StoredEvent } from '../../../infrastructure/event-store/event-store.ts';
import { ANY_JSON, COUNT, INSTANT_OR_NULL } from '../../../infrastructure/http/fields/schemas.ts';
import type { PatchOperation } from '../../../infrastructure/http/json/json-patch.ts';
import type { Instant } from '../../domain/request.ts';
import { requestIdOf } from '../../events/codec.ts';
import { jsonOf } from '../../queries/event-filters.ts';

@ApiSchema({ description: 'An event of the audit, as stored.' })
export class AuditEventResource {
  @ApiProperty({ description: 'Position in the event log, as a decimal string', example: '1024' })
  readonly position!: string;

  @ApiProperty({ ...COUNT, description: 'Revision in its stream' })
  readonly revision!: number;

  @ApiProperty({ format: 'uuid' })
  readonly id!: string;

  @ApiProperty({ example: 'RequestSubmitted' })
  readonly type!: string;

  @ApiProperty({ type: 'integer', minimum: 1 })
  readonly schema_version!: number;

  @ApiProperty(INSTANT_OR_NULL)
  readonly occurred_at!: Instant | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  readonly data!: object;

  @ApiProperty({ type: 'object', additionalProperties: true })
  readonly metadata!: object;
}

@ApiSchema({ description: 'An operation of a JSON Patch (RFC 6902).' })
export class PatchOperationResource implements PatchOperation {
  @ApiProperty({ enum: ['add', 'remove', 'replace'] })
  readonly op!: PatchOperation['op'];

  @ApiProperty({ description: 'A JSON Pointer; empty for the whole request', example: '/status' })
  readonly path!: string;

  @ApiPropertyOptional({ description: 'Absent for `remove`', ...ANY_JSON })
  readonly value?: unknown;
}

@ApiSchema({ description: 'An event of a request, as stored.' })
export class EventResource extends AuditEventResource {
  @ApiProperty({ format: 'uuid' })
  readonly request_id!: string;
}

/** The event as stored, not upcast to the current version. */
export function eventView(event: StoredEvent): EventResource {
  return { ...auditEventView(event), request_id: requestIdOf(event.stream) };
}

export function auditEventView(event: StoredEvent): AuditEventResource {
  const metadata = jsonOf(event.metadata);
  const { schema_version, occurred_at } = metadata as { schema_version?: number; occurred_at?: Instant };
  return {
    position: event.position.toString(),
    revision: event.revision,
    id: event.id,
    type: event.type,
    schema_version: schema_version ?? 1,
    occurred_at: occurred_at ?? null,
    data: jsonOf(event.data),
    metadata,
  };
}

/** The event used in the examples of the documentation. */
export const submitted: EventResource = {
  position: '1024',
  request_id: '01a13b5c-7e60-7c52-9e0f-2f4c1d6f8a11',
  revision: 0,
  id: '01a13b5c-7e61-7f0d-8c5e-6d1f0a3b7c22',
  type: 'RequestSubmitted',
  schema_version: 1,
  occurred_at: '2030-01-31T09:30:00.000Z',
  data: {
    type: 'feature',
    priority: 'high',
    title: 'Add rate limiting to public endpoints',
    description: 'Limit to 100 requests/minute per IP.',
  },
  metadata: { principal: 'anonymous', call_id: '5f0c7f0a-52f5-4f6e-9f3e-0b7f2f0d9e33' },
};
