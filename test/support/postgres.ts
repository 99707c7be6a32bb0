import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataDir } from '../../src/infrastructure/process/data-dir.ts';
import { startEmbeddedPostgres } from '../../src/infrastructure/embedded/embedded-postgres.ts';
import { copyPostgresTemplate } from './postgres-template.ts';

export interface TestPostgres {
  /** URL of an empty database. */
  readonly url: string;
  /** Stops the server and removes its files. */
  stop(): Promise<void>;
}

/** URL of the database that all tests share: the one that was named, or that of the server which `shared-postgres.mjs` has started. */
export function sharedDatabase(): string {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) throw new Error('TEST_DATABASE_URL is not set. Jest sets it for the tests in test/.');
  return url;
}

/**
 * Starts a new PostgreSQL server, for tests that change or stop it. It is fast because it is not durable, and ends with this process in any
 * case.
 */
export async function startPostgres(): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'automation-test-'));
  const dataDir = await openDataDir(join(folder, 'data'));
  await copyPostgresTemplate(dataDir.path);
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, durability: 'none' });
  return {
    url: postgres.url,
    stop: async () => {
      await postgres.stop();
      await dataDir.release();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
