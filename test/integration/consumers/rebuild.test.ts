/** Read models that are rebuilt beside their live tables, with a real PostgreSQL and a real log. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RequestEvent } from '../../../src/automation/domain/events.ts';
import {
  CANCELLED,
  claimed,
  IMPLEMENTING,
  PLANNING,
  submitted,
} from '../../../src/automation/domain/testing/histories.ts';
import { DeadlinesProjection } from '../../../src/automation/projections/deadlines/deadlines-projection.ts';
import { SELECT_BY_IDS, VERSION } from '../../../src/automation/projections/requests/request-row.ts';
import { RequestsProjection } from '../../../src/automation/projections/requests/requests-projection.ts';
import { StatsProjection } from '../../../src/automation/projections/stats/stats-projection.ts';
import { GivenEvents } from '../../../src/automation/projections/testing/given-events.ts';
import { handled } from '../../../src/automation/projections/testing/memory-tables.ts';
import { pageStatement, totalStatement } from '../../../src/automation/queries/list-sql.ts';
import { readCheckpoint } from '../../../src/infrastructure/consumers/checkpoints.ts';
import type { ReadModel } from '../../../src/infrastructure/consumers/rebuild.ts';
import { wishFor } from '../../../src/infrastructure/consumers/parked-events.ts';
import { rebuildFault, requestRebuild } from '../../../src/infrastructure/consumers/rebuild.ts';
import type { Runner } from '../../../src/infrastructure/consumers/runner.ts';
import { rebuildOf } from '../../../src/infrastructure/consumers/shadow.ts';
import type { EventStore, LogBatch, LogSubscription } from '../../../src/infrastructure/event-store/event-store.ts';
import { readAll } from '../../support/events.ts';
import { until } from '../../support/until.ts';
import type { Ground } from './ground.ts';
import { startGround } from './ground.ts';

/** Number of events in a batch of the log. */
const PAGE = 20;
const MAX_WRITES = 5_000;

type Row = Record<string, unknown>;

let ground: Ground;
let runners: Runner[];

beforeAll(async () => {
  ground = await startGround();
  await Promise.all(Array.from({ length: 40 }, () => happened(submitted(), PLANNING, IMPLEMENTING)));
});

afterAll(() => ground.dispose());

beforeEach(() => {
  runners = [];
});

afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
});

/** A new request to which this happened; returns its id. */
async function happened(...events: readonly RequestEvent[]): Promise<string> {
  const id = randomUUID();
  const written = new GivenEvents()
    .happened(1, ...events)
    .all.map(({ type, data, metadata }) => ({ id: randomUUID(), type, data, metadata }));
  await ground.store.append({ stream: `ours-${id}`, expectedRevision: 'no_stream', events: written });
  return id;
}

async function query(text: string): Promise<Row[]> {
  return (await ground.database.query<Row>({ text })).rows;
}

const rowCount = async (): Promise<number> => Number((await query('SELECT count(*) FROM requests'))[0]?.count);
const wish = () => readCheckpoint(ground.database, rebuildOf('requests'));

/** The first positions of the batches that fill the shadow tables. Each batch after the first waits for the gate. */
class Gate {
  readonly batches: bigint[] = [];
  isOpen = true;
}

interface Given {
  readonly gate?: Gate;
  readonly version?: number;
  readonly definition?: string;
}

/** The list of requests; its twin waits at the gate. */
function requests({ gate = new Gate(), ...more }: Given = {}): ReadModel {
  const plain = () => new RequestsProjection(() => Promise.resolve());
  const twin = (): ReadModel => {
    const model = plain();
    const handle: ReadModel['handle'] = async (events, batch) => {
      await until('the gate is open', () => gate.isOpen || gate.batches.length === 0 || batch.signal.aborted);
      gate.batches.push(events[0]?.position ?? 0n);
      return RequestsProjection.prototype.handle.call(model, events, batch);
    };
    return Object.assign(model, { handle }, more);
  };
  return Object.assign(plain(), { twin }, more);
}

function start(consumer: ReadModel): Runner {
  const runner = ground.instance(inPages(ground.store)).runner(consumer);
  runners.push(runner);
  runner.start();
  return runner;
}

async function live(runner: Runner): Promise<void> {
  await until('it is live', () => runner.progress.state === 'live');
}

async function done(): Promise<void> {
  await until('the rebuild is done', async () => (await wish()) === null);
}

