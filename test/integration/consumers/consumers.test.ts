/** What consumers do with a real PostgreSQL. Without one they are tested beside their sources. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import {
  blocked,
  claimed,
  CANCELLED,
  IMPLEMENTING,
  lost,
  PLANNING,
  requeuedAfterLoss,
  submitted,
} from '../../../src/automation/domain/testing/histories.ts';
import { minute } from '../../../src/automation/domain/testing/given.ts';
import type { RequestEvent } from '../../../src/automation/domain/events.ts';
import { DeadlinesProjection } from '../../../src/automation/projections/deadlines/deadlines-projection.ts';
import { RequestsProjection } from '../../../src/automation/projections/requests/requests-projection.ts';
import { SELECT_BY_IDS } from '../../../src/automation/projections/requests/request-row.ts';
import { StatsProjection } from '../../../src/automation/projections/stats/stats-projection.ts';
import { GivenEvents, requestId } from '../../../src/automation/projections/testing/given-events.ts';
import { handled } from '../../../src/automation/projections/testing/memory-tables.ts';
import {
  beginAt,
  CheckpointMovedError,
  commit,
  readCheckpoint,
} from '../../../src/infrastructure/consumers/checkpoints.ts';
import type { Consumer } from '../../../src/infrastructure/consumers/consumer.ts';
import type { Leadership } from '../../../src/infrastructure/consumers/leadership.ts';
import { leadIn } from '../../../src/infrastructure/consumers/leadership.ts';
import { ensureTables, NewerReadModelError } from '../../../src/infrastructure/consumers/rebuild.ts';
import type { ReadModel } from '../../../src/infrastructure/consumers/rebuild.ts';
import type { StoredEvent } from '../../../src/infrastructure/event-store/event-store.ts';
import { createLogger } from '../../../src/infrastructure/observability/logger.ts';
import type { DatabaseOptions } from '../../../src/infrastructure/postgres/database.ts';
import { connect } from '../../../src/infrastructure/postgres/database.ts';
import { migrate } from '../../../src/infrastructure/postgres/migrate.ts';
import { sharedDatabase } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';

let database: DatabaseOptions;
let client: pg.Client;

beforeAll(async () => {
  database = { url: sharedDatabase(), schema: `test_${randomBytes(6).toString('hex')}` };
  await migrate(database, createLogger('silent'));
  client = await connect(database, 10_000);
});

afterAll(async () => {
  await client.query(`DROP SCHEMA ${database.schema} CASCADE`);
  await client.end();
});

const rowsOf = async (text: string): Promise<Record<string, unknown>[]> =>
  (await client.query<Record<string, unknown>>(text)).rows;

describe('a commit', () => {
  const FAR = 9_007_199_254_740_993n;
  const put = (n: number) => ({ text: 'INSERT INTO written (n) VALUES ($1)', values: [n] });
  const written = async () => (await rowsOf('SELECT n FROM written ORDER BY n')).map(({ n }) => n);

  beforeEach(async () => {
    await client.query('CREATE TABLE written (n integer PRIMARY KEY)');
    await beginAt(client, 'writer', 1, null);
  });

  afterEach(async () => {
    await client.query("DROP TABLE written; DELETE FROM checkpoints WHERE consumer = 'writer'");
  });

  it('writes and moves, from before the first event and beyond what a double holds', async () => {
    await commit(client, 'writer', { from: null, to: FAR }, [put(1), put(2)]);
    expect(await readCheckpoint(client, 'writer')).toEqual({ version: 1, position: FAR });
    await commit(client, 'writer', { from: FAR, to: FAR + 1n }, []);
    await commit(client, 'writer', { from: FAR + 1n, to: FAR + 2n }, [
      put(3),
      { text: 'DELETE FROM written WHERE n = ANY($1::int[])', values: [[1, 2]] },
    ]);
    expect(await readCheckpoint(client, 'writer')).toEqual({ version: 1, position: FAR + 2n });
    expect(await written()).toEqual([3]);
  });

  it('writes nothing when the checkpoint is elsewhere', async () => {
    await commit(client, 'writer', { from: null, to: 5n }, []);
    for (const from of [null, 4n, 6n]) {
      await expect(commit(client, 'writer', { from, to: 9n }, [put(1)])).rejects.toThrow(CheckpointMovedError);
    }
    await expect(commit(client, 'nobody', { from: null, to: 9n }, [put(1)])).rejects.toThrow(CheckpointMovedError);
    expect(await written()).toEqual([]);
    expect(await readCheckpoint(client, 'writer')).toEqual({ version: 1, position: 5n });
  });

  it('moves nothing when a statement fails, and leaves the connection fit for the next', async () => {
    await expect(commit(client, 'writer', { from: null, to: 5n }, [put(1), put(1)])).rejects.toMatchObject({
      code: '23505',
    });
    expect(await readCheckpoint(client, 'writer')).toEqual({ version: 1, position: null });
    await commit(client, 'writer', { from: null, to: 5n }, [put(1)]);
    expect(await written()).toEqual([1]);
  });

  it('is that of one of two that come at once', async () => {
    const other = await connect(database, 10_000);
    try {
      for (let round = 0; round < 20; round += 1) {
        const from = round === 0 ? null : BigInt(round);
        const move = { from, to: BigInt(round + 1) };
        const both = await Promise.allSettled([
          commit(client, 'writer', move, [put(2 * round)]),
          commit(other, 'writer', move, [put(2 * round + 1)]),
        ]);
        const lost = both.filter((each) => each.status === 'rejected');
        expect(lost.map(({ reason }) => (reason as Error).name)).toEqual(['CheckpointMovedError']);
        expect(await written()).toHaveLength(round + 1);
      }
    } finally {
      await other.end();
    }
  });
});

describe('the lead', () => {
  const never = new AbortController().signal;
  const quietly = () => Promise.resolve();
  const taken: Leadership[] = [];

  async function take(consumer: string, options = database): Promise<Leadership> {
    const leadership = await leadIn(options)(consumer, never, quietly);
    taken.push(leadership);
    return leadership;
  }

  afterEach(async () => {
    for (const leadership of taken.splice(0)) await leadership.release();
  });

  it('is with one at a time, and goes to who stands by', async () => {
    const first = await take('a');
    let stood = 0;
    let second: Leadership | null = null;
    const waiting = leadIn(database)('a', never, () => Promise.resolve(void (stood += 1))).then((leadership) => {
      taken.push(leadership);
      second = leadership;
    });
    await until('the second stands by', () => stood > 0);
    expect(second).toBeNull();
    await first.release();
    await waiting;
    expect(second).not.toBeNull();
  });

  it('of one consumer or schema has nothing to do with that of another', async () => {
    await take('a');
    await take('b');
    await take('a', { ...database, schema: 'elsewhere' });
    expect(taken).toHaveLength(3);
  });

  it('is lost with its connection, and free at once', async () => {
    const first = await take('a');
    const { rows } = await first.db.query<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid' });
    expect(first.lost.aborted).toBe(false);
    await client.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await until('it is told', () => first.lost.aborted);
    await take('a');
    await expect(first.db.query({ text: 'SELECT 1' })).rejects.toThrow();
  });

  it('is not waited for by one that is stopped', async () => {
    await take('a');
    const stop = new AbortController();
    const waiting = leadIn(database)('a', stop.signal, () => {
      stop.abort();
      return Promise.resolve();
    });
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('has nothing wait for the disk', async () => {
    const { db } = await take('a');
    const { rows } = await db.query<{ setting: string }>({
      text: "SELECT current_setting('synchronous_commit') AS setting",
    });
    expect(rows).toEqual([{ setting: 'off' }]);
  });
});

describe('the tables of a read model', () => {
  const model = (version: number, column: string): ReadModel => ({
    name: 'model',
    version,
    tables: ['model_rows', 'model_more'],
    definition: `CREATE TABLE model_rows (${column} integer); CREATE TABLE model_more (n integer)`,
    prepare: () => Promise.resolve(),
    handle: () => Promise.resolve(null),
  });
  const filled = async (version: number, column: string) => {
    await ensureTables(model(version, column), client);
    await commit(client, 'model', { from: null, to: 7n }, [
      { text: `INSERT INTO model_rows (${column}) VALUES ($1)`, values: [1] },
    ]);
  };

  afterEach(async () => {
    await client.query(
      "ROLLBACK; DROP TABLE IF EXISTS model_rows, model_more; DELETE FROM checkpoints WHERE consumer = 'model'",
    );
  });

  it('are created once, and kept', async () => {
    await filled(1, 'a');
    await ensureTables(model(1, 'a'), client);
    expect(await rowsOf('SELECT * FROM model_rows')).toEqual([{ a: 1 }]);
    expect(await readCheckpoint(client, 'model')).toEqual({ version: 1, position: 7n });
  });

  it.each([
    ['the version is raised', async () => undefined, 2],
    ['a table is missing', () => client.query('DROP TABLE model_more'), 1],
    ['the checkpoint is missing', () => client.query("DELETE FROM checkpoints WHERE consumer = 'model'"), 1],
  ])('are built anew, to be filled from the beginning, where %s', async (_, change, version) => {
    await filled(1, 'a');
    await change();
    await ensureTables(model(version, 'b'), client);
    expect(await rowsOf('SELECT b FROM model_rows')).toEqual([]);
    expect(await readCheckpoint(client, 'model')).toEqual({ version, position: null });
  });

  it('of a newer version are left alone', async () => {
    await filled(3, 'a');
    await expect(ensureTables(model(2, 'b'), client)).rejects.toThrow(NewerReadModelError);
    expect(await rowsOf('SELECT * FROM model_rows')).toEqual([{ a: 1 }]);
    expect(await readCheckpoint(client, 'model')).toEqual({ version: 3, position: 7n });
  });
});

/** Makes ready and handles batches, as the runner does. */
async function project(consumer: Consumer, batches: readonly (readonly StoredEvent[])[]): Promise<void> {
  await consumer.prepare(client);
  await handle(consumer, batches);
}

