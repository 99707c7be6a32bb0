const BUCKET_MS = 1_000;
const BUCKETS = 10;

/** Counts events, and tells how many there were per second over the last 10 seconds. */
export class Rate {
  readonly #counts = new Array<number>(BUCKETS).fill(0);
  readonly #now: () => number;
  /** Number of the newest bucket since the epoch of the clock. */
  #newest: number;

  /** `now` is a monotonic clock, in ms. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#newest = this.#bucket();
  }

  add(events: number): void {
    this.#turn();
    const index = this.#newest % BUCKETS;
    this.#counts[index] = (this.#counts[index] ?? 0) + events;
  }

  /** With one decimal. */
  get perSecond(): number {
    this.#turn();
    const sum = this.#counts.reduce((total, count) => total + count, 0);
    return Math.round((sum * 10 * 1_000) / (BUCKETS * BUCKET_MS)) / 10;
  }

  #bucket(): number {
    return Math.floor(this.#now() / BUCKET_MS);
  }

  /** Empties the buckets whose time has passed. */
  #turn(): void {
    const bucket = this.#bucket();
    for (let next = Math.max(this.#newest + 1, bucket - BUCKETS + 1); next <= bucket; next += 1) {
      this.#counts[next % BUCKETS] = 0;
    }
    this.#newest = bucket;
  }
}
