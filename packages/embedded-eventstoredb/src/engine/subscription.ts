import type { EventPredicate } from './filter.ts';
import { MAX_SCAN_MS } from './log-reader.ts';
import type { LogReader } from './log-reader.ts';
import type { CommitSignal } from './commit-signal.ts';
import { EngineClosedError } from './errors.ts';
import type { RecordedEvent, SubscriptionBatch } from './types.ts';

/** While live, after at most this many unmatched events a batch without events reports the position. */
const SILENT_EVENTS = 1024;

export type SubscriptionOptions = {
  readonly reader: LogReader;
  readonly signal: CommitSignal;
  readonly matches: EventPredicate;
  readonly after: number;
  readonly maxBatch: number;
  readonly abort: AbortSignal | undefined;
};

/**
 * A subscription to the log. The consumer pulls: a batch is read when the consumer asks for it, so a slow consumer costs
 * no memory and delays nobody. Ends without an error on `return` or abort; throws EngineClosedError when the engine closes.
 */
export class Subscription implements AsyncIterableIterator<SubscriptionBatch> {
  readonly #options: SubscriptionOptions;
  #position: number;
  #caughtUp = false;
  #done = false;
  #unmatched = 0;
  #breathe = false;
  #wake: (() => void) | undefined;
  readonly #stop = (): void => {
    this.#done = true;
    this.#wake?.();
  };

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#position = options.after;
    if (options.abort?.aborted) this.#stop();
    options.abort?.addEventListener('abort', this.#stop, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<SubscriptionBatch, undefined>> {
    const { reader, signal, maxBatch } = this.#options;
    for (;;) {
      // Reading a long log is synchronous. Between pages, let other work run; it may end this subscription or close the engine.
      if (this.#breathe) await new Promise((resolve) => setImmediate(resolve));
      this.#breathe = false;
      if (this.#done) break;
      if (signal.closed) {
        this.#end();
        throw new EngineClosedError();
      }
      const page = reader.pageAfter(this.#position, maxBatch);
      if (page.events.length === 0) {
        if (!this.#caughtUp) return this.#batch([], true, false);
        await this.#nextCommit();
        continue;
      }
      const events: RecordedEvent[] = [];
      const due = performance.now() + MAX_SCAN_MS;
      let isLate = false;
      for (let i = 0; i < page.events.length && !isLate; i++) {
        if (this.#options.matches(page.events[i]!)) events.push(page.events[i]!);
        this.#position = page.positions[i]!;
        this.#unmatched = events.length > 0 ? 0 : this.#unmatched + 1;
        isLate = performance.now() > due;
      }
      this.#breathe = isLate || !page.fromMemory;
      const caughtUp = this.#position >= signal.lastPosition;
      const isNews = caughtUp !== this.#caughtUp || !caughtUp || this.#unmatched >= SILENT_EVENTS;
      if (events.length > 0 || isNews) return this.#batch(events, caughtUp, !page.fromMemory);
    }
    this.#end();
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<SubscriptionBatch, undefined>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Resolves at the next commit, when the engine closes, or when this subscription ends. */
  async #nextCommit(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const unlisten = this.#options.signal.listen(resolve);
    await promise;
    unlisten();
    this.#wake = undefined;
  }

  #batch(
    events: RecordedEvent[],
    caughtUp: boolean,
    isReplayed: boolean,
  ): IteratorResult<SubscriptionBatch, undefined> {
    this.#caughtUp = caughtUp;
    this.#unmatched = 0;
    return { done: false, value: { events, position: BigInt(Math.max(0, this.#position)), caughtUp, isReplayed } };
  }

  #end(): void {
    this.#options.abort?.removeEventListener('abort', this.#stop);
    this.#stop();
  }
}
