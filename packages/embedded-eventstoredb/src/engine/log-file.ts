import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { NewerFormatError, NotAnEventLogError } from './errors.ts';
import { FileLock, sqliteCode } from './file-lock.ts';

/** Format of the file. Raised by a change that older versions cannot read. */
const FORMAT_VERSION = 1;

/** SQLite's application_id of an event log: "ESDB". */
const APPLICATION_ID = 0x45534442;

const IN_MEMORY = ':memory:';

/** The row id of a metadata stream is that of its stream plus this, so that both share one name. */
export const METADATA_OFFSET = 1;

/** The database file of a log's directory. */
export const logFileIn = (directory: string): string => join(directory, 'events.sqlite');

const SCHEMA = `
  CREATE TABLE log (id TEXT NOT NULL) STRICT;
  CREATE TABLE stream (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
  CREATE UNIQUE INDEX stream_by_name ON stream (name);
  CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    record BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX event_by_stream ON event (stream, revision);
`;

/** Turns an error of SQLite into one that names the log; returns any other error unchanged. */
export function asUnreadable(path: string, error: unknown): unknown {
  if (sqliteCode(error) === undefined) return error;
  return new NotAnEventLogError(path, error instanceof Error ? error.message : 'SQLite failed', { cause: error });
}

/**
 * The SQLite database of a log, and its lock. Files in the directory: `events.sqlite` (with SQLite's `-wal` and `-shm`)
 * and `lock`. Uses WAL with synchronous FULL: a commit that has returned survives a power failure.
 */
export class LogFile {
  readonly database: DatabaseSync;
  /** Path of the database file; undefined if the log is only in memory. */
  readonly file: string | undefined;
  /** Identifies the log; every new log has a new id. */
  readonly logId: string;
  readonly #lock: FileLock | undefined;

  constructor(path: string, cacheBytes: number) {
    this.file = path === IN_MEMORY ? undefined : logFileIn(path);
    if (this.file !== undefined) mkdirSync(path, { recursive: true });
    this.#lock = this.file === undefined ? undefined : new FileLock(path);
    this.database = new DatabaseSync(this.file ?? IN_MEMORY);
    try {
      this.#checkFormat(path);
      this.database.exec(`
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA wal_autocheckpoint = 0;
        PRAGMA temp_store = MEMORY;
        PRAGMA cache_size = -${Math.ceil(cacheBytes / 1024)};
      `);
      this.logId = this.#createUnlessPresent();
    } catch (error) {
      this.database.close();
      this.#lock?.release();
      throw asUnreadable(path, error);
    }
  }

  close(): void {
    this.database.close();
    this.#lock?.release();
  }

  #checkFormat(path: string): void {
    const application = this.#pragma('application_id');
    const format = this.#pragma('user_version');
    const isNew = application === 0 && format === 0 && this.#pragma('schema_version') === 0;
    if (isNew) return;
    if (application !== APPLICATION_ID) throw new NotAnEventLogError(path, 'it belongs to another application');
    if (format > FORMAT_VERSION) throw new NewerFormatError(path, format, FORMAT_VERSION);
  }

  #createUnlessPresent(): string {
    if (this.#pragma('user_version') === 0) {
      this.database.exec(`BEGIN IMMEDIATE; ${SCHEMA}
        PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION};`);
      this.database.prepare('INSERT INTO log (id) VALUES (?)').run(randomUUID());
      this.database.exec('COMMIT');
    }
    return String(this.database.prepare('SELECT id FROM log').get()?.id);
  }

  #pragma(name: string): number {
    return Number(Object.values(this.database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  }
}
