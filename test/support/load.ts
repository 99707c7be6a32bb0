import type { EventStore, EventToAppend } from '../../src/infrastructure/event-store/event-store.ts';
import { event } from './events.ts';
import { Lag } from './lag.ts';

/** Writers that append to their own streams, event after event, until they are stopped. */
export class Load {
  /** Ids of events whose append succeeded. */
  readonly acknowledged = new Set<string>();
  /** Errors thrown by appends. After one, the writer repeats the same append. */
  readonly errors: unknown[] = [];
  slowestMs = 0;
  /** How much of that time the measuring thread may have been blocked itself. */
  lagMs = 0;
  readonly #lag = new Lag();
  readonly #store: EventStore;
  readonly #prefix: string;
  readonly #writers: Promise<void>[];
  #stopped = false;

  constructor(store: EventStore, prefix: string, writers: number) {
    this.#store = store;
    this.#prefix = prefix;
    this.#writers = Array.from({ length: writers }, (_, writer) => this.#write(writer));
  }

  /** Lets each writer finish its current append, and waits for it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#writers);
    this.lagMs = this.#lag.maxMs;
    this.#lag.stop();
  }

  async #write(writer: number): Promise<void> {
    for (let revision = -1; !this.#stopped; revision += 1) {
      const next = event({ writer, revision: revision + 1 });
      // As a client of the service would: after a temporary failure it repeats the same append.
      while (!(await this.#append(writer, revision, next))) {
        if (this.#isOver()) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  /** Whether the store was closed first, as after a failed test. */
  #isOver(): boolean {
    return String(this.errors.at(-1)).includes('is closed');
  }

  async #append(writer: number, revision: number, next: EventToAppend): Promise<boolean> {
    const begun = performance.now();
    try {
      await this.#store.append({
        stream: `${this.#prefix}${writer}`,
        expectedRevision: revision === -1 ? 'no_stream' : revision,
        events: [next],
      });
      this.acknowledged.add(next.id);
      return true;
    } catch (error) {
      this.errors.push(error);
      return false;
    } finally {
      this.slowestMs = Math.max(this.slowestMs, performance.now() - begun);
    }
  }
}
