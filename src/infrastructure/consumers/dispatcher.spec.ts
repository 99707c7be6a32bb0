import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { LogBatch, StoredEvent } from '../event-store/event-store.ts';
import { EventStoreUnavailableError } from '../event-store/event-store.ts';
import { RemoteSubscription } from '../event-store/remote-subscription.ts';
import { createLogger } from '../observability/logger.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Follower } from './follower.ts';
import { eventAt } from './testing/given-log.ts';

/** Subscriptions in the order in which they were opened; the test says what each delivers, and when. */
class GivenStore {
  end: bigint | null = 0n;
  /** The next calls of `tail` fail. */
  failures = 0;
  readonly opened: { readonly after: bigint | null; readonly paceMs: number | undefined; deliver: Deliver }[] = [];
  readonly closed: number[] = [];
  readonly hurried: number[] = [];

  tail(): Promise<bigint | null> {
    if (this.failures === 0) return Promise.resolve(this.end);
    this.failures -= 1;
    return Promise.reject(new EventStoreUnavailableError('away'));
  }

  subscribe({ after, paceMs }: { after: bigint | null; paceMs?: number }): RemoteSubscription {
    const n = this.opened.length;
    const subscription = new RemoteSubscription({
      onTaken: () => undefined,
      onHurry: () => this.hurried.push(n),
      onClosed: () => this.closed.push(n),
    });
    const deliver = (batch: Partial<LogBatch> & { readonly position: bigint }): void =>
      subscription.deliver({ events: [], touched: [], caughtUp: true, ...batch });
    this.opened.push({
      after,
      paceMs,
      deliver: Object.assign(deliver, {
        drop: subscription.drop.bind(subscription),
        close: subscription.close.bind(subscription),
      }),
    });
    return subscription;
  }

  /** Delivers events to the nth subscription. */
  async gives(n: number, ...positions: number[]): Promise<void> {
    const events = positions.map((position) => eventAt(position));
    this.opened[n]?.deliver({ events, position: BigInt(positions.at(-1) ?? 0) });
    await settled();
  }
}

type Deliver = ((batch: Partial<LogBatch> & { readonly position: bigint }) => void) & {
  drop(reason: string): void;
  close(): void;
};

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await turn();
}

let store: GivenStore;
let touched: string[];
let dispatcher: Dispatcher;
const followers: Follower[] = [];

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  store = new GivenStore();
  touched = [];
  dispatcher = new Dispatcher({
    store,
    streamPrefix: 'thing-',
    onTouched: (streams) => touched.push(...streams),
    logger: createLogger('silent'),
  });
});

afterEach(async () => {
  for (const follower of followers.splice(0)) follower.close();
  const stopped = dispatcher.stop();
  await jest.runOnlyPendingTimersAsync();
  await stopped;
  jest.useRealTimers();
});

/** Starts the shared reader at the end of the log; its subscription is the first. */
async function starts(end: number): Promise<void> {
  store.end = BigInt(end);
  dispatcher.start();
  await settled();
  store.opened[0]?.deliver({ position: store.end });
  await settled();
}

async function follows(after: number | null): Promise<Follower> {
  const follower = dispatcher.follow(after === null ? null : BigInt(after), () => undefined);
  followers.push(follower);
  await settled();
  return follower;
}

const positions = (events: readonly StoredEvent[] = []): number[] => events.map(({ position }) => Number(position));

