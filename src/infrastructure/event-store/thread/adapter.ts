import type { Appended, LogBatch, LogPage, StreamPage, SubscribeRequest } from '../event-store.ts';
import { now } from './messages.ts';
import type { AppendCall, LogLevel, ReadLogCall, ReadStreamCall, TailCall } from './messages.ts';

/**
 * What the store thread asks of the log it owns. Calls throw the errors of the port and nothing else, and answer by their
 * deadline where the log can be waited for; the main thread has a timer of its own in case they do not.
 */
export interface StoreAdapter {
  append(call: AppendCall): Promise<Appended>;
  readStream(call: ReadStreamCall): Promise<StreamPage>;
  readLog(call: ReadLogCall): Promise<LogPage>;
  tail(call: TailCall): Promise<bigint | null>;
  /** As `tail` and `readLog`, for the watch over a subscription: its failures say nothing about the connection. */
  look: Pick<StoreAdapter, 'tail' | 'readLog'>;
  /**
   * Takes the next batch only when it is asked for one, gathering what comes meanwhile up to a limit. Ends when `signal`
   * is aborted; any other end, quiet or not, is a drop.
   */
  subscribe(request: SubscribeRequest, signal: AbortSignal): AsyncIterable<LogBatch>;
  /** Ends subscriptions and lets go of files and connections. */
  close(): Promise<void>;
}

export type ThreadLog = (level: LogLevel, message: string) => void;

/**
 * Text for what the log holds as bytes that are not JSON. It is never valid JSON, so that nobody takes foreign content for
 * one of our events, and nothing is lost.
 */
export function binaryText(bytes: Uint8Array): string {
  return `data:application/octet-stream;base64,${Buffer.from(bytes).toString('base64')}`;
}

/** Streams of metadata have the name of their stream behind this. */
const metadataMark = '$$';

/**
 * Names of streams that a follower of a prefix asks for: those below it, and those of their metadata. The second show when
 * a stream is deleted or truncated.
 */
export function followedPrefixes(streamPrefix: string): string[] {
  return [streamPrefix, metadataMark + streamPrefix];
}

/**
 * For an event of the store itself, be it the mark of a tombstone or of changed metadata, the stream that it is about; null
 * for an event that somebody appended.
 */
export function touchedBy({ stream, type }: { readonly stream: string; readonly type: string }): string | null {
  if (stream.startsWith(metadataMark)) return stream.slice(metadataMark.length);
  return stream.startsWith('$') || type.startsWith('$') ? stream : null;
}

const pageReserve_ms = 300;

/** When a page of the log has to end, with what it holds by then, for its answer to be there by the deadline. */
export function endOfPage_ms(deadline_ms: number): number {
  return deadline_ms - Math.min(pageReserve_ms, (deadline_ms - now()) / 4);
}

/** An event without metadata reads as one with empty metadata. */
export const noMetadata = '{}';
