import type pg from 'pg';
import { rowsOf } from '../../infrastructure/postgres/database.ts';
import type { Instant } from '../domain/request.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Rows are kept this long after the last list that needs them, so that none goes while one is read. */
const SPARE_MS = 60 * 60 * 1_000;

/** How far lists of the past go back. */
export class PastLists {
  readonly #pool: pg.Pool;
  readonly #nowMs: () => number;

  /** @param days how many days they go back, at most */
  constructor(
    pool: pg.Pool,
    readonly days: number,
    nowMs: () => number,
  ) {
    this.#pool = pool;
    this.#nowMs = nowMs;
  }

  /** Rows that ended before this `Date.now()` time, in ms, are deleted. */
  readonly keptSinceMs = (): number => this.#nowMs() - this.days * DAY_MS - SPARE_MS;

  /** From when to when there are lists. Later than `days` ago, if older rows were deleted when fewer days were configured. */
  async range(): Promise<{ readonly earliest: Instant; readonly latest: Instant }> {
    const nowMs = this.#nowMs();
    const [row] = await rowsOf<{ pruned_until: Instant }>(this.#pool, {
      name: 'past-horizon',
      text: 'SELECT greatest(pruned_until, $1::timestamptz) AS pruned_until FROM past_horizon',
      values: [new Date(nowMs - this.days * DAY_MS).toISOString()],
    });
    const latest = new Date(nowMs).toISOString();
    return { earliest: row?.pruned_until ?? latest, latest };
  }
}
