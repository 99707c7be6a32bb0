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

export class BatchBuffer {
  readonly #limits: BufferLimits;
  /** True when the source holds events that it has not pushed yet. */
  readonly #sourceHasMore: () => boolean;
  #events: StoredEvent[] = [];
  #units = 0;
  #position: bigint;
  #checkpoint = 0n;
  #live = false;
  /** What the reader was told last, so that an empty batch is only sent for something new. */
  #told: { position: bigint; caughtUp: boolean; at_ms: number };
  #failure: { readonly error: unknown } | null = null;
  #wakeReader: (() => void) | null = null;
  #wakeSource: (() => void) | null = null;

  constructor(after: bigint | null, limits: BufferLimits, sourceHasMore: () => boolean) {
    this.#limits = limits;
    this.#sourceHasMore = sourceHasMore;
    this.#position = after ?? 0n;
    this.#told = { position: this.#position, caughtUp: false, at_ms: 0 };
  }

  /** Takes an event; resolves when there is room for the next. */
  push(event: StoredEvent): Promise<void> | undefined {
    this.#events.push(event);
    this.#units += event.data.length + event.metadata.length;
    this.#position = event.position;
    this.#wakeReader?.();
    if (!this.#full()) return undefined;
    return new Promise((resolve) => (this.#wakeSource = resolve));
  }

  /** Everything up to here has been seen by the source, though not all of it may have been pushed yet. */
  checkpoint(position: bigint): void {
    if (position > this.#checkpoint) this.#checkpoint = position;
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
    const position = this.#reached();
    if (this.#events.length > 0 || (this.#caughtUp() && !this.#told.caughtUp)) return 0;
    if (position <= this.#told.position) return Infinity;
    return Math.max(0, this.#told.at_ms + this.#limits.positionInterval_ms - performance.now());
  }

  #cut(): LogBatch {
    const batch = { events: this.#events, position: this.#reached(), caughtUp: this.#caughtUp() };
    this.#position = batch.position;
    this.#events = [];
    this.#units = 0;
    this.#told = { position: batch.position, caughtUp: batch.caughtUp, at_ms: performance.now() };
    this.#wakeSource?.();
    this.#wakeSource = null;
    return batch;
  }

  /** A checkpoint runs ahead of events that still lie in the source's own buffer, so it counts only once that is empty. */
  #reached(): bigint {
    return !this.#sourceHasMore() && this.#checkpoint > this.#position ? this.#checkpoint : this.#position;
  }

  #caughtUp(): boolean {
    return this.#live && !this.#sourceHasMore();
  }

  #full(): boolean {
    return this.#events.length >= this.#limits.batchMaxEvents || this.#units >= this.#limits.batchMaxUnits;
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
