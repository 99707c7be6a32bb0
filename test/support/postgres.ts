import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataDir } from '../../src/infrastructure/process/data-dir.ts';
import { startEmbeddedPostgres } from '../../src/infrastructure/embedded/embedded-postgres.ts';
import { copyPostgresTemplate } from './postgres-template.ts';

export interface TestPostgres {
  /** URL of an empty database; with TEST_DATABASE_URL of one that others use too, so choose your own schema. */
  readonly url: string;
  /** Stops the server and removes its files. */
  stop(): Promise<void>;
}

/**
 * A PostgreSQL server for the tests of one file; call it in `beforeAll`. It is the one named by TEST_DATABASE_URL, or a new one, which is fast
 * because it is not durable. It ends with the test process in any case.
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => undefined };

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
