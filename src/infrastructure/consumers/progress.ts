import { Rate } from './rate.ts';

/** The state of a runner. */
export type RunnerState =
  | 'starting'
  /** Another instance runs this consumer. */
  | 'standby'
  | 'catching_up'
  | 'live'
  /** An error occurred; the runner tries again. */
  | 'retrying'
  /** The database belongs to another log: an operator must decide. */
  | 'foreign_log'
  /** A newer version of the service built the tables, so this one does not touch them. */
  | 'superseded'
  | 'stopped';

interface Waiter {
  readonly position: bigint | null;
  readonly resolve: (reached: boolean) => void;
}

/** Maximum number of waiting reads; beyond it `waitFor` returns false at once. */
const MAX_WAITERS = 10_000;

/** The progress of a rebuild beside the live tables. */
export interface RebuildProgress {
  /** Events up to here are in the new tables; null before the first. */
  readonly position: bigint | null;
  /** Number of events handled since this process took it up. */
  readonly events: number;
  /** Estimated time until it is as far as the live tables, in ms; null while unknown. */
  readonly etaMs: number | null;
}

/** The progress of a consumer in this process, for waiting readers and for health checks. */
export class Progress {
  state: RunnerState = 'starting';
  /** How often this process has taken the lead. */
  term = 0;
  /** All events up to and including this position have been handled. */
  position: bigint | null = null;
  /** Code of the last error, or `internal-error`; null while all is well. Never contains data. */
  lastError: string | null = null;
  /** Since when the consumer has been behind, as a `Date.now()` time in ms; null if it is not. */
  behindSince: number | null = Date.now();
  /** Number of events received but not yet handled. */
  pendingEvents = 0;
  /** Number of events of unknown types skipped since the process started. */
  skippedEvents = 0;
  /** Number of parked events, while this process has the lead. */
  parked = 0;
  /** Events handled. */
  readonly rate = new Rate();
  /** True once the end of the log has been reached. */
  caughtUpOnce = false;
  /** The rebuild that is under way here, if any. */
  rebuild: RebuildProgress | null = null;

  readonly #waiters = new Set<Waiter>();
  #onWaiter: () => void = () => undefined;

  /** Whether a reader is waiting, so that batches should not be delayed. */
  get awaited(): boolean {
    return this.#waiters.size > 0;
  }

  /** Another instance runs the consumer and reports its lag and errors. */
  standBy(): void {
    this.state = 'standby';
    this.parked = 0;
    this.lastError = null;
    this.behindSince = null;
  }

  onWaiter(listener: () => void): void {
    this.#onWaiter = listener;
  }

  /** Records progress up to `position` and wakes waiting readers. `caughtUp`: this is the end of the log. */
  moved(position: bigint | null, caughtUp: boolean): void {
    if (position !== null && (this.position === null || position > this.position)) this.position = position;
    if (caughtUp) this.caughtUpOnce = true;
    for (const waiter of this.#waiters) {
      if (this.has(waiter.position)) {
        this.#waiters.delete(waiter);
        waiter.resolve(true);
      }
    }
  }

  /** Whether all events up to and including `position` have been handled. False until the end of the log was reached once. */
  has(position: bigint | null): boolean {
    return this.caughtUpOnce && (position === null || (this.position !== null && this.position >= position));
  }

  /** Waits until {@link has} is true, for at most `timeoutMs`. False on timeout. */
  waitFor(position: bigint | null, timeoutMs: number): Promise<boolean> {
    if (this.has(position)) return Promise.resolve(true);
    if (this.#waiters.size >= MAX_WAITERS) return Promise.resolve(false);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        position,
        resolve: (reached) => {
          clearTimeout(timer);
          resolve(reached);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        resolve(false);
      }, timeoutMs);
      this.#waiters.add(waiter);
      this.#onWaiter();
    });
  }
}
