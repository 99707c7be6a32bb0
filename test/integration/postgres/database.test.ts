/** Connections to the database are ours, whatever the URL, the role and what stands between say about sessions. */
import { randomBytes } from 'node:crypto';
import { connect as connectSocket, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { createLogger } from '../../../src/infrastructure/observability/logger.ts';
import type { DatabaseOptions } from '../../../src/infrastructure/postgres/database.ts';
import { connect, createPool, parseInstant } from '../../../src/infrastructure/postgres/database.ts';
import { migrate } from '../../../src/infrastructure/postgres/migrate.ts';
import { prepareDatabase } from '../../../src/infrastructure/postgres/prepare-database.ts';
import { Ends } from '../../support/ends.ts';
import { hasPgbouncer, startPgbouncer } from '../../support/pgbouncer.ts';
import { sharedDatabase } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';

const LIMITS = { connections: 2, timeoutMs: 2_000 };
const logger = createLogger('silent');
const ends = new Ends();
const run = randomBytes(4).toString('hex');
const shared = sharedDatabase();
afterAll(() => ends.run());

/** A schema of its own for each test, and its end. */
async function withSchema<T>(name: string, work: (options: DatabaseOptions) => Promise<T>): Promise<T> {
  const options = { url: shared, schema: `db_${name}_${run}` };
  try {
    return await work(options);
  } finally {
    const client = await connect(options, 5_000);
    await client.query(`DROP SCHEMA IF EXISTS ${options.schema} CASCADE`).finally(() => client.end());
  }
}

async function settingsOf(client: pg.Client | pg.Pool): Promise<unknown> {
  const { rows } = await client.query(`SELECT current_setting('search_path') AS path,
    timestamptz '2026-11-24 20:00:00.5+09' AS at, timestamptz '2026-11-24 20:00:00.5+09' ::text AS said`);
  return rows[0];
}

const FOREIGN = [
  '-c search_path=public -c timezone=Asia/Tokyo -c datestyle=German',
  '-c search_path=pg_catalog -c timezone=America/St_Johns -c datestyle=SQL,DMY',
];

describe('a connection', () => {
  it.each(FOREIGN)('uses our schema and UTC, whatever the URL says: %s', async (options) => {
    const ours = { path: 'ours_alone', at: '2026-11-24T11:00:00.500Z', said: '2026-11-24 11:00:00.5+00' };
    const database = { url: `${shared}?options=${encodeURIComponent(options)}`, schema: 'ours_alone' };
    const pool = createPool(database, logger, LIMITS);
    const client = await connect(database, 5_000);
    try {
      expect(await settingsOf(pool)).toEqual(ours);
      expect(await settingsOf(client)).toEqual(ours);
    } finally {
      await Promise.all([pool.end(), client.end()]);
    }
  });

  it("keeps the URL's other options", async () => {
    const options = encodeURIComponent('-c work_mem=7MB');
    const client = await connect({ url: `${shared}?options=${options}`, schema: 'ours_alone' }, 5_000);
    const { rows } = await client.query<{ mem: string }>("SELECT current_setting('work_mem') AS mem");
    await client.end();
    expect(rows).toEqual([{ mem: '7MB' }]);
  });

  it('ends a slow statement on the server too', async () => {
    const client = await connect({ url: shared, schema: 'ours_alone' }, 5_000);
    const { rows } = await client.query<{ most: string }>("SELECT current_setting('statement_timeout') AS most");
    await client.end();
    expect(rows).toEqual([{ most: '5s' }]);
  });

  it('sends no startup options that a pooler refuses', async () => {
    const { port, hostname } = new URL(shared);
    let hello: Buffer | undefined;
    const proxy = createServer((client) => {
      const server = connectSocket(Number(port), hostname);
      client.once('data', (bytes) => (hello = bytes));
      client.pipe(server).pipe(client);
      for (const socket of [client, server]) socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const through = new URL(shared);
    through.port = String((proxy.address() as AddressInfo).port);
    const pool = createPool({ url: through.href, schema: 'ours_alone' }, logger, LIMITS);
    await settingsOf(pool).finally(() => pool.end());
    await new Promise((resolve) => proxy.close(resolve));
    // Length and version, then names and values in turn.
    const words = hello?.subarray(8).toString().split('\0') ?? [];
    const names = words.filter((word, i) => i % 2 === 0 && word !== '');
    expect(names.sort()).toEqual(['application_name', 'client_encoding', 'database', 'user']);
  });
});

describe('a time from the database', () => {
  it.each([
    ['2026-11-24 11:00:00+00', '2026-11-24T11:00:00.000Z'],
    ['2026-11-24 11:00:00.5+00', '2026-11-24T11:00:00.500Z'],
    ['2026-11-24 11:00:00.123456+00', '2026-11-24T11:00:00.123Z'],
    ['2026-11-24 20:00:00.5+09', '2026-11-24T11:00:00.500Z'],
    ['2026-11-24 07:30:00-03:30', '2026-11-24T11:00:00.000Z'],
    ['2026-11-25 01:00:00+14', '2026-11-24T11:00:00.000Z'],
    ['1880-01-01 00:19:32.13+00:19:32', '1880-01-01T00:00:00.130Z'],
  ])('is read with its zone: %s', (text, instant) => {
    expect(parseInstant(text)).toBe(instant);
  });

  it.each(['24.11.2026 20:00:00.5 JST', '11/24/2026 11:00:00 UTC', 'infinity', '2026-11-24 11:00:00'])(
    'is refused in another style: %s',
    (text) => {
      expect(() => parseInstant(text)).toThrow('ISO');
    },
  );
});

describe('a role', () => {
  it('with a schema does not need the right to create one', async () => {
    await withSchema('own', async (options) => {
      const admin = await connect({ ...options, schema: 'public' }, 5_000);
      const { rows } = await admin.query<{ me: string; db: string }>(
        'SELECT current_user AS me, current_database() AS db',
      );
      const [{ me, db } = { me: '', db: '' }] = rows;
      await admin.query(`CREATE SCHEMA ${options.schema}`);
      // It owns the database, and can take the right from itself.
      await admin.query(`REVOKE CREATE ON DATABASE ${db} FROM ${me}`);
      try {
        await migrate(options, logger);
        const other = { ...options, schema: `${options.schema}_other` };
        await expect(prepareDatabase(other, logger, 0)).rejects.toThrow(
          /^points to a database .* permission denied for database .* needs its own schema db_own_\w+_other \(DATABASE_SCHEMA\)/,
        );
      } finally {
        await admin.query(`GRANT CREATE ON DATABASE ${db} TO ${me}`);
        await admin.end();
      }
    });
  });
});

describe('a database', () => {
  it.each([
    ['that does not let us in', (url: URL) => (url.password = 'wrong'), /password authentication failed/],
    ['that is not there on the server', (url: URL) => (url.pathname = '/nowhere'), /nowhere|pg_hba/],
    ['without encryption, where it is asked for', (url: URL) => (url.search = '?sslmode=require'), /SSL/],
  ])('%s is told from one that is unreachable', async (_, change, said) => {
    const url = new URL(shared);
    change(url);
    await expect(prepareDatabase({ url: url.href, schema: 'x' }, logger, 0)).rejects.toThrow(said);
  });

  it('that is unreachable is awaited, and prepared once it is back', async () => {
    await withSchema('late', async (options) => {
      const { port, hostname } = new URL(options.url);
      const proxy = createServer((client) => {
        const server = connectSocket(Number(port), hostname);
        client.pipe(server).pipe(client);
        for (const socket of [client, server]) socket.on('error', () => undefined);
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      const { port: proxyPort } = proxy.address() as AddressInfo;
      await new Promise((resolve) => proxy.close(resolve));
      const url = new URL(options.url);
      url.port = String(proxyPort);
      const stop = await prepareDatabase({ ...options, url: url.href }, logger, 0);
      await new Promise<void>((resolve) => proxy.listen(proxyPort, '127.0.0.1', resolve));
      const client = await connect(options, 5_000);
      try {
        await until('the tables are there', async () => {
          const { rows } = await client.query<{ there: boolean }>(
            "SELECT to_regclass('checkpoints') IS NOT NULL AS there",
          );
          return rows[0]?.there === true;
        });
      } finally {
        await client.end();
        await stop();
        await new Promise((resolve) => proxy.close(resolve));
      }
    });
  });
});

(hasPgbouncer ? describe : describe.skip)('PgBouncer', () => {
  it('works through a pooler in session mode', async () => {
    await withSchema('pooled', async (options) => {
      const bouncer = await startPgbouncer(options.url, 'session');
      try {
        await (
          await prepareDatabase({ ...options, url: bouncer.url }, logger, 0)
        )();
        const pool = createPool({ ...options, url: bouncer.url }, logger, LIMITS);
        expect(await settingsOf(pool)).toMatchObject({ path: options.schema, at: '2026-11-24T11:00:00.500Z' });
        await pool.end();
      } finally {
        await bouncer.stop();
      }
    });
  });

  it('is refused in transaction mode, because session locks decide who leads', async () => {
    const bouncer = await startPgbouncer(shared, 'transaction');
    try {
      await expect(prepareDatabase({ url: bouncer.url, schema: `db_none_${run}` }, logger, 0)).rejects.toThrow(
        'points to a pooler that runs each transaction in a different server session',
      );
    } finally {
      await bouncer.stop();
    }
  });
});
