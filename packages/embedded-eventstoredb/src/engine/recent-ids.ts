import type { EventTable } from './event-table.ts';

/** Similar to a real server, which recognised an id after 60,000 other events, but not after 75,000. */
const MAX_IDS = 65_536;

type Place = { readonly row: number; readonly revision: number };

/**
 * Maps the newest event ids to their places, which makes appends without an expected revision idempotent. An id belongs
 * to the stream it was last written to. Loaded from the newest stored events on first use, so it survives restarts and
 * costs nothing if callers always expect a revision.
 */
export class RecentIds {
  readonly #table: EventTable;
  #young: Map<string, Place> | undefined;
  #old = new Map<string, Place>();

  constructor(table: EventTable) {
    this.#table = table;
  }

  /** Revision of the event in the stream with this row id; undefined if unknown or last written to another stream. */
  revisionOf(id: string, row: number): number | undefined {
    const place = this.#loaded().get(id) ?? this.#old.get(id);
    return place?.row === row ? place.revision : undefined;
  }

  add(id: string, row: number, revision: number): void {
    if (this.#young === undefined) return;
    if (this.#young.size >= MAX_IDS / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(id, { row, revision });
  }

  /** Clears the cache, to be loaded again: after a failed commit it may be ahead of the file. */
  clear(): void {
    this.#young = undefined;
    this.#old.clear();
  }

  #loaded(): Map<string, Place> {
    if (this.#young !== undefined) return this.#young;
    this.#young = new Map();
    for (const [id, row, revision] of this.#table.newestIds(MAX_IDS)) this.add(id, row, revision);
    return this.#young;
  }
}
