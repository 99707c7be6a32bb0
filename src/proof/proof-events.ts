import { canonicalJson, EventCodec, readMetadata, UnreadableEvent } from '../event-sourcing/codec.ts';
import type { StoredEvent } from '../infrastructure/event-store/event-store.ts';

/** What a leaf of the tree says: this event was in the log, after all events that its hash covers. */
export interface Leaf {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  /** The event's hash, which links it to the event before it in its stream. */
  readonly hash: string;
}

/** A leaf as it is stored: stream, revision, id and hash. */
type StoredLeaf = readonly [stream: string, revision: number, id: string, hash: string];

/** Events of the proof's own stream. These are storage formats. */
export type ProofEvent =
  /** From now on checkpoints are issued under this origin. The tree goes on; `previous_checkpoint` is the last one known of the old origin. */
  | { readonly type: 'ProofOriginBegan'; readonly data: { origin: string; previous_checkpoint: string | null } }
  /** A public key that checkpoints are signed with, as C2SP writes it. */
  | { readonly type: 'ProofKeyPublished'; readonly data: { key: string } }
  /** The next leaves of the tree. `first` is the index of the first of them. */
  | { readonly type: 'LeavesAdded'; readonly data: { first: number; leaves: readonly StoredLeaf[] } }
  /** The signed checkpoint of the tree as the events before this one leave it. */
  | { readonly type: 'CheckpointSigned'; readonly data: { checkpoint: string } };

export const proofCodec = new EventCodec<ProofEvent>({
  ProofOriginBegan: 'ProofOriginBegan',
  ProofKeyPublished: 'ProofKeyPublished',
  LeavesAdded: 'LeavesAdded',
  CheckpointSigned: 'CheckpointSigned',
});

/** The stream of the tree. Configured categories have no colon, so it clashes with no other. */
export function proofStreamOf(category: string): string {
  return `${category}:proof-all`;
}

/**
 * Whether the events of a stream belong into the tree: all of ours, but those of the tree itself, and refusals, whose streams an operator may
 * shorten at will.
 */
export function isProved(category: string, stream: string): boolean {
  if (!stream.startsWith(category)) return false;
  const rest = stream.slice(category.length);
  return /^[-:]/.test(rest) && !rest.startsWith(':proof-') && !rest.startsWith(':audit-');
}

/** The leaf of an event. Throws `UnreadableEvent` if this service did not write it. */
export function leafOf(event: StoredEvent): Leaf {
  const { stream, revision, id } = event;
  return { stream, revision, id, hash: readMetadata(event).hash };
}

/** The bytes of a leaf: canonical JSON (RFC 8785). No position, because that changes when a log is imported elsewhere. */
export function entryOf({ stream, revision, id, hash }: Leaf): Buffer {
  return Buffer.from(canonicalJson({ hash, id, revision, stream }));
}

export function leavesAdded(first: number, leaves: readonly Leaf[]): ProofEvent {
  const stored = leaves.map(({ stream, revision, id, hash }): StoredLeaf => [stream, revision, id, hash]);
  return { type: 'LeavesAdded', data: { first, leaves: stored } };
}

/** The leaves of an event. Throws `UnreadableEvent`. */
export function readLeaves(stored: StoredEvent): { readonly first: number; readonly leaves: readonly Leaf[] } {
  const { first, leaves } = proofCodec.decode(stored).event.data as { first?: unknown; leaves?: unknown };
  if (typeof first !== 'number' || !Array.isArray(leaves)) throw new UnreadableEvent(stored, 'it has no leaves');
  return {
    first,
    leaves: leaves.map((leaf: unknown): Leaf => {
      const [stream, revision, id, hash] = Array.isArray(leaf) ? (leaf as unknown[]) : [];
      const isLeaf = [stream, id, hash].every((part) => typeof part === 'string') && Number.isSafeInteger(revision);
      if (!isLeaf) throw new UnreadableEvent(stored, 'it has something else than leaves');
      return { stream, revision, id, hash } as Leaf;
    }),
  };
}

/** Who has something recorded. */
export interface ProofCall {
  readonly principal: string;
  readonly callId: string | null;
  readonly correlationId: string;
}

export function metadataOf({ principal, callId, correlationId }: ProofCall, atMs: number) {
  return {
    $correlationId: correlationId,
    $causationId: callId ?? correlationId,
    principal,
    ...(callId === null ? {} : { call_id: callId }),
    occurred_at: new Date(atMs).toISOString(),
    schema_version: 1,
  };
}
