import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { openDataDir } from '../../src/infrastructure/process/data-dir.ts';
import { locatePostgres } from '../../src/infrastructure/embedded/postgres-binaries.ts';
import { ensureCluster } from '../../src/infrastructure/embedded/postgres-cluster.ts';
import { choosePostgresHome } from '../../src/infrastructure/embedded/postgres-home.ts';

const projectRoot = join(import.meta.dirname, '..', '..');

/**
 * Copies the files of a PostgreSQL server that was never started into a data folder, which takes a tenth of the time to create them. Does
 * nothing if no such files can be kept; the service then creates its own.
 */
export async function copyPostgresTemplate(dataDir: string): Promise<void> {
  const files = await template();
  // PostgreSQL insists on owner and mode.
  if (files !== null) await promisify(execFile)('cp', ['-Rp', files, join(dataDir, 'postgres')]);
}

/**
 * The files, created once and kept in node_modules/.cache.
 *
 * @returns null if they cannot be kept, or PostgreSQL keeps its files elsewhere
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
    const home = await choosePostgresHome({ dataDir, binaries, log: () => undefined });
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
