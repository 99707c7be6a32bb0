import type { EventCodec, NamedEvent } from '../../event-sourcing/codec.ts';
import type { EventMetadata } from '../../event-sourcing/metadata.ts';
import type { StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import { requestCodec } from '../events/codec.ts';
import type { Instant } from '../domain/request.ts';

export interface EventFilters {
  /** Event names, regardless of the stored version. */
  readonly type?: readonly string[];
  readonly principal?: string;
  readonly correlation_id?: string;
  /** Id of the call, or of the event, that caused it. */
  readonly causation_id?: string;
  /** At or after this time. */
  readonly from?: Instant;
  /** Before this time. */
  readonly to?: Instant;
}

/** `codec` names the events; by default they are those of requests. */
export function matches(
  event: StoredEvent,
  { type, ...by }: EventFilters,
  codec: Pick<EventCodec<NamedEvent>, 'nameOf'> = requestCodec,
): boolean {
  if (type && !type.includes(codec.nameOf(event.type) ?? '')) return false;
  if (Object.values(by).every((value) => value === undefined)) return true;
  const { principal, correlation_id, causation_id, from, to } = by;
  const metadata = jsonOf(event.metadata) as Partial<EventMetadata>;
  const at = metadata.occurred_at ?? '';
  return (
    (principal === undefined || metadata.principal === principal) &&
    (correlation_id === undefined || metadata.$correlationId === correlation_id) &&
    (causation_id === undefined || metadata.$causationId === causation_id) &&
    (from === undefined || at >= from) &&
    (to === undefined || at < to)
  );
}

/**
 * Parses the data or metadata of a stored event. Foreign events in the stream may not hold a JSON object; auditors see those as `{text}`.
 */
export function jsonOf(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : { text };
  } catch {
    return { text };
  }
}
