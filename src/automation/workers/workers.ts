import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import { rowsOf } from '../../infrastructure/postgres/database.ts';
import type { Instant } from '../domain/request.ts';

/** States that a worker can declare. */
export const DECLARED_STATES = ['working', 'idle', 'paused', 'locked_out'] as const;
export type DeclaredState = (typeof DECLARED_STATES)[number];

/** `gone`: not seen for three minutes. */
export const WORKER_STATES = [...DECLARED_STATES, 'gone'] as const;
export type WorkerState = (typeof WORKER_STATES)[number];

export interface Hello {
  readonly version: string;
  readonly repositories: readonly string[];
  readonly state: DeclaredState;
  readonly reason: string | null;
  /** When a pause is expected to end. Null: unknown. */
  readonly until: Instant | null;
}

export interface Worker {
  readonly name: string;
  /** Null for a worker that claims but never says hello. */
  readonly version: string | null;
  readonly repositories: readonly string[];
  readonly state: WorkerState;
  readonly reason: string | null;
  readonly until: Instant | null;
  readonly last_seen_at: Instant;
}

/** The health of the fleet, for operators. */
export interface WorkersHealth {
  readonly status: 'ok' | 'degraded';
  /** Workers whose agent is not logged in. */
  readonly locked_out: readonly string[];
  readonly paused: readonly Pick<Worker, 'name' | 'reason' | 'until'>[];
  /** Requests pending for at least ten minutes while no worker is working or idle; counted up to 1,000. */
  readonly unattended: number;
}

/** Workers are expected to say hello every minute; after three missed ones, a worker is `gone`. */
const GONE_AFTER_MS = 3 * 60_000;
const UNATTENDED_AFTER_MS = 10 * 60_000;
/** Minimum interval between writes for heartbeats, which come every few seconds. */
const NOTE_EVERY_MS = 15_000;
/** Maximum number of queued writes while the database is slow. */
const MAX_NOTES = 100;
/** Workers choose their names, so the table is bounded by age and by count; the least recently seen are deleted. */
const FORGOTTEN_AFTER_MS = 7 * 24 * 3_600_000;
const MAX_WORKERS = 1_000;
/** Error code with which a worker reports that its agent is not logged in. */
const NOT_LOGGED_IN = 'agent-auth';

/**
 * The known workers, from their hellos, claims and heartbeats. Purely informational: claims depend on the log alone. So the data may be
 * lost with the database, and is back within a minute.
 */
export class Workers {
  readonly #pool: pg.Pool;
  readonly #nowMs: () => number;
  /** When this process last recorded that a worker is alive, in ms. */
  readonly #noted = new LRUCache<string, number>({ max: MAX_WORKERS });

