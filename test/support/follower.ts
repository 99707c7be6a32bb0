import {
  EventStoreUnavailableError,
  SubscriptionDroppedError,
} from '../../src/infrastructure/event-store/event-store.ts';
import type { EventStore, LogSubscription, StoredEvent } from '../../src/infrastructure/event-store/event-store.ts';
import { batchesOf } from './events.ts';

/** Follows part of the log as the service's consumers do: when dropped, it subscribes again from its position. */
export class Follower {
  readonly events: StoredEvent[] = [];
  drops = 0;
  caughtUp = false;
  readonly #store: EventStore;
  readonly #prefix: string;
  readonly #running: Promise<void>;
  #subscription: LogSubscription | null = null;
  #position: bigint | null = null;
  #stopped = false;

  constructor(store: EventStore, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
    this.#running = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#subscription?.close();
    await this.#running;
  }

  async #follow(): Promise<void> {
    while (!this.#stopped) {
      try {
        this.#subscription = this.#store.subscribe({ after: this.#position, streamPrefix: this.#prefix });
        for await (const { events, position, caughtUp } of batchesOf(this.#subscription)) {
          this.events.push(...events);
          this.#position = position;
          this.caughtUp = caughtUp;
        }
      } catch (error) {
        // The store was closed first, as after a failed test.
        if (error instanceof EventStoreUnavailableError) return;
        if (!(error instanceof SubscriptionDroppedError)) throw error;
        this.drops += 1;
        this.caughtUp = false;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}
