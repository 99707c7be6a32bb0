import { backoffMs, pause } from '../backoff.ts';
import type { EventStore, LogBatch, LogSubscription } from '../event-store/event-store.ts';
import type { Logger } from '../observability/logger.ts';
import { RETRY_PAUSES } from './consumer.ts';
import type { SharedReader } from './follower.ts';
import { Follower } from './follower.ts';
import type { Pages } from './paged-subscription.ts';
import { subscribeByPages } from './paged-subscription.ts';

/**
 * How long events are gathered into the next batch, in ms, unless somebody is waiting for them. Saves most of the work per event, and is
 * too short for a person to notice.
 */
const WINDOW_MS = 5;

export interface DispatcherParts {
  readonly store: Pick<EventStore, 'subscribe' | 'tail'>;
  readonly streamPrefix: string;
  /** Called with streams that were deleted or whose metadata changed while this process was running. */
  readonly onTouched: (streams: readonly string[]) => void;
  readonly logger: Logger;
}

/**
 * Reads the log once for the whole process, and passes each batch to all followers: consumers that lead here, and live feeds. It never
 * waits for one: a slow follower leaves and catches up with a subscription of its own. If reading fails, all followers leave, and it goes
 * on from where it was, indefinitely. See docs/adr/0014.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #stop = new AbortController();
  readonly #followers = new Set<Follower>();
  #running: Promise<void> = Promise.resolve();
  #subscription: LogSubscription | null = null;
  /** Followers that have everything up to here get the rest. */
  #position: bigint | null = null;
  /** Whether the subscription has delivered something. Until then it may not even have reached the store. */
  #isLive = false;
  #failures = 0;

  readonly #reader: SharedReader = {
    subscribe: (after) => this.#subscribe(after),
    join: (follower, position) => {
      if (!this.#isLive || this.#position === null || position < this.#position) return false;
      this.#followers.add(follower);
      return true;
    },
    leave: (follower) => this.#followers.delete(follower),
    hurry: () => this.#subscription?.hurry(),
  };

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  /** Number of followers that get the shared batches. */
  get joined(): number {
    return this.#followers.size;
  }

  /** Follows the log after a position; null for its start. `onArrival` is called with the number of events of each batch. */
  follow(after: bigint | null, onArrival: (events: number) => void): Follower {
    return new Follower(this.#reader, after, onArrival);
  }

  /**
   * Follows the log after a position for a live feed: what is past is read with `read`, in pages, and then the feed joins. At most
   * `maxUnits` of events are pending, in UTF-16 units, and one batch.
   */
  feed(after: bigint | null, read: Pages['read'], maxUnits: number): Follower {
    const pages = { read, reached: (): bigint | null => this.#position };
    const reader = { ...this.#reader, subscribe: (from: bigint | null) => subscribeByPages(pages, from) };
    return new Follower(reader, after, () => undefined, maxUnits);
  }

  start(): void {
    this.#running = this.#run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#subscription?.close();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    let isPlaced = false;
    while (!signal.aborted) {
      try {
        if (!isPlaced) this.#position = await this.#parts.store.tail();
        isPlaced = true;
        if (signal.aborted) return;
        await this.#read();
      } catch (error) {
        if (signal.aborted) return;
        if (this.#failures === 0) this.#parts.logger.warn({ err: error }, 'the log cannot be read, trying again');
        this.#failures += 1;
      }
      await pause(backoffMs(this.#failures, RETRY_PAUSES), signal);
    }
  }

  async #read(): Promise<void> {
    this.#subscription = this.#subscribe(this.#position);
    try {
      for await (const batch of this.#subscription) this.#pass(batch);
    } finally {
      this.#subscription = null;
      this.#isLive = false;
      const followers = [...this.#followers];
      this.#followers.clear();
      for (const follower of followers) follower.left();
    }
  }

  #pass(batch: LogBatch): void {
    this.#failures = 0;
    this.#isLive = true;
    this.#position = batch.position;
    if (batch.touched.length > 0) this.#parts.onTouched(batch.touched);
    for (const follower of this.#followers) follower.put(batch);
  }

  #subscribe(after: bigint | null): LogSubscription {
    return this.#parts.store.subscribe({ after, streamPrefix: this.#parts.streamPrefix, paceMs: WINDOW_MS });
  }
}
