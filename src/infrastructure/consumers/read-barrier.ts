import { pause } from '../backoff.ts';
import type { Queryable } from '../postgres/database.ts';
import { readCheckpoint } from './checkpoints.ts';
import type { LogIdentity } from './log-identity.ts';
import type { Runner } from './runner.ts';

/** Maximum time that a read waits for the read model to catch up, in ms. */
const MAX_WAIT_MS = 1_000;
const POLL_EVERY_MS = 25;

/** Makes reads wait for a projection, so that clients read their own writes. */
export class ReadBarrier {
  readonly #runner: Pick<Runner, 'name' | 'progress'>;
  readonly #database: Queryable;
  readonly #lastAppended: () => bigint | null;
  readonly #log: LogIdentity;

  constructor(
    runner: Pick<Runner, 'name' | 'progress'>,
    database: Queryable,
    log: LogIdentity,
    lastAppended: () => bigint | null,
  ) {
    this.#runner = runner;
    this.#log = log;
    this.#database = database;
    this.#lastAppended = lastAppended;
  }

  /**
   * Waits until the projection has reached both `position` and the last event appended by this process. False after
   * {@link MAX_WAIT_MS}: the read is answered anyway, marked as possibly stale. Throws `ForeignLogError`.
   */
  async wait(position: bigint | null): Promise<boolean> {
    this.#log.check();
    const appended = this.#lastAppended();
    const target = appended === null || (position !== null && position > appended) ? position : appended;
    const { progress } = this.#runner;
    if (progress.state !== 'standby' && progress.state !== 'superseded') return progress.waitFor(target, MAX_WAIT_MS);
    return target === null || this.#poll(target);
  }

  /** Throws `ForeignLogError` if the read model belongs to another log. */
  checkLog(): void {
    this.#log.check();
  }

  /** The projection's position as known to this process, without a query. */
  get position(): bigint | null {
    return this.#runner.progress.position;
  }

  /** Polls the checkpoint in the database, because another instance runs the projection. */
  async #poll(target: bigint): Promise<boolean> {
    const until = Date.now() + MAX_WAIT_MS;
    for (;;) {
      const checkpoint = await readCheckpoint(this.#database, this.#runner.name);
      if (checkpoint?.position && checkpoint.position >= target) return true;
      if (Date.now() >= until) return false;
      await pause(POLL_EVERY_MS);
    }
  }
}
