import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Measures the longest time this thread was blocked. A deadline can only be as exact as the machine schedules the thread that
 * checks it, so tests of deadlines allow for this.
 */
export class Lag {
  readonly #delay = monitorEventLoopDelay({ resolution: 5 });

  constructor() {
    this.#delay.enable();
  }

  get maxMs(): number {
    return this.#delay.max / 1e6;
  }

  stop(): void {
    this.#delay.disable();
  }
}
