import { randomUUID } from 'node:crypto';
import { checkAppend } from './append-check.ts';
import type { AppendDecision } from './append-check.ts';
import { WrongExpectedRevisionError } from './errors.ts';
import type { EventTable } from './event-table.ts';
import { RecentIds } from './recent-ids.ts';
import {
  asBuffer,
  decodeRecord,
  encodeRecord,
  positionAfter,
  recordCreated,
  recordedEvent,
  TOMBSTONE,
} from './record.ts';
import { NO_METADATA, parseStreamMetadata, recreatedMetadata, softDeleteMetadata } from './stream-metadata.ts';
import { fullName, isSoftDeleted, lastRevision, rowId } from './stream-states.ts';
import type { StreamReference, StreamStates } from './stream-states.ts';
import type { AppendResult, ExpectedRevision, NewEvent, RecordedEvent } from './types.ts';
import { isVisible } from './visibility.ts';

/** First position of a log: above zero as on a real server, so that 0 is never the position of an event. */
const FIRST_POSITION = 1024;

const FIRST_METADATA = [
  ['$scavenges', { $maxAge: 2_592_000 }],
  ['$persistentSubscriptionConfig', { $maxCount: 2 }],
] as const;

const NO_BYTES = new Uint8Array();

/** Events written by one transaction, in log order. */
export type CommittedBatch = { readonly events: RecordedEvent[]; readonly positions: number[] };

/**
 * Writes to the log, inside a transaction that the group commit begins and ends. Each operation sees what earlier ones
 * in the same transaction wrote, and throws before writing anything if it is refused.
 */
export class Writer {
  readonly #table: EventTable;
  readonly #states: StreamStates;
  readonly #recentIds: RecentIds;
  #batch: CommittedBatch = { events: [], positions: [] };
  #inTransaction = false;
  #lastPosition = 0;
  #nextPosition = FIRST_POSITION;
  #lastStreamId = 0;
  #lastCreated = 0;