async function handle(consumer: Consumer, batches: readonly (readonly StoredEvent[])[]): Promise<void> {
  for (const events of batches) {
    const skip = () => undefined;
    const changes = await consumer.handle(events, { db: client, signal: new AbortController().signal, skip });
    const from = (await readCheckpoint(client, consumer.name))?.position ?? null;
    const to = (from ?? 0n) + 1n;
    await commit(client, consumer.name, { from, to }, changes?.statements ?? []);
    changes?.committed?.();
  }
}

const PLANNED: RequestEvent = {
  type: 'MilestonesPlanned',
  data: { milestones: [{ id: 'm1', title: 'One "quoted", {braced}', status: 'pending' }] },
};
const RENAMED: RequestEvent = {
  type: 'RequestDetailsRevised',
  data: { title: 'Straße \\ NULL', priority: 'critical' },
};
const RESUME_AT = '2026-01-05T12:00:00.000Z';

function story(): GivenEvents {
  return new GivenEvents()
    .happened(1, submitted('feature'), claimed(), PLANNED)
    .happened(2, submitted('bug'), RENAMED, claimed())
    .happened(3, submitted('feature'), blocked('pending', { resume_at: RESUME_AT }))
    .happened(1, IMPLEMENTING, lost(1), requeuedAfterLoss('implementing'), claimed(2))
    .happened(2, CANCELLED)
    .happened(4, submitted('feature'), PLANNING);
}

