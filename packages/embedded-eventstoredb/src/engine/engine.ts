import { Checkpointer } from './checkpointer.ts';
import { CommitSignal } from './commit-signal.ts';
import { BadRequestError, EngineClosedError, MaxAppendSizeError } from './errors.ts';
import { canonicalEventId } from './event-id.ts';
import { EventTable } from './event-table.ts';
import { compileFilter } from './filter.ts';
import { GroupCommit } from './group-commit.ts';
import { checkIntegrity } from './integrity.ts';
import type { IntegrityReport } from './integrity.ts';
import { asUnreadable, LogFile } from './log-file.ts';
import { LogReader } from './log-reader.ts';
import { RecentEvents } from './recent-events.ts';
import { positionAfter } from './record.ts';
import { readStream } from './stream-reader.ts';
import { lastRevision, StreamStates } from './stream-states.ts';
import { firstWanted, StreamSubscription } from './stream-subscription.ts';
import { Subscription } from './subscription.ts';
import { Writer } from './writer.ts';
import { MAX_NAME_LENGTH } from './types.ts';
import type { AppendRequest, AppendResult, ExpectedRevision, NewEvent } from './types.ts';
import type { LogPage, LogReadRequest, StreamReadRequest, StreamReadResult } from './types.ts';
import type { StreamSubscribeRequest, StreamSubscriptionBatch, SubscribeRequest, SubscriptionBatch } from './types.ts';

export * from './types.ts';
export * from './errors.ts';
export type { IntegrityReport } from './integrity.ts';

const MIB = 1024 * 1024;
const DEFAULT_BATCH = 500;

export type EngineOptions = {
  /** Directory of the log, created if missing; `':memory:'` for a log that ends with the engine. */
  readonly path: string;
  /** Maximum size of one append in bytes: data, metadata and twice the length of types. Defaults to 1 MiB. */
  readonly maxAppendSize?: number;
  /** Maximum bytes of appends waiting to be committed; further appends are refused. Defaults to 256 MiB. */
  readonly maxWaitingBytes?: number;
  /** SQLite's page cache, in bytes. Defaults to 32 MiB. */
  readonly cacheBytes?: number;
  /** Number of streams whose newest revision and metadata are kept in memory. Defaults to 65,536 (about 20 MB). */
  readonly cachedStreams?: number;
};

export type RemoveRequest = { readonly stream: string; readonly expectedRevision: ExpectedRevision };

/**
 * An event log in SQLite with the semantics of EventStoreDB: streams with revisions, a total order, expected revisions,
 * idempotent appends, stream metadata, soft delete and tombstone. Reads are synchronous and see every append that was
 * answered. A directory is open in one engine at a time; an engine belongs to the thread that opened it.
 */
export class Engine {
  readonly maxAppendSize: number;
  /** Identifies the log: a different or emptied data directory has a different id. */
  readonly logId: string;
  readonly #log: LogFile;
  readonly #table: EventTable;
  readonly #states: StreamStates;
  readonly #commits: GroupCommit;
  readonly #writer: Writer;
  readonly #reader: LogReader;
  readonly #recent: RecentEvents;
  readonly #signal: CommitSignal;
  readonly #checkpointer: Checkpointer | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Opens or creates a log. Throws LockedError if another engine has it open, NewerFormatError, or NotAnEventLogError
   * if the file is something else or damaged.
   */
  static open(options: EngineOptions): Engine {
    const log = new LogFile(options.path, options.cacheBytes ?? 32 * MIB);
    try {
      return new Engine(log, options);
    } catch (error) {
      log.close();
      throw asUnreadable(options.path, error);
    }
  }

  /** Checks every record of a log while no engine has it open; see IntegrityReport. */
  static integrity(path: string): IntegrityReport {
    return checkIntegrity(path);
  }

