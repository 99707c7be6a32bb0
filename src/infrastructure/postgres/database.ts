import pg from 'pg';
import type { Logger } from '../observability/logger.ts';
import { clientOptionsOf } from './database-url.ts';

/** What both the pool and a connection can do. */
export interface Queryable {
  query<Row extends pg.QueryResultRow = never>(query: pg.QueryConfig): Promise<pg.QueryResult<Row>>;
}

/** Postgres does not answer, or not in time. */
export class DatabaseUnavailableError extends Error {
  readonly code = 'read-model-unavailable';
  constructor(cause: unknown) {
    super('The read model does not answer.', { cause });
    this.name = 'DatabaseUnavailableError';
  }
}

const CONNECT_TIMEOUT_MS = 1_500;
/** Of the one statement by which a new connection becomes ours. */
const SETTLE_TIMEOUT_MS = 1_000;

/** Instants are read as the contract writes them: ISO 8601 in UTC with milliseconds. */
const INSTANT_OID = 1184;
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    return (oid === INSTANT_OID ? parseInstant : pg.types.getTypeParser(oid, format)) as never;
  },
};

const INSTANT = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/;

/**
 * Postgres' `2026-11-24 11:00:00.5+00` as `2026-11-24T11:00:00.500Z`. Our sessions are in UTC, but the zone is read and not assumed: what
 * stands between us and the server may change a session. Throws for a text of another date style.
 */
export function parseInstant(text: string): string {
  const [, date, time, fraction = '', sign, hours, minutes = '0', seconds = '0'] = INSTANT.exec(text) ?? [];
  if (date === undefined) throw new Error('The database wrote a time that is not of the ISO style.');
  const millis = fraction === '' ? '.000' : fraction.padEnd(4, '0').slice(0, 4);
  const offsetMs = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
  const utc = `${date}T${time}${millis}Z`;
  return offsetMs === 0 ? utc : new Date(Date.parse(utc) - (sign === '-' ? -offsetMs : offsetMs)).toISOString();
}

/** How to connect: everything that belongs to the service lies in one schema. */
export interface DatabaseOptions {
  readonly url: string;
  /** A lower-case identifier, checked by the configuration. */
  readonly schema: string;
}

/** Ours stand after what the URL says, which may say other things that are needed, as `options` are by some services. */
function clientConfig({ url }: DatabaseOptions): pg.ClientConfig {
  return {
    application_name: 'automation-backend',
    ...clientOptionsOf(url),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    client_encoding: 'UTF8',
    keepAlive: true,
    types,
  };
}

/**
 * Makes a new connection ours, by a statement: what is asked for while connecting can be said otherwise by the URL, and a pooler refuses or
 * forgets it. Nothing of ours may be looked for in another schema, nor a time be read in another zone.
 */
async function settle(client: pg.ClientBase, { schema }: DatabaseOptions, statementTimeoutMs: number): Promise<void> {
  await client.query({
    text: `SELECT set_config('search_path', $1, false), set_config('timezone', 'UTC', false),
      set_config('datestyle', 'ISO, YMD', false), set_config('statement_timeout', $2, false)`,
    values: [schema, String(statementTimeoutMs)],
    query_timeout: SETTLE_TIMEOUT_MS,
  } as pg.QueryConfig);
}

/** How much of the database a pool may use. */
export interface PoolLimits {
  /** The runners of projections have a connection each beside those of the pools. */
  readonly connections: number;
  /** Of each statement, on both sides. */
  readonly timeoutMs: number;
}

/** The pools, apart so that what one is busy with keeps nobody waiting who uses another. */
export interface Pools {
  /** What callers read. */
  readonly callers: pg.Pool;
  /** What callers search for. */
  readonly searches: pg.Pool;
  /** What the service lives by: leases, what projections read, health. */
  readonly service: pg.Pool;
}

/** A caller is answered within 3 s. A search may have waited for its turn before. */
const POOLS: Readonly<Record<keyof Pools, PoolLimits>> = {
  callers: { connections: 8, timeoutMs: 2_000 },
  searches: { connections: 3, timeoutMs: 1_500 },
  service: { connections: 4, timeoutMs: 2_000 },
};

export function createPools(options: DatabaseOptions, logger: Logger): Pools {
  const pool = (name: keyof Pools) => createPool(options, logger, POOLS[name]);
  return { callers: pool('callers'), searches: pool('searches'), service: pool('service') };
}

export async function endPools(pools: Pools): Promise<void> {
  await Promise.all(Object.values(pools).map((pool: pg.Pool) => pool.end()));
}

/** A pool of its own limits; every query has its deadline, on both sides. */
export function createPool(options: DatabaseOptions, logger: Logger, { connections, timeoutMs }: PoolLimits): pg.Pool {
  const pool = new pg.Pool({
    ...clientConfig(options),
    max: connections,
    query_timeout: timeoutMs,
    // It is waited for, whatever its type says.
    // eslint-disable-next-line @typescript-eslint/no-misused-promises
    onConnect: (client) => settle(client, options, timeoutMs),
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => {
    // While the service stops, an embedded server may be faster than the goodbye of a connection.
    if (!pool.ending) logger.warn({ err: error }, 'an idle database connection broke');
  });
  return pool;
}

/** A connection of its own, for a runner's lock and transactions. `queryTimeoutMs` bounds each statement. */
export async function connect(options: DatabaseOptions, queryTimeoutMs: number): Promise<pg.Client> {
  const client = new pg.Client({ ...clientConfig(options), query_timeout: queryTimeoutMs });
  client.on('error', () => {
    // Whoever uses the connection learns of it by its next query; here it only must not end the process.
  });
  try {
    await client.connect();
    await settle(client, options, queryTimeoutMs);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return client;
}

/** Runs a read. Whatever goes wrong is {@link DatabaseUnavailableError}: a read of ours has no other way to fail. */
export async function read<Row extends pg.QueryResultRow>(database: Queryable, query: pg.QueryConfig): Promise<Row[]> {
  try {
    return (await database.query<Row>(query)).rows;
  } catch (error) {
    throw new DatabaseUnavailableError(error);
  }
}

/** All or nothing. The error that ended it is passed on. */
export async function transaction<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // A broken connection has rolled back by itself.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
