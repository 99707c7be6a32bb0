import type { EventTable } from './event-table.ts';

/** About as many as a real server remembers: it recognised an id after 60,000 other events, not after 75,000. */
const MAX_IDS = 65_536;

type Place = { readonly row: number; readonly revision: number };

/**
 * Where the newest events are, by event id: what makes an append that names no revision repeatable. An id belongs to
 * the stream it was last written to. Reads the ids of the newest stored events on first use, so it works across
 * restarts, and costs nothing to who always names a revision.
 */
export class RecentIds {
  readonly #table: EventTable;
  #young: Map<string, Place> | undefined;
  #old = new Map<string, Place>();

  constructor(table: EventTable) {
    this.#table = table;
  }

  /** Revision of that event in the stream with this row id, undefined if it is unknown or was last seen elsewhere. */
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

  /** Forgets everything, to be read again: after a failed commit the ids may be ahead of the file. */
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
