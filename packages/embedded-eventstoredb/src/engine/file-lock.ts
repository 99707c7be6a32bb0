import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LockedError } from './errors.ts';

/** How long an engine waits for a lock, whose holder may be about to exit, in milliseconds. */
const WAIT_MS = 250;

/**
 * Reserves a data directory for one engine. It uses SQLite's lock on an empty database beside the log: the kernel
 * releases it when the process dies, in whatever way, and SQLite also keeps it between threads of one process.
 */
export class FileLock {
  readonly #database: DatabaseSync;

  /** Throws LockedError if another engine holds the directory. */
  constructor(directory: string) {
    this.#database = new DatabaseSync(join(directory, 'lock'), { timeout: WAIT_MS });
    try {
      this.#database.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      this.#database.close();
      if (isBusy(error)) throw new LockedError(directory);
      throw error;
    }
  }

  release(): void {
    this.#database.close();
  }
}

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;

export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

/** SQLite's primary result code of an error thrown by node:sqlite; undefined for other errors. */
export function sqliteCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}
