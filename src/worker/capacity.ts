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
  /** Only one at a time, to see whether the agent works again. */
  #probing = false;
  #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

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

  /** Begins nothing for so long. A pause that ends later stays. */
  pauseFor(ms: number, { probe }: { readonly probe: boolean }): void {
    this.#notBefore = Math.max(this.#notBefore, performance.now() + ms);
    if (probe) this.#probing = true;
  }

  /** Begins nothing until the release. */
  hold(): void {
    this.#held = true;
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
  }
}

/** More than this a timer cannot hold. */
const MAX_TIMER_MS = 2 ** 31 - 1;
