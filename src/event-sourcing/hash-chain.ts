import { hash } from 'node:crypto';
import { v5 } from 'uuid';
import type { EventToAppend, StoredEvent } from '../infrastructure/event-store/event-store.ts';
import type { EventCodec, NamedEvent } from './codec.ts';
import { canonicalJson } from './codec.ts';
import type { UnhashedMetadata } from './metadata.ts';

/**
 * The link of the hash chain: lower-case hex SHA-256 over the previous event's hash (nothing for the first event) and the
 * canonical JSON of `{data, id, metadata, type}`, where metadata is without hashes. Whoever changes, removes or inserts an event
 * has to recompute every later one of its stream.
 *
 * `data` and `metadata` are canonical JSON already.
 */
export function hashEvent(
  previousHash: string | null,
  event: { readonly id: string; readonly type: string; readonly data: string; readonly metadata: string },
): string {
  const { id, type, data, metadata } = event;
  const canonical = `{"data":${data},"id":${JSON.stringify(id)},"metadata":${metadata},"type":${JSON.stringify(type)}}`;
  return hash('sha256', (previousHash ?? '') + canonical, 'hex');
}

/** Events as they are to be appended, and the hash that the next event of their stream follows. */
export interface Recorded {
  readonly events: readonly EventToAppend[];
  readonly hash: string | null;
}

/**
 * Writes down events that were decided together, chained to `previousHash`. `id` is a UUID and the id of the first event; those of the
 * others are derived from it, so that a repeated append is recognised.
 */
export function record<Event extends NamedEvent>(
  codec: EventCodec<Event>,
  events: readonly Event[],
  { id: firstId, metadata: unhashed }: { readonly id: string; readonly metadata: UnhashedMetadata },
  previousHash: string | null,
): Recorded {
  const text = canonicalJson(unhashed);
  let previous = previousHash;
  const recorded = events.map((event, i) => {
    const id = i === 0 ? firstId : v5(String(i), firstId);
    const { type, data } = codec.encode(event);
    const link = hashEvent(previous, { id, type, data, metadata: text });
    // By hand, the long part is not serialized a second time.
    const metadata = codec.hashesLast
      ? `${text.slice(0, -1)},"hash":"${link}","previous_hash":${previous === null ? 'null' : `"${previous}"`}}`
      : canonicalJson({ ...unhashed, hash: link, previous_hash: previous });
    previous = link;
    return { id, type, data, metadata };
  });
  return { events: recorded, hash: previous };
}

/**
 * Why a stream's history cannot be trusted from an event on:
 * - `gap`: events before it are missing, or they are not in their order;
 * - `other-stream`: it is of another stream than those before it;
 * - `unreadable`: its data or metadata is not JSON, or has no hashes;
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
 * Verifies one event against the one before it in its stream, null for the first. Hashes are computed again over canonical JSON, so a
 * store may write JSON down in its own way, and events of types that this version does not know are verified like all others.
 */
export function verifyLink(previous: Link | null, event: StoredEvent): Link | ChainBreak {
  const { stream, revision } = event;
  if (previous && previous.stream !== stream) return { stream, revision, reason: 'other-stream' };
  if (revision !== (previous ? previous.revision + 1 : 0)) return { stream, revision, reason: 'gap' };
  return verifyHash(event, previous?.hash ?? null);
}

/** Verifies the first event that is left of a stream whose beginning was truncated: by its own hash alone. */
export function verifyFirstLeft(event: StoredEvent): Link | ChainBreak {
  return verifyHash(event, undefined);
}

/** `previousHash` undefined: whatever the event says. */
function verifyHash(event: StoredEvent, previousHash: string | null | undefined): Link | ChainBreak {
  const { stream, revision } = event;
  const read = readHashed(event);
  if (!read) return { stream, revision, reason: 'unreadable' };
  if (previousHash !== undefined && read.previousHash !== previousHash) {
    return { stream, revision, reason: 'previous-hash' };
  }
  if (read.hash !== hashEvent(read.previousHash, read.hashed)) return { stream, revision, reason: 'hash' };
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
