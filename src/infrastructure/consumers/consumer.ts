import type { StoredEvent } from '../event-store/event-store.ts';
import type { Copy } from '../postgres/copy.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Statement } from './checkpoints.ts';

/** Pauses after failures, for everything that follows the log and writes to the database. */
export const RETRY_PAUSES = { firstMs: 200, mostMs: 5_000 } as const;

/** Context of a batch of events. */
export interface Batch {
  /** The connection that holds the lead. For reads only: the runner does the writes. */
  readonly db: Queryable;
  /** Aborted when the consumer must stop, or the lead is lost. */
  readonly signal: AbortSignal;
  /**
   * Skips an event of a type that this version does not know, which is counted and logged. Throws `EventFailedError` with any other error:
   * an event that cannot be handled is parked.
   */
  readonly skip: (event: StoredEvent, error: unknown) => void;
  /** Whether new rows should be returned as `copies`, because many are being written and nobody reads them yet. */
  readonly copies?: boolean;
}

/** The result of a batch. */
export interface Changes {
  /** Committed atomically with the checkpoint. */
  readonly statements: readonly Statement[];
  /** New rows, committed with the statements. Only if the batch asks for them. */
  readonly copies?: readonly Copy[];
  /** Called after the commit. */
  committed?(): void;
}

/**
 * What a consumer keeps: a read model, which can be rebuilt from the log; deadlines, with renewals that no event has; the tree that proves
 * the log; or nothing but messages it sent.
 */
export type ConsumerKind = 'read_model' | 'deadlines' | 'proof' | 'forwarder';

/** Handles every event of the log, at least once and in order: a read model or a forwarder. */
export interface Consumer {
  /** The key of the checkpoint in the database, so it must not change. */
  readonly name: string;
  /** As operators see it. Default: a read model if it has tables, and a forwarder otherwise. */
  readonly kind?: ConsumerKind;
  /** Incremented with every change to the stored data. */
  readonly version: number;
  /** How long new events may be gathered into one batch, in ms, as long as nobody waits for them. Default: 0. */
  readonly gatherMs?: number;
  /**
   * Creates tables and the first checkpoint as needed, and resets in-memory state that depends on uncommitted batches. Called before the
   * first batch, and again after each failure.
   */
  prepare(db: Queryable): Promise<void>;
  /**
   * Computes the changes for a batch of events in log order. Null if there are none and handling the batch twice is harmless; the
   * checkpoint may then be stored later. Any batch is handled again if its commit fails, whole or in parts. An event is parked if handling it
   * alone throws a `TypeError` or the like, or if PostgreSQL refuses its rows.
   */
  handle(events: readonly StoredEvent[], batch: Batch): Promise<Changes | null>;
  /** Called with streams that were deleted or whose metadata changed, before the checkpoint moves past that point. */
  touched?(streams: readonly string[]): Promise<void>;
}
