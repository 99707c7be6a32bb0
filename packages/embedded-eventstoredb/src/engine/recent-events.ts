import type { FilePage } from './event-table.ts';
import type { RecordedEvent } from './types.ts';
import type { CommittedBatch } from './writer.ts';

const MAX_EVENTS = 8192;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The newest committed events, kept in memory once for all subscribers. A live subscription reads only from here; one
 * that lags behind reads from the file. Limited by count and bytes.
 */
export class RecentEvents {
  #events: RecordedEvent[] = [];
  #positions: number[] = [];
  #bytes = 0;
  /** Everything committed after this position is kept here. */
  #floor: number;

  constructor(lastPosition: number) {
    this.#floor = lastPosition;
  }

  add(batch: CommittedBatch): void {
    for (let i = 0; i < batch.events.length; i++) {
      const event = batch.events[i]!;
      this.#events.push(event);
      this.#positions.push(batch.positions[i]!);
      this.#bytes += bytesOf(event);
    }
    if (this.#events.length > MAX_EVENTS || this.#bytes > MAX_BYTES) this.#drop();
  }

  /** Events after `after`; undefined if older events than those kept here are needed. */
  pageAfter(after: number, maxCount: number): FilePage | undefined {
    if (after < this.#floor) return undefined;
    const start = firstAbove(this.#positions, after);
    return {
      events: this.#events.slice(start, start + maxCount),
      positions: this.#positions.slice(start, start + maxCount),
    };
  }

  /** Drops the older half at once, so that dropping is rare and its cost is spread over many commits. */
  #drop(): void {
    let keepFrom = this.#events.length;
    let bytes = 0;
    while (keepFrom > 0 && this.#events.length - keepFrom < MAX_EVENTS / 2) {
      const size = bytesOf(this.#events[keepFrom - 1]!);
      if (bytes + size > MAX_BYTES / 2) break;
      bytes += size;
      keepFrom -= 1;
    }
    this.#floor = this.#positions[keepFrom - 1] ?? this.#floor;
    this.#events = this.#events.slice(keepFrom);
    this.#positions = this.#positions.slice(keepFrom);
    this.#bytes = bytes;
  }
}

const bytesOf = (event: RecordedEvent): number => event.data.length + event.metadata.length + 512;

/** Index of the first number above `bound` in an ascending array; its length if there is none. */
function firstAbove(numbers: number[], bound: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}
