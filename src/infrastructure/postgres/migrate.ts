import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type pg from 'pg';
import type { Logger } from '../observability/logger.ts';
import type { DatabaseOptions } from './database.ts';
import { connect } from './database.ts';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));
/** Any constant: who holds it, on this database, migrates. */
const LOCK = 0x6175746f;
const TIMEOUT_MS = 60_000;

/**
 * Brings the schema up to date: what lasts beside the read model (checkpoints, deliveries). The read model's own tables belong to their
 * projections. Several instances may start at once: one migrates, the others wait for it.
 */
export async function migrate(options: DatabaseOptions, logger: Logger): Promise<void> {
  const client = await connect(options, TIMEOUT_MS);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    const done = await runner({
      dbClient: client,
      dir: MIGRATIONS,
      direction: 'up',
      schema: options.schema,
      // Who has a schema need not have the right to make one, which is asked for even where it is there.
      createSchema: !(await isThere(client, options.schema)),
      migrationsTable: 'schema_migrations',
      noLock: true,
      ignorePattern: '.*\\.map',
      log: () => undefined,
    });
    if (done.length > 0) logger.info({ migrations: done.map(({ name }) => name) }, 'database migrated');
  } finally {
    await client.end();
  }
}

async function isThere(client: pg.Client, schema: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  return rowCount === 1;
}
