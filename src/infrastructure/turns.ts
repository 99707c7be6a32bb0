/** A caller asks for more at once than it may have under way and waiting. The code is that of the problem. */
export class TooManyAtOnce extends Error {
  readonly code = 'rate-limited';
  constructor() {
    super('Too many of these run for this caller already; wait for their answers.');
    this.name = 'TooManyAtOnce';
  }
}

interface Line {
  running: number;
  readonly waiting: Set<() => void>;
}

/** Bounds what each caller has under way at once. What goes beyond waits for its turn, in the order in which it came. */
export class Turns {
  readonly #atOnce: number;
  readonly #maxWaiting: number;
  readonly #waitMs: number;
  /** Of callers that have something under way, and of no others. */
  readonly #lines = new Map<string, Line>();

  constructor({ atOnce, maxWaiting, waitMs }: { atOnce: number; maxWaiting: number; waitMs: number }) {
    this.#atOnce = atOnce;
    this.#maxWaiting = maxWaiting;
    this.#waitMs = waitMs;
  }

  /** Does the work in the caller's turn. Throws {@link TooManyAtOnce} when too much waits, or the turn does not come within `waitMs`. */
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

  /** To who waits longest; else the turn is free. */
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
