import { backoffMs, pause } from '../backoff.ts';
import type { LogBatch, LogPage, LogSubscription } from '../event-store/event-store.ts';

/** Between pages while there is nothing to read, or the log cannot be read. */
const BACKOFF = { firstMs: 20, mostMs: 1_000 };

export interface Pages {
  /** Reads one page of the past; it may leave out events that the reader does not want. */
  readonly read: (after: bigint | null) => Promise<LogPage>;
  /** Up to where the shared reader is, or null. A page that is read to the end afterwards has everything up to there. */
  readonly reached: () => bigint | null;
}

/**
 * A subscription that reads pages, for those who only need the past until they join the shared reader. It takes nothing from the store
 * between two pages, so any number of slow readers may have one. It is patient with a store that is away, and ends only with `close`.
 */
export function subscribeByPages({ read, reached }: Pages, after: bigint | null): LogSubscription {
  const stop = new AbortController();
  async function* batches(): AsyncGenerator<LogBatch> {
    let position = after;
    for (let idle = 0; !stop.signal.aborted;) {
      const floor = reached();
      const page = await read(position).catch(() => null);
      if (page) {
        position = furthest(page.position, position);
        if (page.atEnd) position = furthest(floor, position);
        if (page.events.length > 0) idle = 0;
        if (position !== null) yield { events: page.events, touched: [], position, caughtUp: page.atEnd };
      }
      if (page && !page.atEnd) continue;
      idle += 1;
      await pause(backoffMs(idle, BACKOFF), stop.signal);
    }
  }
  return {
    [Symbol.asyncIterator]: batches,
    hurry: () => undefined,
    close: () => stop.abort(),
  };
}

function furthest(one: bigint | null, other: bigint | null): bigint | null {
  return other === null || (one !== null && one > other) ? one : other;
}
