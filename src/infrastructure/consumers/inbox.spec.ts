import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { LogBatch, LogSubscription, StoredEvent } from '../event-store/event-store.ts';
import { Inbox } from './inbox.ts';

/** A log without an end, each batch of which has `events` events of `units` UTF-16 units. */
class Endless implements LogSubscription {
  taken = 0;
  readonly #events: number;
  readonly #data: string;
  constructor(events: number, units: number) {
    this.#events = events;
    this.#data = 'x'.repeat(units);
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<LogBatch> {
    for (;;) {
      this.taken += 1;
      const event: StoredEvent = {
        id: 'id',
        type: 'T',
        stream: 's',
        data: this.#data,
        metadata: '',
        revision: 0,
        position: BigInt(this.taken),
      };
      const events = Array.from({ length: this.#events }, () => event);
      yield await Promise.resolve({ events, touched: [], position: event.position, caughtUp: false });
    }
  }
  hurry(): void {
    // There is always something.
  }
  close(): void {
    // It has no end.
  }
}

/** When nothing more is taken though there would be time for it. */
async function untilItStops(log: Endless): Promise<number> {
  for (let before = -1; before !== log.taken;) {
    before = log.taken;
    for (let i = 0; i < 20; i += 1) await turn();
  }
  return log.taken;
}

describe('what waits for a consumer', () => {
  it.each([
    ['many small events', 500, 10, 8],
    ['few large events', 4, 500_000, 5],
    ['one event that is larger than all that may wait', 1, 9_000_000, 1],
  ])('is bounded: %s', async (_, events, units, batches) => {
    const log = new Endless(events, units);
    const inbox = new Inbox(log, () => undefined);
    expect(await untilItStops(log)).toBe(batches);
    const first = await inbox.take();
    expect(first).toMatchObject({ position: BigInt(batches) });
    expect(first?.events).toHaveLength(batches * events);
    expect(await untilItStops(log)).toBe(2 * batches);
  });
});
