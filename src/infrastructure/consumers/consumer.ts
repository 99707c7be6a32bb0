import type { StoredEvent } from '../event-store/event-store.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Statement } from './checkpoints.ts';

/** What comes with a batch of events. */
export interface Batch {
  /** The connection that holds the lead; for reading, since the runner does the writing. */
  readonly db: Queryable;
  /** Aborted when the consumer has to stop: nothing that was started after that counts. */
  readonly signal: AbortSignal;
  /** Passes over an event that this version does not know or cannot read; it is counted and logged. */
  readonly skip: (event: StoredEvent, error: unknown) => void;
}

/** What a batch changes. */
export interface Changes {
  /** Run together with the move of the checkpoint: all of it happens, or nothing. */
  readonly statements: readonly Statement[];
  /** Called once that is committed. */
  committed?(): void;
}

/** Whatever handles every event of the log once it is durable: a read model, or a forwarder. */
export interface Consumer {
  /** Durable data: the checkpoint is kept under it. */
  readonly name: string;
  /** Raised with every change of what it keeps. */
  readonly version: number;
  /** After a batch the next one gathers for this long, in ms, unless somebody waits for it. */
  readonly windowMs: number;
  /**
   * Makes ready, before the first batch and again after each failure: tables, and a checkpoint to begin at. Forgets what it keeps in
   * memory of batches that may not have been committed.
   */
  prepare(db: Queryable): Promise<void>;
  /**
   * Works out what a batch changes, in the order of the log. Null: nothing, and no harm is done if the batch comes again. It may come
   * again in any case, when committing it fails.
   */
  handle(events: readonly StoredEvent[], batch: Batch): Promise<Changes | null>;
  /** Hears of streams that were deleted, or whose metadata changed, before the checkpoint moves past that. */
  touched?(streams: readonly string[]): Promise<void>;
}
