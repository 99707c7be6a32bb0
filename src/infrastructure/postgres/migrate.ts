import { readdir } from 'node:fs/promises';
import { parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import type { Logger } from '../observability/logger.ts';
import type { DatabaseOptions } from './database.ts';
import { connect } from './database.ts';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));
const DONE = 'schema_migrations';
/** Key of the advisory lock that guards migrations; any constant will do. */
const LOCK = 0x6175746f;
const TIMEOUT_MS = 60_000;

/**
 * Migrates the schema: the tables kept outside the read model (checkpoints, deliveries, workers). Each projection creates its own tables.
 * When several instances start at once, one migrates and the others wait for it. The library is loaded only if there is something to do.
 */
export async function migrate(options: DatabaseOptions, logger: Logger): Promise<void> {
  const client = await connect(options, TIMEOUT_MS);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    if (await isUpToDate(client, options.schema)) return;
    const { runner } = await import('node-pg-migrate');
    const done = await runner({
      dbClient: client,
      dir: MIGRATIONS,
      direction: 'up',
      schema: options.schema,
      // CREATE SCHEMA IF NOT EXISTS needs the right to create one even if the schema exists.
      createSchema: !(await isThere(client, options.schema)),
      migrationsTable: DONE,
      noLock: true,
      ignorePattern: '.*\\.map',
      log: () => undefined,
    });
    if (done.length > 0) logger.info({ migrations: done.map(({ name }) => name) }, 'database migrated');
  } finally {
    await client.end();
  }
}

/** Whether every migration was carried out. Those of a newer version may be among the names in the table. */
async function isUpToDate(client: pg.Client, schema: string): Promise<boolean> {
  const table = `${client.escapeIdentifier(schema)}.${DONE}`;
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  if (rows[0]?.there !== true) return false;
  const { rows: done } = await client.query<{ name: string }>(`SELECT name FROM ${table}`);
  const names = new Set(done.map(({ name }) => name));
  const files = await readdir(MIGRATIONS);
  return files.every((file) => file.endsWith('.map') || names.has(parse(file).name));
}

async function isThere(client: pg.Client, schema: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  return rowCount === 1;
}
