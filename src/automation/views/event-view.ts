import type { StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import type { Instant } from '../domain/request.ts';
import { requestCodec, requestIdOf } from '../events/codec.ts';

/** An event as auditors see it: as it is stored, not as this version would write it today. */
export interface EventView {
  /** Decimal. */
  readonly position: string;
  readonly request_id: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly schema_version: number;
  readonly occurred_at: Instant | null;
  readonly data: unknown;
  readonly metadata: unknown;
}

export interface EventFilters {
  /** Names of events, whatever version of them is stored. */
  readonly type?: readonly string[];
  readonly principal?: string;
  /** At or after this time. */
  readonly from?: Instant;
  /** Before this time. */
  readonly to?: Instant;
}

export function eventView(event: StoredEvent): EventView {
  const metadata = parse(event.metadata);
  const { schema_version, occurred_at } = metadata as { schema_version?: number; occurred_at?: Instant };
  return {
    position: event.position.toString(),
    request_id: requestIdOf(event.stream),
    revision: event.revision,
    id: event.id,
    type: event.type,
    schema_version: schema_version ?? 1,
    occurred_at: occurred_at ?? null,
    data: parse(event.data),
    metadata,
  };
}

export function matches(event: StoredEvent, { type, principal, from, to }: EventFilters): boolean {
  if (type && !type.includes(requestCodec.nameOf(event.type) ?? '')) return false;
  if (principal === undefined && from === undefined && to === undefined) return true;
  const metadata = parse(event.metadata) as { principal?: string; occurred_at?: Instant };
  const at = metadata.occurred_at ?? '';
  return (
    (principal === undefined || metadata.principal === principal) &&
    (from === undefined || at >= from) &&
    (to === undefined || at < to)
  );
}

/** What somebody else wrote into our stream may be no JSON object; an auditor sees it all the same. */
function parse(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : { text };
  } catch {
    return { text };
  }
}
