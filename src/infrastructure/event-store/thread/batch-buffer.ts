/**
 * Collects the events of a subscription into batches. The buffer fills while no batch is requested, so batch size grows with the
 * backlog. When it is full the source must wait, which applies back-pressure to the server.
 */
import type { LogBatch, StoredEvent } from '../event-store.ts';

export interface BufferLimits {
  readonly batchMaxEvents: number;
  readonly batchMaxUnits: number;
  readonly positionIntervalMs: number;
}

/** Size of an event's data and metadata, in UTF-16 units. */
export function unitsOf(event: StoredEvent): number {
  return event.data.length + event.metadata.length;
}

export class BatchBuffer {
  readonly #limits: BufferLimits;
  /** Whether the source has messages that it has not passed on yet. */
  readonly #sourceHasMore: () => boolean;
  readonly #after: bigint;
  #events: StoredEvent[] = [];
  #touched = new Set<string>();
  #units = 0;
  #position: bigint;
  #live = false;
  /** The last batch's position and state, so that an empty batch is sent only if one of them changed. */
  #told: { position: bigint; caughtUp: boolean; atMs: number };
  #failure: { readonly error: unknown } | null = null;
  #wakeReader: (() => void) | null = null;
  #wakeSource: (() => void) | null = null;

  /** Events up to and including `after` are dropped, because the source may have to start earlier. */
  constructor(after: bigint | null, limits: BufferLimits, sourceHasMore: () => boolean) {
    this.#limits = limits;
    this.#sourceHasMore = sourceHasMore;
    this.#after = after ?? -1n;
    this.#position = after ?? 0n;
    this.#told = { position: this.#position, caughtUp: false, atMs: 0 };
  }

  /** Adds an event. If the buffer is then full, returns a promise that resolves when there is room. */
  push(event: StoredEvent): Promise<void> | undefined {
    if (event.position <= this.#after) return undefined;
    this.#events.push(event);
    this.#units += unitsOf(event);
    this.#position = event.position;
    return this.#room();
  }

  /** Adds a stream that was deleted, or whose metadata changed, at this position. Returns the same as `push`. */
  touch(stream: string, position: bigint): Promise<void> | undefined {
    if (position <= this.#after) return undefined;
    this.#touched.add(stream);
    this.#position = position;
    return this.#room();
  }

  /** The source has passed on all events up to this position. */
  reach(position: bigint): void {
    if (position > this.#position) this.#position = position;
    this.#wakeReader?.();
  }

  /** Whether the source has caught up and now receives events as they are written. */
  live(isLive: boolean): void {
    this.#live = isLive;
    this.#wakeReader?.();
  }

  /** Ends the buffer: the reader gets the remaining events, then the error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wakeReader?.();
  }

  /** Waits for the next batch. Must not be called again while a call is pending. */
  async take(): Promise<LogBatch> {
    for (;;) {
      // One turn of the event loop, so that everything that has already arrived is in the batch.
      await new Promise((resolve) => setImmediate(resolve));
      const waitMs = this.#waitFor();
      if (waitMs === 0) return this.#cut();
      if (this.#failure) throw this.#failure.error;
      await this.#woken(waitMs);
    }
  }

  /** Time in ms until a batch is due if nothing else happens; 0 if it is due now. */
  #waitFor(): number {
    const isNews = this.#events.length > 0 || this.#touched.size > 0 || (this.#caughtUp() && !this.#told.caughtUp);
    if (isNews) return 0;
    if (this.#position <= this.#told.position) return Infinity;
    return Math.max(0, this.#told.atMs + this.#limits.positionIntervalMs - performance.now());
  }

  #cut(): LogBatch {
    const batch = {
      events: this.#events,
      touched: [...this.#touched],
      position: this.#position,
      caughtUp: this.#caughtUp(),
    };
    this.#events = [];
    this.#touched.clear();
    this.#units = 0;
    this.#told = { position: batch.position, caughtUp: batch.caughtUp, atMs: performance.now() };
    this.#wakeSource?.();
    this.#wakeSource = null;
    return batch;
  }

  #caughtUp(): boolean {
    return this.#live && !this.#sourceHasMore();
  }

  #room(): Promise<void> | undefined {
    this.#wakeReader?.();
    const { batchMaxEvents, batchMaxUnits } = this.#limits;
    const full = this.#events.length + this.#touched.size >= batchMaxEvents || this.#units >= batchMaxUnits;
    return full ? new Promise((resolve) => (this.#wakeSource = resolve)) : undefined;
  }

  async #woken(waitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wakeReader = resolve;
      if (waitMs !== Infinity) timer = setTimeout(resolve, waitMs);
    });
    clearTimeout(timer);
    this.#wakeReader = null;
  }
}
