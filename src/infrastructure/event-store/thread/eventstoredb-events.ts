/** Converts events and positions of the official client to those of the port. */
import type { StoredEvent } from '../event-store.ts';
import { binaryText, noMetadata } from './adapter.ts';

/** The part of the client's events used here. */
export interface ClientEvent {
  readonly streamId: string;
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: unknown;
  readonly metadata?: unknown;
  readonly revision: bigint;
  readonly position?: { readonly commit: bigint } | undefined;
}

/**
 * The position up to which a checkpoint confirms that all events were checked; null if it confirms nothing. If a page of the log had no
 * match, servers send the start of the page with a different prepare position, so the events from there on were not checked. Newer
 * servers send 2^64 - 1 before the first match; resuming there would skip everything.
 */
export function reachedBy({ commit, prepare }: { commit: bigint; prepare: bigint }): bigint | null {
  if (commit >= 2n ** 63n || commit === 0n) return null;
  return commit === prepare ? commit : commit - 1n;
}

/**
 * Candidate start positions for events after a position. Servers only accept positions where a record begins; they accept one of these if
 * `after` is the position of an event or of a checkpoint.
 */
export function beginnings(after: bigint): { commit: bigint; prepare: bigint }[] {
  return [
    { commit: after, prepare: after },
    { commit: after + 1n, prepare: 0n },
  ];
}

/** The client has parsed the JSON, so the text is equivalent to the stored one, but not always identical. */
export function storedEvent(event: ClientEvent): StoredEvent {
  return {
    id: event.id,
    type: event.type,
    data: event.isJson ? JSON.stringify(event.data) : textOfBytes(event.data),
    metadata: event.metadata === undefined ? noMetadata : textOfMetadata(event.metadata),
    stream: event.streamId,
    revision: Number(event.revision),
    position: event.position?.commit ?? 0n,
  };
}

function textOfBytes(data: unknown): string {
  return data instanceof Uint8Array ? binaryText(data) : String(data);
}

/** The client returns metadata that is not JSON as bytes. */
function textOfMetadata(metadata: unknown): string {
  return metadata instanceof Uint8Array ? binaryText(metadata) : JSON.stringify(metadata);
}
