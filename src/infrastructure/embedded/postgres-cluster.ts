import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { replaceFile } from '../replace-file.ts';
import { codeOf } from '../process/thrown.ts';
import { spawnGuarded } from '../process/guarded-process.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { majorOf } from './postgres-binaries.ts';
import type { PostgresHome } from './postgres-home.ts';

/** The service's role. It owns the database of the same name and is not a superuser. */
export const ROLE = 'automation';
export const DATABASE = 'automation';

/**
 * pg_hba.conf: only the service's role may connect, only to its database, over loopback and with its password. The superuser cannot log in.
 */
const HOST_BASED_ACCESS = `host ${DATABASE} ${ROLE} 127.0.0.1/32 scram-sha-256\n`;

export interface ClusterOptions {
  /** `none` skips what protects against power failure; for tests only. */
  readonly durability: 'full' | 'none';
}

/**
 * Creates the cluster if it is missing, which takes about 0.5 s. It is built in a temporary folder and renamed when complete, so a kill leaves
 * no partial cluster; the next start removes temporary folders left behind.
 *
 * @returns the password of the service's role
 * @throws EmbeddedPostgresError with the last lines of the failed program's output
 */
export async function ensureCluster(home: PostgresHome, options: ClusterOptions): Promise<string> {
  await removeLeftovers(home);
  if (!(await isThere(home.folder))) await createCluster(home, options);
  await refuseOtherMajor(home);
  try {
    return (await readFile(home.passwordFile, 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    // Anyone who can read the data folder could set the password too, so a lost password is simply replaced.
    const password = newPassword();
    await runSql(home, home.data, [`ALTER ROLE ${ROLE} PASSWORD '${password}'`]);
    await replaceFile(home.passwordFile, `${password}\n`, { owner: home.runAs.owner });
    return password;
  }
}

async function createCluster(home: PostgresHome, options: ClusterOptions): Promise<void> {
  const fresh = `${home.folder}${NEW}${randomBytes(6).toString('hex')}`;
  const data = join(fresh, 'data');
  for (const folder of [fresh, data]) {
    await mkdir(folder, { mode: 0o700 });
    if (home.runAs.owner) await chown(folder, home.runAs.owner.uid, home.runAs.owner.gid);
  }
  // prettier-ignore
  await run(home, home.binaries.initdb, [
    '-D', data, '--username=postgres', '--encoding=UTF8', '--locale=C',
    '--auth-local=reject', '--auth-host=reject', '--no-instructions',
    ...(options.durability === 'none' ? ['--no-sync', '--wal-segsize=1'] : []),
  ]);
  await replaceFile(join(data, 'pg_hba.conf'), HOST_BASED_ACCESS, { owner: home.runAs.owner });
  const password = newPassword();
  await runSql(home, data, [
    `CREATE ROLE ${ROLE} LOGIN PASSWORD '${password}'`,
    `CREATE DATABASE ${DATABASE} OWNER ${ROLE}`,
  ]);
  await replaceFile(join(fresh, 'password'), `${password}\n`, { owner: home.runAs.owner });
  await rename(fresh, home.folder);
  await syncFolder(dirname(home.folder));
}

/** Separates the folder's name from a random suffix while the cluster is being created. */
const NEW = '.new-';

/** Removes what a kill during an earlier first start left behind. DATA_DIR is locked, so none of it is in use. */
async function removeLeftovers(home: PostgresHome): Promise<void> {
  const parent = dirname(home.folder);
  for (const name of await readdir(parent)) {
    if (!name.startsWith(`${basename(home.folder)}${NEW}`)) continue;
    // Retried, because a program that worked in it may still be exiting.
    await rm(join(parent, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

async function refuseOtherMajor(home: PostgresHome): Promise<void> {
  const made = (await readFile(join(home.data, 'PG_VERSION'), 'utf8').catch(() => '')).trim();
  const ours = majorOf(home.binaries.version);
  if (made === ours) return;
  throw new EmbeddedPostgresError(
    made === ''
      ? `${home.data} contains no PostgreSQL data. Move ${home.folder} away; the next start creates a new one.`
      : `${home.data} was created by PostgreSQL ${made}, but this is version ${ours}. Move ${home.folder} away; the next ` +
          'start creates a new one.',
  );
}

/** Runs SQL without a server, in PostgreSQL's single-user mode: one statement per line. */
async function runSql(home: PostgresHome, data: string, statements: readonly string[]): Promise<void> {
  await run(
    home,
    home.binaries.postgres,
    ['--single', '-D', data, '-c', 'exit_on_error=on', '-c', 'log_min_error_statement=panic', 'postgres'],
    statements.map((statement) => `${statement}\n`).join(''),
  );
}

async function run(home: PostgresHome, program: string, args: readonly string[], input?: string): Promise<void> {
  const lines: string[] = [];
  const end = await spawnGuarded({
    program,
    args,
    runAs: home.runAs,
    whenOrphaned: 'kill',
    onLine: (line) => lines.push(line),
    ...(input === undefined ? {} : { input }),
  }).ended;
  if (end === null) return;
  throw new EmbeddedPostgresError(
    `Setting up PostgreSQL in ${home.folder} failed: ${basename(program)} ended with ${end}. Last output:\n` +
      `${lines.slice(-10).join('\n')}\nTo do without the embedded server, set DATABASE_URL to a server of your own.`,
  );
}

function newPassword(): string {
  return randomBytes(24).toString('hex');
}

/** Makes a rename in the folder survive a power failure. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
}
