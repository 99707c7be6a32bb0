import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { DataDir } from './data-dir.ts';
import { EmbeddedPostgresError, messageOf } from './embedded-postgres-error.ts';
import { spawnGuarded } from './guarded-process.ts';
import type { EmbeddedLog } from './log.ts';
import { copyPostgres, type PostgresBinaries } from './postgres-binaries.ts';
import { asSelf, asUser, asUserWhoReadsAll, readUsers, type RunAs } from './run-as.ts';

/** Where PostgreSQL's files lie, and as whom it runs. */
export interface PostgresHome {
  /** Ours, mode 700: holds the two below. It is there with all that is in it, or not at all. */
  readonly folder: string;
  /** PostgreSQL's data folder. */
  readonly data: string;
  /** The password of the service's role, mode 600. */
  readonly passwordFile: string;
  readonly runAs: RunAs;
  readonly binaries: PostgresBinaries;
}

export interface HomeOptions {
  readonly dataDir: DataDir;
  readonly binaries: PostgresBinaries;
  readonly log: EmbeddedLog;
  /** Used in place of `/var/lib/automation-backend`. */
  readonly systemFolder?: string;
}

/** Where a system service keeps its files: for the case that PostgreSQL's user cannot reach the project or DATA_DIR. */
const SYSTEM_FOLDER = '/var/lib/automation-backend';

/**
 * initdb puts the path of its programs between double quotes into a command for the shell, where these mean something
 * else. From a project in such a folder the programs are copied.
 */
const UNQUOTABLE = /["$`\\\n]/;

/** Where an ordinary user keeps what can be had again. */
function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'automation-backend');
}

/**
 * Chooses the place and the user. An ordinary user runs PostgreSQL as himself, in DATA_DIR. PostgreSQL refuses to run
 * as root, so root hands it to the user `postgres`, else `nobody`; where that user cannot reach the files, they go to
 * a folder of the system, which is printed.
 *
 * @throws EmbeddedPostgresError when no user will do
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
  // Made by an ordinary user and now started by root: it goes on as the one who owns it, so that he can go on later.
  const user =
    users.find((one) => one.uid === owner && owner !== 0) ??
    users.find((one) => one.name === 'postgres') ??
    users.find((one) => one.name === 'nobody');
  if (user === undefined) {
    throw new EmbeddedPostgresError(
      'PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody to run it as. ' +
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
    // One data folder for each DATA_DIR, whose lock covers it too.
    const key = createHash('sha256').update(dataDir.path).digest('hex').slice(0, 16);
    const folder = join(systemFolder, `postgres-${key}`);
    log('warn', `PostgreSQL runs as ${runAs.label}, who cannot reach ${dataDir.path}: its data lie in ${folder}.`);
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

/** The id of the user who owns it; null when it is not there. */
async function ownerOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ uid }) => uid,
    () => null,
  );
}

/**
 * Whether such a process can pass through `folder` and run the programs: tried, not deduced, since modes, access lists,
 * capabilities, mounts and missing libraries all have a say. Takes some 30 ms.
 *
 * @returns null when it can, else the reason in words
 */
async function whyUnreachable(runAs: RunAs, folder: string, binaries: PostgresBinaries): Promise<string | null> {
  const lines: string[] = [];
  const trial = spawnGuarded({
    program: '/bin/sh',
    // It looks for all that it will need, prints where it is and changes nothing.
    args: ['-c', 'cd "$1" && exec "$2" --show -D "$1"', 'sh', folder, binaries.initdb],
    runAs,
    whenOrphaned: 'kill',
    onLine: (line) => lines.push(line),
  });
  const end = await trial.ended;
  return end === null ? null : [end, ...lines].join(': ');
}