  #notes: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(pool: pg.Pool, nowMs: () => number) {
    this.#pool = pool;
    this.#nowMs = nowMs;
  }

  /** @throws DatabaseUnavailableError */
  async hello(name: string, { version, repositories, state, reason, until }: Hello): Promise<void> {
    await this.#write(
      name,
      `version = excluded.version, state = excluded.state, repositories = excluded.repositories,
        reason = excluded.reason, until = excluded.until`,
      { version, repositories, state, reason, until },
    );
  }

  /** Records a claim, which ends any pause. Not awaited: a claim depends on the log alone. */
  claimed(name: string): void {
    this.#note(name, `state = CASE WHEN workers.version IS NOT NULL THEN 'working' END, reason = NULL, until = NULL`);
  }

  /** Records a heartbeat, at most every 15 seconds. Not awaited. */
  beat(name: string): void {
    const noted = this.#noted.get(name) ?? -Infinity;
    if (this.#nowMs() - noted >= NOTE_EVERY_MS) this.#note(name, 'name = excluded.name');
  }

  /** Records the end of an attempt; the code `agent-auth` marks the worker as locked out. Not awaited. */
  reported(name: string, errorCode: string | undefined): void {
    if (errorCode === NOT_LOGGED_IN) {
      this.#note(name, 'state = excluded.state, reason = excluded.reason', {
        state: 'locked_out',
        reason: 'The agent is not logged in.',
      });
    } else this.beat(name);
  }

  /** All workers, by name. @throws DatabaseUnavailableError */
  list(): Promise<Worker[]> {
    return rowsOf<Worker & pg.QueryResultRow>(this.#pool, {
      name: 'list-workers',
      text: `SELECT name, version, repositories, ${STATE} AS state, reason, until, last_seen_at
        FROM workers ORDER BY name LIMIT ${MAX_WORKERS}`,
      values: [this.#before(GONE_AFTER_MS)],
    });
  }

  /** @throws DatabaseUnavailableError */
  async health(): Promise<WorkersHealth> {
    const workers = await rowsOf<Worker & pg.QueryResultRow>(this.#pool, {
      name: 'workers-health',
      text: `SELECT name, ${STATE} AS state, reason, until FROM workers WHERE last_seen_at >= $1 ORDER BY name LIMIT 100`,
      values: [this.#before(GONE_AFTER_MS)],
    });
    const isAttended = workers.some(({ state }) => state === 'working' || state === 'idle');
    const locked_out = workers.filter(({ state }) => state === 'locked_out').map(({ name }) => name);
    const paused = workers
      .filter(({ state }) => state === 'paused')
      .map(({ name, reason, until }) => ({ name, reason, until }));
    const unattended = isAttended ? 0 : await this.#countUnattended();
    const isWell = locked_out.length === 0 && paused.length === 0 && unattended === 0;
    return { status: isWell ? 'ok' : 'degraded', locked_out, paused, unattended };
  }

  async #countUnattended(): Promise<number> {
    const [row] = await rowsOf<{ waiting: number }>(this.#pool, {
      name: 'unattended-requests',
      text: `SELECT count(*)::int AS waiting
        FROM (SELECT FROM requests WHERE status = 'pending' AND last_update <= $1 LIMIT 1000) AS waiting`,
      values: [this.#before(UNATTENDED_AFTER_MS)],
    });
    return row?.waiting ?? 0;
  }

  #note(name: string, change: string, values: Partial<Hello> = {}): void {
    if (this.#waiting >= MAX_NOTES) return;
    this.#waiting += 1;
    // Written one after the other, so that the end of an attempt cannot be overtaken by its claim.
    this.#notes = this.#notes
      .then(() => this.#write(name, change, values))
      // A lost write is made up for by the next sign of life.
      .catch(() => undefined)
      .finally(() => (this.#waiting -= 1));
  }

  /** Records that a worker is alive. `change` holds SQL assignments for `ON CONFLICT DO UPDATE`. */
  async #write(
    name: string,
    change: string,
    { version = null, repositories = [], state = null, reason = null, until = null }: Partial<Nullable<Hello>>,
  ): Promise<void> {
    const nowMs = this.#nowMs();
    this.#noted.set(name, nowMs);
    const [row] = await rowsOf<{ is_new: boolean }>(this.#pool, {
      text: `INSERT INTO workers (name, version, repositories, state, reason, until, last_seen_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (name) DO UPDATE SET last_seen_at = greatest(workers.last_seen_at, excluded.last_seen_at), ${change}
        RETURNING xmax = 0 AS is_new`,
      values: [name, version, repositories, state, reason, until, new Date(nowMs).toISOString()],
    });
    if (row?.is_new) await this.#forgetOld();
  }

  async #forgetOld(): Promise<void> {
    await rowsOf(this.#pool, {
      name: 'forget-workers',
      text: `DELETE FROM workers WHERE last_seen_at < $1
        OR name IN (SELECT name FROM workers ORDER BY last_seen_at DESC, name OFFSET ${MAX_WORKERS})`,
      values: [this.#before(FORGOTTEN_AFTER_MS)],
    });
  }

  #before(ms: number): Instant {
    return new Date(this.#nowMs() - ms).toISOString();
  }
}

type Nullable<T> = { readonly [Key in keyof T]: T[Key] | null };

/** The state of a worker; $1 is the time before which a worker is gone. A worker that never says hello is judged by its leases alone. */
const STATE = `CASE
  WHEN last_seen_at < $1 THEN 'gone'
  WHEN state IS NOT NULL THEN state
  WHEN EXISTS (SELECT FROM leases WHERE leases.worker = workers.name) THEN 'working'
  ELSE 'idle'
END`;
