import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type pg from 'pg';
import type { Logger } from '../observability/logger.ts';
import type { DatabaseOptions } from './database.ts';
import { connect } from './database.ts';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));
/** Key of the advisory lock that guards migrations; any constant will do. */
const LOCK = 0x6175746f;
const TIMEOUT_MS = 60_000;

/**
 * Migrates the schema: the tables kept outside the read model (checkpoints, deliveries, workers). Each projection creates its own tables.
 * When several instances start at once, one migrates and the others wait for it.
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
      // CREATE SCHEMA IF NOT EXISTS needs the right to create one even if the schema exists.
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
