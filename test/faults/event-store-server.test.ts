/** The server behind the client dies, freezes, is silent or is cut off. The store is never made anew by the caller. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  EventStoreUnavailableError,
  SubscriptionDroppedError,
} from '../../src/infrastructure/event-store/event-store.ts';
import type { EventStore } from '../../src/infrastructure/event-store/event-store.ts';
import type { EventStoreLimits } from '../../src/infrastructure/event-store/limits.ts';
import { startEventStore } from '../../src/infrastructure/event-store/store-thread.ts';
import { event, ids, readAll, rises, uniquePrefix } from '../support/events.ts';
import { EventStoreNode } from '../support/event-store-node.ts';
import { Follower } from '../support/follower.ts';
import { Lag } from '../support/lag.ts';
import { Load } from '../support/load.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

let node: EventStoreNode;
let proxy: TcpProxy;
let store: EventStore;
const logged: string[] = [];

beforeEach(async () => {
  node = await EventStoreNode.create();
  proxy = await TcpProxy.start(node.port);
  logged.length = 0;
});

afterEach(async () => {
  await store.close();
  await proxy.stop();
  await node.dispose();
});

async function start(connectionString: string, limits: Partial<EventStoreLimits> = {}): Promise<void> {
  store = await startEventStore({
    kind: 'eventstoredb',
    connectionString,
    limits,
    log: (level, message) => logged.push(`${level}: ${message}`),
  });
}

const throughProxy = (): string => `esdb://127.0.0.1:${proxy.port}?tls=false`;

const answers = (): Promise<boolean> =>
  store.tail().then(
    () => true,
    () => false,
  );

async function checkNothingLost(prefix: string, load: Load, follower: Follower): Promise<void> {
  const stored = await readAll(store, prefix);
  expect(new Set(ids(stored))).toEqual(load.acknowledged);
  expect(stored).toHaveLength(load.acknowledged.size);
  for (const error of load.errors) expect(error).toBeInstanceOf(EventStoreUnavailableError);
  expect(load.slowestMs).toBeLessThan(3_000 + load.lagMs);
  await until('the follower has everything', () => follower.events.length >= stored.length);
  await follower.stop();
  expect(ids(follower.events)).toEqual(ids(stored));
  expect(rises(follower.events)).toBe(true);
}

/** Runs calls that cannot succeed, and checks that each fails as and when it has to. */
async function checkUnavailable(): Promise<void> {
  await Promise.all([
    failsWithin(store.tail(), 1_000),
    failsToAppend(3_000),
    failsWithin(store.readStream({ stream: uniquePrefix(), maxCount: 1 }), 3_000),
  ]);
}

function failsToAppend(limitMs: number): Promise<void> {
  const stream = uniquePrefix();
  return failsWithin(store.append({ stream, expectedRevision: 'no_stream', events: [event()] }), limitMs);
}

async function failsWithin(call: Promise<unknown>, limitMs: number): Promise<void> {
  const begun = performance.now();
  const lag = new Lag();
  await expect(call).rejects.toThrow(EventStoreUnavailableError);
  lag.stop();
  expect(performance.now() - begun).toBeLessThan(limitMs + lag.maxMs);
}

describe('a server that', () => {
  it('is killed and restarted twice under load', async () => {
    await start(node.connectionString);
    const prefix = uniquePrefix();
    const follower = new Follower(store, prefix);
    const load = new Load(store, prefix, 16);
    for (let round = 0; round < 2; round += 1) {
      const target = load.acknowledged.size + 200;
      await until('appends go on', () => load.acknowledged.size >= target && follower.caughtUp, 30_000);
      await node.kill();
      await until('an append has been given up', () => load.errors.length > round);
      await checkUnavailable();
      node.start();
    }
    const target = load.acknowledged.size + 200;
    await until('appends go on', () => load.acknowledged.size >= target, 30_000);
    await load.stop();
    expect(follower.drops).toBeGreaterThanOrEqual(2);
    await checkNothingLost(prefix, load, follower);
  });

  it('is killed and back at once goes unnoticed', async () => {
    await start(node.connectionString);
    const prefix = uniquePrefix();
    const follower = new Follower(store, prefix);
    const load = new Load(store, prefix, 16);
    await until('appends go on', () => load.acknowledged.size >= 200 && follower.caughtUp, 30_000);
    await node.kill();
    node.start();
    const target = load.acknowledged.size + 200;
    await until('appends go on', () => load.acknowledged.size >= target, 30_000);
    await load.stop();
    await checkNothingLost(prefix, load, follower);
  });

  it('is frozen for some seconds under load', async () => {
    await start(node.connectionString);
    const prefix = uniquePrefix();
    const follower = new Follower(store, prefix);
    const load = new Load(store, prefix, 16);
    await until('appends go on', () => load.acknowledged.size >= 200 && follower.caughtUp, 30_000);
    node.freeze();
    await until('every writer has been refused', () => load.errors.length >= 16);
    await checkUnavailable();
    node.thaw();
    const target = load.acknowledged.size + 200;
    await until('appends go on', () => load.acknowledged.size >= target, 30_000);
    await load.stop();
    await checkNothingLost(prefix, load, follower);
  });

  it('is not up yet when the store starts', async () => {
    await node.kill();
    await start(node.connectionString);
    await checkUnavailable();
    node.start();
    await until('the store answers', answers, 20_000);
    await store.append({ stream: `${uniquePrefix()}a`, expectedRevision: 'no_stream', events: [event()] });
  });
});

