/** The store thread dies, hangs or goes deaf, with each of the adapters in it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventStoreUnavailableError } from '../../src/infrastructure/event-store/event-store.ts';
import type { EventStore } from '../../src/infrastructure/event-store/event-store.ts';
import type { EventStoreLimits } from '../../src/infrastructure/event-store/limits.ts';
import { startEventStore } from '../../src/infrastructure/event-store/store-thread.ts';
import type { EventStoreOptions } from '../../src/infrastructure/event-store/store-thread.ts';
import { breakChannel } from '../support/breakable-thread.ts';
import type { Break } from '../support/breakable-thread.ts';
import { event, ids, readAll, rises, uniquePrefix } from '../support/events.ts';
import { EventStoreNode } from '../support/event-store-node.ts';
import { Follower } from '../support/follower.ts';
import { Lag } from '../support/lag.ts';
import { Load } from '../support/load.ts';
import { until } from '../support/until.ts';

/** Long enough for a new thread on a busy machine: these tests are about what happens, not about when. */
const patient = { appendTimeoutMs: 30_000, readTimeoutMs: 30_000 };

const threadEntry = new URL('../support/breakable-thread.ts', import.meta.url);

interface Log {
  readonly options: EventStoreOptions;
  dispose(): Promise<void>;
}

async function embeddedLog(): Promise<Log> {
  const path = await mkdtemp(join(tmpdir(), 'event-store-'));
  return { options: { kind: 'embedded', path }, dispose: () => rm(path, { recursive: true }) };
}

async function serverLog(): Promise<Log> {
  const node = await EventStoreNode.create();
  return {
    options: { kind: 'eventstoredb', connectionString: node.connectionString },
    dispose: () => node.dispose(),
  };
}

describe.each([
  ['the embedded engine', embeddedLog],
  ['the client', serverLog],
])('a broken store thread with %s', (_, openLog) => {
  const logged: string[] = [];
  let log: Log;
  let store: EventStore;

  beforeEach(async () => {
    log = await openLog();
    logged.length = 0;
  });

  afterEach(async () => {
    await store.close();
    await log.dispose();
  });

  async function start(limits: Partial<EventStoreLimits> = {}): Promise<void> {
    store = await startEventStore({
      ...log.options,
      threadEntry,
      limits,
      log: (level, message) => logged.push(`${level}: ${message}`),
    });
    await until('the log answers', () =>
      store.tail().then(
        () => true,
        () => false,
      ),
    );
  }

  function breakThread(way: Break): void {
    const channel = breakChannel();
    channel.postMessage(way);
    channel.close();
  }

  const replacements = (): number => logged.filter((line) => /store thread (failed|is replaced)/.test(line)).length;

  it('is replaced when it dies under load, without losing or doubling acknowledged events', async () => {
    await start(patient);
    const prefix = uniquePrefix();
    const follower = new Follower(store, prefix);
    const load = new Load(store, prefix, 16);
    for (let round = 1; round <= 3; round += 1) {
      const target = load.acknowledged.size + 300;
      await until('appends are acknowledged', () => load.acknowledged.size >= target && follower.caughtUp, 20_000);
      breakThread('throw');
      await until('the thread has died', () => replacements() === round);
    }
    const target = load.acknowledged.size + 300;
    await until('appends are acknowledged again', () => load.acknowledged.size >= target, 20_000);
    await load.stop();

    const stored = await readAll(store, prefix);
    expect(new Set(ids(stored))).toEqual(load.acknowledged);
    expect(stored).toHaveLength(load.acknowledged.size);
    expect(load.errors).toEqual([]);
    await until('the follower has everything', () => follower.events.length >= stored.length);
    await follower.stop();
    expect(follower.drops).toBe(3);
    expect(ids(follower.events)).toEqual(ids(stored));
    expect(rises(follower.events)).toBe(true);
    // Two engines on the same files would have met the other's lock.
    expect(logged.filter((line) => line.includes('could not be opened'))).toEqual([]);
  });

  it('lets the next one answer an append that was executed when it died', async () => {
    await start(patient);
    const stream = `${uniquePrefix()}a`;
    const first = await store.append({ stream, expectedRevision: 'no_stream', events: [event()] });
    breakThread('throw-instead-of-next-answer');
    const second = await store.append({ stream, expectedRevision: 0, events: [event(), event()] });

    expect(replacements()).toBe(1);
    expect(second.revision).toBe(2);
    const { events: stored } = await store.readStream({ stream, maxCount: 10 });
    expect(stored.map(({ position }) => position)).toEqual([first.position, expect.any(BigInt), second.position]);
  });

  it('is not replaced for an unhandled rejection', async () => {
    await start();
    breakThread('reject');
    await until('it is logged', () => logged.some((line) => line.includes('was not handled: broken on purpose')));
    await store.append({ stream: uniquePrefix(), expectedRevision: 'no_stream', events: [event()] });
    expect(replacements()).toBe(0);
  });

  it('is replaced when it hangs, and pending appends are answered by the next one', async () => {
    await start({ ...patient, heartbeatMs: 100, missedHeartbeats: 4 });
    const prefix = uniquePrefix();
    await store.append({ stream: `${prefix}a`, expectedRevision: 'no_stream', events: [event()] });
    const subscription = store.subscribe({ after: null, streamPrefix: prefix })[Symbol.asyncIterator]();
    await subscription.next();
    const dropped = expect(subscription.next()).rejects.toThrow('dropped');

    breakThread('loop');
    const appended = store.append({ stream: `${prefix}a`, expectedRevision: 0, events: [event()] });
    await expect(appended).resolves.toMatchObject({ revision: 1 });
    await dropped;
    expect(logged.join('\n')).toContain('heartbeats');
    expect(await readAll(store, prefix)).toHaveLength(2);
  });

  it('fails calls in time when it hangs for longer, and is released by a closed store', async () => {
    await start({ heartbeatMs: 60_000, closeTimeoutMs: 200 });
    await store.append({ stream: `${uniquePrefix()}a`, expectedRevision: 'no_stream', events: [event()] });
    breakThread('loop');
    const begun = performance.now();
    const lag = new Lag();
    const tail = expect(store.tail()).rejects.toThrow(EventStoreUnavailableError);
    const appended = expect(
      store.append({ stream: `${uniquePrefix()}a`, expectedRevision: 'no_stream', events: [event()] }),
    ).rejects.toThrow(EventStoreUnavailableError);
    await tail;
    expect(performance.now() - begun).toBeLessThan(1_000 + lag.maxMs);
    await appended;
    expect(performance.now() - begun).toBeLessThan(3_000 + lag.maxMs);
    lag.stop();
    await store.close();
  });

  it('is replaced when it answers heartbeats but no calls', async () => {
    await start({ appendTimeoutMs: 300, unansweredMs: 500 });
    const stream = `${uniquePrefix()}a`;
    const request = { stream, expectedRevision: 'no_stream', events: [event()] } as const;
    breakThread('lose-answers');
    await until(
      'the thread is replaced',
      async () => {
        await expect(store.append(request)).rejects.toThrow(EventStoreUnavailableError);
        return replacements() === 1;
      },
      5_000,
    );
    await until('the next thread answers', () =>
      store.append(request).then(
        () => true,
        () => false,
      ),
    );
    expect((await store.readStream({ stream, maxCount: 10 })).events).toHaveLength(1);
    // It could still be asked, so nothing was cut off in it.
    expect(logged.join('\n')).toContain('closed its log and ended');
    expect(logged.join('\n')).not.toContain('by force');
  });
});
