import type pg from 'pg';
import type { ReadBarrier } from '../../infrastructure/consumers/read-barrier.ts';
import { rowsOf } from '../../infrastructure/postgres/database.ts';
import { Turns } from '../../infrastructure/turns.ts';
import type { Instant } from '../domain/request.ts';

interface StatsFilters {
  /** The first instant that counts. */
  readonly from: Instant;
  /** The first instant that no longer counts; null for none. */
  readonly to: Instant | null;
  /** Only requests without a repository or label match. Absent: all. False: none, since no request has either yet. */
  readonly matches: boolean;
  /** Restricts the caller to requests created by this principal. */
  readonly own: string | null;
}

/** Seconds; null if nothing was measured. */
interface Percentiles {
  readonly p50: number | null;
  readonly p90: number | null;
}

interface StatsFound {
  readonly by_status: Readonly<Record<string, number>>;
  readonly by_type: Readonly<Record<string, number>>;
  readonly by_priority: Readonly<Record<string, number>>;
  /** Requests have neither yet. */
  readonly by_repository: Readonly<Record<string, number>>;
  readonly by_label: Readonly<Record<string, number>>;
  readonly lead_time: Percentiles;
  readonly time_in_status: Readonly<Record<string, Percentiles>>;
  /** Days on which something happened, oldest first. */
  readonly throughput: readonly Day[];
  readonly attempts: {
    readonly started: number;
    /** By outcome; `live` for those that have none yet. */
    readonly by_outcome: Readonly<Record<string, number>>;
    readonly failed_by_code: Readonly<Record<string, number>>;
  };
  readonly cost_usd: number;
  readonly turns: number;
  /** False if the facts may lag behind the caller's writes. */
  readonly consistent: boolean;
}

interface Day {
  /** A date in UTC. */
  readonly day: string;
  readonly created: number;
  readonly completed: number;
  readonly failed: number;
}

/** Per caller: each reads all facts of a time, which may take a second. */
const AT_ONCE = { atOnce: 1, maxWaiting: 20, waitMs: 1_000 };
/** Workers choose their own error codes, so there may be any number: the most frequent are returned. */
const MAX_CODES = 50;

const PERCENTILES = 'percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY seconds) AS seconds';

/** Adds up the facts of a time. */
export class Stats {
  readonly #pool: pg.Pool;
  readonly #barrier: ReadBarrier;
  readonly #turns = new Turns(AT_ONCE);

  constructor(pool: pg.Pool, barrier: ReadBarrier) {
    this.#pool = pool;
    this.#barrier = barrier;
  }

  /** `position`: log position of a write the caller wants counted. Throws `TooManyAtOnce` and `DatabaseUnavailableError`. */
  async read(filters: StatsFilters, caller: string, position: bigint | null): Promise<StatsFound> {
    const consistent = await this.#barrier.wait(position);
    const found = await this.#turns.take(caller, async () => {
      // One after the other, so that one caller does not take all connections.
      const counts = await this.#rows<CountRow>(COUNTS, filters);
      const leads = await this.#rows<PercentileRow>(LEAD_TIME, filters);
      const stays = await this.#rows<PercentileRow>(TIME_IN_STATUS, filters);
      const days = await this.#rows<DayRow>(THROUGHPUT, filters);
      const attempts = await this.#rows<AttemptRow>(ATTEMPTS, filters);
      return { counts, leads, stays, days, attempts };
    });
    return { ...shape(found), consistent };
  }

  #rows<Row extends pg.QueryResultRow>(text: string, { from, to, matches, own }: StatsFilters): Promise<Row[]> {
    return rowsOf<Row>(this.#pool, { text, values: [from, to ?? 'infinity', matches, own] });
  }
}

const within = (column: string): string =>
  `${column} >= $1::timestamptz AND ${column} < $2::timestamptz AND $3::boolean`;
const OWN = '($4::text IS NULL OR created_by = $4)';
const OF_OWN = '($4::text IS NULL OR request_id IN (SELECT id FROM stats_requests WHERE created_by = $4))';

interface CountRow extends pg.QueryResultRow {
  status: string;
  type: string;
  priority: string;
  count: string;
}
const COUNTS = `SELECT status, type, priority, count(*) FROM stats_requests
  WHERE ${within('created_at')} AND ${OWN} GROUP BY status, type, priority`;

