import { pause } from '../backoff.ts';
import type { Queryable } from '../postgres/database.ts';
import { readCheckpoint } from './checkpoints.ts';
import type { LogIdentity } from './log-identity.ts';
import type { Runner } from './runner.ts';

/** How long a read waits, at most, for the read model to reach what its caller has written. */
const MAX_WAIT_MS = 1_000;
const POLL_EVERY_MS = 25;

/** Makes a reader wait for a projection, so that a client finds in lists what it wrote before. */
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
   * Waits until the projection has what this process has appended, and what `position` names. False when that took over
   * {@link MAX_WAIT_MS}: the read is answered all the same, and says that it may be behind. Throws `ForeignLogError`.
   */
  async wait(position: bigint | null): Promise<boolean> {
    this.#log.check();
    const appended = this.#lastAppended();
    const target = appended === null || (position !== null && position > appended) ? position : appended;
    const { progress } = this.#runner;
    if (progress.state !== 'standby' && progress.state !== 'superseded') return progress.waitFor(target, MAX_WAIT_MS);
    return target === null || this.#poll(target);
  }

  /** Throws `ForeignLogError`: what the read model shows is of another log. */
  checkLog(): void {
    this.#log.check();
  }

  /** How far the projection has come, as far as this process knows without asking. */
  get position(): bigint | null {
    return this.#runner.progress.position;
  }

  /** Another instance runs the projection: only the database knows how far it is. */
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
