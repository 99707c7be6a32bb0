import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import { rowsOf } from '../../infrastructure/postgres/database.ts';
import type { LapseCheck } from '../commands/request-streams.ts';
import type { Attempt, Instant } from '../domain/request.ts';

/** Renewed by this process. */
const KEPT = 10_000;

interface LeaseRow extends pg.QueryResultRow {
  readonly attempt: number;
  readonly expires_at: Instant;
}

/** Until when attempts hold their leases. Renewals are kept in the database, outside the log and the read model. */
export class LeaseBook implements LapseCheck {
  readonly #pool: pg.Pool;
  readonly #now: () => Date;
  readonly #renewed = new LRUCache<string, number>({ max: KEPT });
  /**
   * Whether leases that look expired here really are: only while this process watches them, having given every one a full term when it
   * began.
   */
  watching = false;

  constructor(pool: pg.Pool, now: () => Date) {
    this.#pool = pool;
    this.#now = now;
  }

  /** The lease is whole again, from now or the time given. Null when it has lapsed already. Throws `DatabaseUnavailableError`. */
  async renew(
    requestId: string,
    { attempt, worker, lease_seconds }: Attempt,
    from: Instant = this.#now().toISOString(),
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

  /** The end of a live attempt's lease, as the database has it; of the claim, when the database does not say. */
  async expiry(requestId: string, attempt: Attempt): Promise<Instant> {
    const row = await this.#row(requestId).catch(() => undefined);
    return row?.attempt === attempt.attempt ? row.expires_at : firstExpiry(attempt);
  }

  /**
   * Whether the lease of this attempt has run out. Then it is marked, so that a heartbeat that comes at the same moment does not renew
   * what the caller is about to end. While the database does not answer, nothing lapses.
   */
  async markIfLapsed(requestId: string, attempt: Attempt): Promise<boolean> {
    const now = this.#now();
    const known = this.#renewed.get(keyOf(requestId, attempt.attempt)) ?? Date.parse(firstExpiry(attempt));
    if (known > now.getTime()) return false;
    const lapsed = await rowsOf(this.#pool, {
      name: 'mark-if-lapsed',
      text: `UPDATE leases SET lapsed = true
        WHERE request_id = $1 AND attempt = $2 AND (lapsed OR ($3 AND expires_at <= $4))
        RETURNING 1 AS lapsed`,
      values: [requestId, attempt.attempt, this.watching, now.toISOString()],
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

/** The end of the lease that the claim was given. */
export function firstExpiry({ started_at, lease_seconds }: Attempt): Instant {
  return new Date(leaseEnd(started_at, lease_seconds)).toISOString();
}

/** The end of a lease that was whole at this time; in ms, as `Date.parse`. */
export function leaseEnd(from: Instant, leaseSeconds: number): number {
  return Date.parse(from) + leaseSeconds * 1_000;
}

function keyOf(requestId: string, attempt: number): string {
  return `${requestId} ${attempt}`;
}
