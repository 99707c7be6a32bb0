import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { DataDir } from '../process/data-dir.ts';
import { messageOf } from '../process/thrown.ts';
import { spawnGuarded } from '../process/guarded-process.ts';
import { asSelf, asUser, asUserWhoReadsAll, readUsers, type RunAs } from '../process/run-as.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import type { EmbeddedLog } from './log.ts';
import { copyPostgres, type PostgresBinaries } from './postgres-binaries.ts';

/** Where PostgreSQL's files are, and which user runs it. */
export interface PostgresHome {
  /** Our folder (mode 700), which contains the two paths below. It exists completely or not at all. */
  readonly folder: string;
  /** PostgreSQL's data folder. */
  readonly data: string;
  /** File with the password of the service's role (mode 600). */
  readonly passwordFile: string;
  readonly runAs: RunAs;
  readonly binaries: PostgresBinaries;
}

export interface HomeOptions {
  readonly dataDir: DataDir;
  readonly binaries: PostgresBinaries;
  readonly log: EmbeddedLog;
  /** Replaces `/var/lib/automation-backend`. */
  readonly systemFolder?: string;
}

/** Used if PostgreSQL's user cannot reach the project or DATA_DIR. */
const SYSTEM_FOLDER = '/var/lib/automation-backend';

/**
 * initdb puts the path of its programs between double quotes in a shell command, where these characters are special. If the project's path
 * contains one, the programs are copied elsewhere.
 */
const UNQUOTABLE = /["$`\\\n]/;

/** Cache folder of an ordinary user. */
function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'automation-backend');
}

/**
 * Chooses folder and user. An ordinary user runs PostgreSQL himself, in DATA_DIR. PostgreSQL refuses to run as root, so root starts it as the
 * user `postgres`, or else `nobody`. If that user cannot reach DATA_DIR, the files go to a system folder, which is logged.
 *
 * @throws EmbeddedPostgresError if no user can run it
 */
export async function choosePostgresHome(options: HomeOptions): Promise<PostgresHome> {
  const { dataDir, systemFolder = SYSTEM_FOLDER } = options;
  const isRoot = process.geteuid?.() === 0;
  const folder = join(dataDir.path, 'postgres');
  const binaries = UNQUOTABLE.test(options.binaries.root)
    ? await copyPostgres(options.binaries, isRoot ? systemFolder : cacheFolder())
    : options.binaries;
  if (!isRoot) return home(folder, asSelf, binaries);

  const users = await readUsers();
  const owner = await ownerOf(join(folder, 'data'));
  // Data created by an ordinary user and now started by root keeps its owner, who can then use it again later.
  const user =
    users.find((one) => one.uid === owner && owner !== 0) ??
    users.find((one) => one.name === 'postgres') ??
    users.find((one) => one.name === 'nobody');
  if (user === undefined) {
    throw new EmbeddedPostgresError(
      'PostgreSQL does not run as root, and there is no user postgres or nobody to run it as. ' +
        'Start the service as an ordinary user, or set DATABASE_URL to a server.',
    );
  }
  for (const runAs of [asUserWhoReadsAll(user), asUser(user)]) {
    if ((await whyUnreachable(runAs, dataDir.path, binaries)) === null) return home(folder, runAs, binaries);
  }
  return await inSystemFolder({ ...options, binaries, systemFolder }, asUser(user));
}

async function inSystemFolder(options: Required<HomeOptions>, runAs: RunAs): Promise<PostgresHome> {
  const { dataDir, binaries, log, systemFolder } = options;
  try {
    await mkdir(systemFolder, { recursive: true, mode: 0o755 });
    const reachable = (await whyUnreachable(runAs, '/', binaries)) === null;
    const usable = reachable ? binaries : await copyPostgres(binaries, systemFolder);
    const reason = await whyUnreachable(runAs, systemFolder, usable);
    if (reason !== null) throw new EmbeddedPostgresError(reason);
    // One folder per DATA_DIR, protected by the lock of that DATA_DIR.
    const key = createHash('sha256').update(dataDir.path).digest('hex').slice(0, 16);
    const folder = join(systemFolder, `postgres-${key}`);
    log('warn', `PostgreSQL runs as ${runAs.label}, who cannot reach ${dataDir.path}; its data is in ${folder}.`);
    return home(folder, runAs, usable);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, and ${runAs.label} cannot run it here (${messageOf(error)}). ` +
        'Start the service as an ordinary user, or set DATABASE_URL to a server.',
      { cause: error },
    );
  }
}

function home(folder: string, runAs: RunAs, binaries: PostgresBinaries): PostgresHome {
  return { folder, data: join(folder, 'data'), passwordFile: join(folder, 'password'), runAs, binaries };
}

/** User id of the owner; null if the path does not exist. */
async function ownerOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ uid }) => uid,
    () => null,
  );
}

/**
 * Checks whether this user can enter `folder` and run the programs. It tries rather than deduces, because modes, access lists, capabilities,
 * mounts and missing libraries all matter. Takes about 30 ms.
 *
 * @returns null if it can, otherwise the reason
 */
async function whyUnreachable(runAs: RunAs, folder: string, binaries: PostgresBinaries): Promise<string | null> {
  const lines: string[] = [];
  const trial = spawnGuarded({
    program: '/bin/sh',
    // `initdb --show` looks for all the files it needs, prints its settings and changes nothing.
    args: ['-c', 'cd "$1" && exec "$2" --show -D "$1"', 'sh', folder, binaries.initdb],
    runAs,
    whenOrphaned: 'kill',
    onLine: (line) => lines.push(line),
  });
  const end = await trial.ended;
  return end === null ? null : [end, ...lines].join(': ');
}
