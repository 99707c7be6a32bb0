/**
 * Lets a limited number of calls run at once, the others waiting in order. A server that is behind would else be given
 * ever more calls that are over before it comes to them, and each of them would be sent again.
 */
export class Slots {
  #free: number;
  /** In order of arrival; a waiter that gives up takes itself out. */
  readonly #waiting = new Set<() => void>();

  readonly #maxWaiting: number;

  constructor(count: number, maxWaiting = Infinity) {
    this.#free = count;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Runs `work` when its turn comes; throws what `late` makes when that is not within `timeout_ms`, and at once when too
   * many wait already.
   */
  async run<T>(timeout_ms: number, work: () => Promise<T>, late: () => Error): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(timeout_ms, late);
    try {
      return await work();
    } finally {
      // The slot goes over to the one who has waited longest.
      const [next] = this.#waiting;
      if (next) next();
      else this.#free += 1;
    }
  }

  #turn(timeout_ms: number, late: () => Error): Promise<void> {
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
      }, timeout_ms);
      this.#waiting.add(begin);
    });
  }
}
