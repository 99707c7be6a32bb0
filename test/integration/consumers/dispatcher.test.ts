/** Several consumers share one reader of the log, in two instances, and each handles every event once whatever happens. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureTables } from '../../../src/infrastructure/consumers/rebuild.ts';
import type { ReadModel } from '../../../src/infrastructure/consumers/rebuild.ts';
import type { EventStore, SubscribeRequest } from '../../../src/infrastructure/event-store/event-store.ts';
import type { Queryable } from '../../../src/infrastructure/postgres/database.ts';
import { events, ids } from '../../support/events.ts';
import { until } from '../../support/until.ts';
import type { Ground } from './ground.ts';
import { startGround } from './ground.ts';

let ground: Ground;
/** Ids of all events, in the order of the log. */
const log: string[] = [];

beforeAll(async () => {
  ground = await startGround();
});

afterAll(() => ground.dispose());

/** Writes down each event in order; a second time is an error of the database. `onBatch` runs before each batch. */
function book(name: string, onBatch: (db: Queryable) => Promise<void> = () => Promise.resolve()): ReadModel {
  const model: ReadModel = {
    name,
    version: 1,
    tables: [name],
    definition: `CREATE TABLE ${name} (event uuid PRIMARY KEY, place serial)`,
    prepare: (db) => ensureTables(model, db),
    handle: async (batch, { db }) => {
      await onBatch(db);
      const text = `INSERT INTO ${name} (event) SELECT id FROM unnest($1::uuid[]) WITH ORDINALITY AS e (id, n) ORDER BY n`;
      return { statements: [{ text, values: [ids(batch)] }] };
    },
  };
  return model;
}

async function pages(name: string): Promise<string[]> {
  const { rows } = await ground.database.query<{ event: string }>({ text: `SELECT event FROM ${name} ORDER BY place` });
  return rows.map(({ event }) => event);
}

/** Appends to new streams. */
async function appends(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 500) {
    const batch = events(Math.min(left, 500));
    await ground.store.append({ stream: `ours-${randomUUID()}`, expectedRevision: 'no_stream', events: batch });
    log.push(...ids(batch));
  }
}

/** Waits until a consumer has the whole log. */
async function hasAll(name: string): Promise<void> {
  await until(`${name} is complete`, async () => (await pages(name)).length >= log.length, 30_000);
  expect(await pages(name)).toEqual(log);
}

/** The store, and the number of its subscriptions. */
function counted(store: EventStore): { readonly store: EventStore; readonly open: () => number } {
  let open = 0;
  const counting = Object.assign(Object.create(store) as EventStore, {
    append: store.append.bind(store),
    readStream: store.readStream.bind(store),
    readLog: store.readLog.bind(store),
    tail: store.tail.bind(store),
    subscribe: (request: SubscribeRequest) => {
      const subscription = store.subscribe(request);
      const close = subscription.close.bind(subscription);
      open += 1;
      subscription.close = () => {
        open -= 1;
        close();
      };
      return subscription;
    },
  });
  return { store: counting, open: () => open };
}

describe('the consumers of an instance', () => {
  it('share one subscription as soon as they have caught up, and get every event', async () => {
    await appends(3_000);
    const { store, open } = counted(ground.store);
    const instance = ground.instance(store);
    for (const name of ['one', 'two', 'three']) instance.runner(book(name)).start();
    await until('all have joined', () => instance.dispatcher.joined === 3, 20_000);
    expect(open()).toBe(1);
    await appends(3_000);
    for (const name of ['one', 'two', 'three']) await hasAll(name);
  });

  it('are not held up by one that is slow, which gets everything all the same', async () => {
    const opened = Promise.withResolvers<void>();
    let gate = Promise.resolve();
    const instance = ground.instance();
    instance.runner(book('slow', () => gate)).start();
    instance.runner(book('quick')).start();
    await until('both have joined', () => instance.dispatcher.joined === 2, 20_000);
    gate = opened.promise;
    try {
      await appends(12_000);
      await hasAll('quick');
      expect(instance.dispatcher.joined).toBe(1);
    } finally {
      opened.resolve();
    }
    await hasAll('slow');
    await until('it is back', () => instance.dispatcher.joined === 2, 20_000);
  });

  it('handle each event once when a commit fails just after the one that fails has joined', async () => {
    await appends(2_000);
    const instance = ground.instance();
    let failures = 0;
    const dies = async (db: Queryable): Promise<void> => {
      if (instance.dispatcher.joined === 0 || failures > 0) return;
      failures += 1;
      await db.query({ text: 'SELECT pg_terminate_backend(pg_backend_pid())' });
    };
    instance.runner(book('mortal', dies)).start();
    await until('it has joined', () => instance.dispatcher.joined === 1, 20_000);
    await appends(2_000);
    await hasAll('mortal');
    expect(failures).toBe(1);
  });
});

describe('two instances', () => {
  it('handle each event once when the lead moves while the one that had it was catching up', async () => {
    await appends(20_000);
    const [first, second] = [ground.instance(), ground.instance()];
    const leader = first.runner(book('moved'));
    leader.start();
    await until('the first has the lead', () => leader.progress.term === 1, 20_000);
    const standby = second.runner(book('moved'));
    standby.start();
    await until('it has handled something', () => (leader.progress.position ?? 0n) > 0n, 20_000);
    const handled = (await pages('moved')).length;
    await leader.stop();
    await appends(1_000);
    await hasAll('moved');
    expect(handled).toBeLessThan(20_000);
    expect(standby.progress.term).toBe(1);
    await until('the second reads with its shared reader', () => second.dispatcher.joined === 1, 20_000);
    expect(first.dispatcher.joined).toBe(0);
  });
});