describe('the shared reader', () => {
  it('reads from the end of the log, in batches of a few milliseconds', async () => {
    await starts(7);
    expect(store.opened).toMatchObject([{ after: 7n, paceMs: 5 }]);
  });

  it('waits for an event store that is down', async () => {
    store.failures = 2;
    await starts(7);
    expect(store.opened).toEqual([]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(store.opened).toMatchObject([{ after: 7n }]);
  });

  it('reports touched streams, with or without followers', async () => {
    await starts(7);
    store.opened[0]?.deliver({ position: 9n, touched: ['thing-1'] });
    await settled();
    expect(touched).toEqual(['thing-1']);
  });

  it('continues where it was when its subscription is dropped', async () => {
    await starts(7);
    await store.gives(0, 8, 9);
    store.opened[0]?.deliver.drop('away');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(store.opened[1]).toMatchObject({ after: 9n });
  });

  it('hurries for its followers', async () => {
    await starts(7);
    const follower = await follows(7);
    follower.hurry();
    expect(store.hurried).toEqual([1]);
    await store.gives(1, 7);
    follower.hurry();
    expect(store.hurried).toEqual([1, 0]);
  });
});

describe('a follower', () => {
  it('reads by itself until it has caught up with the shared reader, and then closes its subscription', async () => {
    await starts(9);
    const follower = await follows(5);
    expect(store.opened[1]).toMatchObject({ after: 5n });
    await store.gives(1, 6, 7);
    expect(dispatcher.joined).toBe(0);
    await store.gives(1, 8, 9);
    expect(dispatcher.joined).toBe(1);
    expect(store.closed).toEqual([1]);
    await store.gives(0, 10);
    expect(positions((await follower.take())?.events)).toEqual([6, 7, 8, 9, 10]);
  });

  it('drops what the shared reader delivers again', async () => {
    await starts(5);
    const follower = await follows(5);
    await store.gives(1, 6, 7);
    await store.gives(0, 6);
    await store.gives(0, 7, 8);
    await store.gives(0, 9);
    expect(positions((await follower.take())?.events)).toEqual([6, 7, 8, 9]);
  });

  it('shares each batch with all other followers', async () => {
    await starts(5);
    const [first, second] = [await follows(5), await follows(5)];
    await store.gives(1, 6);
    await store.gives(2, 6);
    await store.gives(0, 7);
    const [one, other] = [await first.take(), await second.take()];
    expect(positions(one?.events)).toEqual([6, 7]);
    expect(one?.events[1]).toBe(other?.events[1]);
  });

  it('leaves when it is slow, and catches up by itself while the others continue', async () => {
    await starts(5);
    const [slow, quick] = [await follows(5), await follows(5)];
    await store.gives(1, 6);
    await store.gives(2, 6);
    await slow.take();
    let last = 6;
    let seen = 0;
    while (dispatcher.joined === 2) {
      await store.gives(0, ...Array.from({ length: 500 }, () => (last += 1)));
      seen += (await quick.take())?.events.length ?? 0;
    }
    expect(seen).toBe(last - 5);
    const behind = last;
    await store.gives(0, (last += 1));
    // It asks for more only when there is room.
    expect(store.opened).toHaveLength(3);
    expect(positions((await slow.take())?.events).at(-1)).toBe(behind);
    await settled();
    expect(store.opened[3]).toMatchObject({ after: BigInt(behind) });
    await store.gives(3, last);
    expect(dispatcher.joined).toBe(2);
    expect(positions((await slow.take())?.events)).toEqual([last]);
  });

  it('does not join a reader that has not reached the store again', async () => {
    await starts(5);
    const follower = await follows(5);
    await store.gives(1, 6);
    store.opened[0]?.deliver.drop('away');
    await jest.advanceTimersByTimeAsync(1_000);
    // Its subscription, the fourth, is open, and silent.
    expect(store.opened[3]).toMatchObject({ after: 5n });
    await store.gives(2, 7);
    expect(dispatcher.joined).toBe(0);
    await store.gives(2, 8);
    expect(positions((await follower.take())?.events)).toEqual([6, 7, 8]);
    await store.gives(3, 6, 7, 8);
    await store.gives(2, 9);
    expect(dispatcher.joined).toBe(1);
  });

  it('catches up by itself when the shared reader stops', async () => {
    await starts(5);
    const follower = await follows(5);
    await store.gives(1, 6);
    await store.gives(0, 7);
    store.opened[0]?.deliver.drop('away');
    await settled();
    expect(store.opened[2]).toMatchObject({ after: 7n });
    await store.gives(2, 8);
    expect(positions((await follower.take())?.events)).toEqual([6, 7, 8]);
  });

  it('fails with its own subscription', async () => {
    await starts(9);
    const follower = await follows(5);
    await store.gives(1, 6);
    store.opened[1]?.deliver.drop('away');
    expect(positions((await follower.take())?.events)).toEqual([6]);
    await expect(follower.take()).rejects.toMatchObject({ code: 'subscription-dropped' });
  });

  it('ends when it is closed, joined or not', async () => {
    await starts(5);
    const [joined, behind] = [await follows(5), await follows(1)];
    await store.gives(1, 5);
    joined.close();
    behind.close();
    expect([(await joined.take())?.position, await joined.take(), await behind.take()]).toEqual([5n, null, null]);
    expect(dispatcher.joined).toBe(0);
    expect(store.closed).toEqual([1, 2]);
  });

  it('ends when the store is closed', async () => {
    await starts(9);
    const follower = await follows(5);
    const taken = follower.take();
    store.opened[1]?.deliver.close();
    expect(await taken).toBeNull();
  });
});

/** A log whose subscriptions deliver at the test's word, in whatever order. The first is the shared reader's. */
class SteppedLog {
  end = 20;
  readonly #open: { at: number; readonly subscription: RemoteSubscription }[] = [];

  tail(): Promise<bigint | null> {
    return Promise.resolve(BigInt(this.end));
  }

  subscribe({ after }: { after: bigint | null }): RemoteSubscription {
    const subscription = new RemoteSubscription({
      onTaken: () => undefined,
      onHurry: () => undefined,
      onClosed: () => this.#open.splice(this.#open.indexOf(opened), 1),
    });
    const opened = { at: Number(after ?? 0n), subscription };
    this.#open.push(opened);
    return subscription;
  }

  /** The nth open subscription delivers up to `count` events. */
  delivers(n: number, count: number): void {
    const opened = this.#open[n];
    if (!opened) return;
    const upTo = Math.min(opened.at + count, this.end);
    const events = Array.from({ length: upTo - opened.at }, (_, i) => eventAt(opened.at + i + 1));
    opened.at = upTo;
    opened.subscription.deliver({ events, touched: [], position: BigInt(upTo), caughtUp: upTo === this.end });
  }
}

describe('with batches in any order', () => {
  it('a follower gets each event once, and in order', async () => {
    const step = fc.record({ log: fc.nat(2), count: fc.integer({ min: 1, max: 4 }), settles: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(20), async (steps, behind) => {
        const log = new SteppedLog();
        const parts = { streamPrefix: 'thing-', onTouched: () => undefined, logger: createLogger('silent') };
        const stepped = new Dispatcher({ ...parts, store: log });
        stepped.start();
        await settled();
        const first = log.end - behind;
        const follower = stepped.follow(BigInt(first), () => undefined);
        const got: number[] = [];
        const consumed = (async () => {
          for (let taken = await follower.take(); taken; taken = await follower.take())
            got.push(...positions(taken.events));
        })();
        for (const { log: n, count, settles } of steps) {
          if (n === 2) log.end += count;
          else log.delivers(n, count);
          if (settles) await turn();
        }
        for (const n of [1, 0, 1]) {
          log.delivers(n, log.end);
          await settled();
        }
        expect(got).toEqual(Array.from({ length: log.end - first }, (_, i) => first + 1 + i));
        expect(stepped.joined).toBe(1);
        follower.close();
        await consumed;
        const stopped = stepped.stop();
        await jest.runOnlyPendingTimersAsync();
        await stopped;
      }),
      { numRuns: 300 },
    );
  });
});
