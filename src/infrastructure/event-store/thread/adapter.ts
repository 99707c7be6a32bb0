import type { Appended, LogBatch, LogPage, StoredEvent, SubscribeRequest } from '../event-store.ts';
import type { AppendCall, LogLevel, ReadLogCall, ReadStreamCall, TailCall } from './messages.ts';

/**
 * What the store thread asks of the log it owns. Calls throw the errors of the port and nothing else, and answer by their
 * deadline where the log can be waited for; the main thread has a timer of its own in case they do not.
 */
export interface StoreAdapter {
  append(call: AppendCall): Promise<Appended>;
  readStream(call: ReadStreamCall): Promise<readonly StoredEvent[]>;
  readLog(call: ReadLogCall): Promise<LogPage>;
  tail(call: TailCall): Promise<bigint | null>;
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

/** An event without metadata reads as one with empty metadata. */
export const noMetadata = '{}';
