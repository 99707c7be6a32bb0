import { EventCodec } from '../../event-sourcing/codec.ts';
import type { EventMetadata } from '../../event-sourcing/metadata.ts';
import type { StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import type { RecordedRequestEvent, RequestEvent } from '../domain/events.ts';
import { STORED_TYPES, UPCASTERS } from './upcasters.ts';

/** Schema version of newly written events. */
export const SCHEMA_VERSION = 1;

/** Encodes and decodes request events as stored. */
export const requestCodec = new EventCodec<RequestEvent>(STORED_TYPES, { upcasters: UPCASTERS, hashesLast: true });

/** A decoded event: the domain event with its place in the stream, and its metadata. */
export interface DecodedEvent {
  readonly event: RecordedRequestEvent;
  readonly metadata: EventMetadata;
}

/** Decodes a stored event, upcasting older shapes to the current one. Throws `UnknownEventType` and `UnreadableEvent`. */
export function decodeEvent(stored: StoredEvent): DecodedEvent {
  const { event, metadata } = requestCodec.decode(stored);
  const { occurred_at, principal, attempt } = metadata;
  const place = { request_id: requestIdOf(stored.stream), revision: stored.revision };
  const by = typeof attempt === 'number' ? { principal, attempt } : { principal };
  return { event: { ...event, ...place, occurred_at, ...by }, metadata };
}

/** The id of the request a stream belongs to: everything after the first dash of its name, as `streamOf` makes it. */
export function requestIdOf(stream: string): string {
  return stream.slice(stream.indexOf('-') + 1);
}
