import type pg from 'pg';
import type { Queryable } from '../postgres/database.ts';
import type { EventStore, StoredEvent } from '../event-store/event-store.ts';

/** Where a consumer stands in the log, with the event that proves which log it is. */
export interface Checkpoint {
  readonly version: number;
  /** Everything at or below it is handled; null before the first event. */
  readonly position: bigint | null;
  /** The last event handled; null before the first, and where the consumer began at the end of the log. */
  readonly event: { readonly id: string; readonly stream: string; readonly revision: number } | null;
}

/** The stored checkpoint was moved by someone else: this runner is no longer the one. */
export class CheckpointMovedError extends Error {
  readonly code = 'checkpoint-moved';
  constructor(consumer: string) {
    super(`The checkpoint of ${consumer} was moved by another runner.`);
    this.name = 'CheckpointMovedError';
  }
}

/** The stored checkpoint belongs to another log than the one that is connected. */
export class ForeignLogError extends Error {
  readonly code = 'foreign-log';
  constructor(consumer: string) {
    super(
      `The checkpoint of ${consumer} belongs to another log: the event store's data was replaced, or the connection string leads elsewhere. ` +
        'Connect the right one, or drop the tables of the database schema and start again: they are rebuilt from this log.',
    );
    this.name = 'ForeignLogError';
  }
}

interface CheckpointRow extends pg.QueryResultRow {
  version: number;
  position: string | null;
  event_id: string | null;
  event_stream: string | null;
  event_revision: number | null;
}

export async function readCheckpoint(database: Queryable, consumer: string): Promise<Checkpoint | null> {
  const { rows } = await database.query<CheckpointRow>({
    name: 'read-checkpoint',
    text: 'SELECT version, position, event_id, event_stream, event_revision FROM checkpoints WHERE consumer = $1',
    values: [consumer],
  });
  const [row] = rows;
  if (!row) return null;
  return {
    version: row.version,
    position: row.position === null ? null : BigInt(row.position),
    event:
      row.event_id === null
        ? null
        : { id: row.event_id, stream: row.event_stream ?? '', revision: row.event_revision ?? 0 },
  };
}

/** Where a consumer begins. An existing checkpoint stays as it is. */
export async function beginAt(
  database: Queryable,
  consumer: string,
  version: number,
  position: bigint | null,
): Promise<void> {
  await database.query({
    text: 'INSERT INTO checkpoints (consumer, version, position) VALUES ($1, $2, $3) ON CONFLICT (consumer) DO NOTHING',
    values: [consumer, version, position?.toString() ?? null],
  });
}

/**
 * Moves the checkpoint by compare-and-set, within the caller's transaction. Throws {@link CheckpointMovedError} when it no longer
 * stands where this runner left it, so that a runner that lost its place without noticing writes nothing.
 */
export async function moveCheckpoint(
  database: Queryable,
  consumer: string,
  from: bigint | null,
  to: bigint,
  last: StoredEvent | undefined,
): Promise<void> {
  const { rowCount } = await database.query({
    name: 'move-checkpoint',
    text: `UPDATE checkpoints
      SET position = $3, event_id = coalesce($4, event_id), event_stream = coalesce($5, event_stream),
          event_revision = coalesce($6, event_revision), updated_at = now()
      WHERE consumer = $1 AND position IS NOT DISTINCT FROM $2`,
    values: [
      consumer,
      from?.toString() ?? null,
      to.toString(),
      last?.id ?? null,
      last?.stream ?? null,
      last?.revision ?? null,
    ],
  });
  if (rowCount !== 1) throw new CheckpointMovedError(consumer);
}

/** Reads the checkpoint's event back from the log. Throws {@link ForeignLogError} when it is not there. */
export async function proveSameLog(store: EventStore, consumer: string, checkpoint: Checkpoint): Promise<void> {
  if (!checkpoint.event) return;
  const { id, stream, revision } = checkpoint.event;
  const [event] = (await store.readStream({ stream, from: revision, maxCount: 1 })).events;
  if (event?.id !== id || event.revision !== revision) throw new ForeignLogError(consumer);
}
