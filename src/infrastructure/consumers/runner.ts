import { setTimeout as delay } from 'node:timers/promises';
import type { EventStore, StoredEvent } from '../event-store/event-store.ts';
import type { Logger } from '../observability/logger.ts';
import type { DatabaseOptions, Queryable } from '../postgres/database.ts';
import { transaction } from '../postgres/database.ts';
import { moveCheckpoint, readCheckpoint } from './checkpoints.ts';
import { Inbox } from './inbox.ts';
import type { Leadership } from './leadership.ts';
import { lead } from './leadership.ts';
import type { LogIdentity } from './log-identity.ts';
import { ForeignLogError } from './log-identity.ts';
import { Progress } from './progress.ts';
import { NewerReadModelError } from './projection.ts';

/** Writes rows of one batch in the transaction that moves the checkpoint. */
export type Commit = (write: (database: Queryable) => Promise<void>) => Promise<void>;

/** A follower of the log: a projection, or whatever else has to handle every event once it is durable. */
export interface Consumer {
  /** Durable data: the checkpoint is kept under it. */
  readonly name: string;
  /** After a batch the next one gathers for this long, in ms, unless somebody waits for it. */
  readonly windowMs: number;
  /**
   * Makes ready, before the first batch and again after each failure: tables, and a checkpoint to begin at. Whatever was kept in memory
   * of batches that may not have been committed has to be forgotten here.
   */
  prepare(database: Queryable): Promise<void>;
  /**
   * Handles a batch, in the order of the log, and calls `commit` once, before which nothing of it counts as handled; or never, when there
   * was nothing to do: then no harm is done if the batch comes again.
   */
  handle(events: readonly StoredEvent[], commit: Commit, signal: AbortSignal): Promise<void>;
}

/** So often, at most, a place is noted that was reached without anything to do. */
const NOTE_EVERY_MS = 1_000;
/** And so often one that was reached past events of others alone, so that a restart does not begin before them. */
const NOTE_PASSING_EVERY_MS = 5_000;
const BACKOFF_FIRST_MS = 200;
const BACKOFF_MOST_MS = 5_000;

/**
 * Runs one consumer for as long as the process lives: takes the lead or waits for it, subscribes after the checkpoint, hands over
 * batches. Whatever fails is tried again from the checkpoint, for ever, with backoff and jitter; nothing is skipped.
 */
export class Runner {
  readonly progress = new Progress();
  readonly #consumer: Consumer;
  readonly #store: EventStore;
  readonly #database: DatabaseOptions;
  readonly #streamPrefix: string;
  readonly #log: LogIdentity;
  readonly #onTouched: (streams: readonly string[]) => Promise<void>;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** The position that stands in the database; `progress.position` may be ahead of it where nothing had to be handled. */
  #stored: bigint | null = null;
  #storedAt = 0;
  #failures = 0;

  constructor(
    consumer: Consumer,
    parts: {
      store: EventStore;
      database: DatabaseOptions;
      streamPrefix: string;
      log: LogIdentity;
      logger: Logger;
      /** Hears of streams that were deleted, or whose metadata changed, before the place behind that is noted. */
      onTouched?: (streams: readonly string[]) => Promise<void>;
    },
  ) {
    this.#consumer = consumer;
    this.#store = parts.store;
    this.#database = parts.database;
    this.#streamPrefix = parts.streamPrefix;
    this.#log = parts.log;
    this.#onTouched = parts.onTouched ?? (() => Promise.resolve());
    this.#logger = parts.logger.child({ consumer: consumer.name });
  }

  get name(): string {
    return this.#consumer.name;
  }

  start(): void {
    this.#running = this.#runForEver();
  }

