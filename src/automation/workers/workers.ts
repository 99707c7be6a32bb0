import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import { rowsOf } from '../../infrastructure/postgres/database.ts';
import type { Instant } from '../domain/request.ts';

/** What a worker says of itself. */
export const DECLARED_STATES = ['working', 'idle', 'paused', 'locked_out'] as const;
export type DeclaredState = (typeof DECLARED_STATES)[number];

/** `gone`: not heard of for three minutes. */
export const WORKER_STATES = [...DECLARED_STATES, 'gone'] as const;
export type WorkerState = (typeof WORKER_STATES)[number];

export interface Hello {
  readonly version: string;
  readonly repositories: readonly string[];
  readonly state: DeclaredState;
  readonly reason: string | null;
  /** When a pause is expected to end. */
  readonly until: Instant | null;
}

export interface Worker {
  readonly name: string;
  /** Null for a worker that only claims and never says hello. */
  readonly version: string | null;
  readonly repositories: readonly string[];
  readonly state: WorkerState;
  readonly reason: string | null;
  readonly until: Instant | null;
  readonly last_seen_at: Instant;
}

/** What an operator should know of the workers. */
export interface WorkersHealth {
  readonly status: 'ok' | 'degraded';
  /** Those whose agent is not logged in. */
  readonly locked_out: readonly string[];
  readonly paused: readonly Pick<Worker, 'name' | 'reason' | 'until'>[];
  /** Requests that have waited for ten minutes while no worker takes any; counted to 1,000. */
  readonly unattended: number;
}

/** Workers say hello each minute; three that are missed make one `gone`. */
const GONE_AFTER_MS = 3 * 60_000;
const UNATTENDED_AFTER_MS = 10 * 60_000;
/** Heartbeats come every few seconds, and each would be a write. */
const NOTE_EVERY_MS = 15_000;
/** Waiting to be written, while the database is slow. */
const MAX_NOTES = 100;
/** Names are chosen by workers, so the table is bounded: by age, and by number, the longest unseen first. */
const FORGOTTEN_AFTER_MS = 7 * 24 * 3_600_000;
const MAX_WORKERS = 1_000;
/** The code with which a worker reports that its agent is not logged in. */
const NOT_LOGGED_IN = 'agent-auth';

/**
 * Who works, from what workers say and from their claims and heartbeats. It decides nothing: a claim is an append. So what it
 * knows may be lost with the database, and is back within a minute.
 */
export class Workers {
  readonly #pool: pg.Pool;
  readonly #now: () => Date;
  /** When this process last wrote that a worker is alive, in ms. */
  readonly #noted = new LRUCache<string, number>({ max: MAX_WORKERS });

  #notes: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(pool: pg.Pool, now: () => Date) {
    this.#pool = pool;
    this.#now = now;
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

  /** It has claimed a request, so whatever it had paused for is over. Not waited for: a claim depends on the log alone. */
  claimed(name: string): void {
    this.#note(name, `state = CASE WHEN workers.version IS NOT NULL THEN 'working' END, reason = NULL, until = NULL`);
  }

  /** It has renewed a lease. */
  beat(name: string): void {
    const noted = this.#noted.get(name) ?? -Infinity;
    if (this.#now().getTime() - noted >= NOTE_EVERY_MS) this.#note(name, 'name = excluded.name');
  }

  /** It has ended an attempt, for this reason if any. */
  reported(name: string, errorCode: string | undefined): void {
    if (errorCode === NOT_LOGGED_IN) {
      this.#note(name, 'state = excluded.state, reason = excluded.reason', {
        state: 'locked_out',
        reason: 'The agent is not logged in.',
      });
    } else this.beat(name);
  }

  /** By name. @throws DatabaseUnavailableError */
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
    // One after the other, or the end of an attempt could be overtaken by its claim.
    this.#notes = this.#notes
      .then(() => this.#write(name, change, values))
      // What is lost here comes again with the next sign of life.
      .catch(() => undefined)
      .finally(() => (this.#waiting -= 1));
  }

  /** Writes that a worker is alive, and what else is said of it: SQL assignments on conflict with what is known. */
  async #write(
    name: string,
    change: string,
    { version = null, repositories = [], state = null, reason = null, until = null }: Partial<Nullable<Hello>>,
  ): Promise<void> {
    const now = this.#now();
    this.#noted.set(name, now.getTime());
    const [row] = await rowsOf<{ is_new: boolean }>(this.#pool, {
      text: `INSERT INTO workers (name, version, repositories, state, reason, until, last_seen_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (name) DO UPDATE SET last_seen_at = greatest(workers.last_seen_at, excluded.last_seen_at), ${change}
        RETURNING xmax = 0 AS is_new`,
      values: [name, version, repositories, state, reason, until, now.toISOString()],
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
    return new Date(this.#now().getTime() - ms).toISOString();
  }
}

type Nullable<T> = { readonly [Key in keyof T]: T[Key] | null };

/** $1 is the time before which a worker is gone. One that never says hello is known by its leases alone. */
const STATE = `CASE
  WHEN last_seen_at < $1 THEN 'gone'
  WHEN state IS NOT NULL THEN state
  WHEN EXISTS (SELECT FROM leases WHERE leases.worker = workers.name) THEN 'working'
  ELSE 'idle'
END`;
