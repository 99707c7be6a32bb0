import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import { DatabaseUnavailableError, rowsOf } from '../../../infrastructure/postgres/database.ts';
import type { ReadBarrier } from '../../../infrastructure/consumers/read-barrier.ts';
import { OpenRequestsExceeded } from '../../commands/submission-quota.ts';
import type { SubmissionQuota } from '../../commands/submission-quota.ts';

const MAX_PRINCIPALS = 10_000;
/** What other instances have taken in, and what has ended, shows after so long at the latest. */
const COUNT_AGAIN_MS = 60_000;

interface Account {
  /** Counted, and submitted here since. */
  open: number;
  countedAt: number;
  underWay: number;
  submittedWhileCounting: number;
  /** Answers why it could not be counted; null when it was. */
  counting: Promise<DatabaseUnavailableError | null> | null;
}

/**
 * Keeps to a quota of open requests without a query for each submission: what was counted once is counted up, so what is known is never too
 * low for this instance, and it is counted anew before anyone is refused. While the read model does not answer, what is known here holds:
 * whoever is full by that is refused as unavailable, since nobody can tell what has ended meanwhile.
 */
export class OpenRequests implements SubmissionQuota {
  readonly #quota: number;
  readonly #pool: pg.Pool;
  readonly #barrier: ReadBarrier;
  readonly #accounts = new LRUCache<string, Account>({ max: MAX_PRINCIPALS });

  constructor(quota: number, pool: pg.Pool, barrier: ReadBarrier) {
    this.#quota = quota;
    this.#pool = pool;
    this.#barrier = barrier;
  }

  async admit(principal: string): Promise<{ release(submitted: boolean): void }> {
    const account = this.#accountOf(principal);
    let unavailable: DatabaseUnavailableError | null = null;
    if (this.#isFull(account) || Date.now() - account.countedAt > COUNT_AGAIN_MS) {
      account.counting ??= this.#count(principal, account).finally(() => (account.counting = null));
      unavailable = await account.counting;
    }
    if (this.#isFull(account)) throw unavailable ?? new OpenRequestsExceeded(this.#quota);
    account.underWay += 1;
    return {
      release: (submitted) => {
        account.underWay -= 1;
        if (!submitted) return;
        account.open += 1;
        account.submittedWhileCounting += 1;
      },
    };
  }

  #isFull({ open, underWay }: Account): boolean {
    return open + underWay >= this.#quota;
  }

  #accountOf(principal: string): Account {
    let account = this.#accounts.get(principal);
    if (!account) {
      account = { open: 0, countedAt: -Infinity, underWay: 0, submittedWhileCounting: 0, counting: null };
      this.#accounts.set(principal, account);
    }
    return account;
  }

  async #count(principal: string, account: Account): Promise<DatabaseUnavailableError | null> {
    try {
      account.submittedWhileCounting = 0;
      await this.#barrier.wait(null);
      const [row] = await rowsOf<{ open: string }>(this.#pool, {
        name: 'open-requests',
        text: `SELECT count(*) AS open FROM requests
               WHERE created_by = $1 AND status NOT IN ('completed', 'failed', 'cancelled')`,
        values: [principal],
      });
      account.open = Number(row?.open ?? 0) + account.submittedWhileCounting;
      account.countedAt = Date.now();
      return null;
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      return error;
    }
  }
}
