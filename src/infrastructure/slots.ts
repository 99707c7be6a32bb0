/**
 * Limits how many calls run at once; the others wait in order. Without a limit, a slow server would receive more and more calls that time out
 * before it gets to them and are then retried.
 */
export class Slots {
  #free: number;
  /** In order of arrival. A waiter that gives up removes itself. */
  readonly #waiting = new Set<() => void>();

  readonly #maxWaiting: number;

  constructor(count: number, maxWaiting = Infinity) {
    this.#free = count;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Runs `work` when a slot is free. Throws the error made by `late` if none becomes free within `timeoutMs`, or at once if too many calls
   * are waiting.
   */
  async run<T>(timeoutMs: number, work: () => Promise<T>, late: () => Error): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(timeoutMs, late);
    try {
      return await work();
    } finally {
      // The slot passes to the longest-waiting call.
      const [next] = this.#waiting;
      if (next) next();
      else this.#free += 1;
    }
  }

  #turn(timeoutMs: number, late: () => Error): Promise<void> {
    if (this.#waiting.size >= this.#maxWaiting) return Promise.reject(late());
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        this.#waiting.delete(begin);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(begin);
        reject(late());
      }, timeoutMs);
      this.#waiting.add(begin);
    });
  }
}
