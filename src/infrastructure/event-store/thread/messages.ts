/**
 * What the main thread and the store thread say to each other. Both directions carry arrays of these, one array for each
 * turn of the sender's event loop: the cost of a post is paid once for all that came together.
 */
import type { ExpectedRevision, EventToAppend, LogBatch, LogPage, StreamPage } from '../event-store.ts';
import type { EventStoreLimits } from '../limits.ts';
import type { Connection } from './connection-string.ts';

export type StoreLocation =
  | { readonly kind: 'embedded'; readonly path: string }
  | { readonly kind: 'eventstoredb'; readonly connection: Connection };

/** Given to the thread at its start. */
export interface ThreadData {
  readonly location: StoreLocation;
  readonly limits: EventStoreLimits;
}

interface Call {
  readonly call: number;
  /** On the clock of {@link now}: when the store thread gives up. */
  readonly deadline_ms: number;
}

export interface AppendCall extends Call {
  readonly kind: 'append';
  readonly stream: string;
  readonly expectedRevision: ExpectedRevision;
  readonly events: readonly EventToAppend[];
  /** True when an earlier thread may have sent it already, so that its own success must be recognised. */
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
  /** One more batch may be sent. A subscription begins with `batchesAhead` of these. */
  | { readonly kind: 'credit'; readonly subscription: number }
  | { readonly kind: 'hurry'; readonly subscription: number }
  | { readonly kind: 'unsubscribe'; readonly subscription: number }
  | { readonly kind: 'ping' }
  | { readonly kind: 'close' };

/** An error of the port, as it crosses the boundary; the class is made anew on the other side. */
export interface CallFailure {
  readonly code: 'wrong-expected-revision' | 'append-refused' | 'event-store-unavailable';
  readonly message: string;
}

export type LogLevel = 'info' | 'warn' | 'error';

export type FromThread =
  /** The log is open; calls are taken. */
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

/** What concerns calls and subscriptions, and not the life of the thread itself. */
export type ThreadNews = Exclude<FromThread, { kind: 'ready' | 'not-opened' | 'pong' }>;

/** Milliseconds on the monotonic clock of the process, which all its threads share (`performance.now` differs in each). */
export function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}
