import type pg from 'pg';
import type { Queryable } from '../postgres/database.ts';

/** Where a consumer stands in the log. */
export interface Checkpoint {
  readonly version: number;
  /** Everything at or below it is handled; null before the first event. */
  readonly position: bigint | null;
}

/**
 * One INSERT, UPDATE or DELETE without RETURNING, always with the same number of values. The statements of one batch run as a single one:
 * none sees what another has written, so no two may change the same row.
 */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Keeps the checkpoints of consumers, in the database that their changes go to. */
export interface Checkpoints {
  /** Null before the consumer has said where it begins. */
  read(database: Queryable, consumer: string): Promise<Checkpoint | null>;
  /** Throws {@link CheckpointMovedError}. */
  commit(database: Queryable, consumer: string, move: Move, statements: readonly Statement[]): Promise<void>;
}

export interface Move {
  readonly from: bigint | null;
  readonly to: bigint;
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

const MOVE = `UPDATE checkpoints SET position = $3, updated_at = now()
  WHERE consumer = $1 AND position IS NOT DISTINCT FROM $2 RETURNING 1`;
const MOVE_VALUES = 3;
const DIVISION_BY_ZERO = '22012';

/**
 * Moves the checkpoint by compare-and-set and runs the statements, in one round trip: a statement of PostgreSQL happens wholly or not at
 * all. Throws {@link CheckpointMovedError} when the checkpoint no longer stands at `from`, so that a runner that lost its place without
 * noticing writes nothing.
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

/** Statements with a name are planned once in each connection, and take memory there. */
const MAX_NAMED = 200;
const combinations = new Map<string, { readonly name?: string; readonly text: string }>();

function combine(statements: readonly Statement[]): { readonly name?: string; readonly text: string } {
  const key = statements.map(({ text }) => text).join(';');
  const known = combinations.get(key);
  if (known) return known;
  let bound = MOVE_VALUES;
  const parts = [`moved AS (${MOVE})`];
  for (const { text, values } of statements) {
    // Others would not run within this one, and nobody would be told.
    if (!/^\s*(?:INSERT|UPDATE|DELETE)\s/.test(text))
      throw new TypeError('A batch can only insert, update and delete.');
    const offset = bound;
    parts.push(`write${parts.length} AS (${text.replace(/\$(\d+)/g, (_, n: string) => `$${Number(n) + offset}`)})`);
    bound += values.length;
  }
  // Fails, and so undoes the rest, when nothing was moved. Gives no row, so that there is none to read.
  const text = `WITH ${parts.join(', ')} SELECT WHERE (SELECT 1 / count(*) FROM moved) = 0`;
  if (combinations.size >= MAX_NAMED) return { text };
  const combination = { name: `commit-${combinations.size}`, text };
  combinations.set(key, combination);
  return combination;
}
