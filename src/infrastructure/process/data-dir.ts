import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { replaceFile } from '../replace-file.ts';
import { fieldOf, messageOf } from './thrown.ts';
import { isAlive } from './processes.ts';

/** A data folder locked for this process until `release` or until the process ends, however it ends. */
export interface DataDir {
  /** Absolute path. */
  readonly path: string;
  /** Unlocks the folder. Idempotent. */
  release(): Promise<void>;
}

/** Another running process uses the folder, or this one already does. */
export class DataDirInUseError extends Error {
  override readonly name = 'DataDirInUseError';

  readonly path: string;
  /** Process id of the holder; null if unknown. */
  readonly holder: number | null;

  constructor(path: string, holder: number | null) {
    super(
      `The data folder ${path} is in use by ${holder === null ? 'another process' : `process ${holder}`}: ` +
        'stop it first, or set DATA_DIR to another folder.',
    );
    this.path = path;
    this.holder = holder;
  }
}

/** The folder cannot be created or is not writable. */
export class DataDirUnusableError extends Error {
  override readonly name = 'DataDirUnusableError';

  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(`${path} cannot be used: ${messageOf(cause)}`, { cause });
    this.path = path;
  }
}

const LOCK_FILE = 'lock';
const HOLDER_FILE = 'lock.pid';
/** SQLite's result code for "another connection holds the lock". Extended codes have it in their lowest byte. */
const SQLITE_BUSY = 5;

/**
 * Creates the folder (mode 700) if it is missing, and locks it for this process. The mode of an existing folder is not changed.
 *
 * The lock is an SQLite database in an exclusive transaction. It is the only lock in Node's standard library that the system releases when
 * the process ends, even by SIGKILL, so a stale lock never blocks a start. Nothing else in this process may open the lock file: closing any
 * descriptor of it would drop the lock (POSIX record locks). That is why the holder's process id has a file of its own.
 *
 * @throws DataDirInUseError if the folder is locked, by another process or by this one
 * @throws DataDirUnusableError if the folder cannot be created or written to
 */
export async function openDataDir(path: string): Promise<DataDir> {
  const folder = resolve(path);
  let lock: DatabaseSync;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    lock = new DatabaseSync(join(folder, LOCK_FILE));
  } catch (error) {
    throw new DataDirUnusableError(folder, error);
  }
  try {
    // Nothing is ever committed, so no journal is needed on disk, where a kill could leave it behind.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (isBusy(error)) throw new DataDirInUseError(folder, await readHolder(folder));
    throw new DataDirUnusableError(folder, error);
  }
  try {
    // By path: opening the file would drop the lock (see above). Not readable for others, because whoever can open it could lock us out.
    await chmod(join(folder, LOCK_FILE), 0o600);
    await replaceFile(join(folder, HOLDER_FILE), `${process.pid}\n`);
  } catch (error) {
    lock.close();
    throw new DataDirUnusableError(folder, error);
  }

  let released = false;
  return {
    path: folder,
    async release() {
      if (released) return;
      released = true;
      // Before unlocking: afterwards the file may belong to the next holder.
      await rm(join(folder, HOLDER_FILE), { force: true });
      lock.close();
    },
  };
}

/** Process id of the holder, if that process is running. Right after a change of holder the file may still name the previous one. */
async function readHolder(folder: string): Promise<number | null> {
  const text = await readFile(join(folder, HOLDER_FILE), 'utf8').catch(() => '');
  const pid = Number(text);
  return Number.isSafeInteger(pid) && pid > 0 && isAlive(pid) ? pid : null;
}

function isBusy(error: unknown): boolean {
  const code = fieldOf(error, 'errcode');
  return typeof code === 'number' && (code & 0xff) === SQLITE_BUSY;
}
