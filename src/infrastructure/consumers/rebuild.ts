import type { Queryable } from '../postgres/database.ts';
import { beginAt, readCheckpoint } from './checkpoints.ts';
import type { Consumer } from './consumer.ts';
import { haveSameShape, rebuildOf, shadowOf } from './shadow.ts';

/** A consumer whose tables are derived from the log alone and can be rebuilt at any time. */
export interface ReadModel extends Consumer {
  /** No column may be called like one of them, or begin with its name and `_`; all indexes must. */
  readonly tables: readonly string[];
  /** SQL that creates the tables. */
  readonly definition: string;
  /**
   * The same read model without what this one has cached, to fill other tables beside it. Absent if the tables hold what no event has: then
   * they are rebuilt in their place.
   */
  twin?(): ReadModel;
}

/** A newer version of the service built the tables, and may still be running. */
export class NewerReadModelError extends Error {
  readonly code = 'newer-read-model';
  constructor(consumer: string) {
    super(
      `The tables of ${consumer} were built by a newer version of the service, so this one leaves them alone. Run the newer version; or, ` +
        `to go back, stop it and run DELETE FROM checkpoints WHERE consumer = '${consumer}': the tables are then built anew.`,
    );
    this.name = 'NewerReadModelError';
  }
}

/** The consumer keeps what the log cannot give again, such as the messages it sent. */
export class NotRebuildableError extends Error {
  readonly code = 'not-rebuildable';
  constructor(consumer: string) {
    super(`${consumer} is not a read model: it cannot be rebuilt from the log.`);
    this.name = 'NotRebuildableError';
  }
}

/** Why a rebuild stopped: it came to an event that the read model cannot handle. */
export interface RebuildFault {
  /** Decimal. */
  readonly position: string;
  readonly event_id: string;
  readonly type: string;
  /** Never contains text of requests. */
  readonly cause: string;
}

/** The version of a checkpoint that only says that a rebuild is wanted. */
const WANTED = 0;

/** Whether the consumer can be rebuilt from the log. */
export function isReadModel(consumer: Consumer): consumer is ReadModel {
  return 'definition' in consumer;
}

/**
 * Asks for a rebuild. Whichever instance leads the consumer carries it out; one that is under way goes on, and so does one that stopped at
 * an event. Throws {@link NotRebuildableError}.
 */
export async function requestRebuild(db: Queryable, consumer: Consumer): Promise<void> {
  if (!isReadModel(consumer)) throw new NotRebuildableError(consumer.name);
  await beginAt(db, rebuildOf(consumer.name), WANTED, null);
  await noteFault(db, consumer.name, null);
}

/** Where the rebuild of a read model stopped; null if there is none or it goes on. */
export async function rebuildFault(db: Queryable, consumer: string): Promise<RebuildFault | null> {
  const { rows } = await db.query<{ fault: RebuildFault | null }>({
    name: 'rebuild-fault',
    text: 'SELECT fault FROM checkpoints WHERE consumer = $1',
    values: [rebuildOf(consumer)],
  });
  return rows[0]?.fault ?? null;
}

/** Notes where a rebuild stopped; with null it goes on. */
export async function noteFault(db: Queryable, consumer: string, fault: RebuildFault | null): Promise<void> {
  await db.query({
    text: 'UPDATE checkpoints SET fault = $2 WHERE consumer = $1',
    values: [rebuildOf(consumer), fault && JSON.stringify(fault)],
  });
}

/**
 * Creates the tables of a read model, to be filled from the start of the log, unless this version's tables exist. Tables of an older version
 * that this one can read and write stay, and their rebuild is asked for. Throws {@link NewerReadModelError}.
 */
export async function ensureTables(readModel: ReadModel, db: Queryable): Promise<void> {
  const { name, version, tables, definition } = readModel;
  const found = await findTables(readModel, db);
  if (found === 'ours') return;
  // No ROLLBACK needed on failure: the connection is closed.
  await db.query({ text: 'BEGIN' });
  if (found === 'older' && readModel.twin) {
    await createShadow(readModel, db);
    if (await haveSameShape(db, tables)) {
      const text = 'UPDATE checkpoints SET version = $2 WHERE consumer = $1';
      await db.query({ text, values: [name, version] });
      await db.query({ text: 'COMMIT' });
      return;
    }
  }
  await dropShadow(readModel, db);
  await db.query({ text: `DROP TABLE IF EXISTS ${tables.join(', ')}` });
  await db.query({ text: definition });
  await db.query({ text: 'DELETE FROM checkpoints WHERE consumer = $1', values: [name] });
  // Every event is handled again.
  await db.query({ text: 'DELETE FROM parked_events WHERE consumer = $1', values: [name] });
  await beginAt(db, name, version, null);
  await db.query({ text: 'COMMIT' });
}

/** Creates the shadow tables and their checkpoint, unless this version has begun to fill them. */
export async function ensureShadow(readModel: ReadModel, db: Queryable): Promise<void> {
  const { name, version, tables } = readModel;
  const checkpoint = await readCheckpoint(db, rebuildOf(name));
  if (checkpoint?.version === version && (await haveTables(shadowOf(db, tables), tables))) return;
  await db.query({ text: 'BEGIN' });
  await createShadow(readModel, db);
  await db.query({ text: 'COMMIT' });
}

async function createShadow(readModel: ReadModel, db: Queryable): Promise<void> {
  const { name, version, tables, definition } = readModel;
  await dropShadow(readModel, db);
  await shadowOf(db, tables).query({ text: definition });
  await beginAt(db, rebuildOf(name), version, null);
}

async function dropShadow({ name, tables }: ReadModel, db: Queryable): Promise<void> {
  await shadowOf(db, tables).query({ text: `DROP TABLE IF EXISTS ${tables.join(', ')}` });
  await db.query({ text: 'DELETE FROM checkpoints WHERE consumer = $1', values: [rebuildOf(name)] });
}

/** Whose tables there are. Null if tables or checkpoint are missing, or are to be rebuilt in their place. Throws {@link NewerReadModelError}. */
async function findTables(readModel: ReadModel, db: Queryable): Promise<'ours' | 'older' | null> {
  const { name, version, tables } = readModel;
  const checkpoint = await readCheckpoint(db, name);
  if (checkpoint && checkpoint.version > version) throw new NewerReadModelError(name);
  if (!checkpoint || !(await haveTables(db, tables))) return null;
  if (!readModel.twin && (await readCheckpoint(db, rebuildOf(name)))) return null;
  return checkpoint.version === version ? 'ours' : 'older';
}

async function haveTables(db: Queryable, tables: readonly string[]): Promise<boolean> {
  const regclasses = tables.map((table) => `to_regclass('${table}')`);
  const { rows } = await db.query<{ present: boolean }>({
    text: `SELECT num_nulls(${regclasses.join(', ')}) = 0 AS present`,
  });
  return rows.every(({ present }) => present);
}
