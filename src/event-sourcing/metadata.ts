import type { StoredEvent } from '../infrastructure/event-store/event-store.ts';

/** Metadata stored with every event. The names are part of the HTTP contract and of the storage format. */
export interface EventMetadata {
  readonly $correlationId: string;
  readonly $causationId: string;
  readonly principal: string;
  /** Request id of the HTTP call that caused the event, if any. */
  readonly call_id?: string;
  /** Number of the attempt whose token was used. */
  readonly attempt?: number;
  /** Hashes of the call's `Idempotency-Key` and body. */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string };
  readonly occurred_at: string;
  readonly schema_version: number;
  /** See `hashEvent`. */
  readonly hash: string;
  /** Hash of the previous event in the stream; null for the first. */
  readonly previous_hash: string | null;
}

/** Metadata without the hashes, as it is hashed. */
export type UnhashedMetadata = Omit<EventMetadata, 'hash' | 'previous_hash'>;

/** An event cannot be read: its data or metadata is not a JSON object, or its metadata lacks required members. */
export class UnreadableEvent extends Error {
  readonly code = 'unreadable-event';
  constructor(event: StoredEvent, why: string) {
    super(`Event ${event.revision} of ${event.stream} cannot be read: ${why}.`);
    this.name = 'UnreadableEvent';
  }
}

/** Parses the metadata of an event. Throws {@link UnreadableEvent} if this service did not write it. */
export function readMetadata(stored: StoredEvent): EventMetadata {
  const metadata = parseObject(stored, stored.metadata);
  const { occurred_at, principal, hash } = metadata;
  if (typeof occurred_at !== 'string' || typeof principal !== 'string' || typeof hash !== 'string') {
    throw new UnreadableEvent(stored, 'its metadata is not ours');
  }
  return metadata as unknown as EventMetadata;
}

/** Parses an event's data or metadata. Throws {@link UnreadableEvent} if it is not a JSON object. */
export function parseObject(stored: StoredEvent, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UnreadableEvent(stored, 'it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnreadableEvent(stored, 'it is not a JSON object');
  }
  return value as Record<string, unknown>;
}
