/**
 * Gathers single events of a subscription into batches. While nobody asks for a batch the buffer fills, so batches grow
 * with the backlog; when it is full the source has to wait, and that is what makes the server hold back.
 */
import type { LogBatch, StoredEvent } from '../event-store.ts';

export interface BufferLimits {
  readonly batchMaxEvents: number;
  readonly batchMaxUnits: number;
  readonly positionInterval_ms: number;
}

/** About how much memory an event takes, in UTF-16 units. */
export function unitsOf(event: StoredEvent): number {
  return event.data.length + event.metadata.length;
}

export class BatchBuffer {
  readonly #limits: BufferLimits;
  /** True when the source holds something that it has not handed over yet. */
  readonly #sourceHasMore: () => boolean;
  readonly #after: bigint;
  #events: StoredEvent[] = [];
  #touched = new Set<string>();
  #units = 0;
  #position: bigint;
  #live = false;
  /** What the reader was told last, so that an empty batch is only sent for something new. */
  #told: { position: bigint; caughtUp: boolean; at_ms: number };
  #failure: { readonly error: unknown } | null = null;
  #wakeReader: (() => void) | null = null;
  #wakeSource: (() => void) | null = null;

  /** What lies at or before `after` is dropped: the source may have to begin further back. */
  constructor(after: bigint | null, limits: BufferLimits, sourceHasMore: () => boolean) {
    this.#limits = limits;
    this.#sourceHasMore = sourceHasMore;
    this.#after = after ?? -1n;
    this.#position = after ?? 0n;
    this.#told = { position: this.#position, caughtUp: false, at_ms: 0 };
  }

  /** Takes an event; resolves when there is room for the next. */
  push(event: StoredEvent): Promise<void> | undefined {
    if (event.position <= this.#after) return undefined;
    this.#events.push(event);
    this.#units += unitsOf(event);
    this.#position = event.position;
    return this.#room();
  }

  /** Takes note of a stream that was deleted, or whose metadata changed, at this position; resolves as `push` does. */
  touch(stream: string, position: bigint): Promise<void> | undefined {
    if (position <= this.#after) return undefined;
    this.#touched.add(stream);
    this.#position = position;
    return this.#room();
  }

  /** Everything up to here has been handed over. */
  reach(position: bigint): void {
    if (position > this.#position) this.#position = position;
    this.#wakeReader?.();
  }

  /** From here on the source hears of events as they are written. */
  live(isLive: boolean): void {
    this.#live = isLive;
    this.#wakeReader?.();
  }

  /** No more will come; the reader gets what is there, then the error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wakeReader?.();
  }

  /** The next batch, as soon as there is something to tell. Must not be called again before it has answered. */
  async take(): Promise<LogBatch> {
    for (;;) {
      // A turn of the event loop lets everything in that has already arrived, and lets an event in hand be pushed.
      await new Promise((resolve) => setImmediate(resolve));
      const wait_ms = this.#waitFor();
      if (wait_ms === 0) return this.#cut();
      if (this.#failure) throw this.#failure.error;
      await this.#woken(wait_ms);
    }
  }

  /** 0 when a batch is due; else the time after which one may be due without anything having happened. */
  #waitFor(): number {
    const isNews = this.#events.length > 0 || this.#touched.size > 0 || (this.#caughtUp() && !this.#told.caughtUp);
    if (isNews) return 0;
    if (this.#position <= this.#told.position) return Infinity;
    return Math.max(0, this.#told.at_ms + this.#limits.positionInterval_ms - performance.now());
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
    this.#told = { position: batch.position, caughtUp: batch.caughtUp, at_ms: performance.now() };
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

  async #woken(wait_ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wakeReader = resolve;
      if (wait_ms !== Infinity) timer = setTimeout(resolve, wait_ms);
    });
    clearTimeout(timer);
    this.#wakeReader = null;
  }
}