  constructor(table: EventTable, states: StreamStates) {
    this.#table = table;
    this.#states = states;
    this.#recentIds = new RecentIds(table);
    this.#loadEnd();
    if (this.#lastPosition === 0) this.#writeFirstEvents();
  }

  /** Position of the newest event written, committed or not. */
  get lastPosition(): number {
    return this.#lastPosition;
  }

  /** Appends events, whose ids must be canonical. */
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): AppendResult {
    const reference = this.#states.resolve(stream);
    const ids = events.map(({ id }) => id);
    const decision = this.#check(reference, expected, ids);
    if (decision.kind === 'repeated') {
      return { revision: BigInt(decision.revision), position: this.#visiblePosition(reference, decision.revision) };
    }
    const first = lastRevision(reference) + 1;
    // Writing metadata to a soft-deleted stream recreates it too, whatever the metadata says.
    const origin: StreamReference = { state: reference.state, kind: 'events' };
    const revive = isSoftDeleted(origin);
    for (const event of events) this.#write(reference, lastRevision(reference) + 1, event);
    const position = BigInt(this.#lastPosition);
    if (revive) this.#reviveMetadata(origin, reference.kind === 'events' ? first : origin.state.last + 1);
    const last = lastRevision(reference);
    return { revision: last === -1 ? 'no_stream' : BigInt(last), position };
  }

  /** Replaces the stream's metadata with a soft delete. Returns the position of the metadata event. */
  softDelete(stream: string, expected: ExpectedRevision): bigint {
    const reference = this.#states.resolve(stream);
    this.#check(reference, expected, [randomUUID()]);
    if (lastRevision(reference) === -1 && !this.#hasMetadata(reference)) {
      throw new WrongExpectedRevisionError(stream, expected, 'no_stream');
    }
    const metadata = this.#states.resolve(`$$${stream}`);
    this.#check(metadata, 'any', []);
    this.#write(metadata, lastRevision(metadata) + 1, metadataEvent(softDeleteMetadata()));
    return BigInt(this.#lastPosition);
  }

  /** Ends the stream for good. Returns the position of the tombstone. */
  tombstone(stream: string, expected: ExpectedRevision): bigint {
    const reference = this.#states.resolve(stream);
    this.#check(reference, expected, [randomUUID()]);
    const mark = { id: randomUUID(), type: '$streamDeleted', isJson: false, data: NO_BYTES, metadata: NO_BYTES };
    this.#write(reference, TOMBSTONE, mark);
    return BigInt(this.#lastPosition);
  }

  /** Makes the batch durable and returns its events. Throws SQLite's error; call `rollback` then. */
  commit(): CommittedBatch {
    if (this.#inTransaction) this.#table.commit();
    this.#inTransaction = false;
    const batch = this.#batch;
    this.#batch = { events: [], positions: [] };
    return batch;
  }

  /** Discards the batch and what memory knows of it. */
  rollback(): void {
    this.#batch = { events: [], positions: [] };
    this.#states.clear();
    this.#recentIds.clear();
    try {
      if (this.#inTransaction) this.#table.rollback();
    } catch {
      // After some failures SQLite has already rolled back, so there is no transaction to end.
    }
    this.#inTransaction = false;
    this.#loadEnd();
  }

  #check(reference: StreamReference, expected: ExpectedRevision, ids: readonly string[]): AppendDecision {
    const stored = { table: this.#table, recentIds: this.#recentIds };
    const hasMetadata = expected === 'stream_exists' && this.#hasMetadata(reference);
    return checkAppend(stored, reference, expected, ids, hasMetadata);
  }

  #hasMetadata(reference: StreamReference): boolean {
    const { state } = this.#states.resolve(`$$${fullName(reference)}`);
    return state.metadataLast >= 0 || state.metadataTombstoned;
  }

  #reviveMetadata(origin: StreamReference, firstRevision: number): void {
    const metadata: StreamReference = { state: origin.state, kind: 'metadata' };
    const row = this.#table.eventAt(rowId(metadata), lastRevision(metadata));
    if (!row) return;
    const current = decodeRecord(asBuffer(row[2]), row[0], row[1]);
    const revived = recreatedMetadata(current.data, firstRevision);
    if (revived) this.#write(metadata, lastRevision(metadata) + 1, metadataEvent(revived));
  }

  #write(reference: StreamReference, revision: number, event: NewEvent): void {
    const { state } = reference;
    if (!this.#inTransaction) {
      this.#table.begin();
      this.#inTransaction = true;
    }
    if (state.id === 0) {
      this.#table.insertStream(this.#lastStreamId + 2, state.name);
      this.#lastStreamId += 2;
      state.id = this.#lastStreamId;
    }
    const created = Math.max(Date.now(), this.#lastCreated);
    const position = this.#nextPosition;
    const stream = fullName(reference);
    const record = encodeRecord(event, stream, created);
    this.#table.insertEvent(position, rowId(reference), revision, record);
    const recorded = recordedEvent(event, { stream, created, position, revision }, record);
    this.#batch.events.push(recorded);
    this.#batch.positions.push(position);
    this.#lastPosition = position;
    this.#nextPosition = positionAfter(position, record.length);
    this.#lastCreated = created;
    if (revision !== TOMBSTONE) this.#recentIds.add(event.id, rowId(reference), revision);
    advance(reference, revision, recorded);
  }

  #visiblePosition(reference: StreamReference, revision: number): bigint | undefined {
    const row = this.#table.eventAt(rowId(reference), revision);
    if (!row || !isVisible(reference, revision, recordCreated(asBuffer(row[2])), Date.now())) return undefined;
    return BigInt(row[0]);
  }

  /** Starts a new log as a real server does, with the metadata of system streams, so that it is never empty. */
  #writeFirstEvents(): void {
    for (const [stream, metadata] of FIRST_METADATA) {
      this.#write(this.#states.resolve(`$$${stream}`), 0, metadataEvent(Buffer.from(JSON.stringify(metadata))));
    }
    this.commit();
  }

  #loadEnd(): void {
    const last = this.#table.lastEvent();
    this.#lastPosition = last?.[0] ?? 0;
    this.#nextPosition = last ? positionAfter(last[0], last[2].length) : FIRST_POSITION;
    this.#lastCreated = last ? recordCreated(asBuffer(last[2])) : 0;
    this.#lastStreamId = this.#table.lastStreamId();
  }
}

function metadataEvent(data: Uint8Array): NewEvent {
  return { id: randomUUID(), type: '$metadata', isJson: true, data, metadata: NO_BYTES };
}

function advance({ state, kind }: StreamReference, revision: number, event: RecordedEvent): void {
  if (kind === 'events') {
    if (revision === TOMBSTONE) state.tombstoned = true;
    else state.last = revision;
  } else if (revision === TOMBSTONE) {
    state.metadataTombstoned = true;
    state.metadata = NO_METADATA;
  } else {
    state.metadataLast = revision;
    state.metadata = parseStreamMetadata(event.data, event.isJson);
  }
}
