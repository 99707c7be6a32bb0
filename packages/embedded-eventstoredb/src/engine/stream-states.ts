import type { EventTable } from './event-table.ts';
import { METADATA_OFFSET } from './log-file.ts';
import { asBuffer, decodeRecord, TOMBSTONE } from './record.ts';
import { NO_METADATA, parseStreamMetadata } from './stream-metadata.ts';
import { MAX_NAME_LENGTH } from './types.ts';
import type { StreamMetadata } from './stream-metadata.ts';

/** The two streams that share a name: the event stream and its metadata stream (`$$name`). */
export type StreamKind = 'events' | 'metadata';

/** What is needed to decide an append and to limit a read. Only the writer changes it. */
export type StreamState = {
  readonly name: string;
  /** 0 if nothing has been written under this name. */
  id: number;
  /** Revision of the newest event; -1 if there is none. A tombstone does not count. */
  last: number;
  tombstoned: boolean;
  metadataLast: number;
  metadataTombstoned: boolean;
  metadata: StreamMetadata;
};

/** A stream, as the state of its name and which of the two streams is meant. */
export type StreamReference = { readonly state: StreamState; readonly kind: StreamKind };

/**
 * States of recently used names, loaded from the file on first use. Bounded by two generations: when the young one is
 * full it becomes the old one, and names that were not used since are dropped.
 */
export class StreamStates {
  readonly #table: EventTable;
  readonly #maxYoung: number;
  #young = new Map<string, StreamState>();
  #old = new Map<string, StreamState>();

  constructor(table: EventTable, maxCached: number) {
    this.#table = table;
    this.#maxYoung = Math.max(1, Math.ceil(maxCached / 2));
  }

  resolve(stream: string): StreamReference {
    return stream.startsWith('$$')
      ? { state: this.#get(stream.slice(2)), kind: 'metadata' }
      : { state: this.#get(stream), kind: 'events' };
  }

  /** Clears the cache: after a failed commit the states may be ahead of the file. */
  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  #get(name: string): StreamState {
    // Appends refuse names this long, so the state is read-only and not cached: huge names must not fill the memory.
    if (name.length > MAX_NAME_LENGTH) return this.#load(name);
    const young = this.#young.get(name);
    if (young) return young;
    const state = this.#old.get(name) ?? this.#load(name);
    if (this.#young.size >= this.#maxYoung) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(name, state);
    return state;
  }

  #load(name: string): StreamState {
    const state: StreamState = {
      name,
      id: this.#table.streamId(name) ?? 0,
      last: -1,
      tombstoned: false,
      metadataLast: -1,
      metadataTombstoned: false,
      metadata: NO_METADATA,
    };
    if (state.id === 0) return state;
    const newest = this.#table.newestBelow(state.id, TOMBSTONE + 1);
    state.tombstoned = newest?.[1] === TOMBSTONE;
    state.last = (state.tombstoned ? this.#table.newestBelow(state.id, TOMBSTONE) : newest)?.[1] ?? -1;
    this.#loadMetadata(state);
    return state;
  }

  #loadMetadata(state: StreamState): void {
    const id = state.id + METADATA_OFFSET;
    const newest = this.#table.newestBelow(id, TOMBSTONE + 1);
    if (!newest) return;
    state.metadataTombstoned = newest[1] === TOMBSTONE;
    if (state.metadataTombstoned) {
      state.metadataLast = this.#table.newestBelow(id, TOMBSTONE)?.[1] ?? -1;
      return;
    }
    state.metadataLast = newest[1];
    const { data, isJson } = decodeRecord(asBuffer(newest[2]), newest[0], newest[1]);
    state.metadata = parseStreamMetadata(data, isJson);
  }
}

/** Whether reads of the stream fail because it is tombstoned. */
export function isTombstoned({ state, kind }: StreamReference): boolean {
  return state.tombstoned || (kind === 'metadata' && state.metadataTombstoned);
}

export const lastRevision = ({ state, kind }: StreamReference): number =>
  kind === 'metadata' ? state.metadataLast : state.last;

/** Row id of the stream's events. Valid only once the name has an id. */
export const rowId = ({ state, kind }: StreamReference): number =>
  kind === 'metadata' ? state.id + METADATA_OFFSET : state.id;

export const fullName = ({ state, kind }: StreamReference): string =>
  kind === 'metadata' ? `$$${state.name}` : state.name;

export const isSoftDeleted = ({ state, kind }: StreamReference): boolean =>
  kind === 'events' && state.metadata.softDeleted;

/** The lowest revision a read may return, regardless of age. Of a metadata stream only the newest event is visible. */
export function lowestVisible(reference: StreamReference): number {
  if (reference.kind === 'metadata') return reference.state.metadataLast;
  const { last, metadata } = reference.state;
  const byCount = metadata.maxCount === undefined ? 0 : last - metadata.maxCount + 1;
  return Math.max(byCount, metadata.truncateBefore, 0);
}