describe.each([
  ['requests', () => new RequestsProjection(() => Promise.resolve()), ['requests', 'request_texts']],
  ['deadlines', () => new DeadlinesProjection(), ['leases', 'resumptions']],
  ['stats', () => new StatsProjection(), ['stats_requests', 'stats_stays', 'stats_attempts']],
] as const)('the rows of %s', (_, create, tables) => {
  afterEach(async () => {
    const { name, tables: all } = create();
    await client.query(`DROP TABLE IF EXISTS ${all.join(', ')}; DELETE FROM checkpoints WHERE consumer = '${name}'`);
  });

  it.each([1, 7, 100])('are those that their statements say, in batches of %i, once or twice', async (size) => {
    const consumer = create();
    const expected = await handled(create(), [story().all]);
    await project(consumer, story().batches(size));
    await project(consumer, story().batches(size));
    for (const table of tables) {
      const rows = await rowsOf(`SELECT * FROM ${table} ORDER BY 1, 2`);
      const wanted = Object.values(expected.tables.rows(table));
      expect(rows).toEqual(wanted.map((row) => expect.objectContaining(row) as unknown));
      expect(rows.length).toBeGreaterThan(0);
    }
  });
});

describe('the row of a request', () => {
  afterEach(async () => {
    await client.query(
      "DROP TABLE requests, request_counts, request_texts; DELETE FROM checkpoints WHERE consumer = 'requests'",
    );
  });

  it('is read back as it was written, so that the next event is folded on it', async () => {
    await project(new RequestsProjection(() => Promise.resolve()), story().batches(7));
    const expected = await handled(new RequestsProjection(() => Promise.resolve()), [story().all]);
    const { rows } = await client.query({ text: SELECT_BY_IDS, values: [[requestId(1), requestId(2)]] });
    expect(rows).toEqual(expect.arrayContaining([expected.tables.rows('requests')[requestId(1)]]));
    const more = story().happened(1, IMPLEMENTING).all.slice(-1);
    await project(new RequestsProjection(() => Promise.resolve()), [more]);
    expect(await rowsOf(`SELECT status, attempt FROM requests WHERE id = '${requestId(1)}'`)).toEqual([
      { status: 'implementing', attempt: 2 },
    ]);
  });

  it('is counted once', async () => {
    const consumer = new RequestsProjection(() => Promise.resolve());
    await project(consumer, story().batches(1));
    await handle(consumer, story().batches(7));
    expect(
      await rowsOf('SELECT status, type, urgency, count FROM request_counts WHERE count <> 0 ORDER BY 1, 2, 3'),
    ).toEqual([
      { status: 'blocked', type: 'feature', urgency: 2, count: '1' },
      { status: 'cancelled', type: 'bug', urgency: 0, count: '1' },
      { status: 'planning', type: 'feature', urgency: 2, count: '2' },
    ]);
  });
});

