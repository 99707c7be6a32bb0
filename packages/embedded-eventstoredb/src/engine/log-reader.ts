import type { EventTable, FilePage } from './event-table.ts';
import { compileFilter } from './filter.ts';
import type { RecentEvents } from './recent-events.ts';
import type { LogPage, LogReadRequest, RecordedEvent } from './types.ts';

const DEFAULT_MAX_SCAN = 10_000;
const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;
const PAGE_EVENTS = 1000;
/** Maximum time in ms for matching the events of one page, because other work waits for this thread. */
export const MAX_SCAN_MS = 20;

/** Reads the log in order: recent events from memory, the rest from the file. */
export class LogReader {
  readonly #table: EventTable;
  readonly #recent: RecentEvents;

  constructor(table: EventTable, recent: RecentEvents) {
    this.#table = table;
    this.#recent = recent;
  }

  /** Up to `maxCount` events after a position; only empty at the end of the log. */
  pageAfter(after: number, maxCount: number): FilePage & { fromMemory: boolean } {
    const recent = this.#recent.pageAfter(after, maxCount);
    return recent ? { ...recent, fromMemory: true } : { ...this.#table.pageAfter(after, maxCount), fromMemory: false };
  }

  read(request: LogReadRequest, lastPosition: number): LogPage {
    const forwards = request.direction === 'forwards';
    const matches = compileFilter(request.filter);
    const events: RecordedEvent[] = [];
    let scanned = 0;
    let bound = this.#start(request, lastPosition);
    const { maxCount, maxScan = DEFAULT_MAX_SCAN } = request;
    let left = request.maxBytes ?? DEFAULT_MAX_BYTES;
    const due = performance.now() + (request.maxScanMs ?? Infinity);
    let isLate = false;
    const isFull = (): boolean => events.length >= maxCount || left <= 0;
    while (!isFull() && scanned < maxScan && !isLate) {
      const wanted = request.filter ? PAGE_EVENTS : Math.min(PAGE_EVENTS, maxCount - events.length);
      const count = Math.min(wanted, maxScan - scanned);
      const page = forwards ? this.pageAfter(bound, count) : this.#table.pageBefore(bound, count);
      if (page.events.length === 0) break;
      for (let i = 0; i < page.events.length && !isFull() && !isLate; i++) {
        const event = page.events[i]!;
        if (matches(event)) {
          events.push(event);
          left -= event.data.length + event.metadata.length;
        }
        bound = page.positions[i]!;
        scanned += 1;
        isLate = performance.now() > due;
      }
    }
    const isEnd = forwards ? bound >= lastPosition : this.#table.pageBefore(bound, 1).events.length === 0;
    return { events, next: BigInt(forwards ? bound + 1 : bound), isEnd };
  }

  /** The exclusive start: reading forwards returns events above it, backwards events below it. */
  #start({ direction, from }: LogReadRequest, lastPosition: number): number {
    const end = lastPosition + 1;
    if (from === 'start') return direction === 'forwards' ? -1 : 0;
    if (from === 'end') return direction === 'forwards' ? lastPosition : end;
    const position = from > BigInt(end) ? end : Number(from);
    return direction === 'forwards' ? position - 1 : position;
  }
}
