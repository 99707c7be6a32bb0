/**
 * Messages between the main thread and the store thread. Both sides post arrays of them, one per turn of the sender's event loop, to
 * share the cost of a post.
 */
import type { ExpectedRevision, EventToAppend, LogBatch, LogPage, StreamPage } from '../event-store.ts';
import type { EventStoreLimits } from '../limits.ts';
import type { Connection } from './connection-string.ts';

export type StoreLocation =
  | { readonly kind: 'embedded'; readonly path: string }
  | { readonly kind: 'eventstoredb'; readonly connection: Connection };

/** `workerData` of the thread. */
export interface ThreadData {
  readonly location: StoreLocation;
  readonly limits: EventStoreLimits;
}

interface Call {
  readonly call: number;
  /** When the store thread gives up, as a time of {@link now}. */
  readonly deadlineMs: number;
}

export interface AppendCall extends Call {
  readonly kind: 'append';
  readonly stream: string;
  readonly expectedRevision: ExpectedRevision;
  readonly events: readonly EventToAppend[];
  /** True if an earlier thread may have sent it, so that an earlier success must be recognised. */
  readonly repeated: boolean;
}

export interface ReadStreamCall extends Call {
  readonly kind: 'read-stream';
  readonly stream: string;
  readonly from: number;
  readonly maxCount: number;
}

export interface ReadLogCall extends Call {
  readonly kind: 'read-log';
  readonly after: bigint | null;
  readonly streamPrefix: string;
  readonly maxCount: number;
}

export interface TailCall extends Call {
  readonly kind: 'tail';
}

export type CallMessage = AppendCall | ReadStreamCall | ReadLogCall | TailCall;

export interface SubscribeMessage {
  readonly kind: 'subscribe';
  readonly subscription: number;
  readonly after: bigint | null;
  readonly streamPrefix: string;
  readonly paceMs?: number;
}

export type ToThread =
  | CallMessage
  | SubscribeMessage
  /** One more batch may be sent. A subscription starts with `batchesAhead` credits. */
  | { readonly kind: 'credit'; readonly subscription: number }
  | { readonly kind: 'hurry'; readonly subscription: number }
  | { readonly kind: 'unsubscribe'; readonly subscription: number }
  | { readonly kind: 'ping' }
  | { readonly kind: 'close' };

/** A port error as sent between threads; the main thread creates the matching error class. */
export interface CallFailure {
  readonly code: 'wrong-expected-revision' | 'append-refused' | 'event-store-unavailable';
  readonly message: string;
}

export type LogLevel = 'info' | 'warn' | 'error';

export type FromThread =
  /** The log is open and calls are accepted. */
  | { readonly kind: 'ready' }
  /** The log could not be opened; the thread ends. */
  | { readonly kind: 'not-opened'; readonly message: string }
  | { readonly kind: 'appended'; readonly call: number; readonly revision: number; readonly position: bigint }
  | ({ readonly kind: 'stream-page'; readonly call: number } & StreamPage)
  | ({ readonly kind: 'log-page'; readonly call: number } & LogPage)
  | { readonly kind: 'tail'; readonly call: number; readonly position: bigint | null }
  | { readonly kind: 'failed'; readonly call: number; readonly failure: CallFailure }
  | ({ readonly kind: 'batch'; readonly subscription: number } & LogBatch)
  | { readonly kind: 'dropped'; readonly subscription: number; readonly reason: string }
  | { readonly kind: 'pong' }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string };

/** All messages but those about the thread's own lifecycle. */
export type ThreadNews = Exclude<FromThread, { kind: 'ready' | 'not-opened' | 'pong' }>;

/** Time in ms on the monotonic clock shared by all threads of the process (`performance.now` differs per thread). */
export function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}
