/** Events as the official client returns them, turned into those of the port. */
import type { StoredEvent } from '../event-store.ts';
import { binaryText, noMetadata } from './adapter.ts';

/** The part of the client's events that is read here. */
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
 * The position up to which a checkpoint says that everything has been looked at; null when it says nothing. Where a page of
 * the log held no match, a server sends the beginning of the page with another prepare position, which means "from here
 * on". And a new server sends 2^64 - 1 where nothing has matched yet: to begin there again would be to skip everything.
 */
export function reachedBy({ commit, prepare }: { commit: bigint; prepare: bigint }): bigint | null {
  if (commit >= 2n ** 63n || commit === 0n) return null;
  return commit === prepare ? commit : commit - 1n;
}

/**
 * The places at which a server may be asked to go on after a position, one of which it takes if the position is that of an
 * event or was reached by a checkpoint: a server takes positions at which a record begins, and no others.
 */
export function beginnings(after: bigint): { commit: bigint; prepare: bigint }[] {
  return [
    { commit: after, prepare: after },
    { commit: after + 1n, prepare: 0n },
  ];
}

/** The client has parsed the JSON, so the text is equal in meaning, not always letter for letter. */
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

/** Metadata that was no JSON comes as bytes. */
function textOfMetadata(metadata: unknown): string {
  return metadata instanceof Uint8Array ? binaryText(metadata) : JSON.stringify(metadata);
}
