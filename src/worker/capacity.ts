/** What a worker does. */
export interface Standing {
  /** `locked_out`: it takes nothing on until it is started anew. */
  readonly state: 'working' | 'idle' | 'paused' | 'locked_out';
  readonly reason?: string;
  /** When it takes something on again. */
  readonly until?: string;
}

/**
 * What a worker can take on: so many runs at once, none while it is closed, and none before a certain time when the agent's account
 * is at its limit or the service is away.
 */
export class Capacity {
  readonly #total: number;
  #taken = 0;
  #closed = false;
  #held = false;
  #notBefore = 0;
  /** Of the pause that ends at `#notBefore`. */
  #pause: { readonly reason: string; readonly until: string | null } | null = null;
  /** Only one at a time, to see whether the agent works again. */
  #probing = false;
  #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Called when the standing may be another. */
  onChange: () => void = () => undefined;

  constructor(total: number) {
    this.#total = total;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** How many runs could be begun now. */
  get free(): number {
    if (this.#closed || this.#held || performance.now() < this.#notBefore) return 0;
    return Math.max(0, (this.#probing ? 1 : this.#total) - this.#taken);
  }

  /** False when nothing can be begun now. Whoever got true gives it back. */
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

  /** Settles once something could be begun, or nothing ever will. */
  async untilFree(): Promise<void> {
    while (!this.#closed && this.free === 0) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        this.#wakeAt(this.#notBefore);
      });
    }
  }

  /** Begins nothing for so long, for ever when that is infinite. A pause that ends later stays. */
  pauseFor(ms: number, { probe, reason }: { readonly probe: boolean; readonly reason: string }): void {
    const end = performance.now() + ms;
    if (end > this.#notBefore) {
      this.#notBefore = end;
      this.#pause = { reason, until: Number.isFinite(ms) ? new Date(Date.now() + ms).toISOString() : null };
    }
    if (probe) this.#probing = true;
    this.onChange();
  }

  /** Begins nothing until the release. */
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

  /** The agent works. */
  works(): void {
    this.#probing = false;
    this.#wake();
  }

  /** Begins nothing any more. */
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

/** More than this a timer cannot hold. */
const MAX_TIMER_MS = 2 ** 31 - 1;
