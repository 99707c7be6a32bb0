import { existsSync } from 'node:fs';
import { NotAnEventLogError } from './errors.ts';
import { sqliteCode } from './file-lock.ts';
import { LogFile, logFileIn } from './log-file.ts';
import { asBuffer, positionAfter, recordStream, TOMBSTONE, verifyRecord } from './record.ts';

const MAX_PROBLEMS = 100;
const PAGE_ROWS = 1000;
const CACHE_BYTES = 32 * 1024 * 1024;

/** Result of an integrity check. `problems` are sentences, at most 100; empty if the log is sound. */
export type IntegrityReport = { readonly events: number; readonly streams: number; readonly problems: string[] };

type Row = [position: number, stream: number, revision: number, record: Uint8Array, name: string | null];

/**
 * Checks a log that no node has open: SQLite's own structure, the checksum of every record, that positions and the
 * revisions of each stream have no gaps, and that each event is stored under its stream's name. Reads everything once.
 * Throws LockedError while a node has it open, NotAnEventLogError if it is not a log.
 */
export function checkIntegrity(path: string): IntegrityReport {
  if (!existsSync(logFileIn(path))) throw new NotAnEventLogError(path, 'there is none');
  const log = new LogFile(path, CACHE_BYTES);
  const problems: string[] = [];
  const add = (problem: string): void => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
  };
  let events = 0;
  let streams = 0;
  try {
    for (const row of log.database.prepare(`PRAGMA integrity_check(${MAX_PROBLEMS})`).all()) {
      const [text] = Object.values(row);
      if (text !== 'ok') add(`SQLite: ${String(text)}`);
    }
    events = checkRecords(log, add);
    checkRevisions(log, add);
    streams = Number(log.database.prepare('SELECT count(*) AS n FROM stream').get()?.n);
  } catch (error) {
    // A badly damaged file cannot be read to its end.
    if (sqliteCode(error) === undefined) throw error;
    add(`SQLite: ${error instanceof Error ? error.message : 'failed'}`);
  } finally {
    log.close();
  }
  return { events, streams, problems };
}

function checkRecords(log: LogFile, add: (problem: string) => void): number {
  const page = log.database.prepare(`
    SELECT e.position, e.stream, e.revision, e.record, s.name FROM event e
    LEFT JOIN stream s ON s.id = e.stream - (e.stream % 2)
    WHERE e.position > ? ORDER BY e.position LIMIT ${PAGE_ROWS}`);
  page.setReturnArrays(true);
  let events = 0;
  let after = -1;
  let expected: number | undefined;
  for (;;) {
    const rows = page.all(after) as unknown as Row[];
    if (rows.length === 0) return events;
    for (const [position, stream, , bytes, name] of rows) {
      const record = asBuffer(bytes);
      const where = `position ${position}`;
      if (expected !== undefined && position !== expected) add(`${where}: an event is missing before it`);
      try {
        verifyRecord(record);
        const fullName = stream % 2 === 0 ? name : `$$${name}`;
        if (name === null || recordStream(record) !== fullName) add(`${where}: it lies under another stream's name`);
      } catch (error) {
        if (!(error instanceof NotAnEventLogError)) throw error;
        add(`${where}: ${error.message}`);
      }
      expected = positionAfter(position, record.length);
      after = position;
      events += 1;
    }
  }
}

function checkRevisions(log: LogFile, add: (problem: string) => void): void {
  const gaps = log.database.prepare(`
    SELECT stream, count(*) AS n, max(revision) AS last, min(revision) AS first FROM event
    WHERE revision < ? GROUP BY stream HAVING first <> 0 OR last <> n - 1 LIMIT ${MAX_PROBLEMS}`);
  for (const { stream, n, last } of gaps.all(TOMBSTONE)) {
    add(`stream ${String(stream)}: ${String(n)} events, but its last revision is ${String(last)}`);
  }
}
