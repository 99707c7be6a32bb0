import type { StoredEvent } from '../infrastructure/event-store/event-store.ts';

/** What every event records beside what happened. The names are part of the HTTP contract and of the storage format. */
export interface EventMetadata {
  readonly $correlationId: string;
  readonly $causationId: string;
  readonly principal: string;
  /** Request id of the HTTP call, where one caused the event. */
  readonly call_id?: string;
  /** Number of the attempt whose token was used. */
  readonly attempt?: number;
  /** Hashes of the `Idempotency-Key` the call came with, and of its body. */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string };
  readonly occurred_at: string;
  readonly schema_version: number;
  /** See `hashEvent`. */
  readonly hash: string;
  /** Hash of the event before in the same stream; null for the first. */
  readonly previous_hash: string | null;
}

/** The metadata without the hashes, which are computed over it. */
export type UnhashedMetadata = Omit<EventMetadata, 'hash' | 'previous_hash'>;

/** An event that cannot be read: its data or metadata is no JSON object, or its metadata lacks what every event has. */
export class UnreadableEvent extends Error {
  readonly code = 'unreadable-event';
  constructor(event: StoredEvent, why: string) {
    super(`Event ${event.revision} of ${event.stream} cannot be read: ${why}.`);
    this.name = 'UnreadableEvent';
  }
}

/** The metadata of an event of ours. Throws {@link UnreadableEvent}. */
export function readMetadata(stored: StoredEvent): EventMetadata {
  const metadata = parseObject(stored, stored.metadata);
  const { occurred_at, principal, hash } = metadata;
  if (typeof occurred_at !== 'string' || typeof principal !== 'string' || typeof hash !== 'string') {
    throw new UnreadableEvent(stored, 'its metadata is not ours');
  }
  return metadata as unknown as EventMetadata;
}

/** Parses the data or the metadata of an event. Throws {@link UnreadableEvent}. */
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
