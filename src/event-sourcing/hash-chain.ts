import { hash } from 'node:crypto';
import { v5 } from 'uuid';
import type { EventToAppend, StoredEvent } from '../infrastructure/event-store/event-store.ts';
import type { EventCodec, NamedEvent } from './codec.ts';
import { canonicalJson } from './codec.ts';
import type { UnhashedMetadata } from './metadata.ts';

/**
 * An event's hash: lower-case hex SHA-256 over the previous event's hash (nothing for the first event) followed by the canonical
 * JSON of `{data, id, metadata, type}`, where metadata excludes the hashes. Changing, removing or inserting an event means
 * recomputing the hashes of all later events in its stream.
 *
 * `data` and `metadata` must already be canonical JSON.
 */
export function hashEvent(
  previousHash: string | null,
  event: { readonly id: string; readonly type: string; readonly data: string; readonly metadata: string },
): string {
  const { id, type, data, metadata } = event;
  const canonical = `{"data":${data},"id":${JSON.stringify(id)},"metadata":${metadata},"type":${JSON.stringify(type)}}`;
  return hash('sha256', (previousHash ?? '') + canonical, 'hex');
}

/** Events ready to append, and the hash of the last one, which the next event of the stream links to. */
export interface Recorded {
  readonly events: readonly EventToAppend[];
  readonly hash: string | null;
}

/**
 * Encodes events of one decision and chains them to `previousHash`. `id` is a UUID and becomes the id of the first event; the other ids
 * are derived from it, so the store recognises a retried append.
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
    // Concatenated by hand, to avoid serializing the metadata a second time.
    const metadata = codec.hashesLast
      ? `${text.slice(0, -1)},"hash":"${link}","previous_hash":${previous === null ? 'null' : `"${previous}"`}}`
      : canonicalJson({ ...unhashed, hash: link, previous_hash: previous });
    previous = link;
    return { id, type, data, metadata };
  });
  return { events: recorded, hash: previous };
}

/**
 * Why a stream's history cannot be trusted from this event on:
 * - `gap`: earlier events are missing or out of order;
 * - `other-stream`: the event belongs to another stream than the ones before it;
 * - `unreadable`: its data or metadata is not JSON, or the metadata has no hashes;
 * - `previous-hash`: its `previous_hash` is not the hash of the event before it;
 * - `hash`: its `hash` does not match its id, type, data and metadata.
 */
export type BreakReason = 'gap' | 'other-stream' | 'unreadable' | 'previous-hash' | 'hash';

export interface ChainBreak {
  readonly stream: string;
  readonly revision: number;
  readonly reason: BreakReason;
}

/** A verified event, which the next event of its stream must link to. */
export interface Link {
  readonly stream: string;
  readonly revision: number;
  readonly hash: string;
}

/**
 * Verifies one event against the event before it in its stream; `previous` is null for the first. Hashes are recomputed over canonical
 * JSON, so a store may reformat JSON, and events of unknown types are verified like all others.
 */
export function verifyLink(previous: Link | null, event: StoredEvent): Link | ChainBreak {
  const { stream, revision } = event;
  if (previous && previous.stream !== stream) return { stream, revision, reason: 'other-stream' };
  if (revision !== (previous ? previous.revision + 1 : 0)) return { stream, revision, reason: 'gap' };
  return verifyHash(event, previous?.hash ?? null);
}

/** Verifies the first remaining event of a truncated stream, by its own hash alone. */
export function verifyFirstLeft(event: StoredEvent): Link | ChainBreak {
  return verifyHash(event, undefined);
}

/** If `previousHash` is undefined, the event's own `previous_hash` is taken as it is. */
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

/** The hashed content of an event and its stored hashes; null if it cannot be read. */
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
