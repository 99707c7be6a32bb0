import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fieldOf, messageOf } from './embedded-postgres-error.ts';
import { isAlive } from './processes.ts';

/** A data folder that this process alone may use until `release`, or until it ends in whatever way. */
export interface DataDir {
  /** Absolute. */
  readonly path: string;
  /** Lets the next one in. May be called more than once. */
  release(): Promise<void>;
}

/** Another living process uses the folder. */
export class DataDirInUseError extends Error {
  override readonly name = 'DataDirInUseError';

  readonly path: string;
  /** The process id of the holder; null when it could not be told. */
  readonly holder: number | null;

  constructor(path: string, holder: number | null) {
    super(
      `The data folder ${path} is in use by ${holder === null ? 'another process' : `the process ${holder}`}: ` +
        'stop that one first, or set DATA_DIR to another folder.',
    );
    this.path = path;
    this.holder = holder;
  }
}

/** The folder cannot be made, or cannot be written to. */
export class DataDirUnusableError extends Error {
  override readonly name = 'DataDirUnusableError';

  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(`The data folder ${path} cannot be used: ${messageOf(cause)}. Set DATA_DIR to a folder of your own.`, {
      cause,
    });
    this.path = path;
  }
}

const LOCK_FILE = 'lock';
const HOLDER_FILE = 'lock.pid';
/** SQLite's result code for "another connection holds the lock"; extended codes carry it in their lowest byte. */
const SQLITE_BUSY = 5;

/**
 * Makes the folder (mode 700) if it is not there and locks it for this process. The mode of a folder that was there is
 * left as its owner chose it.
 *
 * The lock is an SQLite database held in an exclusive transaction: the one lock in Node's own library that the system
 * takes back when the process ends, kill -9 included, so that no stale lock file ever stands in the way. Nothing else
 * in this process may open that file: closing any descriptor of it would drop the lock (POSIX record locks). This is
 * why the holder's process id stands in a file of its own.
 *
 * @throws DataDirInUseError when another process holds it, or this one already does
 * @throws DataDirUnusableError when it cannot be made or written to
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
    // Nothing is ever committed, so no journal file that a kill could leave behind is needed either.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (isBusy(error)) throw new DataDirInUseError(folder, await readHolder(folder));
    throw new DataDirUnusableError(folder, error);
  }
  try {
    // By its path and not on opening: see above. Whoever may open it for reading could lock us out.
    await chmod(join(folder, LOCK_FILE), 0o600);
    await writeHolder(folder);
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
      // Before the lock goes: afterwards the file may already be the next holder's.
      await rm(join(folder, HOLDER_FILE), { force: true });
      lock.close();
    },
  };
}

/** Written beside and renamed, so that a reader sees a whole number or none. */
async function writeHolder(folder: string): Promise<void> {
  const fresh = join(folder, `${HOLDER_FILE}.new`);
  await writeFile(fresh, `${process.pid}\n`, { mode: 0o600 });
  await rename(fresh, join(folder, HOLDER_FILE));
}

/** The holder's process id, if a process of that number lives: just after a change of hands the file may be of the last one. */
async function readHolder(folder: string): Promise<number | null> {
  const text = await readFile(join(folder, HOLDER_FILE), 'utf8').catch(() => '');
  const pid = Number(text);
  return Number.isSafeInteger(pid) && pid > 0 && isAlive(pid) ? pid : null;
}

function isBusy(error: unknown): boolean {
  const code = fieldOf(error, 'errcode');
  return typeof code === 'number' && (code & 0xff) === SQLITE_BUSY;
}