interface PercentileRow extends pg.QueryResultRow {
  status: string;
  seconds: [number | null, number | null] | null;
}
const LEAD_TIME = `SELECT 'completed' AS status, ${PERCENTILES} FROM (
    SELECT date_part('epoch', greatest(completed_at - created_at, interval '0')) AS seconds
    FROM stats_requests WHERE ${within('completed_at')} AND status = 'completed' AND ${OWN}
  ) leads`;
const TIME_IN_STATUS = `SELECT status, ${PERCENTILES} FROM (
    SELECT status, date_part('epoch', left_at - entered_at) AS seconds
    FROM stats_stays WHERE ${within('left_at')} AND ${OF_OWN}
  ) stays GROUP BY status`;

interface DayRow extends pg.QueryResultRow {
  day: string;
  created: string;
  completed: string;
  failed: string;
}
/** A request that failed and was retried counts on the day on which it failed. */
const THROUGHPUT = `SELECT to_char(day, 'YYYY-MM-DD') AS day, sum(created) AS created, sum(completed) AS completed, sum(failed) AS failed
  FROM (SELECT (at AT TIME ZONE 'UTC')::date AS day, created, completed, failed FROM (
    SELECT created_at AS at, 1 AS created, 0 AS completed, 0 AS failed
      FROM stats_requests WHERE ${within('created_at')} AND ${OWN}
    UNION ALL SELECT completed_at, 0, 1, 0
      FROM stats_requests WHERE ${within('completed_at')} AND status = 'completed' AND ${OWN}
    UNION ALL SELECT completed_at, 0, 0, 1
      FROM stats_requests WHERE ${within('completed_at')} AND status = 'failed' AND ${OWN}
    UNION ALL SELECT entered_at, 0, 0, 1
      FROM stats_stays WHERE ${within('entered_at')} AND status = 'failed' AND ${OF_OWN}
  ) ends) days GROUP BY days.day ORDER BY days.day`;

interface AttemptRow extends pg.QueryResultRow {
  outcome: string | null;
  error_code: string | null;
  count: string;
  cost_usd: number | null;
  turns: number | null;
}
const ATTEMPTS = `SELECT outcome, error_code, count(*), sum(cost_usd) AS cost_usd, sum(turns) AS turns FROM stats_attempts
  WHERE ${within('started_at')} AND ${OF_OWN} GROUP BY outcome, error_code`;

interface Rows {
  readonly counts: readonly CountRow[];
  readonly leads: readonly PercentileRow[];
  readonly stays: readonly PercentileRow[];
  readonly days: readonly DayRow[];
  readonly attempts: readonly AttemptRow[];
}

function shape({ counts, leads, stays, days, attempts }: Rows): Omit<StatsFound, 'consistent'> {
  const failed = attempts.filter(({ outcome }) => outcome === 'failed');
  return {
    by_status: sums(counts, ({ status }) => status),
    by_type: sums(counts, ({ type }) => type),
    by_priority: sums(counts, ({ priority }) => priority),
    by_repository: {},
    by_label: {},
    lead_time: percentilesOf(leads[0]),
    time_in_status: Object.fromEntries(stays.map((row) => [row.status, percentilesOf(row)])),
    throughput: days.map(({ day, created, completed, failed: lost }) => ({
      day,
      created: Number(created),
      completed: Number(completed),
      failed: Number(lost),
    })),
    attempts: {
      started: attempts.reduce((sum, { count }) => sum + Number(count), 0),
      by_outcome: sums(attempts, ({ outcome }) => outcome ?? 'live'),
      failed_by_code: mostFrequent(sums(failed, ({ error_code }) => error_code)),
    },
    cost_usd: attempts.reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0),
    turns: attempts.reduce((sum, { turns }) => sum + (turns ?? 0), 0),
  };
}

/** Sums of the counts by key, leaving out rows whose key is null. */
function sums<Row extends { readonly count: string }>(
  rows: readonly Row[],
  keyOf: (row: Row) => string | null,
): Record<string, number> {
  const found = new Map<string, number>();
  for (const row of rows) {
    const key = keyOf(row);
    if (key !== null) found.set(key, (found.get(key) ?? 0) + Number(row.count));
  }
  return Object.fromEntries(found);
}

function mostFrequent(codes: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(codes)
      .sort(([, a], [, b]) => b - a)
      .slice(0, MAX_CODES),
  );
}

function percentilesOf(row: PercentileRow | undefined): Percentiles {
  const [p50 = null, p90 = null] = row?.seconds ?? [];
  return { p50, p90 };
}
