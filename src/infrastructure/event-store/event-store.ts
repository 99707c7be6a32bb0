/**
 * The port to the event store: everything the service needs of it. The store thread implements it with one of two adapters, the
 * embedded engine or the official EventStoreDB client. One contract suite tests both.
 */

/** An event to append. `id` is a UUID chosen before the first attempt, so that a retried append is recognised. */
export interface EventToAppend {
  readonly id: string;
  /** Not empty. */
  readonly type: string;
  /** JSON text. */
  readonly data: string;
  /** JSON text of an object. */
  readonly metadata: string;
}

/** An event in the log. */
export interface StoredEvent extends EventToAppend {
  readonly stream: string;
  /** Number of the event in its stream, from 0. */
  readonly revision: number;
  /** Position in the log: strictly increasing, with gaps; below 2^63. */
  readonly position: bigint;
}

/** The revision that the stream must have for an append. There is no "any", because servers forget such appends. */
export type ExpectedRevision = number | 'no_stream';

export interface AppendRequest {
  readonly stream: string;
  readonly expectedRevision: ExpectedRevision;
  /** At least one. The append is atomic. */
  readonly events: readonly EventToAppend[];
}

export interface Appended {
  /** Revision of the last appended event. */
  readonly revision: number;
  /** Log position of the last appended event. */
  readonly position: bigint;
}

export interface ReadStreamRequest {
  readonly stream: string;
  /** First revision to read; defaults to 0. */
  readonly from?: number;
  /** At most this many events, 1 to 4,096. */
  readonly maxCount: number;
}

/**
 * One page of a stream: at most `maxCount` events or about 1 MiB, whichever comes first, and at least one event if there are any.
 */
export interface StreamPage {
  readonly events: readonly StoredEvent[];
  /** True if the stream had no more events at the time of reading. */
  readonly atEnd: boolean;
  /**
   * True if requested events no longer exist, because the stream was deleted, tombstoned or truncated (`$tb`, `$maxCount`, `$maxAge`).
   */
  readonly truncated: boolean;
}

export interface ReadLogRequest {
  /** Only events after this position, which need not be that of an event; null for the start of the log. */
  readonly after: bigint | null;
  /** Only events of streams whose name starts with this. */
  readonly streamPrefix: string;
  /** At most this many events, 1 to 4,096. */
  readonly maxCount: number;
}

/**
 * One page of the log: at most `maxCount` events, about 1 MiB or two seconds of reading. So a page may be empty without being the last,
 * if there were many events that do not match.
 */
export interface LogPage {
  readonly events: readonly StoredEvent[];
  /** Where to continue: this page and earlier ones have all matching events up to here. Null for an empty log. */
  readonly position: bigint | null;
  /** True if the log had no more matching events at the time of reading. */
  readonly atEnd: boolean;
}

export interface SubscribeRequest {
  /** Only events after this position; null for the start of the log. */
  readonly after: bigint | null;
  readonly streamPrefix: string;
  /** Minimum interval between live batches, in ms, so that batch size grows with the load. Defaults to about 1. */
  readonly paceMs?: number;
}

/** A batch of a subscription: all events that were ready, up to a limit, in log order. */
export interface LogBatch {
  /** Empty if only the position moved or the subscription caught up. System events are left out. */
  readonly events: readonly StoredEvent[];
  /** Streams with the prefix that were deleted or whose metadata changed. */
  readonly touched: readonly string[];
  /** With this batch, all matching events up to here have been delivered. */
  readonly position: bigint;
  /** True if the log had no more events for this subscription when the batch was sent. */
  readonly caughtUp: boolean;
}

/**
 * A running subscription. Iterate it for batches, with back-pressure: the store thread stops sending if the reader is slow. Iteration
 * throws {@link SubscriptionDroppedError} if the subscription is dropped, and ends normally after `close`.
 */
export interface LogSubscription extends AsyncIterable<LogBatch> {
  /** Delivers what is there now at once, whatever the pace. */
  hurry(): void;
  close(): void;
}

export interface EventStore {
  /**
   * Appends durably, or throws:
   * - {@link WrongExpectedRevisionError}: the stream is at another revision; nothing was appended, in earlier attempts either;
   * - {@link AppendRefusedError}: the store will never accept it (deleted stream, too large, access denied);
   * - {@link EventStoreUnavailableError}: no answer in time. The outcome is unknown; the same request may be retried.
   *
   * Idempotent: if events with the same ids are already at the expected revisions, it succeeds and writes nothing.
   */
  append(request: AppendRequest): Promise<Appended>;

  /** Reads a page forwards. A stream that does not exist has no events. Throws {@link EventStoreUnavailableError} within 3 s. */
  readStream(request: ReadStreamRequest): Promise<StreamPage>;

  /** Reads a page of the log forwards. Throws {@link EventStoreUnavailableError} within 3 s. */
  readLog(request: ReadLogRequest): Promise<LogPage>;

  /** Subscribes to all events after a position, then to new ones. Throws {@link EventStoreUnavailableError} if closed or over the limit. */
  subscribe(request: SubscribeRequest): LogSubscription;

  /**
   * Position of the newest event in the log, including foreign ones; null for an empty log. Also the health probe. Throws
   * {@link EventStoreUnavailableError} within 1 s.
   */
  tail(): Promise<bigint | null>;

  /** Waits for pending calls, up to a limit, then ends subscriptions and the thread. */
  close(): Promise<void>;
}

export class WrongExpectedRevisionError extends Error {
  readonly code = 'wrong-expected-revision';
  readonly stream: string;
  readonly expected: ExpectedRevision;
  constructor(stream: string, expected: ExpectedRevision) {
    super(`Stream ${stream} is not at the expected revision ${expected}.`);
    this.name = 'WrongExpectedRevisionError';
    this.stream = stream;
    this.expected = expected;
  }
}

export class AppendRefusedError extends Error {
  readonly code = 'append-refused';
  constructor(message: string) {
    super(message);
    this.name = 'AppendRefusedError';
  }
}

export class EventStoreUnavailableError extends Error {
  readonly code = 'event-store-unavailable';
  constructor(message: string) {
    super(message);
    this.name = 'EventStoreUnavailableError';
  }
}

/** Events at the start of the stream no longer exist, so its state is unknown and no command can be decided. */
export class StreamTruncatedError extends Error {
  readonly code = 'history-truncated';
  constructor() {
    super('The history was deleted or truncated in the event store, so nothing more can be decided on it.');
    this.name = 'StreamTruncatedError';
  }
}

export class SubscriptionDroppedError extends Error {
  readonly code = 'subscription-dropped';
  constructor(message: string) {
    super(message);
    this.name = 'SubscriptionDroppedError';
  }
}