  /** Ends after the batch that is being handled. What waits is handled after the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.progress.state = 'stopped';
  }

  async #runForEver(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#runOnce(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#note(error);
        await this.#pause(signal);
      }
    }
  }

  /** From taking the lead to the first failure. */
  async #runOnce(stop: AbortSignal): Promise<void> {
    const { progress } = this;
    let isProved = false;
    const leadership = await lead(this.#database, this.#consumer.name, stop, async (client) => {
      // One that stands by answers calls too, and has to know.
      if (!isProved) await this.#log.prove(client);
      isProved = true;
      progress.standBy();
    });
    try {
      await this.#log.prove(leadership.client);
      await this.#consumer.prepare(leadership.client);
      const checkpoint = await readCheckpoint(leadership.client, this.#consumer.name);
      if (!checkpoint) throw new Error(`Consumer ${this.#consumer.name} has not said where it begins.`);
      progress.term += 1;
      progress.state = 'catching_up';
      progress.position = this.#stored = checkpoint.position;
      await this.#follow(leadership, AbortSignal.any([stop, leadership.lost]));
    } finally {
      await leadership.release();
    }
  }

  async #follow({ client }: Leadership, signal: AbortSignal): Promise<void> {
    const { progress } = this;
    const subscription = this.#store.subscribe({
      after: progress.position,
      streamPrefix: this.#streamPrefix,
      paceMs: this.#consumer.windowMs,
    });
    const inbox = new Inbox(subscription, (events) => {
      progress.pendingEvents += events;
      progress.behindSince ??= Date.now();
    });
    const close = (): void => inbox.close();
    signal.addEventListener('abort', close, { once: true });
    progress.onWaiter(() => subscription.hurry());
    try {
      while (!signal.aborted) {
        const delivery = await inbox.take();
        if (!delivery) break;
        // What they wait for may be in the next batch only.
        if (progress.awaited) subscription.hurry();
        if (delivery.touched.length > 0) await this.#onTouched(delivery.touched);
        if (delivery.events.length > 0) await this.#handle(client, delivery.events, delivery.position, signal);
        else if (Date.now() - this.#storedAt >= NOTE_PASSING_EVERY_MS)
          await this.#notePassing(client, delivery.position);
        progress.pendingEvents -= delivery.events.length;
        this.#arrived(delivery.position, delivery.caughtUp);
      }
    } finally {
      signal.removeEventListener('abort', close);
      inbox.close();
      progress.pendingEvents = 0;
    }
    if (!signal.aborted) throw new Error('The subscription ended.');
    if (!this.#stop.signal.aborted) throw new Error('The connection that held the lead was lost.');
    // The next start need not pass the events of others once more.
    if (progress.position !== null) await this.#notePassing(client, progress.position);
  }

  async #handle(client: Leadership['client'], events: readonly StoredEvent[], position: bigint, signal: AbortSignal) {
    const { name } = this.#consumer;
    const move = (): Promise<void> => moveCheckpoint(client, name, this.#stored, position);
    let isStored = false;
    const commit: Commit = async (write) => {
      await transaction(client, async () => {
        await move();
        await write(client);
      });
      isStored = true;
    };
    await this.#consumer.handle(events, commit, signal);
    if (!isStored && Date.now() - this.#storedAt < NOTE_EVERY_MS) return;
    if (!isStored) await move();
    this.#stored = position;
    this.#storedAt = Date.now();
    await this.#log.witness(events, client);
  }

  /** A place that was reached past events of others. */
  async #notePassing(client: Leadership['client'], position: bigint): Promise<void> {
    if (this.#stored !== null && position <= this.#stored) return;
    await moveCheckpoint(client, this.#consumer.name, this.#stored, position);
    this.#stored = position;
    this.#storedAt = Date.now();
  }

  #arrived(position: bigint, caughtUp: boolean): void {
    const { progress } = this;
    this.#failures = 0;
    progress.lastError = null;
    progress.moved(position, caughtUp);
    if (caughtUp) {
      progress.state = 'live';
      progress.behindSince = progress.pendingEvents > 0 ? Date.now() : null;
    }
  }

  #note(error: unknown): void {
    const { progress } = this;
    const { message, code } = error as { message?: string; code?: unknown };
    progress.state = stateAfter(error);
    progress.lastError = typeof code === 'string' ? code : 'internal-error';
    progress.behindSince ??= Date.now();
    // The first failure of a row is news; that it goes on is not.
    if (this.#failures === 0)
      this.#logger.warn({ err: error }, `consumer failed, trying again: ${message?.slice(0, 200)}`);
    this.#failures += 1;
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const most = Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(this.#failures - 1, 10));
    await delay(most * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
  }
}

function stateAfter(error: unknown): 'foreign_log' | 'superseded' | 'retrying' {
  if (error instanceof ForeignLogError) return 'foreign_log';
  return error instanceof NewerReadModelError ? 'superseded' : 'retrying';
}