/** The log in batches of a few events, so that a rebuild of a short log takes several. */
function inPages(store: EventStore): EventStore {
  async function* cut(batches: LogSubscription): AsyncGenerator<LogBatch, void, undefined> {
    for await (const batch of batches) {
      for (let rest = batch.events; rest.length > PAGE; rest = rest.slice(PAGE)) {
        const events = rest.slice(0, PAGE);
        yield { events, touched: [], position: events.at(-1)?.position ?? 0n, caughtUp: false };
        await new Promise((resolve) => setImmediate(resolve));
      }
      yield { ...batch, events: batch.events.slice(PAGE * Math.floor(Math.max(batch.events.length - 1, 0) / PAGE)) };
    }
  }
  return {
    append: (request) => store.append(request),
    readStream: (request) => store.readStream(request),
    readLog: (request) => store.readLog(request),
    tail: () => store.tail(),
    close: () => store.close(),
    subscribe: (request) => {
      const inner = store.subscribe(request);
      return { hurry: () => inner.hurry(), close: () => inner.close(), [Symbol.asyncIterator]: () => cut(inner) };
    },
  };
}

/** What the tables are called and consist of. */
function shape(): Promise<Row[]> {
  return query(`
    SELECT indexname AS name, indexdef AS definition FROM pg_indexes WHERE schemaname = current_schema()
    UNION ALL SELECT conname, conrelid::regclass || pg_get_constraintdef(oid) FROM pg_constraint
      WHERE connamespace = current_schema()::regnamespace
    UNION ALL SELECT relname, '' FROM pg_class WHERE relnamespace = current_schema()::regnamespace ORDER BY 1, 2`);
}

/** The rows are those of the log. */
async function expectFolded(): Promise<void> {
  const log = await readAll(ground.store, 'ours-');
  const { tables } = await handled(new RequestsProjection(() => Promise.resolve()), [log]);
  await until('the rows are there', async () => (await rowCount()) === Object.keys(tables.rows('requests')).length);
  const rows = async (table: string, key: string) =>
    Object.fromEntries((await query(`SELECT * FROM ${table}`)).map((row) => [row[key], row]));
  expect(await rows('requests', 'id')).toEqual(tables.rows('requests'));
  expect(await rows('request_texts', 'request_id')).toEqual(tables.rows('request_texts'));
  expect(
    await query(
      'SELECT status, sum(count)::int AS count FROM request_counts GROUP BY 1 HAVING sum(count) > 0 ORDER BY 1',
    ),
  ).toEqual(await query('SELECT status, count(*)::int AS count FROM requests GROUP BY 1 ORDER BY 1'));
}

/** Reads through the pool, by prepared statements, until stopped. Returns how often, and throws if any list lacked a request. */
function readers(): () => Promise<number> {
  let isStopped = false;
  let reads = 0;
  const read = async (): Promise<void> => {
    const least = await rowCount();
    const [one] = await query('SELECT id FROM requests LIMIT 1');
    while (!isStopped) {
      const { rows } = await ground.database.query<Row>(pageStatement({}, '-created_at', 20, null));
      const { rows: kind } = await ground.database.query<Row>(
        pageStatement({ type: ['feature'] }, 'priority', 20, null),
      );
      const { rows: total } = await ground.database.query<Row>(totalStatement({}));
      const { rows: found } = await ground.database.query<Row>({
        name: 'by-ids',
        text: SELECT_BY_IDS,
        values: [[one?.id]],
      });
      expect([rows.length, kind.length, found.length]).toEqual([20, 20, 1]);
      expect(Number(total[0]?.total)).toBeGreaterThanOrEqual(least);
      reads += 1;
    }
  };
  const reading = Promise.all([read(), read(), read()]);
  // Looked at when stopped.
  reading.catch(() => undefined);
  return async () => {
    isStopped = true;
    await reading;
    return reads;
  };
}

/** Connections of this file. */
const OURS = "application_name = current_setting('application_name')";

