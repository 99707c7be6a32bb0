/** A consumer whose log has had events of others alone for long does not read them again. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { beginAt, readCheckpoint } from '../../../src/infrastructure/consumers/checkpoints.ts';
import type { Consumer } from '../../../src/infrastructure/consumers/consumer.ts';
import type { EventStore, SubscribeRequest } from '../../../src/infrastructure/event-store/event-store.ts';
import { events, ids, uniquePrefix } from '../../support/events.ts';
import { until } from '../../support/until.ts';
import type { Ground } from './ground.ts';
import { append, startGround } from './ground.ts';

let ground: Ground;

beforeAll(async () => {
  ground = await startGround();
});

afterAll(() => ground.dispose());

/** Counts what it is given, and has nothing to write. */
class Counter implements Consumer {
  readonly name = 'counter';
  readonly version = 1;
  readonly seen: string[] = [];
  async prepare(database: Ground['database']): Promise<void> {
    await beginAt(database, this.name, this.version, null);
  }
  handle(batch: Parameters<Consumer['handle']>[0]): Promise<null> {
    this.seen.push(...ids(batch));
    return Promise.resolve(null);
  }
}

/** The store, and where its subscriptions were asked to begin. */
function watched(store: EventStore): { store: EventStore; begun: (bigint | null)[] } {
  const begun: (bigint | null)[] = [];
  const subscribe = (request: SubscribeRequest) => {
    begun.push(request.after);
    return store.subscribe(request);
  };
  return {
    begun,
    store: {
      subscribe,
      append: (request) => store.append(request),
      readStream: (request) => store.readStream(request),
      readLog: (request) => store.readLog(request),
      tail: () => store.tail(),
      close: () => store.close(),
    },
  };
}

async function flood(): Promise<bigint> {
  let last = 0n;
  for (let i = 0; i < 5; i += 1) {
    const given = { stream: uniquePrefix(), expectedRevision: 'no_stream', events: events(2_000) } as const;
    last = (await ground.store.append(given)).position;
  }
  return last;
}

const stored = async (): Promise<bigint> => (await readCheckpoint(ground.database, 'counter'))?.position ?? 0n;

describe('10,000 foreign events', () => {
  it('are passed once: the position is saved on the way, and the next start begins after them', async () => {
    const last = await flood();
    const { store, begun } = watched(ground.store);
    const counter = new Counter();
    const first = ground.runner(counter, store);
    first.start();
    await until('a place is noted though nothing was handled', async () => (await stored()) > 0n);
    await until('all are passed', () => (first.progress.position ?? 0n) >= last);
    expect(begun).toEqual([null]);
    await first.stop();
    expect(await stored()).toBe(first.progress.position);

    const second = ground.runner(counter, store);
    second.start();
    await until('it is live', () => second.progress.state === 'live');
    expect(begun).toHaveLength(2);
    expect(begun[1]! >= last).toBe(true);
    const one = await append(ground.store);
    await until('it goes on', () => counter.seen.length > 0);
    expect(counter.seen).toEqual([one]);
    await second.stop();
  });

  it('are not read again by an instance that takes over from one that died', async () => {
    const before = await stored();
    const { store, begun } = watched(ground.store);
    const counter = new Counter();
    const dying = ground.runner(counter, store);
    dying.start();
    await until('it is live', () => dying.progress.state === 'live');
    await flood();
    await until('a place is noted', async () => (await stored()) > before);
    const noted = await stored();
    // Its connection is cut: it notes nothing more before another takes the lead, be it itself.
    await ground.database.query({
      text: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()
        AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)`,
    });
    await until('the next has begun', () => begun.length === 2);
    expect(begun[1]! >= noted).toBe(true);
    await dying.stop();
  });
});
