import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { asBuffer, decodeRecord, RECORD_ID_AT, RECORD_ID_BYTES } from './record.ts';
import type { Direction, RecordedEvent } from './types.ts';

type EventRow = [position: number, revision: number, record: Uint8Array];

/** Approximate maximum size of one page of the log in memory. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** A page of the log as read from the file. */
export type FilePage = { events: RecordedEvent[]; positions: number[] };

/** Every SQL statement on the log's tables, prepared once. Positions and revisions are JavaScript numbers here. */
export class EventTable {
  readonly #statements: ReturnType<typeof prepareAll>;

  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database);
  }

  begin = (): void => void this.#statements.begin.run();
  commit = (): void => void this.#statements.commit.run();
  rollback = (): void => void this.#statements.rollback.run();

  insertStream(id: number, name: string): void {
    this.#statements.insertStream.run(id, name);
  }

  insertEvent(position: number, stream: number, revision: number, record: Uint8Array): void {
    this.#statements.insertEvent.run(position, stream, revision, record);
  }

  streamId(name: string): number | undefined {
    return (this.#statements.streamId.get(name) as [number] | undefined)?.[0];
  }

  /** The highest stream id used. Ids are even; odd row ids belong to metadata streams. */
  lastStreamId(): number {
    return (this.#statements.lastStreamId.get() as [number] | undefined)?.[0] ?? 0;
  }

  /** The newest event of a stream below a revision. */
  newestBelow(stream: number, revision: number): EventRow | undefined {
    return this.#statements.newestBelow.get(stream, revision) as EventRow | undefined;
  }

  eventAt(stream: number, revision: number): EventRow | undefined {
    return this.#statements.eventAt.get(stream, revision) as EventRow | undefined;
  }

  /** The newest event at or below a position, without its record: its position, and the size of its record in bytes. */
  eventAtOrBelow(position: number): [position: number, bytes: number] | undefined {
    return this.#statements.eventAtOrBelow.get(position) as [number, number] | undefined;
  }

  lastEvent(): EventRow | undefined {
    return this.#statements.lastEvent.get() as EventRow | undefined;
  }

  /** Events after `after` in log order. The page is only empty at the end of the log. */
  pageAfter(after: number, maxCount: number): FilePage {
    let rows = this.#statements.pageAfter.all(after, after + PAGE_BYTES, maxCount) as unknown as EventRow[];
    if (rows.length === 0) {
      // Positions are byte offsets, so a record larger than a page leaves a range without a row.
      rows = this.#statements.pageAfter.all(after, Number.MAX_SAFE_INTEGER, 1) as unknown as EventRow[];
    }
    return decodePage(rows);
  }

  /** Events before `before`, newest first. The page is only empty at the start of the log. */
  pageBefore(before: number, maxCount: number): FilePage {
    let rows = this.#statements.pageBefore.all(before, before - PAGE_BYTES, maxCount) as unknown as EventRow[];
    if (rows.length === 0) rows = this.#statements.pageBefore.all(before, -1, 1) as unknown as EventRow[];
    return decodePage(rows);
  }

  /** Rows of one stream from `from` to `to`, both inclusive, in reading order. Iteration may stop at any time. */
  *streamRows(stream: number, from: number, to: number, direction: Direction): Generator<EventRow> {
    const statement = direction === 'forwards' ? this.#statements.streamForwards : this.#statements.streamBackwards;
    for (const row of statement.iterate(stream, from, to)) yield row as unknown as EventRow;
  }

  /** Ids of the newest events with their stream's row id and revision, in log order. */
  newestIds(count: number): [id: string, row: number, revision: number][] {
    const rows = this.#statements.newestIds.all(count) as unknown as [Uint8Array, number, number][];
    return rows.reverse().map(([id, row, revision]) => [asBuffer(id).toString('latin1'), row, revision]);
  }

  /** Number of frames in the write-ahead log. Does not checkpoint. */
  walFrames(): number {
    return (this.#statements.walFrames.get() as [number, number, number] | undefined)?.[1] ?? 0;
  }

  /** Copies as much of the write-ahead log into the database as possible without waiting for readers. */
  checkpoint(): void {
    this.#statements.checkpoint.get();
  }
}

function decodePage(rows: EventRow[]): FilePage {
  const events = new Array<RecordedEvent>(rows.length);
  const positions = new Array<number>(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const [position, revision, record] = rows[i]!;
    events[i] = decodeRecord(asBuffer(record), position, revision);
    positions[i] = position;
  }
  return { events, positions };
}

function prepareAll(database: DatabaseSync) {
  const rows = (sql: string): StatementSync => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  };
  const event = 'SELECT position, revision, record FROM event';
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
    insertStream: database.prepare('INSERT INTO stream (id, name) VALUES (?, ?)'),
    insertEvent: database.prepare('INSERT INTO event (position, stream, revision, record) VALUES (?, ?, ?, ?)'),
    streamId: rows('SELECT id FROM stream WHERE name = ?'),
    lastStreamId: rows('SELECT id FROM stream ORDER BY id DESC LIMIT 1'),
    newestBelow: rows(`${event} WHERE stream = ? AND revision < ? ORDER BY revision DESC LIMIT 1`),
    eventAt: rows(`${event} WHERE stream = ? AND revision = ?`),
    lastEvent: rows(`${event} ORDER BY position DESC LIMIT 1`),
    eventAtOrBelow: rows(
      'SELECT position, length(record) FROM event WHERE position <= ? ORDER BY position DESC LIMIT 1',
    ),
    pageAfter: rows(`${event} WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`),
    pageBefore: rows(`${event} WHERE position < ? AND position >= ? ORDER BY position DESC LIMIT ?`),
    streamForwards: rows(`${event} WHERE stream = ? AND revision >= ? AND revision <= ? ORDER BY revision`),
    streamBackwards: rows(`${event} WHERE stream = ? AND revision <= ? AND revision >= ? ORDER BY revision DESC`),
    newestIds: rows(
      `SELECT substr(record, ${RECORD_ID_AT + 1}, ${RECORD_ID_BYTES}), stream, revision FROM event
       ORDER BY position DESC LIMIT ?`,
    ),
    walFrames: rows('PRAGMA wal_checkpoint(NOOP)'),
    checkpoint: rows('PRAGMA wal_checkpoint(PASSIVE)'),
  };
}
