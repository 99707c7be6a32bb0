import type { LogBatch, LogSubscription, StoredEvent } from '../event-store/event-store.ts';

/** What waits here at most, give or take one batch; then the subscription is not read on. */
const MAX_WAITING = 4_000;
/** In UTF-16 units of data and metadata. */
const MAX_WAITING_UNITS = 8 * 1024 * 1024;

/** What is ready to be handled at once. */
export interface Delivery {
  readonly events: readonly StoredEvent[];
  /** Streams that were deleted, or whose metadata changed. */
  readonly touched: readonly string[];
  readonly position: bigint;
  readonly caughtUp: boolean;
}

/**
 * Stands between a subscription and its consumer: while one batch is being committed the next ones gather, so that batches grow with
 * the load. Ends, like the subscription, by throwing or quietly.
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

  /** Everything that has come, as soon as something has; null after a quiet end. Throws what ended the subscription. */
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
