import { execFile } from 'node:child_process';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import type { EmbeddedLog } from './log.ts';
import { isAlive, waitUntil } from './processes.ts';

/** A process of a PostgreSQL server that works on a certain data folder. */
interface Remain {
  readonly pid: number;
  /** The first one of its server, which ends the others. */
  readonly isFirst: boolean;
}

export interface ClearOptions {
  readonly log: EmbeddedLog;
  /** How long a server found is given to end by itself, in ms; its guard does so within 5 s. 10,000 when left out. */
  readonly patienceMs?: number;
}

/** Signals to a server that does not end by itself, and how long each is given, in ms. */
const MEASURES: readonly (readonly [NodeJS.Signals, number])[] = [
  ['SIGINT', 3_000],
  ['SIGQUIT', 2_000],
  ['SIGKILL', 2_000],
];

/**
 * Makes the folder free for a new server: waits for what an earlier service left behind, ends it if need be, and removes
 * a `postmaster.pid` that would keep the new server from starting. To be called by the holder of DATA_DIR's lock.
 *
 * The process id in `postmaster.pid` is never trusted: it may long be that of a stranger, who must neither be ended nor
 * be taken for a server for ever, as PostgreSQL itself would. What counts is that a process is a PostgreSQL server and
 * works in this very folder, which is looked up anew before every signal.
 *
 * @throws EmbeddedPostgresError when one cannot be ended
 */
export async function clearRemains(data: string, options: ClearOptions): Promise<void> {
  const remains = await findRemains(data);
  if (remains.length > 0) {
    const patience = options.patienceMs ?? 10_000;
    options.log('info', `An earlier PostgreSQL server still runs (process ${list(remains)}): waiting for its end.`);
    if (!(await waitUntil(async () => (await findRemains(data)).length === 0, patience))) {
      await end(data, options.log);
    }
  }
  await removeStaleLock(data);
}

async function end(data: string, log: EmbeddedLog): Promise<void> {
  for (const [signal, limit] of MEASURES) {
    const remains = await findRemains(data);
    const firsts = remains.filter((one) => one.isFirst);
    for (const one of firsts.length > 0 ? firsts : remains) {
      log('warn', `The PostgreSQL process ${one.pid} did not end by itself: it gets ${signal}.`);
      try {
        process.kill(one.pid, signal);
      } catch {
        // It has ended meanwhile, or is another user's: found out below.
      }
    }
    if (await waitUntil(async () => (await findRemains(data)).length === 0, limit)) return;
  }
  throw new EmbeddedPostgresError(
    `An earlier PostgreSQL server still works on ${data} and cannot be ended: end the process ${list(await findRemains(data))} first.`,
  );
}

/**
 * PostgreSQL removes the file itself when its process id is free, but refuses for ever when that number is now another
 * program's of the same user, or when the file was cut short by a power failure.
 */
async function removeStaleLock(data: string): Promise<void> {
  const path = join(data, 'postmaster.pid');
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return;
  const pid = lockedBy(text);
  if (pid === null || isAlive(pid)) await rm(path, { force: true });
}

/** The process id in the first line of a `postmaster.pid`; negative there for a single-user server. */
function lockedBy(text: string): number | null {
  const pid = Math.abs(Number.parseInt(text, 10));
  return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
}

async function findRemains(data: string): Promise<Remain[]> {
  return process.platform === 'linux' ? await findByFolder(data) : await findByLock(data);
}

/** Looks at every process: finds those, too, that have lost their first one, which no file names. */
async function findByFolder(data: string): Promise<Remain[]> {
  const folder = await stat(data).catch(() => null);
  if (folder === null) return [];
  const found = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map(async (name): Promise<Remain | null> => {
        const comm = await readFile(`/proc/${name}/comm`, 'utf8').catch(() => '');
        if (comm !== 'postgres\n') return null;
        const words = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0');
        // The others show what they do in its place.
        const isFirst = words.includes('-D');
        const at = await stat(`/proc/${name}/cwd`).catch(() => null);
        // Where may not be told without a privilege that containers take from root: then the command line has to do.
        const isHere = at === null ? words.includes(data) : at.dev === folder.dev && at.ino === folder.ino;
        return isHere ? { pid: Number(name), isFirst } : null;
      }),
  );
  return found.filter((one) => one !== null);
}

/** Where there is no /proc: the process that `postmaster.pid` names, if its command line names the folder. */
async function findByLock(data: string): Promise<Remain[]> {
  const pid = lockedBy(await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => ''));
  if (pid === null) return [];
  const command = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  );
  return command.includes('postgres') && command.includes(` -D ${data} `) ? [{ pid, isFirst: true }] : [];
}

function list(remains: readonly Remain[]): string {
  return remains.map((one) => one.pid).join(', ');
}
