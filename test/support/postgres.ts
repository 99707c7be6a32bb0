import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { openDataDir } from '../../src/infrastructure/embedded/data-dir.ts';
import { startEmbeddedPostgres } from '../../src/infrastructure/embedded/embedded-postgres.ts';
import { locatePostgres } from '../../src/infrastructure/embedded/postgres-binaries.ts';
import { ensureCluster } from '../../src/infrastructure/embedded/postgres-cluster.ts';
import { choosePostgresHome } from '../../src/infrastructure/embedded/postgres-home.ts';

export interface TestPostgres {
  /** URL of an empty database; with TEST_DATABASE_URL of one that others use too, so choose your own schema. */
  readonly url: string;
  /** Stops the server and removes its files. */
  stop(): Promise<void>;
}

const quietly = (): void => undefined;
const projectRoot = join(import.meta.dirname, '..', '..');

/**
 * A PostgreSQL server for the tests of one file; call it in `beforeAll`. It is the one named by TEST_DATABASE_URL, or a new one, which is fast
 * because it is not durable. It ends with the test process in any case.
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => undefined };

  const folder = await mkdtemp(join(tmpdir(), 'automation-test-'));
  const dataDir = await openDataDir(join(folder, 'data'));
  const files = await template();
  // PostgreSQL insists on owner and mode.
  if (files !== null) await promisify(execFile)('cp', ['-Rp', files, join(dataDir.path, 'postgres')]);
  const postgres = await startEmbeddedPostgres({ dataDir, log: quietly, durability: 'none' });
  return {
    url: postgres.url,
    stop: async () => {
      await postgres.stop();
      await dataDir.release();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * The files of a server that was never started, created once and kept in node_modules/.cache. Copying them takes a tenth of the time to create
 * them.
 *
 * @returns null if they cannot be kept, or PostgreSQL keeps its files elsewhere; then do without
 */
async function template(): Promise<string | null> {
  const binaries = await locatePostgres();
  const recipe = await readFile(join(projectRoot, 'src/infrastructure/embedded/postgres-cluster.ts'));
  const key = createHash('sha256').update(binaries.version).update(recipe).digest('hex').slice(0, 16);
  const user = process.geteuid?.() ?? 0;
  const kept = join(projectRoot, 'node_modules/.cache/test-postgres', `${key}-${user}`);
  if (await isThere(kept)) return kept;
  let fresh: string;
  try {
    await mkdir(dirname(kept), { recursive: true });
    fresh = await mkdtemp(`${kept}.new-`);
  } catch {
    return null;
  }
  const dataDir = await openDataDir(fresh);
  try {
    const home = await choosePostgresHome({ dataDir, binaries, log: quietly });
    if (dirname(home.folder) !== fresh) return null;
    await ensureCluster(home, { durability: 'none' });
    // A different worker may have finished first.
    await rename(home.folder, kept).catch(async (error: unknown) => {
      if (!(await isThere(kept))) throw error;
    });
    return kept;
  } finally {
    await dataDir.release();
    await rm(fresh, { recursive: true, force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
