import type { LogBatch, LogSubscription, StoredEvent } from '../event-store/event-store.ts';

/** Maximum number of pending events, and touched streams. Above it a follower reads no further; one batch may exceed it. */
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

/** The shared reader of the log, as a follower sees it. */
export interface SharedReader {
  /** Subscribes for one follower alone. */
  subscribe(after: bigint | null): LogSubscription;
  /**
   * Adds a follower that has everything up to `position`. False if the shared reader delivers nothing now, or is ahead of `position`. From then
   * on it calls {@link Follower.put}, and {@link Follower.left} when it stops.
   */
  join(follower: Follower, position: bigint): boolean;
  leave(follower: Follower): void;
  /** Delivers what is there now at once. */
  hurry(): void;
}

/**
 * One consumer's view of the log. It reads for itself until it is as far as the shared reader, and joins it. When its consumer is slow, it
 * leaves, and catches up again by itself. Batches that arrive while one is being committed are merged, so batch size grows with the load.
 */
export class Follower {
  readonly #reader: SharedReader;
  readonly #onArrival: (events: number) => void;
  readonly #maxUnits: number;
  /** The subscription of its own while it catches up. */
  #own: LogSubscription | null = null;
  #events: StoredEvent[] = [];
  #touched: string[] = [];
  #units = 0;
  /** Everything up to here was received. */
  #received: bigint | null;
  #isPending = false;
  #caughtUp = false;
  /** Since the last `take`: what is pending is wanted now. */
  #isHurried = false;
  #ended: { error: Error | null } | null = null;
  #wake: () => void = () => undefined;
  #drained: () => void = () => undefined;

  /** `maxUnits`: size of pending events above which it reads no further, in UTF-16 units; one batch may exceed it. */
  constructor(
    reader: SharedReader,
    after: bigint | null,
    onArrival: (events: number) => void,
    maxUnits: number = MAX_WAITING_UNITS,
  ) {
    this.#reader = reader;
    this.#maxUnits = maxUnits;
    this.#received = after;
    this.#onArrival = onArrival;
    void this.#catchUp();
  }

  /**
   * Waits for at least one batch and returns all pending ones; null after `close`. At the end of the log it gathers what arrives for another
   * `gatherMs`, unless it is hurried. Throws the error that ended its subscription.
   */
  async take(gatherMs = 0): Promise<Delivery | null> {
    this.#isHurried = false;
    while (!this.#isPending || this.#received === null) {
      if (this.#ended) {
        if (this.#ended.error) throw this.#ended.error;
        return null;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (gatherMs > 0) await this.#gather(gatherMs);
    const delivery = {
      events: this.#events,
      touched: this.#touched,
      position: this.#received,
      caughtUp: this.#caughtUp,
    };
    this.#events = [];
    this.#touched = [];
    this.#units = 0;
    this.#isPending = false;
    this.#drained();
    return delivery;
  }

  /** Asks for what is there now, without waiting for more. */
  hurry(): void {
    this.#isHurried = true;
    this.#wake();
    if (this.#own) this.#own.hurry();
    else this.#reader.hurry();
  }

  close(): void {
    if (this.#ended) return;
    this.#reader.leave(this);
    this.#end(null);
    this.#own?.close();
    this.#drained();
  }

  /** Receives a batch of the shared reader. What it has already is dropped. */
  put(batch: LogBatch): void {
    const received = this.#received;
    if (received !== null && batch.position <= received) return;
    const isNew = received === null || (batch.events[0]?.position ?? batch.position) > received;
    this.#add(isNew ? batch : { ...batch, events: batch.events.filter(({ position }) => position > received) });
    if (!this.isFull) return;
    this.#reader.leave(this);
    void this.#catchUp();
  }

  /** The shared reader has stopped. */
  left(): void {
    void this.#catchUp();
  }

  async #gather(gatherMs: number): Promise<void> {
    const timer = setTimeout(() => {
      this.#isHurried = true;
      this.#wake();
    }, gatherMs);
    while (this.#caughtUp && !this.#isHurried && !this.#ended && !this.isFull) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    clearTimeout(timer);
  }

  /** Whether its consumer has so much to take that it reads no further. */
  get isFull(): boolean {
    return this.#events.length + this.#touched.length >= MAX_WAITING || this.#units >= this.#maxUnits;
  }

  async #catchUp(): Promise<void> {
    try {
      if (this.isFull) await this.#room();
      if (this.#ended || (await this.#readUntilJoined())) return;
      this.#end(null);
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** False if the subscription was closed before. */
  async #readUntilJoined(): Promise<boolean> {
    const own = this.#reader.subscribe(this.#received);
    this.#own = own;
    for await (const batch of own) {
      this.#add(batch);
      await this.#room();
      if (this.#ended || !this.#reader.join(this, batch.position)) continue;
      // Here and not later: the shared reader may stop while this subscription is being closed.
      this.#own = null;
      return true;
    }
    return false;
  }

  /** Waits until the consumer has taken what is pending, if that is too much. */
  async #room(): Promise<void> {
    while (this.isFull && !this.#ended) await new Promise<void>((resolve) => (this.#drained = resolve));
  }

  #add({ events, touched, position, caughtUp }: LogBatch): void {
    if (this.#events.length === 0) this.#events = [...events];
    else for (const event of events) this.#events.push(event);
    for (const { data, metadata } of events) this.#units += data.length + metadata.length;
    for (const stream of touched) this.#touched.push(stream);
    this.#received = position;
    this.#isPending = true;
    this.#caughtUp = caughtUp;
    if (events.length > 0) this.#onArrival(events.length);
    this.#wake();
  }

  #end(error: Error | null): void {
    this.#ended ??= { error };
    this.#wake();
  }
}
