import pg from 'pg';
import type { Queryable } from '../postgres/database.ts';
import { CheckpointMovedError } from './checkpoints.ts';

/** Begins the names of the tables and indexes that a rebuild fills. */
const PREFIX = 'next_';
/**
 * How long the swap waits for each lock, in ms. Shorter than the server's `deadlock_timeout`, so that a conflict with readers ends the swap
 * and never a reader.
 */
const LOCK_TIMEOUT_MS = 300;
const SERIALIZATION_FAILURE = '40001';
const LOCK_NOT_AVAILABLE = '55P03';

/** The key of the checkpoint of a consumer's rebuild. */
export function rebuildOf(consumer: string): string {
  return `${consumer}:rebuild`;
}

/**
 * The same SQL for the shadow tables. Every name that is, or begins with, the name of a table of the read model stands for a table or an
 * index: columns must have other names.
 */
export function inShadow(text: string, tables: readonly string[]): string {
  return text.replace(new RegExp(`\\b(?=(?:${tables.join('|')})(?:_\\w+)?\\b)`, 'g'), PREFIX);
}

/** A connection on which the names of the tables stand for the shadow tables. */
export function shadowOf(db: Queryable, tables: readonly string[]): Queryable {
  return { query: (query) => db.query({ ...query, text: inShadow(query.text, tables) }) };
}

/** Another transaction kept a table locked. The swap was rolled back and can be tried again. */
class SwapLockedError extends Error {
  readonly code = 'swap-locked';
  constructor(consumer: string, cause: unknown) {
    super(`The tables of ${consumer} are locked by another transaction.`, { cause });
    this.name = 'SwapLockedError';
  }
}

export interface Swap {
  readonly name: string;
  readonly version: number;
  readonly tables: readonly string[];
  /** The stored checkpoint of the live tables. */
  readonly from: bigint | null;
  /** The stored checkpoint of the shadow tables, at `from` or after it. */
  readonly to: bigint | null;
}

/**
 * Replaces the live tables by the shadow tables, as one PostgreSQL statement, which is atomic: tables, indexes and constraints get the names
 * of the definition, the checkpoint moves to that of the shadow, and nothing is parked, since the shadow has every event. Throws {@link SwapLockedError}; {@link CheckpointMovedError} if either
 * checkpoint is elsewhere.
 */
export async function swap(db: Queryable, { name, version, tables, from, to }: Swap): Promise<void> {
  const shadows = tables.map((table) => literal(PREFIX + table)).join(', ');
  const text = `DO $swap$
    DECLARE
      own oid[] := ARRAY(SELECT oid FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relname IN (${shadows}));
      one record;
    BEGIN
      PERFORM set_config('lock_timeout', '${LOCK_TIMEOUT_MS}', true);
      UPDATE checkpoints SET version = ${version}, position = ${positionSql(to)}, updated_at = now()
        WHERE consumer = ${literal(name)} AND version = ${version} AND position IS NOT DISTINCT FROM ${positionSql(from)};
      IF NOT FOUND THEN RAISE 'moved' USING ERRCODE = '${SERIALIZATION_FAILURE}'; END IF;
      DELETE FROM checkpoints WHERE consumer = ${literal(rebuildOf(name))} AND version = ${version}
        AND position IS NOT DISTINCT FROM ${positionSql(to)};
      IF NOT FOUND THEN RAISE 'moved' USING ERRCODE = '${SERIALIZATION_FAILURE}'; END IF;
      DELETE FROM parked_events WHERE consumer = ${literal(name)};
      DROP TABLE ${tables.join(', ')};
      FOR one IN SELECT oid::regclass AS name, relname FROM pg_class WHERE starts_with(relname, '${PREFIX}')
        AND (oid = ANY(own) OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = ANY(own)))
      LOOP
        EXECUTE format('ALTER TABLE %s RENAME TO %I', one.name, substr(one.relname, ${PREFIX.length + 1}));
      END LOOP;
      FOR one IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
        WHERE conrelid = ANY(own) AND starts_with(conname, '${PREFIX}')
      LOOP
        EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', one.name, one.conname,
          substr(one.conname, ${PREFIX.length + 1}));
      END LOOP;
    END
  $swap$`;
  try {
    await db.query({ text });
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === SERIALIZATION_FAILURE) throw new CheckpointMovedError(name);
    if (code === LOCK_NOT_AVAILABLE) throw new SwapLockedError(name, error);
    throw error;
  }
}

/** Whether the live tables have the columns and keys of the shadow tables, so that this version can read and write them. */
export async function haveSameShape(db: Queryable, tables: readonly string[]): Promise<boolean> {
  const { rows } = await db.query<{ live: unknown; shadow: unknown }>({
    text: `SELECT ${shapeSql('name')} AS live, ${shapeSql(`'${PREFIX}' || name`)} AS shadow FROM unnest($1::text[]) AS name`,
    values: [tables],
  });
  return rows.every(({ live, shadow }) => JSON.stringify(live) === JSON.stringify(shadow));
}

function shapeSql(table: string): string {
  return `json_build_array(
    (SELECT json_agg(json_build_array(attname, format_type(atttypid, atttypmod), attnotnull, atthasdef) ORDER BY attname)
      FROM pg_attribute WHERE attrelid = to_regclass(${table}) AND attnum > 0 AND NOT attisdropped),
    (SELECT json_agg(pg_get_constraintdef(oid) ORDER BY pg_get_constraintdef(oid))
      FROM pg_constraint WHERE conrelid = to_regclass(${table}) AND contype <> 'n'))`;
}

function literal(text: string): string {
  return pg.escapeLiteral(text);
}

function positionSql(position: bigint | null): string {
  return position === null ? 'NULL' : position.toString();
}
