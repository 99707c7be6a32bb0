import type { LogBatch, LogSubscription, StoredEvent } from '../event-store/event-store.ts';

/** Maximum number of pending events, and touched streams. Above it the subscription is not read; one batch may exceed it. */
const MAX_WAITING = 4_000;
/** Maximum size of pending events, in UTF-16 units of data and metadata. */
const MAX_WAITING_UNITS = 8 * 1024 * 1024;

/** All pending batches, merged. */
export interface Delivery {
  readonly events: readonly StoredEvent[];
  /** Streams that were deleted, or whose metadata changed. */
  readonly touched: readonly string[];
  readonly position: bigint;
  readonly caughtUp: boolean;
}

/**
 * Buffers a subscription for its consumer. Batches that arrive while one is being committed are merged, so batch size grows with the
 * load.
 */
export class Inbox {
  readonly #subscription: LogSubscription;
  #events: StoredEvent[] = [];
  #touched: string[] = [];
  #units = 0;
  #position: bigint | null = null;
  #caughtUp = false;
  #ended: { error: Error | null } | null = null;
  #wake: () => void = () => undefined;
  #drained: () => void = () => undefined;
  readonly #onArrival: (events: number) => void;

  constructor(subscription: LogSubscription, onArrival: (events: number) => void) {
    this.#subscription = subscription;
    this.#onArrival = onArrival;
    void this.#pump();
  }

  /** Waits for at least one batch and returns all pending ones; null after the subscription was closed. Throws the error that ended it. */
  async take(): Promise<Delivery | null> {
    while (this.#position === null) {
      if (this.#ended) {
        if (this.#ended.error) throw this.#ended.error;
        return null;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const delivery = {
      events: this.#events,
      touched: this.#touched,
      position: this.#position,
      caughtUp: this.#caughtUp,
    };
    this.#events = [];
    this.#touched = [];
    this.#units = 0;
    this.#position = null;
    this.#drained();
    return delivery;
  }

  close(): void {
    this.#subscription.close();
  }

  async #pump(): Promise<void> {
    try {
      for await (const batch of this.#subscription) {
        this.#put(batch);
        if (this.#events.length + this.#touched.length >= MAX_WAITING || this.#units >= MAX_WAITING_UNITS)
          await new Promise<void>((resolve) => (this.#drained = resolve));
      }
      this.#ended = { error: null };
    } catch (error) {
      this.#ended = { error: error instanceof Error ? error : new Error(String(error)) };
    }
    this.#wake();
  }

  #put({ events, touched, position, caughtUp }: LogBatch): void {
    if (this.#events.length === 0) this.#events = [...events];
    else for (const event of events) this.#events.push(event);
    for (const { data, metadata } of events) this.#units += data.length + metadata.length;
    for (const stream of touched) this.#touched.push(stream);
    this.#position = position;
    this.#caughtUp = caughtUp;
    if (events.length > 0) this.#onArrival(events.length);
    this.#wake();
  }
}