describe('a lease', () => {
  const claims = (n: number) => new GivenEvents().happened(1, submitted(), claimed(n)).all;
  const lease = async () => (await rowsOf('SELECT attempt, expires_at, lapsed FROM leases'))[0];
  const heartbeat = (attempt: number, expires: string, lapsed = false) =>
    client.query(
      `INSERT INTO leases (request_id, attempt, worker, lease_seconds, expires_at, lapsed) VALUES ($1, $2, 'dev-1', 120, $3, $4)`,
      [requestId(1), attempt, expires, lapsed],
    );

  beforeEach(() => new DeadlinesProjection().prepare(client));

  afterEach(async () => {
    await client.query("DROP TABLE leases, resumptions; DELETE FROM checkpoints WHERE consumer = 'leases'");
  });

  it('that a heartbeat renewed before its claim was seen keeps the later end', async () => {
    await heartbeat(1, minute(30));
    await project(new DeadlinesProjection(), [claims(1)]);
    expect(await lease()).toEqual({ attempt: 1, expires_at: minute(30), lapsed: false });
  });

  it('that is about to be ended stays so for its own attempt', async () => {
    await heartbeat(1, minute(0), true);
    await project(new DeadlinesProjection(), [claims(1)]);
    expect(await lease()).toEqual({ attempt: 1, expires_at: minute(3), lapsed: true });
  });

  it('begins anew with the next attempt, however late that of the last would end', async () => {
    await heartbeat(1, minute(30), true);
    await project(new DeadlinesProjection(), [claims(2)]);
    expect(await lease()).toEqual({ attempt: 2, expires_at: minute(3), lapsed: false });
  });
});
