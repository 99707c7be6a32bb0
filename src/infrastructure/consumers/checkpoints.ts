import type pg from 'pg';
import type { Queryable } from '../postgres/database.ts';

/** A consumer's position in the log. */
export interface Checkpoint {
  /** Version of the consumer that stored it. */
  readonly version: number;
  /** All events up to and including this position have been handled; null before the first event. */
  readonly position: bigint | null;
}

/**
 * One INSERT, UPDATE or DELETE without RETURNING. The same text always has the same number of values. The statements of a batch run as
 * a single statement: they do not see each other's changes, so no two of them may change the same row.
 */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Stores the checkpoints of consumers, in the same database as their changes. */
export interface Checkpoints {
  /** Null if the consumer has no checkpoint yet. */
  read(database: Queryable, consumer: string): Promise<Checkpoint | null>;
  /** Moves the checkpoint and runs the statements, atomically. Throws {@link CheckpointMovedError}. */
  commit(database: Queryable, consumer: string, move: Move, statements: readonly Statement[]): Promise<void>;
}

export interface Move {
  readonly from: bigint | null;
  readonly to: bigint;
}

/** Another runner moved the stored checkpoint, so this one no longer has the lead. */
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

/** Creates a consumer's checkpoint. An existing one is kept. */
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

const MOVE = `UPDATE checkpoints SET position = $3, updated_at = now()
  WHERE consumer = $1 AND position IS NOT DISTINCT FROM $2 RETURNING 1`;
const MOVE_VALUES = 3;
const DIVISION_BY_ZERO = '22012';

/**
 * Moves the checkpoint by compare-and-set and runs the statements, as one PostgreSQL statement, which is atomic. Throws
 * {@link CheckpointMovedError} if the stored checkpoint is not `from`, so a runner that lost the lead without noticing writes nothing.
 */
export async function commit(
  database: Queryable,
  consumer: string,
  { from, to }: Move,
  statements: readonly Statement[],
): Promise<void> {
  const values = [consumer, from?.toString() ?? null, to.toString(), ...statements.flatMap((each) => each.values)];
  try {
    await database.query({ ...combine(statements), values });
  } catch (error) {
    if ((error as { code?: unknown }).code === DIVISION_BY_ZERO) throw new CheckpointMovedError(consumer);
    throw error;
  }
}

/** Maximum number of prepared statements: each is planned once per connection and takes memory there. */
const MAX_NAMED = 200;
const combinations = new Map<string, { readonly name?: string; readonly text: string }>();

function combine(statements: readonly Statement[]): { readonly name?: string; readonly text: string } {
  const key = statements.map(({ text }) => text).join(';');
  const known = combinations.get(key);
  if (known) return known;
  let bound = MOVE_VALUES;
  const parts = [`moved AS (${MOVE})`];
  for (const { text, values } of statements) {
    // Any other statement would be ignored silently inside this one.
    if (!/^\s*(?:INSERT|UPDATE|DELETE)\s/.test(text))
      throw new TypeError('A batch can only insert, update and delete.');
    const offset = bound;
    parts.push(`write${parts.length} AS (${text.replace(/\$(\d+)/g, (_, n: string) => `$${Number(n) + offset}`)})`);
    bound += values.length;
  }
  // Divides by zero if the checkpoint was not moved, which rolls everything back. Returns no rows.
  const text = `WITH ${parts.join(', ')} SELECT WHERE (SELECT 1 / count(*) FROM moved) = 0`;
  if (combinations.size >= MAX_NAMED) return { text };
  const combination = { name: `commit-${combinations.size}`, text };
  combinations.set(key, combination);
  return combination;
}
