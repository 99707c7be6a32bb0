import { SubscriptionDroppedError } from './event-store.ts';
import type { LogBatch, LogSubscription } from './event-store.ts';

/**
 * The main thread's end of a subscription. Buffers the batches that the store thread sends ahead, and acknowledges each one that the
 * reader takes.
 */
export class RemoteSubscription implements LogSubscription {
  readonly #onTaken: () => void;
  readonly #onHurry: () => void;
  readonly #onClosed: () => void;
  #batches: LogBatch[] = [];
  #end: 'running' | 'closed' | SubscriptionDroppedError = 'running';
  #waiting: { resolve: (result: IteratorResult<LogBatch>) => void; reject: (error: Error) => void } | null = null;

  constructor({ onTaken, onHurry, onClosed }: { onTaken: () => void; onHurry: () => void; onClosed: () => void }) {
    this.#onTaken = onTaken;
    this.#onHurry = onHurry;
    this.#onClosed = onClosed;
  }

  deliver(batch: LogBatch): void {
    if (this.#end !== 'running') return;
    if (this.#waiting === null) {
      this.#batches.push(batch);
      return;
    }
    const { resolve } = this.#waiting;
    this.#waiting = null;
    this.#onTaken();
    resolve({ done: false, value: batch });
  }

  /** The reader still gets the delivered batches, then the error. */
  drop(reason: string): void {
    if (this.#end !== 'running') return;
    this.#end = new SubscriptionDroppedError(`The subscription was dropped: ${reason}`);
    this.#waiting?.reject(this.#end);
    this.#waiting = null;
  }

  hurry(): void {
    if (this.#end === 'running') this.#onHurry();
  }

  close(): void {
    if (this.#end !== 'running') return;
    this.#end = 'closed';
    this.#batches = [];
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = null;
    this.#onClosed();
  }

  /** For one reader only: two loops over one subscription would share its batches. */
  [Symbol.asyncIterator](): AsyncIterator<LogBatch, undefined> {
    return {
      next: () => this.#next(),
      return: () => {
        this.close();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #next(): Promise<IteratorResult<LogBatch, undefined>> {
    const batch = this.#batches.shift();
    if (batch !== undefined) {
      if (this.#end === 'running') this.#onTaken();
      return Promise.resolve({ done: false, value: batch });
    }
    if (this.#end === 'closed') return Promise.resolve({ done: true, value: undefined });
    if (this.#end !== 'running') return Promise.reject(this.#end);
    if (this.#waiting) return Promise.reject(new Error('A subscription has one reader, which waits for each batch.'));
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }
}
