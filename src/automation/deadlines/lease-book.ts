import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import { rowsOf } from '../../infrastructure/postgres/database.ts';
import type { LapseCheck } from '../commands/request-streams.ts';
import type { Attempt, Instant } from '../domain/request.ts';

/** Maximum number of cached renewals. */
const KEPT = 10_000;

interface LeaseRow extends pg.QueryResultRow {
  readonly attempt: number;
  readonly expires_at: Instant;
}

/** Lease expiries of attempts. Renewals are stored in the database, outside the log and the read model. */
export class LeaseBook implements LapseCheck {
  readonly #pool: pg.Pool;
  readonly #nowMs: () => number;
  readonly #renewed = new LRUCache<string, number>({ max: KEPT });
  /** Whether expired leases may lapse: only while this process runs the reaper, after giving every lease a full term. */
  watching = false;

  constructor(pool: pg.Pool, nowMs: () => number) {
    this.#pool = pool;
    this.#nowMs = nowMs;
  }

  /**
   * Renews the lease for a full term, from now or from the given time. Returns the new expiry, or null if the lease has already lapsed.
   * Throws `DatabaseUnavailableError`.
   */
  async renew(
    requestId: string,
    { attempt, worker, lease_seconds }: Attempt,
    from: Instant = new Date(this.#nowMs()).toISOString(),
  ): Promise<Instant | null> {
    const expires = leaseEnd(from, lease_seconds);
    const expires_at = new Date(expires).toISOString();
    const rows = await rowsOf(this.#pool, {
      name: 'renew-lease',
      text: `INSERT INTO leases (request_id, attempt, worker, lease_seconds, expires_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (request_id) DO UPDATE
          SET attempt = excluded.attempt, worker = excluded.worker, lease_seconds = excluded.lease_seconds,
            expires_at = greatest(leases.expires_at, excluded.expires_at)
          WHERE NOT leases.lapsed AND leases.attempt <= excluded.attempt
        RETURNING 1 AS renewed`,
      values: [requestId, attempt, worker, lease_seconds, expires_at],
    });
    if (rows.length === 0) return null;
    this.#renewed.set(keyOf(requestId, attempt), expires);
    return expires_at;
  }

  /**
   * Expiry of a live attempt's lease according to the database, or the expiry set by the claim if the database has none or is unavailable.
   */
  async expiry(requestId: string, attempt: Attempt): Promise<Instant> {
    const row = await this.#row(requestId).catch(() => undefined);
    return row?.attempt === attempt.attempt ? row.expires_at : firstExpiry(attempt);
  }

  /**
   * Whether the lease of this attempt has expired. If so, it is marked, so that a concurrent heartbeat cannot renew what the caller is
   * about to end. Nothing lapses while the database is unavailable.
   */
  async markIfLapsed(requestId: string, attempt: Attempt): Promise<boolean> {
    const nowMs = this.#nowMs();
    const known = this.#renewed.get(keyOf(requestId, attempt.attempt)) ?? Date.parse(firstExpiry(attempt));
    if (known > nowMs) return false;
    const lapsed = await rowsOf(this.#pool, {
      name: 'mark-if-lapsed',
      text: `UPDATE leases SET lapsed = true
        WHERE request_id = $1 AND attempt = $2 AND (lapsed OR ($3 AND expires_at <= $4))
        RETURNING 1 AS lapsed`,
      values: [requestId, attempt.attempt, this.watching, new Date(nowMs).toISOString()],
    }).catch(() => []);
    return lapsed.length > 0;
  }

  async #row(requestId: string): Promise<LeaseRow | undefined> {
    const [row] = await rowsOf<LeaseRow>(this.#pool, {
      name: 'get-lease',
      text: 'SELECT attempt, expires_at FROM leases WHERE request_id = $1',
      values: [requestId],
    });
    return row;
  }
}

/** Expiry of the lease granted by the claim. */
export function firstExpiry({ started_at, lease_seconds }: Attempt): Instant {
  return new Date(leaseEnd(started_at, lease_seconds)).toISOString();
}

/** Expiry of a lease renewed at `from`, in ms as returned by `Date.parse`. */
export function leaseEnd(from: Instant, leaseSeconds: number): number {
  return Date.parse(from) + leaseSeconds * 1_000;
}

function keyOf(requestId: string, attempt: number): string {
  return `${requestId} ${attempt}`;
}
