import pg from 'pg';
import type { Logger } from '../observability/logger.ts';
import { clientOptionsOf } from './database-url.ts';

/** A pool or a single connection. */
export interface Queryable {
  query<Row extends pg.QueryResultRow = never>(query: pg.QueryConfig): Promise<pg.QueryResult<Row>>;
}

/** PostgreSQL is unreachable, did not answer in time or rejected the query. */
export class DatabaseUnavailableError extends Error {
  readonly code = 'read-model-unavailable';
  constructor(cause: unknown) {
    super('The read model does not answer.', { cause });
    this.name = 'DatabaseUnavailableError';
  }
}

const CONNECT_TIMEOUT_MS = 1_500;
/** Deadline for the statement that sets up a new session. */
const SETTLE_TIMEOUT_MS = 1_000;

/** OID of `timestamptz`. Parsed into ISO 8601 in UTC with milliseconds, as the HTTP contract writes it. */
const INSTANT_OID = 1184;
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    return (oid === INSTANT_OID ? parseInstant : pg.types.getTypeParser(oid, format)) as never;
  },
};

const INSTANT = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/;

/**
 * Converts PostgreSQL's `2026-11-24 11:00:00.5+00` to `2026-11-24T11:00:00.500Z`. Our sessions use UTC, but a pooler may change a session's
 * settings, so the offset is parsed, not assumed. Throws if the text is in another date style.
 */
export function parseInstant(text: string): string {
  const [, date, time, fraction = '', sign, hours, minutes = '0', seconds = '0'] = INSTANT.exec(text) ?? [];
  if (date === undefined) throw new Error('The database returned a timestamp that is not in ISO style.');
  const millis = fraction === '' ? '.000' : fraction.padEnd(4, '0').slice(0, 4);
  const offsetMs = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
  const utc = `${date}T${time}${millis}Z`;
  return offsetMs === 0 ? utc : new Date(Date.parse(utc) - (sign === '-' ? -offsetMs : offsetMs)).toISOString();
}

/** How to connect. Everything the service stores is in one schema. */
export interface DatabaseOptions {
  readonly url: string;
  /** A lower-case identifier, validated by the configuration. */
  readonly schema: string;
}

/** Our options override those of the URL. Other options of the URL stay: some hosting services require `options`, for example. */
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
 * Sets up a new session with a statement, because the URL can override startup parameters and poolers reject or forget them. The search path
 * and the time zone must be ours, or we would use tables of another schema and read times in another zone.
 */
async function settle(client: pg.ClientBase, { schema }: DatabaseOptions, statementTimeoutMs: number): Promise<void> {
  await client.query({
    text: `SELECT set_config('search_path', $1, false), set_config('timezone', 'UTC', false),
      set_config('datestyle', 'ISO, YMD', false), set_config('statement_timeout', $2, false)`,
    values: [schema, String(statementTimeoutMs)],
    query_timeout: SETTLE_TIMEOUT_MS,
  } as pg.QueryConfig);
}

/** Limits of a connection pool. Each consumer's runner holds one more connection. */
export interface PoolLimits {
  readonly connections: number;
  /** Statement timeout, enforced by client and server. */
  readonly timeoutMs: number;
}

/** Separate pools, so that a busy one does not delay users of the others. */
export interface Pools {
  /** Reads for API callers. */
  readonly callers: pg.Pool;
  /** Full-text searches of API callers. */
  readonly searches: pg.Pool;
  /** The service's own work: leases, reads of the projections, health checks. */
  readonly service: pg.Pool;
}

/** Callers get an answer within 3 s. A search has less time because it may have waited for its turn first. */
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

/** Creates a pool. Every query has a deadline, enforced by client and server. */
export function createPool(options: DatabaseOptions, logger: Logger, { connections, timeoutMs }: PoolLimits): pg.Pool {
  const pool = new pg.Pool({
    ...clientConfig(options),
    max: connections,
    query_timeout: timeoutMs,
    // The pool awaits it, although its type says otherwise.
    // eslint-disable-next-line @typescript-eslint/no-misused-promises
    onConnect: (client) => settle(client, options, timeoutMs),
  });
  // The pool replaces an idle connection that breaks. Without a listener the error would crash the process.
  pool.on('error', (error) => {
    // During shutdown an embedded server may close connections before the pool does.
    if (!pool.ending) logger.warn({ err: error }, 'an idle database connection broke');
  });
  return pool;
}

/** Opens a dedicated connection, for a runner's lock and transactions. `queryTimeoutMs` limits each statement. */
export async function connect(options: DatabaseOptions, queryTimeoutMs: number): Promise<pg.Client> {
  const client = new pg.Client({ ...clientConfig(options), query_timeout: queryTimeoutMs });
  client.on('error', () => {
    // The next query reports the error. Without a listener it would crash the process.
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

/** Runs one statement and gives its rows. Throws {@link DatabaseUnavailableError} on any error: our statements have no other reason to fail. */
export async function rowsOf<Row extends pg.QueryResultRow>(
  database: Queryable,
  query: pg.QueryConfig,
): Promise<Row[]> {
  try {
    return (await database.query<Row>(query)).rows;
  } catch (error) {
    throw new DatabaseUnavailableError(error);
  }
}
