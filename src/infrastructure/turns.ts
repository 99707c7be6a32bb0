import { Slots } from './slots.ts';

/** A caller already has the maximum number of calls running and waiting. The code is that of the problem. */
export class TooManyAtOnce extends Error {
  readonly code = 'rate-limited';
  constructor() {
    super('Too many of these calls are running for this caller already; wait for their answers.');
    this.name = 'TooManyAtOnce';
  }
}

interface Line {
  /** Running and waiting calls. */
  calls: number;
  readonly slots: Slots;
}

/** {@link Slots} for each caller. */
export class Turns {
  readonly #atOnce: number;
  readonly #maxWaiting: number;
  readonly #waitMs: number;
  /** Callers with calls only. */
  readonly #lines = new Map<string, Line>();

  constructor({ atOnce, maxWaiting, waitMs }: { atOnce: number; maxWaiting: number; waitMs: number }) {
    this.#atOnce = atOnce;
    this.#maxWaiting = maxWaiting;
    this.#waitMs = waitMs;
  }

  /** Runs `work` when it is the caller's turn. Throws {@link TooManyAtOnce} if too many wait, or the turn does not come within `waitMs`. */
  async take<T>(caller: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(caller) ?? { calls: 0, slots: new Slots(this.#atOnce, this.#maxWaiting) };
    this.#lines.set(caller, line);
    line.calls += 1;
    try {
      return await line.slots.run(this.#waitMs, work, () => new TooManyAtOnce());
    } finally {
      line.calls -= 1;
      if (line.calls === 0) this.#lines.delete(caller);
    }
  }
}
