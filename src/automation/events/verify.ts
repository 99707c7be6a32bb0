import type { StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import { canonicalJson, hashEvent } from './metadata.ts';

/**
 * Why a stream's history cannot be trusted from an event on:
 * - `gap`: events before it are missing, or they are not in their order;
 * - `other-stream`: it is of another stream than those before it;
 * - `unreadable`: its data or metadata is no JSON, or has no hashes;
 * - `previous-hash`: it was written after another event than the one before it now;
 * - `hash`: its id, type, data or metadata is not what was hashed.
 */
export type BreakReason = 'gap' | 'other-stream' | 'unreadable' | 'previous-hash' | 'hash';

export interface ChainBreak {
  readonly stream: string;
  readonly revision: number;
  readonly reason: BreakReason;
}

/** An event whose hash holds: what the next one of its stream has to follow. */
export interface Link {
  readonly stream: string;
  readonly revision: number;
  readonly hash: string;
}

/**
 * Verifies one whole stream, from its first event on, and says how many events hold or where the first break is. What was cut off
 * at the end leaves no trace in what is left: compare `verified` with what is known of the stream's length.
 *
 * Hashes are computed again over canonical JSON, so a store may write JSON down in its own way, and events of types that this
 * version does not know are verified like all others.
 */
export function verifyChain(
  events: Iterable<StoredEvent>,
): { readonly verified: number } | { readonly brokenAt: ChainBreak } {
  let previous: Link | null = null;
  for (const event of events) {
    const link = verifyLink(previous, event);
    if ('reason' in link) return { brokenAt: link };
    previous = link;
  }
  return { verified: previous ? previous.revision + 1 : 0 };
}

/** Verifies one event against the one before it in its stream, null for the first: for those who read stream by page, or the log. */
export function verifyLink(previous: Link | null, event: StoredEvent): Link | ChainBreak {
  const { stream, revision } = event;
  const broken = (reason: BreakReason): ChainBreak => ({ stream, revision, reason });
  if (previous && previous.stream !== stream) return broken('other-stream');
  if (revision !== (previous ? previous.revision + 1 : 0)) return broken('gap');
  const read = readHashed(event);
  if (!read) return broken('unreadable');
  if (read.previousHash !== (previous?.hash ?? null)) return broken('previous-hash');
  if (read.hash !== hashEvent(read.previousHash, read.hashed)) return broken('hash');
  return { stream, revision, hash: read.hash };
}

/** The event as it was hashed, and the hashes it has; null when it cannot be read. */
function readHashed({ id, type, data, metadata }: StoredEvent) {
  try {
    const { hash, previous_hash, ...unhashed } = JSON.parse(metadata) as Record<string, unknown>;
    if (typeof hash !== 'string' || (typeof previous_hash !== 'string' && previous_hash !== null)) return null;
    const hashed = { id, type, data: canonicalJson(JSON.parse(data)), metadata: canonicalJson(unhashed) };
    return { hash, previousHash: previous_hash, hashed };
  } catch {
    return null;
  }
}
