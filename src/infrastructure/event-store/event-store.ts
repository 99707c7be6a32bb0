/**
 * The port to the event store: all that the service ever asks of it. Behind it stands the store thread with one of two
 * adapters, the embedded engine or the official EventStoreDB client; one contract suite holds both to what is said here.
 */

/** An event to be appended. `id` is a UUID chosen before the first try: it is what makes a repeated append recognisable. */
export interface EventToAppend {
  readonly id: string;
  /** Not empty. */
  readonly type: string;
  /** JSON text. */
  readonly data: string;
  /** JSON text of an object. */
  readonly metadata: string;
}

/** An event as the log holds it. */
export interface StoredEvent extends EventToAppend {
  readonly stream: string;
  /** Place in its stream, from 0. */
  readonly revision: number;
  /** Place in the log: rises strictly, with gaps. Fits 63 bits. */
  readonly position: bigint;
}

/** The revision a stream must be at for an append to happen. "Any" is left out on purpose: a real server forgets such appends. */
export type ExpectedRevision = number | 'no_stream';

export interface AppendRequest {
  readonly stream: string;
  readonly expectedRevision: ExpectedRevision;
  /** At least one; all are written or none. */
  readonly events: readonly EventToAppend[];
}

export interface Appended {
  /** Revision of the last event of the append. */
  readonly revision: number;
  /** Position in the log of the last event of the append. */
  readonly position: bigint;
}

export interface ReadStreamRequest {
  readonly stream: string;
  /** First revision wanted; 0 when left out. */
  readonly from?: number;
  /** At most this many events, 1 to 4,096. */
  readonly maxCount: number;
}

/**
 * One page of a stream. It ends at `maxCount` events or about 1 MiB, whichever comes first, and holds at least one event
 * while there is one.
 */
export interface StreamPage {
  readonly events: readonly StoredEvent[];
  /** True when the stream held no more events at the time of reading. */
  readonly atEnd: boolean;
  /**
   * True when events that were asked for had been in the stream and are gone: it was deleted, tombstoned or truncated
   * (`$tb`, `$maxCount`, `$maxAge`).
   */
  readonly truncated: boolean;
}

export interface ReadLogRequest {
  /** Only events after this position, whether or not an event stands there; from the beginning when null. */
  readonly after: bigint | null;
  /** Only events of streams whose name begins so. */
  readonly streamPrefix: string;
  /** At most this many events, 1 to 4,096. */
  readonly maxCount: number;
}

/**
 * One page of the log. It ends at `maxCount` events, about 1 MiB, or after about two seconds; so it may be empty and not
 * the last one, where many events of others had to be passed.
 */
export interface LogPage {
  readonly events: readonly StoredEvent[];
  /** Where to go on: all matching events at or below it are in this page or before it. Null in an empty log. */
  readonly position: bigint | null;
  /** True when the log held no more matching events at the time of reading. */
  readonly atEnd: boolean;
}

export interface SubscribeRequest {
  /** Only events after this position; from the beginning when null. */
  readonly after: bigint | null;
  readonly streamPrefix: string;
  /** What is written within so many ms after a batch may wait for the next one, so that batches grow with the load; about 1 when left out. */
  readonly paceMs?: number;
}

/** What a subscription hands over at once: as many events as were ready, up to a limit, in the order of the log. */
export interface LogBatch {
  /** May be empty, when only the position moved or the subscription caught up. Events of the store itself are left out. */
  readonly events: readonly StoredEvent[];
  /** Streams below the prefix of which the log says here that they were deleted, or that their metadata changed. */
  readonly touched: readonly string[];
  /** All matching events at or below it have been handed over, with this batch. */
  readonly position: bigint;
  /** True when, at the time of sending, the log held nothing more for this subscription. */
  readonly caughtUp: boolean;
}

/**
 * A running subscription. Iterating takes batches as they come and applies back-pressure: the store thread holds back when
 * the reader is slow. It ends by throwing {@link SubscriptionDroppedError}, or quietly after `close`.
 */
export interface LogSubscription extends AsyncIterable<LogBatch> {
  /** Somebody waits: what is there now is handed over at once, whatever the pace. */
  hurry(): void;
  close(): void;
}

export interface EventStore {
  /**
   * Appends durably, or throws:
   * - {@link WrongExpectedRevisionError}: the stream is elsewhere, nothing was appended by this call or an earlier try of it;
   * - {@link AppendRefusedError}: the store will never take it (deleted stream, too large, no right);
   * - {@link EventStoreUnavailableError}: no answer in time. The outcome is unknown; the same request may be sent again.
   *
   * An append that is already in the stream, with the same ids at the expected place, succeeds again and writes nothing.
   */
  append(request: AppendRequest): Promise<Appended>;

  /** Reads forwards. A stream that does not exist has no events. Throws {@link EventStoreUnavailableError} within 3 s. */
  readStream(request: ReadStreamRequest): Promise<StreamPage>;

  /** One page of the log, forwards. Throws {@link EventStoreUnavailableError} within 3 s. */
  readLog(request: ReadLogRequest): Promise<LogPage>;

  /** Everything after a position, then what comes. */
  subscribe(request: SubscribeRequest): LogSubscription;

  /** Position of the newest event in the whole log, whoever wrote it; null when the log is empty. Doubles as the probe of health. Throws {@link EventStoreUnavailableError} within 1 s. */
  tail(): Promise<bigint | null>;

  /** Waits for pending appends within a limit, ends subscriptions, and lets go of the thread. */
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

/** Events at the beginning of the stream are gone: what they led to is not known, so nothing can be decided on it. */
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
