/** The state of a worker. */
export interface Standing {
  /** `locked_out` means that it claims nothing until it is restarted. */
  readonly state: 'working' | 'idle' | 'paused' | 'locked_out';
  readonly reason?: string;
  /** RFC 3339 time at which a pause ends. */
  readonly until?: string;
}

/**
 * Tracks how many runs a worker can start: up to its concurrency, and none while it is closed, held (service unreachable) or paused
 * (for example because the agent's account is at its limit).
 */
export class Capacity {
  readonly #total: number;
  #taken = 0;
  #closed = false;
  #held = false;
  #notBefore = 0;
  /** The pause that ends at `#notBefore`. */
  #pause: { readonly reason: string; readonly until: string | null } | null = null;
  /** After a pause, allows one run at a time until the agent has worked again. */
  #probing = false;
  #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Called when the standing may have changed. */
  onChange: () => void = () => undefined;

  constructor(total: number) {
    this.#total = total;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Number of runs that can start now. */
  get free(): number {
    if (this.#closed || this.#held || performance.now() < this.#notBefore) return 0;
    return Math.max(0, (this.#probing ? 1 : this.#total) - this.#taken);
  }

  /** Reserves a place; false when there is none. After true, call {@link giveBack} when the run is over. */
  tryTake(): boolean {
    if (this.free === 0) return false;
    this.#taken += 1;
    this.onChange();
    return true;
  }

  giveBack(): void {
    this.#taken -= 1;
    this.#wake();
  }

  /** Resolves when a run can start, or when this is closed. */
  async untilFree(): Promise<void> {
    while (!this.#closed && this.free === 0) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        this.#wakeAt(this.#notBefore);
      });
    }
  }

  /**
   * Starts no runs for `ms`; forever when that is `Infinity`. A pause that ends later stays in effect.
   *
   * @param options `probe`: after the pause, allow one run at a time until {@link works} is called
   */
  pauseFor(ms: number, { probe, reason }: { readonly probe: boolean; readonly reason: string }): void {
    const end = performance.now() + ms;
    if (end > this.#notBefore) {
      this.#notBefore = end;
      this.#pause = { reason, until: Number.isFinite(ms) ? new Date(Date.now() + ms).toISOString() : null };
    }
    if (probe) this.#probing = true;
    this.onChange();
  }

  /** Starts no runs until {@link release}. */
  hold(): void {
    this.#held = true;
    this.onChange();
  }

  standing(): Standing {
    if (this.#pause && performance.now() < this.#notBefore) {
      const { reason, until } = this.#pause;
      return until === null ? { state: 'locked_out', reason } : { state: 'paused', reason, until };
    }
    if (this.#held) return { state: 'paused', reason: 'The service did not answer.' };
    return { state: this.#taken > 0 ? 'working' : 'idle' };
  }

  release(): void {
    this.#held = false;
    this.#wake();
  }

  /** Call when the agent has worked: ends probing. */
  works(): void {
    this.#probing = false;
    this.#wake();
  }

  /** Starts no more runs. Final. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #wakeAt(time: number): void {
    clearTimeout(this.#timer);
    const ms = time - performance.now();
    if (ms > 0)
      this.#timer = setTimeout(
        () => {
          this.#wake();
        },
        Math.min(ms + 1, MAX_TIMER_MS),
      );
  }

  #wake(): void {
    clearTimeout(this.#timer);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
    this.onChange();
  }
}

/** Maximum delay of a Node timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;
