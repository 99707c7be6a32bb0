/**
 * Sends the batches of all subscriptions to the main thread. Each batch costs a credit, which the reader returns when it takes the batch,
 * so a slow reader slows down reading the log instead of filling the main thread's memory.
 */
import type { EventStoreLimits } from '../limits.ts';
import type { LogBatch } from '../event-store.ts';
import type { StoreAdapter } from './adapter.ts';
import { unitsOf } from './batch-buffer.ts';
import type { FromThread, SubscribeMessage } from './messages.ts';
import { SilenceWatch } from './silence-watch.ts';

interface Running {
  credits: number;
  wake: (() => void) | null;
  /** Ends the pause after a batch. */
  hurry: (() => void) | null;
  readonly stop: AbortController;
}

export class Subscriptions {
  readonly #adapter: StoreAdapter;
  readonly #limits: EventStoreLimits;
  readonly #send: (message: FromThread) => void;
  readonly #running = new Map<number, Running>();

  constructor(adapter: StoreAdapter, limits: EventStoreLimits, send: (message: FromThread) => void) {
    this.#adapter = adapter;
    this.#limits = limits;
    this.#send = send;
  }

  open(request: SubscribeMessage): void {
    const running: Running = {
      credits: this.#limits.batchesAhead,
      wake: null,
      hurry: null,
      stop: new AbortController(),
    };
    this.#running.set(request.subscription, running);
    void this.#run(request, running);
  }

  credit(subscription: number): void {
    const running = this.#running.get(subscription);
    if (!running) return;
    running.credits += 1;
    running.wake?.();
  }

  /** Ends the current pause of a subscription, if any. */
  hurry(subscription: number): void {
    this.#running.get(subscription)?.hurry?.();
  }

  close(subscription: number): void {
    const running = this.#running.get(subscription);
    this.#running.delete(subscription);
    running?.stop.abort();
    running?.wake?.();
    running?.hurry?.();
  }

  closeAll(): void {
    for (const subscription of this.#running.keys()) this.close(subscription);
  }

  async #run(request: SubscribeMessage, running: Running): Promise<void> {
    const { signal } = running.stop;
    const watch = new SilenceWatch(this.#adapter, request, this.#limits, (reason) => {
      this.#drop(request.subscription, reason);
    });
    try {
      for await (const whole of this.#adapter.subscribe(request, signal)) {
        for (const batch of pieces(whole, this.#limits)) {
          if (signal.aborted) return;
          this.#send({ kind: 'batch', subscription: request.subscription, ...batch });
          watch.heard(batch.position);
          running.credits -= 1;
          // A slow reader does not make the subscription silent.
          if (running.credits === 0) watch.pause();
          while (running.credits === 0 && !signal.aborted)
            await new Promise<void>((resolve) => (running.wake = resolve));
          watch.resume();
        }
        if (whole.caughtUp && whole.events.length > 0) await this.#pause(request, running);
      }
      this.#drop(request.subscription, 'it ended without an error');
    } catch (error) {
      this.#drop(request.subscription, error instanceof Error ? error.message : String(error));
    } finally {
      watch.stop();
    }
  }

  /** Lets events accumulate for the next batch. */
  #pause({ paceMs = 0 }: SubscribeMessage, running: Running): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(paceMs, this.#limits.paceMs));
      running.hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Reports the drop once; never for a subscription that the reader has closed. */
  #drop(subscription: number, reason: string): void {
    if (!this.#running.has(subscription)) return;
    this.close(subscription);
    this.#send({ kind: 'dropped', subscription, reason });
  }
}

/** Splits a batch to fit the limits. Only the last piece has the batch's own position, touched streams and `caughtUp`. */
export function* pieces(batch: LogBatch, limits: EventStoreLimits): Generator<LogBatch, void, undefined> {
  let begin = 0;
  let units = 0;
  for (const [index, event] of batch.events.entries()) {
    units += unitsOf(event);
    const isLast = index === batch.events.length - 1;
    if (isLast || (index - begin + 1 < limits.batchMaxEvents && units < limits.batchMaxUnits)) continue;
    yield { events: batch.events.slice(begin, index + 1), touched: [], position: event.position, caughtUp: false };
    begin = index + 1;
    units = 0;
  }
  yield begin === 0 ? batch : { ...batch, events: batch.events.slice(begin) };
}
