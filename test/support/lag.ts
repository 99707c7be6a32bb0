import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * How long this thread was held up at most. A deadline can be kept only as well as the machine lets the thread run that
 * looks at it, so tests of deadlines allow for this much.
 */
export class Lag {
  readonly #delay = monitorEventLoopDelay({ resolution: 5 });

  constructor() {
    this.#delay.enable();
  }

  get max_ms(): number {
    return this.#delay.max / 1e6;
  }

  stop(): void {
    this.#delay.disable();
  }
}
