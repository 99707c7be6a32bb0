import { EventCodec } from '../../event-sourcing/codec.ts';
import type { EventMetadata } from '../../event-sourcing/metadata.ts';
import type { StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import type { RecordedRequestEvent, RequestEvent } from './events.ts';
import { STORED_TYPES, UPCASTERS } from './upcasters.ts';

/** The schema version that events are written with today. */
export const SCHEMA_VERSION = 1;

/** How the events of requests are stored. */
export const requestCodec = new EventCodec<RequestEvent>(STORED_TYPES, { upcasters: UPCASTERS, hashesLast: true });

/** A stored event made readable: the domain event with its place, and the metadata. */
export interface DecodedEvent {
  readonly event: RecordedRequestEvent;
  readonly metadata: EventMetadata;
}

/**
 * Reads a stored event. Older shapes become today's before anyone sees them. Throws `UnknownEventType` and `UnreadableEvent`.
 */
export function decodeEvent(stored: StoredEvent): DecodedEvent {
  const { event, metadata } = requestCodec.decode(stored);
  const { occurred_at, principal, attempt } = metadata;
  const place = { request_id: requestIdOf(stored.stream), revision: stored.revision };
  const by = typeof attempt === 'number' ? { principal, attempt } : { principal };
  return { event: { ...event, ...place, occurred_at, ...by }, metadata };
}

/** The request whose stream this is: what follows the first dash of the stream's name. */
export function requestIdOf(stream: string): string {
  return stream.slice(stream.indexOf('-') + 1);
}

/** The stream of a request. The store takes what stands before the first dash as the category. */
export function streamOf(category: string, requestId: string): string {
  return `${category}-${requestId}`;
}
