import { execFile } from 'node:child_process';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAlive, waitUntil } from '../process/processes.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import type { EmbeddedLog } from './log.ts';

/** A process of a PostgreSQL server running on the data folder. */
interface Remain {
  readonly pid: number;
  /** The postmaster, which ends the server's other processes. */
  readonly isFirst: boolean;
}

export interface ClearOptions {
  readonly log: EmbeddedLog;
  /** How long a server gets to end by itself, in ms; its guard ends it within 5 s. Defaults to 10,000. */
  readonly patienceMs?: number;
}

/** Signals for a server that does not end by itself, and how long to wait after each, in ms. */
const MEASURES: readonly (readonly [NodeJS.Signals, number])[] = [
  ['SIGINT', 3_000],
  ['SIGQUIT', 2_000],
  ['SIGKILL', 2_000],
];

/**
 * Frees the data folder for a new server: waits for the server of an earlier service, ends it if needed, and removes a stale
 * `postmaster.pid`. Call it only while holding the lock of DATA_DIR.
 *
 * The process id in `postmaster.pid` is never trusted: it may meanwhile belong to another program, which we must not kill and which
 * PostgreSQL would take for a running server. A process counts only if it is a PostgreSQL server running in this folder, and that is checked
 * again before every signal.
 *
 * @throws EmbeddedPostgresError if a server cannot be ended
 */
export async function clearRemains(data: string, options: ClearOptions): Promise<void> {
  const remains = await findRemains(data);
  if (remains.length > 0) {
    const patience = options.patienceMs ?? 10_000;
    options.log(
      'info',
      `An earlier PostgreSQL server is still running (process ${list(remains)}); waiting for it to end.`,
    );
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
      log('warn', `PostgreSQL process ${one.pid} did not end by itself; sending ${signal}.`);
      try {
        process.kill(one.pid, signal);
      } catch {
        // It has ended, or belongs to another user; the check below tells.
      }
    }
    if (await waitUntil(async () => (await findRemains(data)).length === 0, limit)) return;
  }
  throw new EmbeddedPostgresError(
    `An earlier PostgreSQL server is still running on ${data} and cannot be ended. End process ${list(await findRemains(data))} first.`,
  );
}

/**
 * Removes a stale `postmaster.pid`. PostgreSQL removes it by itself if the process id is free, but refuses to start for good if the id now
 * belongs to another program of the same user, or if a power failure truncated the file.
 */
async function removeStaleLock(data: string): Promise<void> {
  const path = join(data, 'postmaster.pid');
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return;
  const pid = lockedBy(text);
  if (pid === null || isAlive(pid)) await rm(path, { force: true });
}

/** The process id in the first line of a `postmaster.pid`. A single-user server writes it as a negative number. */
function lockedBy(text: string): number | null {
  const pid = Math.abs(Number.parseInt(text, 10));
  return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
}

async function findRemains(data: string): Promise<Remain[]> {
  return process.platform === 'linux' ? await findByFolder(data) : await findByLock(data);
}

/** Scans all processes, which also finds children whose postmaster has died. */
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
        // The postmaster keeps its command line; its children show what they do instead.
        const isFirst = words.includes('-D');
        const at = await stat(`/proc/${name}/cwd`).catch(() => null);
        // Reading cwd may need a privilege that containers take from root; then the command line has to do.
        const isHere = at === null ? words.includes(data) : at.dev === folder.dev && at.ino === folder.ino;
        return isHere ? { pid: Number(name), isFirst } : null;
      }),
  );
  return found.filter((one) => one !== null);
}

/** Without /proc: the process named in `postmaster.pid`, if its command line contains the folder. */
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
