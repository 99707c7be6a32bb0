/** The revision a stream must have for an append to be accepted; `'any'` and `'stream_exists'` name no revision. */
export type ExpectedRevision = bigint | 'no_stream' | 'any' | 'stream_exists';

/** An event to append. `id` is a GUID in any usual notation but the nil GUID; data and metadata are opaque bytes. */
export type NewEvent = {
  readonly id: string;
  readonly type: string;
  /** Only a mark for readers: bytes that claim to be JSON are not checked. */
  readonly isJson: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
};

/** An event of the log. The id is printed in lower case with dashes, whatever notation it was appended in. */
export type RecordedEvent = NewEvent & {
  readonly stream: string;
  /** 0 for the first event of the stream; 2^63 - 1 for the mark of a tombstone. */
  readonly revision: bigint;
  /** Place in the log: strictly increasing, sparse, below 2^53. */
  readonly position: bigint;
  /** Milliseconds since the Unix epoch; never goes back along the log. */
  readonly created: number;
};

/** Most characters of a stream's name, and of an event's type. Filters look at them, and memory keeps names. */
export const MAX_NAME_LENGTH = 4096;

export type AppendRequest = {
  readonly stream: string;
  readonly expectedRevision: ExpectedRevision;
  readonly events: readonly NewEvent[];
};

/**
 * What an append did. `revision` is that of the last given event; `'no_stream'` after an empty append to an absent
 * stream. `position` is undefined when the append was recognised as a repetition and its event is no longer visible.
 */
export type AppendResult = { readonly revision: bigint | 'no_stream'; readonly position: bigint | undefined };

export type Direction = 'forwards' | 'backwards';

export type StreamReadRequest = {
  readonly stream: string;
  readonly direction: Direction;
  /** Inclusive. `'start'` is revision 0, `'end'` the last event (forwards: behind it). */
  readonly from: bigint | 'start' | 'end';
  readonly maxCount: number;
  /** Ends the page early once its data and metadata reach this size, in bytes; 64 MiB unless given. */
  readonly maxBytes?: number;
};

/** `next` is the revision to read on from, undefined when nothing visible is left in that direction. */
export type StreamPage = {
  readonly status: 'found';
  readonly events: RecordedEvent[];
  readonly next: bigint | undefined;
  /** Revision of the newest event ever appended, visible or not; -1n if there is none. */
  readonly lastRevision: bigint;
};

/** `'not-found'`: absent or soft-deleted. `'deleted'`: tombstoned, for good. */
export type StreamReadResult = StreamPage | { readonly status: 'not-found' } | { readonly status: 'deleted' };

/** Which events of the log are wanted. Regular expressions, in RE2's syntax, are searched anywhere in the text, case-sensitively. */
export type EventFilter =
  | { readonly kind: 'stream-prefix'; readonly prefixes: readonly string[] }
  | { readonly kind: 'type-prefix'; readonly prefixes: readonly string[] }
  | { readonly kind: 'stream-regex'; readonly pattern: string }
  | { readonly kind: 'type-regex'; readonly pattern: string };

export type LogReadRequest = {
  readonly direction: Direction;
  /** Forwards inclusive, backwards exclusive, as in EventStoreDB. */
  readonly from: bigint | 'start' | 'end';
  /** At most this many events that pass the filter. */
  readonly maxCount: number;
  readonly filter?: EventFilter;
  /** At most this many events looked at, so that a filter that matches nothing cannot hold the thread; 10,000. */
  readonly maxScan?: number;
  /** The page ends when looking at events took so many milliseconds, as it can with a slow filter; no limit unless given. */
  readonly maxScanMs?: number;
};

/** `next` continues the read (pass it as `from`); `isEnd` says that nothing is left there now. */
export type LogPage = { readonly events: RecordedEvent[]; readonly next: bigint; readonly isEnd: boolean };

export type SubscribeRequest = {
  /** Exclusive: the position of the last event already handled. */
  readonly after: bigint | 'start' | 'end';
  readonly filter?: EventFilter;
  /** Most events looked at for one batch; 500 unless given. */
  readonly maxBatch?: number;
  /** Ends the iteration quietly. */
  readonly signal?: AbortSignal;
};

export type SubscriptionBatch = {
  readonly events: RecordedEvent[];
  /** Everything at or below it was delivered or filtered out. */
  readonly position: bigint;
  /** Nothing newer was committed when the batch was made. */
  readonly caughtUp: boolean;
  /** The batch was read from the file, because the subscription was behind what memory holds. */
  readonly isReplayed: boolean;
};

export type StreamSubscribeRequest = {
  readonly stream: string;
  /** Exclusive: the revision of the last event already handled. */
  readonly after: bigint | 'start' | 'end';
  /** Most events of one batch; 500 unless given. */
  readonly maxBatch?: number;
  /** Ends the iteration quietly. */
  readonly signal?: AbortSignal;
};

/** `caughtUp`: nothing newer was in the stream when the batch was made. */
export type StreamSubscriptionBatch = { readonly events: RecordedEvent[]; readonly caughtUp: boolean };

/** Revision of the event that tombstones a stream. */
export const TOMBSTONE_REVISION = 2n ** 63n - 1n;
