import { backoffMs } from '../infrastructure/backoff.ts';
import type { Trouble } from './agent/api-trouble.ts';
import type { Verdict } from './agent/verdict.ts';

/** First and longest pause in ms. Pauses double in between. */
const SCHEDULES = {
  provider: { firstMs: 15_000, mostMs: 10 * 60_000 },
  refusal: { firstMs: 15_000, mostMs: 10 * 60_000 },
  'rate-limit': { firstMs: 60_000, mostMs: 30 * 60_000 },
  'agent-unusable': { firstMs: 5 * 60_000, mostMs: 60 * 60_000 },
} as const;

/**
 * Decides how long a worker pauses after a run whose failure would affect every other run: until the usage limit ends, forever when the
 * configuration is wrong, and otherwise twice as long for each consecutive failure of the same cause. The latter are reduced by up to
 * half at random, so that many workers do not resume at the same time.
 */
export class Pauses {
  readonly #scale: number;
  readonly #random: () => number;
  readonly #inARow = new Map<Trouble['cause'], number>();
  /** End of the current pause, in epoch ms. */
  #until = 0;

  /**
   * @param scale factor for pauses whose length the worker chooses; normally 1
   * @param random returns a number from 0 (inclusive) to 1 (exclusive)
   */
  constructor({ scale, random = Math.random }: { readonly scale: number; readonly random?: () => number }) {
    this.#scale = scale;
    this.#random = random;
  }

  /**
   * Returns the length of the pause in ms, from `now`; `Infinity` for a pause without end, and null for none.
   *
   * @param now epoch ms
   */
  after({ report, pause }: Verdict, now: number): number | null {
    if (pause === null) {
      // A run that was handed back does not show that the agent works.
      if (report.outcome !== 'released') this.#inARow.clear();
      return null;
    }
    if (pause.cause === 'configuration') return Infinity;
    if (pause.cause === 'usage-limit') return pause.resumeAt - now;
    // Runs that were in progress together report the same problem.
    if (now < this.#until) return this.#until - now;
    const times = (this.#inARow.get(pause.cause) ?? 0) + 1;
    this.#inARow.set(pause.cause, times);
    this.#until = now + backoffMs(times, SCHEDULES[pause.cause], this.#random) * this.#scale;
    return this.#until - now;
  }
}
