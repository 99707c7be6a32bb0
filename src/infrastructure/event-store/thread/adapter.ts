import type { Appended, LogBatch, LogPage, StreamPage, SubscribeRequest } from '../event-store.ts';
import { now } from './messages.ts';
import type { AppendCall, LogLevel, ReadLogCall, ReadStreamCall, TailCall } from './messages.ts';

/**
 * The store thread's interface to the log. Calls throw only the port's errors, and enforce their deadlines where they can; the main
 * thread has its own timer in case they do not.
 */
export interface StoreAdapter {
  append(call: AppendCall): Promise<Appended>;
  readStream(call: ReadStreamCall): Promise<StreamPage>;
  readLog(call: ReadLogCall): Promise<LogPage>;
  tail(call: TailCall): Promise<bigint | null>;
  /** `tail` and `readLog` for monitoring a subscription: no retries, and errors do not count against the connection. */
  look: Pick<StoreAdapter, 'tail' | 'readLog'>;
  /**
   * Delivers batches on demand; meanwhile events are buffered, up to a limit. Ends when `signal` is aborted. Any other end, with or
   * without an error, is a drop.
   */
  subscribe(request: SubscribeRequest, signal: AbortSignal): AsyncIterable<LogBatch>;
  /** Ends subscriptions and closes files and connections. */
  close(): Promise<void>;
}

export type ThreadLog = (level: LogLevel, message: string) => void;

/**
 * Text for content that is not JSON, as a data URL. It is never valid JSON, so foreign content is not mistaken for our events, and it
 * keeps all bytes.
 */
export function binaryText(bytes: Uint8Array): string {
  return `data:application/octet-stream;base64,${Buffer.from(bytes).toString('base64')}`;
}

/** Prefix of metadata streams, followed by the name of the stream. */
const metadataMark = '$$';

/**
 * The stream prefixes to subscribe to: the prefix itself, and that of the metadata streams, which show when a stream is deleted or
 * truncated.
 */
export function followedPrefixes(streamPrefix: string): string[] {
  return [streamPrefix, metadataMark + streamPrefix];
}

/**
 * The stream that a system event (a tombstone or a metadata change) is about; null for all other events.
 */
export function touchedBy({ stream, type }: { readonly stream: string; readonly type: string }): string | null {
  if (stream.startsWith(metadataMark)) return stream.slice(metadataMark.length);
  return stream.startsWith('$') || type.startsWith('$') ? stream : null;
}

const pageReserveMs = 300;

/** When to end a page of the log, full or not, so that the answer arrives by the deadline. */
export function endOfPageMs(deadlineMs: number): number {
  return deadlineMs - Math.min(pageReserveMs, (deadlineMs - now()) / 4);
}

/** The metadata of events that were stored without any. */
export const noMetadata = '{}';
