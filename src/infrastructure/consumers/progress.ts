/** What a runner is doing now. */
export type RunnerState =
  | 'starting'
  /** Another instance runs this consumer. */
  | 'standby'
  | 'catching_up'
  | 'live'
  /** Something failed; it tries again. */
  | 'retrying'
  /** The database is of another log: nothing goes on until somebody decides. */
  | 'foreign_log'
  /** A newer version of the service has built the tables: this one leaves them alone. */
  | 'superseded'
  | 'stopped';

interface Waiter {
  readonly position: bigint | null;
  readonly resolve: (reached: boolean) => void;
}

/** Reads wait for a projection here; more than this many at a time are not made to wait. */
const MAX_WAITERS = 10_000;

/** How far a consumer of this process has got, for those who wait for it and those who ask after it. */
export class Progress {
  state: RunnerState = 'starting';
  /** Counts how often this process has taken the lead. */
  term = 0;
  /** Handled and committed up to here. */
  position: bigint | null = null;
  /** Class, code or message of what went wrong last; never content. */
  lastError: string | null = null;
  /** Since when something that is known waits to be handled, in ms of `Date.now()`; null when nothing does. */
  behindSince: number | null = Date.now();
  /** Received and not yet committed. */
  pendingEvents = 0;
  /** Events that could not be read, since the start of the process: skipped and counted. */
  skippedEvents = 0;
  /** True once everything that was in the log at the start has been handled. */
  caughtUpOnce = false;

  readonly #waiters = new Set<Waiter>();
  #onWaiter: () => void = () => undefined;

  /** Whether someone waits now, so that a batch should not be held back. */
  get awaited(): boolean {
    return this.#waiters.size > 0;
  }

  /** Another instance runs the consumer: what is behind, and what goes wrong, is told by that one. */
  standBy(): void {
    this.state = 'standby';
    this.lastError = null;
    this.behindSince = null;
  }

  onWaiter(listener: () => void): void {
    this.#onWaiter = listener;
  }

  /** Committed up to `position` and, with `caughtUp`, to the end of the log. */
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

  /** Whether everything up to `position` is handled. */
  has(position: bigint | null): boolean {
    return this.caughtUpOnce && (position === null || (this.position !== null && this.position >= position));
  }

  /** Waits until {@link has}, for at most `timeoutMs`. False when the time ran out. */
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
