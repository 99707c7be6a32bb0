/**
 * Pending requests that could not be claimed and are skipped for a while, so that those behind them get a turn. Bounded: beyond the
 * limit, the oldest entry is dropped.
 */
export class PassedOver {
  /** Time at which each may be tried again, in ms of `performance.now()`; oldest entry first. */
  readonly #until = new Map<string, number>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    this.#forget();
    return this.#until.size;
  }

  note(requestId: string, ms: number): void {
    this.#until.delete(requestId);
    this.#until.set(requestId, performance.now() + ms);
    const [oldest] = this.#until.keys();
    if (this.#until.size > this.#most && oldest !== undefined) this.#until.delete(oldest);
  }

  has(requestId: string): boolean {
    this.#forget();
    return this.#until.has(requestId);
  }

  #forget(): void {
    for (const [id, time] of this.#until) if (time <= performance.now()) this.#until.delete(id);
  }
}
