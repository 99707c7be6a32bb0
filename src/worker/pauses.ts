import type { Trouble } from './agent/api-trouble.ts';
import type { Verdict } from './agent/verdict.ts';

/** The first pause, and the longest of those that double from it. */
const SCHEDULES = {
  provider: { firstMs: 15_000, mostMs: 10 * 60_000 },
  refusal: { firstMs: 15_000, mostMs: 10 * 60_000 },
  'rate-limit': { firstMs: 60_000, mostMs: 30 * 60_000 },
  'agent-unusable': { firstMs: 5 * 60_000, mostMs: 60 * 60_000 },
} as const;

/**
 * How long a worker waits after runs that said something about all that would follow: until the time at which a usage limit ends; for
 * ever where its own configuration is wrong; else twice as long each time in a row, less up to a half at random, so that many workers do
 * not come back together.
 */
export class Pauses {
  readonly #scale: number;
  readonly #random: () => number;
  readonly #inARow = new Map<Trouble['cause'], number>();
  /** Epoch ms. */
  #until = 0;

  /**
   * @param scale of every pause whose length is the worker's to choose; 1 is as it should be
   * @param random from 0 up to 1
   */
  constructor({ scale, random = Math.random }: { readonly scale: number; readonly random?: () => number }) {
    this.#scale = scale;
    this.#random = random;
  }

  /**
   * How long no request is claimed from now on, in ms; null when the run gives no reason to wait.
   *
   * @param now epoch ms
   */
  after({ report, pause }: Verdict, now: number): number | null {
    if (pause === null) {
      // A run that was handed back says nothing of whether the agent works.
      if (report.outcome !== 'released') this.#inARow.clear();
      return null;
    }
    if (pause.cause === 'configuration') return Infinity;
    if (pause.cause === 'usage-limit') return pause.resumeAt - now;
    // Runs that were under way together tell of one and the same trouble.
    if (now < this.#until) return this.#until - now;
    const times = this.#inARow.get(pause.cause) ?? 0;
    this.#inARow.set(pause.cause, times + 1);
    const { firstMs, mostMs } = SCHEDULES[pause.cause];
    const fullMs = Math.min(firstMs * 2 ** times, mostMs) * this.#scale;
    this.#until = now + fullMs * (0.5 + this.#random() / 2);
    return this.#until - now;
  }
}