describe('a cluster that', () => {
  it('loses a node, then all of them, then gets one back', async () => {
    const lost = proxy.port;
    await proxy.stop();
    await start(`esdb://127.0.0.1:${lost},127.0.0.1:${node.port}?tls=false`);
    await until('the store answers', answers);
    const stream = uniquePrefix();
    await store.append({ stream, expectedRevision: 'no_stream', events: [event()] });
    const subscription = store.subscribe({ after: null, streamPrefix: stream })[Symbol.asyncIterator]();
    await subscription.next();

    await node.kill();
    await expect(subscription.next()).rejects.toThrow(SubscriptionDroppedError);
    await checkUnavailable();
    node.start();
    await until('the store answers', answers);
    await store.append({ stream, expectedRevision: 0, events: [event()] });
    expect(logged.join('\n')).not.toContain('store thread failed');
  });
});

describe('a connection that', () => {
  it('is accepted and not answered at first', async () => {
    proxy.silent = true;
    await start(throughProxy(), { maxAppendsInFlight: 16 });
    // More than can be under way at once: those that wait have to be answered in time as well.
    await Promise.all([checkUnavailable(), ...Array.from({ length: 50 }, () => failsToAppend(3_000))]);
    expect(logged.join('\n')).not.toContain('store thread is replaced');
    proxy.silent = false;
    // The client would wait on the silent connection for as long as it lives; a new one has to take its place.
    await until('the store answers', answers, 20_000);
    expect(logged.join('\n')).toContain('client was replaced');
  });

  it('is accepted and never answered does not hold up callers with longer deadlines', async () => {
    proxy.silent = true;
    await start(throughProxy(), { appendTimeoutMs: 60_000 });
    const stream = uniquePrefix();
    const appended = store.append({ stream, expectedRevision: 'no_stream', events: [event()] });
    await until('it is on its way', () => proxy.connections > 0);
    proxy.silent = false;
    await until('the client is replaced', () => logged.join().includes('client was replaced'), 30_000);
    await expect(appended).resolves.toMatchObject({ revision: 0 });
  });

  it('is dead while new ones work', async () => {
    await start(throughProxy());
    const prefix = uniquePrefix();
    const follower = new Follower(store, prefix);
    const load = new Load(store, prefix, 4);
    await until('appends go on', () => load.acknowledged.size >= 100 && follower.caughtUp, 30_000);
    proxy.freezeOpen();
    const target = load.acknowledged.size + 200;
    await until('appends go on', () => load.acknowledged.size >= target, 30_000);
    await load.stop();
    await checkNothingLost(prefix, load, follower);
  });

  it('is cut instead of an answer: the append is repeated and stored once', async () => {
    await start(throughProxy());
    const stream = `${uniquePrefix()}a`;
    await store.append({ stream, expectedRevision: 'no_stream', events: [event()] });
    for (let revision = 0; revision < 5; revision += 1) {
      proxy.cutNextReply();
      const appended = await store.append({ stream, expectedRevision: revision, events: [event()] });
      expect(appended.revision).toBe(revision + 1);
    }
    expect(proxy.cuts).toBe(5);
    expect((await store.readStream({ stream, maxCount: 100 })).events).toHaveLength(6);
  });

  it('loses only the events of a subscription, which is noticed and dropped', async () => {
    await start(throughProxy(), { silenceMs: 400 });
    await until('the store answers', answers);
    const prefix = uniquePrefix();
    const follower = new Follower(store, prefix);
    await store.append({ stream: `${prefix}a`, expectedRevision: 'no_stream', events: [event()] });
    await until('the follower is live', () => follower.events.length === 1 && follower.caughtUp);
    // The store looks at the log itself now and then, so there may be a moment with more than the subscription.
    await until('the subscription alone is open', () => proxy.openStreams === 1);
    proxy.withholdOpenStreams();
    await store.append({ stream: `${prefix}a`, expectedRevision: 0, events: [event()] });
    await until('the follower has the event', () => follower.events.length === 2);
    await follower.stop();
    expect(follower.drops).toBe(1);
    expect(rises(follower.events)).toBe(true);
  });
});

describe('a password in the connection string', () => {
  it('is in no error and no log, whatever fails', async () => {
    const secret = 'hunter2/§';
    const encoded = encodeURIComponent(secret);
    await start(`esdb://admin:${encoded}@127.0.0.1:${proxy.port}?tls=true&password=${encoded}`);
    const errors = await Promise.allSettled([
      store.tail(),
      store.append({ stream: 'a', expectedRevision: 'no_stream', events: [event()] }),
      store.readStream({ stream: 'a', maxCount: 1 }),
    ]);
    const told = [...errors.map((result) => String((result as PromiseRejectedResult).reason)), ...logged].join('\n');
    expect(told).toContain('EventStoreUnavailableError');
    expect(told).toContain('Unknown option key "password"');
    for (const spelling of [secret, encoded, 'hunter2', Buffer.from(`admin:${secret}`).toString('base64')]) {
      expect(told).not.toContain(spelling);
    }
  });
});
