import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataDir } from '../../src/infrastructure/embedded/data-dir.ts';
import { startEmbeddedPostgres } from '../../src/infrastructure/embedded/embedded-postgres.ts';

export interface TestPostgres {
  /** Of an empty database; with TEST_DATABASE_URL of one that others use too, so choose a schema of your own. */
  readonly url: string;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

/** A PostgreSQL server for the tests of one file, to be called in `beforeAll`: the one TEST_DATABASE_URL names, else one of its own. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => undefined };

  const folder = await mkdtemp(join(tmpdir(), 'automation-test-'));
  const dataDir = await openDataDir(join(folder, 'data'));
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