  private constructor(log: LogFile, options: EngineOptions) {
    this.maxAppendSize = options.maxAppendSize ?? MIB;
    this.#log = log;
    this.logId = log.logId;
    this.#table = new EventTable(this.#log.database);
    this.#states = new StreamStates(this.#table, options.cachedStreams ?? 65_536);
    this.#writer = new Writer(this.#table, this.#states);
    this.#signal = new CommitSignal(this.#writer.lastPosition);
    this.#recent = new RecentEvents(this.#writer.lastPosition);
    this.#reader = new LogReader(this.#table, this.#recent);
    this.#checkpointer = this.#log.file === undefined ? undefined : new Checkpointer(this.#log.file, this.#table);
    this.#commits = new GroupCommit(this.#writer, options.maxWaitingBytes ?? 256 * MIB, (batch) => {
      const last = batch.positions.at(-1) ?? 0;
      this.#recent.add(batch);
      this.#signal.committed(last);
      this.#checkpointer?.committed(last - (batch.positions[0] ?? last));
    });
  }

  /**
   * Appends events to one stream, all or none. Resolves when they are durable and readable. Rejects with
   * WrongExpectedRevisionError, StreamDeletedError, MaxAppendSizeError, BadRequestError, OverloadedError,
   * EngineClosedError or StorageError. A repeated append with the same event ids is recognised: by the events stored
   * after an exact revision or `'no_stream'`, otherwise by the ids of the newest 65,536 events.
   */
  async append(request: AppendRequest): Promise<AppendResult> {
    const { stream, expectedRevision } = request;
    checkTarget(stream, expectedRevision);
    const events = request.events.map(canonicalEvent);
    const bytes = this.#appendBytes(events);
    return this.#commits.run(bytes, () => this.#writer.append(stream, expectedRevision, events));
  }

  /** Hides the stream's events until the next append to it. Resolves to the position of the metadata event. */
  async deleteStream({ stream, expectedRevision }: RemoveRequest): Promise<bigint> {
    checkTarget(stream, expectedRevision);
    return this.#commits.run(0, () => this.#writer.softDelete(stream, expectedRevision));
  }

  /** Ends the stream for good: all reads and appends fail. Resolves to the position of the tombstone. */
  async tombstoneStream({ stream, expectedRevision }: RemoveRequest): Promise<bigint> {
    checkTarget(stream, expectedRevision);
    return this.#commits.run(0, () => this.#writer.tombstone(stream, expectedRevision));
  }

  /** Reads one page of a stream. Continue from `next` until it is undefined. */
  readStream(request: StreamReadRequest): StreamReadResult {
    this.#checkOpen();
    return readStream(this.#table, this.#states.resolve(request.stream), request);
  }

  /** Revision of the newest event ever appended to the stream, visible or not; -1n if there is none. */
  lastRevision(stream: string): bigint {
    this.#checkOpen();
    return BigInt(lastRevision(this.#states.resolve(stream)));
  }

  /** Reads one page of the log. Continue from `next` until `isEnd`. */
  readAll(request: LogReadRequest): LogPage {
    this.#checkOpen();
    return this.#reader.read(request, this.#signal.lastPosition);
  }

  /**
   * Follows the log: stored events first, then new ones, in batches that the consumer pulls. Iteration ends on `break`
   * or abort without an error, and throws EngineClosedError when the engine closes.
   */
  subscribe(request: SubscribeRequest): AsyncIterableIterator<SubscriptionBatch> {
    this.#checkOpen();
    const { after } = request;
    return new Subscription({
      reader: this.#reader,
      signal: this.#signal,
      matches: compileFilter(request.filter),
      after: after === 'start' ? -1 : after === 'end' ? this.#signal.lastPosition : Number(after),
      maxBatch: request.maxBatch ?? DEFAULT_BATCH,
      abort: request.signal,
    });
  }

  /**
   * Follows one stream: stored visible events first, then everything that is appended. Throws StreamDeletedError at
   * once for a tombstoned stream, and while iterating after delivering the tombstone of a stream that is deleted.
   */
  subscribeToStream(request: StreamSubscribeRequest): AsyncIterableIterator<StreamSubscriptionBatch> {
    this.#checkOpen();
    const { stream, after, maxBatch, signal } = request;
    return new StreamSubscription({
      table: this.#table,
      states: this.#states,
      recent: this.#recent,
      signal: this.#signal,
      stream,
      from: firstWanted(after, lastRevision(this.#states.resolve(stream))),
      maxBatch: maxBatch ?? DEFAULT_BATCH,
      abort: signal,
    });
  }

  /** Position of the newest event that is durable and readable. A new log contains two events of its own. */
  lastPosition(): bigint {
    return BigInt(this.#signal.lastPosition);
  }

  /**
   * What is at a position: `'boundary'` where an event begins, at 0, and where the next event will begin; `'inside'` an
   * event or before the first; `'beyond'` the end. The engine reads from any position; EventStoreDB from a boundary only.
   */
  placeOf(position: bigint): 'boundary' | 'inside' | 'beyond' {
    this.#checkOpen();
    if (position === 0n) return 'boundary';
    if (position >= Number.MAX_SAFE_INTEGER) return 'beyond';
    const below = this.#table.eventAtOrBelow(Number(position));
    if (below === undefined) return 'inside';
    const [begin, bytes] = below;
    const end = positionAfter(begin, bytes);
    if (position === BigInt(begin) || position === BigInt(end)) return 'boundary';
    return position > BigInt(end) ? 'beyond' : 'inside';
  }

  /** Commits waiting appends, ends subscriptions and closes the files. Later calls are refused. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#commits.close();
    this.#signal.close();
    await this.#checkpointer?.close();
    this.#log.close();
  }

  #checkOpen(): void {
    if (this.#closing) throw new EngineClosedError();
  }

  #appendBytes(events: readonly NewEvent[]): number {
    let bytes = 0;
    for (const { data, metadata, type } of events) bytes += data.length + metadata.length + 2 * type.length;
    if (bytes > this.maxAppendSize) throw new MaxAppendSizeError(this.maxAppendSize);
    return bytes;
  }
}

function checkTarget(stream: string, expected: ExpectedRevision): void {
  if (stream === '') throw new BadRequestError('A stream needs a name');
  if (stream.length > MAX_NAME_LENGTH) {
    throw new BadRequestError(`A stream name has at most ${MAX_NAME_LENGTH} characters`);
  }
  if (!stream.isWellFormed()) throw new BadRequestError('A stream name must be well-formed text');
  if (typeof expected === 'bigint' && (expected < 0n || expected >= 2n ** 63n)) {
    throw new BadRequestError(`An expected revision must be from 0 to 2^63 - 1, not ${expected}`);
  }
}

function canonicalEvent(event: NewEvent): NewEvent {
  const id = canonicalEventId(event.id);
  if (id === undefined) throw new BadRequestError(`'${event.id}' is not a valid event id; it must be a GUID`);
  if (event.type === '') throw new BadRequestError('An event needs a type');
  if (event.type.length > MAX_NAME_LENGTH) {
    throw new BadRequestError(`An event type has at most ${MAX_NAME_LENGTH} characters`);
  }
  return id === event.id ? event : { ...event, id };
}
