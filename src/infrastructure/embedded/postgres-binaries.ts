import { access, chmod, constants, cp, lstat, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { codeOf, messageOf } from '../process/thrown.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

/** A PostgreSQL distribution on disk. */
export interface PostgresBinaries {
  /** Folder with `bin`, `lib` and `share`. It can be copied as a whole. */
  readonly root: string;
  readonly initdb: string;
  readonly postgres: string;
  /** Package version, such as `18.4.0-beta.17`. */
  readonly version: string;
}

/** Paths of the distribution in `root`. */
function binariesAt(root: string, version: string): PostgresBinaries {
  return { root, initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres'), version };
}

/** The major version, which is also the content of a data folder's `PG_VERSION`. */
export function majorOf(version: string): string {
  return version.split('.')[0] ?? version;
}

/**
 * Finds the installed distribution for this system and repairs it if needed.
 *
 * `embedded-postgres` is resolved but never imported: importing it installs signal handlers that end the whole process.
 *
 * @throws EmbeddedPostgresError if there is none for this system, or it cannot be repaired
 */
export async function locatePostgres(): Promise<PostgresBinaries> {
  if (platform() === 'win32') {
    throw new EmbeddedPostgresError(
      'The embedded PostgreSQL runs on Linux and macOS only. On Windows use WSL, or set DATABASE_URL to a server.',
    );
  }
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  let entry: string;
  try {
    const facade = createRequire(import.meta.url).resolve('embedded-postgres');
    entry = createRequire(facade).resolve(name);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL is not available: the package ${name} is not installed. Run \`npm ci\` with optional ` +
        'packages on a supported system, or set DATABASE_URL to a server.',
      { cause: error },
    );
  }
  const folder = dirname(dirname(entry));
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  const binaries = binariesAt(join(folder, 'native'), version);
  try {
    await repair(folder, binaries);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The package ${name} is incomplete and could not be repaired (${messageOf(error)}). Run \`npm rebuild ${name}\` ` +
        'as the user who installed it.',
      { cause: error },
    );
  }
  return binaries;
}

/**
 * Creates missing symbolic links and sets missing execute bits. A package cannot contain links, so its install script creates them; with
 * `npm ci --ignore-scripts`, or an npm that asks for consent first, they are missing and libraries are not found. The check is cheap.
 */
async function repair(folder: string, binaries: PostgresBinaries): Promise<void> {
  const listed = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const link of JSON.parse(listed) as { source: string; target: string }[]) {
    const path = join(folder, link.target);
    if (await exists(path)) continue;
    await symlink(basename(link.source), path).catch((error: unknown) => {
      // Another process may repair the same package at the same time.
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  }
  for (const program of [binaries.initdb, binaries.postgres]) {
    await access(program, constants.X_OK).catch(() => chmod(program, 0o755));
  }
}

/**
 * Copies the distribution (about 60 MB) into `folder`, once per version. `folder` is created if missing. The copy is renamed when complete,
 * so that a kill leaves no partial copy in use.
 */
export async function copyPostgres(binaries: PostgresBinaries, folder: string): Promise<PostgresBinaries> {
  const target = join(folder, `postgresql-${binaries.version}`);
  if (await exists(target)) return binariesAt(target, binaries.version);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const fresh = await mkdtemp(`${target}.new-`);
  await cp(binaries.root, fresh, { recursive: true, verbatimSymlinks: true });
  await chmod(fresh, 0o755);
  await rename(fresh, target).catch(async (error: unknown) => {
    await rm(fresh, { recursive: true, force: true });
    // Another service may have finished first.
    if (!(await exists(target))) throw error;
  });
  return binariesAt(target, binaries.version);
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
