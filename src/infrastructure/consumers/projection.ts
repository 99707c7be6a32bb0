import type { StoredEvent } from '../event-store/event-store.ts';
import type { Queryable } from '../postgres/database.ts';
import { beginAt, readCheckpoint } from './checkpoints.ts';
import type { Consumer } from './runner.ts';

/** A read model: tables that are the fold of the log, and can be thrown away at any time. */
export interface Projection {
  /** Durable data: the checkpoint is kept under it. */
  readonly name: string;
  /** Raised with every change of tables or meaning: the read model is then built anew. */
  readonly version: number;
  readonly tables: readonly string[];
  /** SQL that creates the tables. */
  readonly definition: string;
  readonly windowMs: number;
  /** Works out what a batch changes. May read; what it returns writes, in the transaction of the checkpoint. Null: nothing changes. */
  project(
    events: readonly StoredEvent[],
    database: Queryable,
  ): Promise<((database: Queryable) => Promise<void>) | null>;
  /** Forgets what is kept in memory of the tables. */
  forget(): void;
}

/** The tables are those of a newer version of the service, which runs beside this one or did. */
export class NewerReadModelError extends Error {
  readonly code = 'newer-read-model';
  constructor(projection: string) {
    super(
      `The tables of ${projection} were built by a newer version of the service, so this one leaves them alone. Run the newer version; or, ` +
        `to go back, stop it and run DELETE FROM checkpoints WHERE consumer = '${projection}': the tables are then built anew.`,
    );
    this.name = 'NewerReadModelError';
  }
}

/** Lets a runner run a projection: rows and checkpoint in one transaction, so that an event's effect happens once. */
export function projectionConsumer(projection: Projection, database: Queryable): Consumer {
  return {
    name: projection.name,
    windowMs: projection.windowMs,
    async prepare(leader) {
      projection.forget();
      if (await isBuilt(projection, leader)) return;
      await leader.query({ text: 'BEGIN' });
      await leader.query({ text: `DROP TABLE IF EXISTS ${projection.tables.join(', ')}` });
      await leader.query({ text: projection.definition });
      await leader.query({ text: 'DELETE FROM checkpoints WHERE consumer = $1', values: [projection.name] });
      await beginAt(leader, projection.name, projection.version, null);
      await leader.query({ text: 'COMMIT' });
    },
    async handle(events, commit) {
      const write = await projection.project(events, database);
      if (write) await commit(write);
    },
  };
}

/** Throws {@link NewerReadModelError}. Tables without a checkpoint, a checkpoint without tables, or those of another version: none of them is the fold of the log. */
async function isBuilt({ name, version, tables }: Projection, database: Queryable): Promise<boolean> {
  const { rows } = await database.query<{ present: boolean }>({
    text: 'SELECT to_regclass(name) IS NOT NULL AS present FROM unnest($1::text[]) AS name',
    values: [tables],
  });
  const checkpoint = await readCheckpoint(database, name);
  if (checkpoint && checkpoint.version > version) throw new NewerReadModelError(name);
  return checkpoint?.version === version && rows.every(({ present }) => present);
}
