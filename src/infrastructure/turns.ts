/** A caller already has the maximum number of calls running and waiting. The code is that of the problem. */
export class TooManyAtOnce extends Error {
  readonly code = 'rate-limited';
  constructor() {
    super('Too many of these calls are running for this caller already; wait for their answers.');
    this.name = 'TooManyAtOnce';
  }
}

interface Line {
  running: number;
  readonly waiting: Set<() => void>;
}

/** Limits how many calls each caller has running at once. Further calls wait in order of arrival. */
export class Turns {
  readonly #atOnce: number;
  readonly #maxWaiting: number;
  readonly #waitMs: number;
  /** Callers with running calls only. */
  readonly #lines = new Map<string, Line>();

  constructor({ atOnce, maxWaiting, waitMs }: { atOnce: number; maxWaiting: number; waitMs: number }) {
    this.#atOnce = atOnce;
    this.#maxWaiting = maxWaiting;
    this.#waitMs = waitMs;
  }

  /** Runs `work` when it is the caller's turn. Throws {@link TooManyAtOnce} if too many wait, or the turn does not come within `waitMs`. */
  async take<T>(caller: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(caller) ?? { running: 0, waiting: new Set() };
    this.#lines.set(caller, line);
    if (line.running < this.#atOnce) line.running += 1;
    else await this.#wait(line);
    try {
      return await work();
    } finally {
      this.#pass(caller, line);
    }
  }

  #wait({ waiting }: Line): Promise<void> {
    if (waiting.size >= this.#maxWaiting) throw new TooManyAtOnce();
    return new Promise((resolve, reject) => {
      const next = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(next);
        reject(new TooManyAtOnce());
      }, this.#waitMs);
      waiting.add(next);
    });
  }

  /** Passes the turn to the longest-waiting call, or frees it. */
  #pass(caller: string, line: Line): void {
    const [next] = line.waiting;
    if (next) {
      line.waiting.delete(next);
      next();
      return;
    }
    line.running -= 1;
    if (line.running === 0) this.#lines.delete(caller);
  }
}
