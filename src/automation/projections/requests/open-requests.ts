import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import { DatabaseUnavailableError, rowsOf } from '../../../infrastructure/postgres/database.ts';
import type { ReadBarrier } from '../../../infrastructure/consumers/read-barrier.ts';
import { OpenRequestsExceeded } from '../../commands/submission-quota.ts';
import type { SubmissionQuota } from '../../commands/submission-quota.ts';

const MAX_PRINCIPALS = 10_000;
/** Maximum age of a count in ms. Requests submitted to other instances, and ended ones, show after this time at the latest. */
const COUNT_AGAIN_MS = 60_000;

interface Account {
  /** The last count, plus requests submitted here since. */
  open: number;
  countedAt: number;
  underWay: number;
  submittedWhileCounting: number;
  /** The count in progress, if any. Resolves to the error if it fails, else to null. */
  counting: Promise<DatabaseUnavailableError | null> | null;
}

/**
 * Enforces the quota of open requests without a query per submission. The last count is increased with each submission, so it is never too
 * low for this instance, and a caller is refused only after a fresh count. While the read model is unavailable, the known count applies: a
 * caller who is at the limit gets `DatabaseUnavailableError`, since requests may have ended in the meantime.
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
