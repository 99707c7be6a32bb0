import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf, EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { spawnGuarded } from './guarded-process.ts';
import { majorOf } from './postgres-binaries.ts';
import type { PostgresHome } from './postgres-home.ts';
import type { RunAs } from './run-as.ts';

/** The service's role, which owns the database of the same name and is no superuser. */
export const ROLE = 'automation';
export const DATABASE = 'automation';

/**
 * Who may connect: the service's role, to its database, over the loopback device, with its password. The superuser has
 * no password and no way in; other users of the machine have no password.
 */
const HOST_BASED_ACCESS = `host ${DATABASE} ${ROLE} 127.0.0.1/32 scram-sha-256\n`;

export interface ClusterOptions {
  /** `none` skips what makes it survive a power cut: for tests only. */
  readonly durability: 'full' | 'none';
}

/**
 * Makes the data folder if it is not there: about half a second. All is made in a folder beside it which is renamed at
 * the end, so that a kill at any moment leaves either no cluster or a whole one, and the leavings are removed next time.
 *
 * @returns the password of the service's role
 * @throws EmbeddedPostgresError with the programs' own last words
 */
export async function ensureCluster(home: PostgresHome, options: ClusterOptions): Promise<string> {
  await removeLeavings(home);
  if (!(await isThere(home.folder))) await createCluster(home, options);
  await refuseOtherMajor(home);
  try {
    return (await readFile(home.passwordFile, 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    // Whoever may read the data folder may set the password too, so a lost one is no reason to stop.
    const password = newPassword();
    await runSql(home, home.data, [`ALTER ROLE ${ROLE} PASSWORD '${password}'`]);
    await writeDurably(home.passwordFile, `${password}\n`, home.runAs);
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
  await writeDurably(join(data, 'pg_hba.conf'), HOST_BASED_ACCESS, home.runAs);
  const password = newPassword();
  await runSql(home, data, [
    `CREATE ROLE ${ROLE} LOGIN PASSWORD '${password}'`,
    `CREATE DATABASE ${DATABASE} OWNER ${ROLE}`,
  ]);
  await writeDurably(join(fresh, 'password'), `${password}\n`, home.runAs);
  await rename(fresh, home.folder);
  await syncFolder(dirname(home.folder));
}

/** Between the name of the folder and a random end, while it is being made. */
const NEW = '.new-';

/** What a kill during an earlier first start left behind. Only this process uses DATA_DIR, so none of it is in use. */
async function removeLeavings(home: PostgresHome): Promise<void> {
  const parent = dirname(home.folder);
  for (const name of await readdir(parent)) {
    if (!name.startsWith(`${basename(home.folder)}${NEW}`)) continue;
    // Tried again for a while: the program that was at work in it may be in its last moments.
    await rm(join(parent, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

async function refuseOtherMajor(home: PostgresHome): Promise<void> {
  const made = (await readFile(join(home.data, 'PG_VERSION'), 'utf8').catch(() => '')).trim();
  const ours = majorOf(home.binaries.version);
  if (made === ours) return;
  throw new EmbeddedPostgresError(
    made === ''
      ? `${home.data} holds no PostgreSQL data. Move ${home.folder} away, and the next start makes a new one.`
      : `${home.data} was made by PostgreSQL ${made}, and this is ${ours}. Move ${home.folder} away, and the next start ` +
          'makes a new one.',
  );
}

/** Runs statements without a server: PostgreSQL's single-user mode, one statement a line. */
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
    `Setting up PostgreSQL in ${home.folder} failed: ${basename(program)} ended with ${end}. Its last words:\n` +
      `${lines.slice(-10).join('\n')}\nWithout it: set DATABASE_URL to a server of your own.`,
  );
}

function newPassword(): string {
  return randomBytes(24).toString('hex');
}

/** A file of mode 600 for PostgreSQL's user: the whole of it or nothing, whatever happens. */
async function writeDurably(path: string, text: string, runAs: RunAs): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    if (runAs.owner) await file.chown(runAs.owner.uid, runAs.owner.gid);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/** Makes a rename in it survive a power cut. */
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
