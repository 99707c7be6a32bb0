/** The revision a stream must have for an append to be accepted. `'any'` and `'stream_exists'` do not name one. */
export type ExpectedRevision = bigint | 'no_stream' | 'any' | 'stream_exists';

/** An event to append. `id` is a GUID in any usual notation, except the nil GUID; data and metadata are opaque bytes. */
export type NewEvent = {
  readonly id: string;
  readonly type: string;
  /** A flag for readers: the bytes are not checked to be JSON. */
  readonly isJson: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
};

/** A stored event. Its id is in lower case with dashes, in whatever notation it was appended. */
export type RecordedEvent = NewEvent & {
  readonly stream: string;
  /** 0 for the first event of the stream; 2^63 - 1 for a tombstone. */
  readonly revision: bigint;
  /** Position in the log: strictly increasing, sparse, below 2^53. */
  readonly position: bigint;
  /** Milliseconds since the Unix epoch; never decreases along the log. */
  readonly created: number;
};

/** Maximum length of a stream name and of an event type, in characters. Filters scan them, and memory holds names. */
export const MAX_NAME_LENGTH = 4096;

export type AppendRequest = {
  readonly stream: string;
  readonly expectedRevision: ExpectedRevision;
  readonly events: readonly NewEvent[];
};

/**
 * Result of an append. `revision` is that of the last given event, or `'no_stream'` after an empty append to a missing
 * stream. `position` is undefined if the append was a repetition and its event is no longer visible.
 */
export type AppendResult = { readonly revision: bigint | 'no_stream'; readonly position: bigint | undefined };

export type Direction = 'forwards' | 'backwards';

export type StreamReadRequest = {
  readonly stream: string;
  readonly direction: Direction;
  /** Inclusive. `'start'` is revision 0; `'end'` is the last event, or the position after it when reading forwards. */
  readonly from: bigint | 'start' | 'end';
  readonly maxCount: number;
  /** Ends the page early when its data and metadata reach this size, in bytes. Defaults to 64 MiB. */
  readonly maxBytes?: number;
};

/** `next` is the revision to continue from; undefined if nothing visible is left in that direction. */
export type StreamPage = {
  readonly status: 'found';
  readonly events: RecordedEvent[];
  readonly next: bigint | undefined;
  /** Revision of the newest event ever appended, visible or not; -1n if there is none. */
  readonly lastRevision: bigint;
};

/** `'not-found'`: missing or soft-deleted. `'deleted'`: tombstoned for good. */
export type StreamReadResult = StreamPage | { readonly status: 'not-found' } | { readonly status: 'deleted' };

/** Selects events of the log. Regular expressions use RE2 syntax, are case-sensitive and match anywhere in the text. */
export type EventFilter =
  | { readonly kind: 'stream-prefix'; readonly prefixes: readonly string[] }
  | { readonly kind: 'type-prefix'; readonly prefixes: readonly string[] }
  | { readonly kind: 'stream-regex'; readonly pattern: string }
  | { readonly kind: 'type-regex'; readonly pattern: string };

export type LogReadRequest = {
  readonly direction: Direction;
  /** Inclusive when reading forwards, exclusive when reading backwards, as in EventStoreDB. */
  readonly from: bigint | 'start' | 'end';
  /** Maximum number of events to return. */
  readonly maxCount: number;
  /** Ends the page early when its data and metadata reach this size, in bytes. Defaults to 4 MiB. */
  readonly maxBytes?: number;
  readonly filter?: EventFilter;
  /** Maximum number of events to examine, so that a filter without matches cannot hold the thread. Defaults to 10,000. */
  readonly maxScan?: number;
  /** Ends the page when examining events has taken this long, in ms, as it may with a slow filter. No limit by default. */
  readonly maxScanMs?: number;
};

/** Pass `next` as `from` to continue the read. `isEnd`: nothing is left at the moment. */
export type LogPage = { readonly events: RecordedEvent[]; readonly next: bigint; readonly isEnd: boolean };

export type SubscribeRequest = {
  /** Exclusive: the position of the last event already handled. */
  readonly after: bigint | 'start' | 'end';
  readonly filter?: EventFilter;
  /** Maximum number of events to examine for one batch. Defaults to 500. */
  readonly maxBatch?: number;
  /** Ends the iteration without an error. */
  readonly signal?: AbortSignal;
};

export type SubscriptionBatch = {
  readonly events: RecordedEvent[];
  /** Everything up to this position was delivered or filtered out. */
  readonly position: bigint;
  /** Nothing newer had been committed when the batch was made. */
  readonly caughtUp: boolean;
  /** The batch was read from the file, because the subscription lagged behind the events in memory. */
  readonly isReplayed: boolean;
};

export type StreamSubscribeRequest = {
  readonly stream: string;
  /** Exclusive: the revision of the last event already handled. */
  readonly after: bigint | 'start' | 'end';
  /** Maximum number of events in one batch. Defaults to 500. */
  readonly maxBatch?: number;
  /** Ends the iteration without an error. */
  readonly signal?: AbortSignal;
};

/** `caughtUp`: the stream had nothing newer when the batch was made. */
export type StreamSubscriptionBatch = { readonly events: RecordedEvent[]; readonly caughtUp: boolean };

/** Revision of the event that tombstones a stream. */
export const TOMBSTONE_REVISION = 2n ** 63n - 1n;
