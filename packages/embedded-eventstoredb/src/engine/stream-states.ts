import type { EventTable } from './event-table.ts';
import { METADATA_OFFSET } from './log-file.ts';
import { asBuffer, decodeRecord, TOMBSTONE } from './record.ts';
import { NO_METADATA, parseStreamMetadata } from './stream-metadata.ts';
import { MAX_NAME_LENGTH } from './types.ts';
import type { StreamMetadata } from './stream-metadata.ts';

/** The two streams that share a name: the one with the events, and the one with its metadata (`$$name`). */
export type StreamKind = 'events' | 'metadata';

/** What deciding an append and bounding a read need to know of a name. Changed only by the writer. */
export type StreamState = {
  readonly name: string;
  /** 0 while nothing was written under this name. */
  id: number;
  /** Revision of the newest event, -1 without one. A tombstone does not count. */
  last: number;
  tombstoned: boolean;
  metadataLast: number;
  metadataTombstoned: boolean;
  metadata: StreamMetadata;
};

/** A stream by its full name, split into the name it shares and which of the two it is. */
export type StreamReference = { readonly state: StreamState; readonly kind: StreamKind };

/**
 * States of recently used names, loaded from the file on first use. Bounded by two generations: when the young one
 * is full it becomes the old one, and what was not used since then is dropped.
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

  /** Forgets everything: after a commit that failed the states may be ahead of the file. */
  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  #get(name: string): StreamState {
    // Nobody may append to such a stream, so the state is only read; asking for names of megabytes fills no memory.
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

/** A read of either kind of stream fails as deleted when this holds. */
export function isTombstoned({ state, kind }: StreamReference): boolean {
  return state.tombstoned || (kind === 'metadata' && state.metadataTombstoned);
}

export const lastRevision = ({ state, kind }: StreamReference): number =>
  kind === 'metadata' ? state.metadataLast : state.last;

/** Row id under which the events of that stream are stored; only valid once the name has an id. */
export const rowId = ({ state, kind }: StreamReference): number =>
  kind === 'metadata' ? state.id + METADATA_OFFSET : state.id;

export const fullName = ({ state, kind }: StreamReference): string =>
  kind === 'metadata' ? `$$${state.name}` : state.name;

export const isSoftDeleted = ({ state, kind }: StreamReference): boolean =>
  kind === 'events' && state.metadata.softDeleted;

/** The lowest revision a read may show, age apart. A metadata stream keeps its newest event only. */
export function lowestVisible(reference: StreamReference): number {
  if (reference.kind === 'metadata') return reference.state.metadataLast;
  const { last, metadata } = reference.state;
  const byCount = metadata.maxCount === undefined ? 0 : last - metadata.maxCount + 1;
  return Math.max(byCount, metadata.truncateBefore, 0);
}
