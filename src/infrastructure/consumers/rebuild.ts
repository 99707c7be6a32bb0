import type { Queryable } from '../postgres/database.ts';
import { beginAt, readCheckpoint } from './checkpoints.ts';
import type { Consumer } from './consumer.ts';

/** A consumer whose tables are derived from the log alone and can be rebuilt at any time. */
export interface ReadModel extends Consumer {
  readonly tables: readonly string[];
  /** SQL that creates the tables. */
  readonly definition: string;
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

/**
 * Creates the tables of a read model, to be filled from the start of the log, unless this version's tables exist. Throws
 * {@link NewerReadModelError}.
 */
export async function ensureTables(readModel: ReadModel, db: Queryable): Promise<void> {
  const { name, version, tables, definition } = readModel;
  if (await isBuilt(readModel, db)) return;
  // No ROLLBACK needed on failure: the connection is closed.
  await db.query({ text: 'BEGIN' });
  await db.query({ text: `DROP TABLE IF EXISTS ${tables.join(', ')}` });
  await db.query({ text: definition });
  await db.query({ text: 'DELETE FROM checkpoints WHERE consumer = $1', values: [name] });
  await beginAt(db, name, version, null);
  await db.query({ text: 'COMMIT' });
}

/** False if the tables or the checkpoint are missing, or belong to an older version. Throws {@link NewerReadModelError} for a newer one. */
async function isBuilt({ name, version, tables }: ReadModel, db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ present: boolean }>({
    text: 'SELECT to_regclass(name) IS NOT NULL AS present FROM unnest($1::text[]) AS name',
    values: [tables],
  });
  const checkpoint = await readCheckpoint(db, name);
  if (checkpoint && checkpoint.version > version) throw new NewerReadModelError(name);
  return checkpoint?.version === version && rows.every(({ present }) => present);
}
