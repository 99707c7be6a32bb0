import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { LogBatch, LogSubscription, StoredEvent } from '../event-store/event-store.ts';
import { SubscriptionDroppedError } from '../event-store/event-store.ts';
import type { SharedReader } from './follower.ts';
import { Follower } from './follower.ts';
import { eventAt, GivenLog } from './testing/given-log.ts';

function given(): { log: GivenLog; follower: Follower; arrivals: number[] } {
  const log = new GivenLog();
  const arrivals: number[] = [];
  const follower = log.follow(null, (events) => arrivals.push(events));
  return { log, follower, arrivals };
}

describe('a follower by itself', () => {
  it('delivers all waiting events as one batch, with the last position', async () => {
    const { log, follower, arrivals } = given();
    log.handsBatch({ events: [eventAt(1), eventAt(2)], touched: ['a'], position: 2n, caughtUp: true });
    await turn();
    log.handsBatch({ events: [eventAt(3)], touched: ['b'], position: 9n, caughtUp: false });
    await turn();
    expect(await follower.take()).toEqual({
      events: [eventAt(1), eventAt(2), eventAt(3)],
      touched: ['a', 'b'],
      position: 9n,
      caughtUp: false,
    });
    expect(arrivals).toEqual([2, 1]);
  });

  it('delivers nothing twice', async () => {
    const { log, follower } = given();
    log.hands([1]);
    expect((await follower.take())?.events).toHaveLength(1);
    log.hands([2]);
    expect((await follower.take())?.events.map(({ position }) => position)).toEqual([2n]);
  });

  it('waits for events', async () => {
    const { log, follower } = given();
    const taken = follower.take();
    await turn();
    log.hands([1]);
    expect((await taken)?.position).toBe(1n);
  });

  it('reports no arrival if only the position has moved', async () => {
    const { log, follower, arrivals } = given();
    log.handsBatch({ position: 5n });
    expect(await follower.take()).toEqual({ events: [], touched: [], position: 5n, caughtUp: true });
    expect(arrivals).toEqual([]);
  });

  it('does not modify the batch it was given', async () => {
    const { log, follower } = given();
    const events = [eventAt(1)];
    log.handsBatch({ events, position: 1n });
    await turn();
    log.hands([2]);
    await turn();
    expect((await follower.take())?.events).toHaveLength(2);
    expect(events).toHaveLength(1);
  });

  it('delivers touched streams as well', async () => {
    const { log, follower } = given();
    log.handsBatch({ touched: Array.from({ length: 4_000 }, (_, i) => `thing-${i}`), position: 1n });
    log.handsBatch({ position: 2n });
    await turn();
    expect((await follower.take())?.position).toBe(1n);
  });

  it('ends with null after the subscription has ended and everything was taken', async () => {
    const { log, follower } = given();
    log.hands([1]);
    await turn();
    follower.close();
    expect((await follower.take())?.position).toBe(1n);
    expect(await follower.take()).toBeNull();
    expect(log.closed).toBe(1);
  });

  it('throws the error of the subscription, also during a wait', async () => {
    const { log, follower } = given();
    const taken = follower.take();
    await turn();
    log.drops('slow');
    await expect(taken).rejects.toThrow(SubscriptionDroppedError);
    await expect(follower.take()).rejects.toThrow(SubscriptionDroppedError);
  });
});

describe('a follower that gathers', () => {
  const LONG_MS = 60_000;

  it('hands over everything that has come until it is hurried', async () => {
    const { log, follower } = given();
    const taken = follower.take(LONG_MS);
    log.hands([1]);
    await turn();
    log.hands([2]);
    await turn();
    follower.hurry();
    expect((await taken)?.events.map(({ position }) => position)).toEqual([1n, 2n]);
  });

  it('waits no longer than that', async () => {
    const { log, follower } = given();
    log.hands([1]);
    expect((await follower.take(1))?.position).toBe(1n);
  });

  it('does not wait before it has reached the end of the log', async () => {
    const { log, follower } = given();
    log.handsBatch({ events: [eventAt(1)], position: 1n, caughtUp: false });
    expect((await follower.take(LONG_MS))?.position).toBe(1n);
  });

  it('does not wait once enough has come', async () => {
    const { log, follower } = given();
    const taken = follower.take(LONG_MS);
    log.hands(Array.from({ length: 4_000 }, (_, i) => i + 1));
    expect((await taken)?.events).toHaveLength(4_000);
  });

  it('hands over what it has when it is closed', async () => {
    const { log, follower } = given();
    const taken = follower.take(LONG_MS);
    log.hands([1]);
    await turn();
    follower.close();
    expect((await taken)?.position).toBe(1n);
    expect(await follower.take(LONG_MS)).toBeNull();
  });
});

const alone = (log: LogSubscription): SharedReader => ({
  subscribe: () => log,
  join: () => false,
  leave: () => undefined,
  hurry: () => undefined,
});

/** An endless log in batches of `events` events, each with `units` UTF-16 units of data. */
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
    // Batches are always available.
  }
  close(): void {
    // Nothing to close.
  }
}

/** Waits until the follower takes no more batches. Returns how many it has taken. */
async function untilItStops(log: Endless): Promise<number> {
  for (let before = -1; before !== log.taken;) {
    before = log.taken;
    for (let i = 0; i < 20; i += 1) await turn();
  }
  return log.taken;
}

describe('the buffer of a consumer', () => {
  it.each([
    ['many small events', 500, 10, 8],
    ['few large events', 4, 500_000, 5],
    ['one event larger than the buffer', 1, 9_000_000, 1],
  ])('is bounded: %s', async (_, events, units, batches) => {
    const log = new Endless(events, units);
    const follower = new Follower(alone(log), null, () => undefined);
    expect(await untilItStops(log)).toBe(batches);
    const first = await follower.take();
    expect(first).toMatchObject({ position: BigInt(batches) });
    expect(first?.events).toHaveLength(batches * events);
    expect(await untilItStops(log)).toBe(2 * batches);
  });
});
