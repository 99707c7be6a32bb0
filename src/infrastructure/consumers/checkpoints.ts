import type pg from 'pg';
import type { Queryable } from '../postgres/database.ts';

/** Where a consumer stands in the log. */
export interface Checkpoint {
  readonly version: number;
  /** Everything at or below it is handled; null before the first event. */
  readonly position: bigint | null;
}

/** The stored checkpoint was moved by someone else: this runner is no longer the one. */
export class CheckpointMovedError extends Error {
  readonly code = 'checkpoint-moved';
  constructor(consumer: string) {
    super(`The checkpoint of ${consumer} was moved by another runner.`);
    this.name = 'CheckpointMovedError';
  }
}

interface CheckpointRow extends pg.QueryResultRow {
  version: number;
  position: string | null;
}

export async function readCheckpoint(database: Queryable, consumer: string): Promise<Checkpoint | null> {
  const { rows } = await database.query<CheckpointRow>({
    name: 'read-checkpoint',
    text: 'SELECT version, position FROM checkpoints WHERE consumer = $1',
    values: [consumer],
  });
  const [row] = rows;
  if (!row) return null;
  return { version: row.version, position: row.position === null ? null : BigInt(row.position) };
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
): Promise<void> {
  const { rowCount } = await database.query({
    name: 'move-checkpoint',
    text: `UPDATE checkpoints SET position = $3, updated_at = now()
      WHERE consumer = $1 AND position IS NOT DISTINCT FROM $2`,
    values: [consumer, from?.toString() ?? null, to.toString()],
  });
  if (rowCount !== 1) throw new CheckpointMovedError(consumer);
}