/** Ends the server's side of all connections that hold a lead, as when their process is killed. */
async function kill(): Promise<void> {
  await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${OURS}
    AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)`);
}

describe('a rebuild that was asked for', () => {
  it('gives the rows of the log under the same names, while others read and write', async () => {
    const runner = start(requests());
    await live(runner);
    await expectFolded();
    const before = await shape();
    const [damaged] = await query(
      "UPDATE requests SET title = 'damaged' WHERE id = (SELECT min(id::text)::uuid FROM requests) RETURNING id",
    );
    expect(damaged).toBeDefined();

    const stop = readers();
    await requestRebuild(ground.database, requests());
    for (let n = 0; n < MAX_WRITES && (await wish()); n += 1) await happened(submitted('bug'), PLANNING, CANCELLED);
    await done();
    expect(await stop()).toBeGreaterThan(10);

    expect(await shape()).toEqual(before);
    await expectFolded();
    // The live tables go on, with nothing remembered of the former ones.
    await happened(submitted(), PLANNING);
    await expectFolded();
    expect(runner.progress).toMatchObject({ rebuild: null, lastError: null });
  });

  it('goes on after a kill where it was, and in another instance too', async () => {
    const gate = new Gate();
    const first = start(requests({ gate }));
    await live(first);
    gate.isOpen = false;
    await requestRebuild(ground.database, requests());
    await until('the first batch is stored', async () => ((await wish())?.position ?? null) !== null);
    const reached = (await wish())?.position ?? 0n;
    await until('it says so', () => first.progress.rebuild?.position === reached);
    const handledBefore = gate.batches.length;
    // The live tables are kept live meanwhile.
    await happened(submitted(), PLANNING);
    await until('the live tables have it', async () => (await rowCount()) === (await logged()));
    expect(await wish()).toEqual({ version: VERSION, position: reached });

    const second = start(requests({ gate }));
    await until('the second stands by', () => second.progress.state === 'standby');
    await kill();
    gate.isOpen = true;
    await done();
    await expectFolded();
    expect(gate.batches.length).toBeGreaterThan(handledBefore);
    expect(gate.batches.slice(handledBefore).every((position) => position > reached)).toBe(true);

    // Whoever leads now, the other carries out the next.
    const leader = [first, second].find(({ progress }) => progress.state !== 'standby');
    await leader?.stop();
    await requestRebuild(ground.database, requests());
    await done();
    await expectFolded();
  });

  it('waits for no lock for long, and leaves one set of tables when it is killed while it swaps', async () => {
    const runner = start(requests());
    await live(runner);
    const swapping = () =>
      query(`SELECT pid FROM pg_stat_activity WHERE ${OURS} AND wait_event_type = 'Lock' AND query LIKE 'DO $swap$%'`);
    const blocker = await ground.connect();
    try {
      await blocker.query('BEGIN; SELECT 1 FROM request_texts LIMIT 1');
      await requestRebuild(ground.database, requests());
      await until('it waits for the lock', async () => (await swapping()).length > 0);
      await until('it gave up', async () => (await swapping()).length === 0);
      // Live batches went on.
      await happened(submitted());
      await until('the live tables have it', async () => (await rowCount()) === (await logged()));

      await until('it waits again', async () => (await swapping()).length > 0);
      await kill();
      await until('it is gone', async () => (await swapping()).length === 0);
      expect(await wish()).not.toBeNull();
      expect(await rowCount()).toBe(await logged());
    } finally {
      await blocker.end();
    }
    await done();
    await expectFolded();
    await live(runner);
  });
});

async function logged(): Promise<number> {
  return new Set((await readAll(ground.store, 'ours-')).map(({ stream }) => stream)).size;
}

describe('a raised version', () => {
  it('of the same columns serves the older tables and keeps them live until its own are ready', async () => {
    const older = start(requests());
    await live(older);
    await older.stop();
    const gate = new Gate();
    gate.isOpen = false;
    const stop = readers();
    const version = VERSION + 1;
    const newer = start(requests({ gate, version }));
    await until('the shadow tables have rows', async () => ((await wish())?.position ?? null) !== null);
    const id = await happened(submitted(), PLANNING);
    await until(
      'the older tables have it',
      async () => (await query(`SELECT FROM requests WHERE id = '${id}'`)).length === 1,
    );
    expect(await wish()).toMatchObject({ version });
    // Otherwise a version that goes back would take rows of two versions for its own.
    expect(await readCheckpoint(ground.database, 'requests')).toMatchObject({ version });

    gate.isOpen = true;
    await done();
    await stop();
    await expectFolded();
    expect(await readCheckpoint(ground.database, 'requests')).toMatchObject({ version });

    const again = start(requests());
    await newer.stop();
    await until('the older stands back', () => again.progress.state === 'superseded');
    await expectFolded();
  });

  it('of other columns begins with empty tables, as nothing could read the older ones', async () => {
    const { definition } = new RequestsProjection(() => Promise.resolve());
    const wider = definition.replace('folded text NOT NULL', 'folded text NOT NULL, words int');
    expect(wider).not.toBe(definition);
    const runner = start(requests({ version: VERSION + 2, definition: wider }));
    await live(runner);
    expect(await wish()).toBeNull();
    expect(await rowCount()).toBe(await logged());
    expect(await query("SELECT FROM pg_class WHERE relname LIKE 'next%'")).toEqual([]);
    await ground.database.query({ text: "DELETE FROM checkpoints WHERE consumer = 'requests'" });
  });
});

describe('statistics', () => {
  it('are rebuilt to the facts of the log, also those that only other events tell', async () => {
    await happened(submitted(), claimed(), IMPLEMENTING, CANCELLED);
    await live(start(new StatsProjection()));
    await query("UPDATE stats_requests SET type = 'bug'");
    await query('DELETE FROM stats_stays');
    await query('DELETE FROM stats_attempts');
    await requestRebuild(ground.database, new StatsProjection());
    await until(
      'the rebuild is done',
      async () => (await readCheckpoint(ground.database, rebuildOf('stats'))) === null,
    );
    const { tables } = await handled(new StatsProjection(), [await readAll(ground.store, 'ours-')]);
    for (const table of new StatsProjection().tables) {
      const rows = Object.values(tables.rows(table));
      const found = await query(`SELECT * FROM ${table}`);
      expect(found).toHaveLength(rows.length);
      expect(found).toEqual(expect.arrayContaining(rows));
      expect(rows.length).toBeGreaterThan(0);
    }
  });
});

describe('an event that cannot be handled', () => {
  const parked = () => query('SELECT id, position, behind FROM parked_events');

  it('stops a rebuild, which says where, while the live tables go on; once it is skipped, the next goes through', async () => {
    const id = await happened(submitted());
    const bad = { id: randomUUID(), type: 'PlanningStarted', data: '[]', metadata: '{}' };
    const { position } = await ground.store.append({ stream: `ours-${id}`, expectedRevision: 0, events: [bad] });
    const runner = start(requests());
    await live(runner);
    await until('it is parked', async () => (await parked()).length === 1);

    await requestRebuild(ground.database, requests());
    await until('it stops', async () => (await rebuildFault(ground.database, 'requests')) !== null);
    expect(await rebuildFault(ground.database, 'requests')).toEqual({
      position: position.toString(),
      event_id: bad.id,
      type: bad.type,
      cause: expect.stringContaining('unreadable-event'),
    });
    const other = await happened(submitted('bug'), PLANNING);
    const rowOf = async (request: string) => (await query(`SELECT * FROM requests WHERE id = '${request}'`))[0];
    await until('another is there', async () => (await rowOf(other))?.status === 'planning');
    expect(runner.progress).toMatchObject({ state: 'live', rebuild: null, parked: 1 });

    await wishFor(ground.database, String((await parked())[0]?.id), 'skip');
    await until('it is skipped', async () => (await parked()).length === 0);
    expect(await rowOf(id)).toMatchObject({ version: 1, status: 'pending' });
    await query('UPDATE requests SET title = upper(title)');
    await requestRebuild(ground.database, requests());
    await done();
    expect(await rowOf(id)).toMatchObject({ version: 1, status: 'pending', title: expect.stringMatching(/[a-z]/) });
    expect(await rowOf(other)).toMatchObject({ status: 'planning' });
  });

  it('is no longer parked once a rebuild has handled it', async () => {
    const runner = start(requests());
    await live(runner);
    await query("ALTER TABLE requests ADD CONSTRAINT no_bugs CHECK (type <> 'bug') NOT VALID");
    const id = await happened(submitted('bug'), PLANNING);
    await until('one waits', async () => (await parked())[0]?.behind === 1);
    // The tables that replace these have no such constraint.
    await requestRebuild(ground.database, requests());
    await done();
    expect(await parked()).toEqual([]);
    expect(await query(`SELECT status FROM requests WHERE id = '${id}'`)).toEqual([{ status: 'planning' }]);
    await until('it goes on', () => runner.progress.state === 'live' && runner.progress.parked === 0);
  });
});

describe('leases', () => {
  it('are rebuilt in their place', async () => {
    const id = await happened(submitted(), claimed());
    const runner = start(new DeadlinesProjection());
    await live(runner);
    const lease = () => query(`SELECT worker, expires_at FROM leases WHERE request_id = '${id}'`);
    const [before] = await lease();
    expect(before).toBeDefined();
    await query(`UPDATE leases SET worker = 'damaged'`);
    await requestRebuild(ground.database, new DeadlinesProjection());
    await until('it is healed', async () => {
      const [row] = (await query("SELECT to_regclass('leases') AS there"))[0]?.there ? await lease() : [];
      return row !== undefined && row.worker === before?.worker;
    });
    expect(await lease()).toEqual([before]);
    expect(await readCheckpoint(ground.database, rebuildOf('leases'))).toBeNull();
  });
});
