/** How the client's streams are read to their end, bounded in time, and left without a trace. */
import type { StoredEvent } from '../event-store.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import { OwnTimeout } from './eventstoredb-errors.ts';
import { storedEvent } from './eventstoredb-events.ts';
import type { ClientEvent } from './eventstoredb-events.ts';

/** The part of the client's streams that is used here. */
interface ClientStream {
  on(event: 'error', listener: (error: Error) => void): unknown;
  destroy(error?: Error): unknown;
  [Symbol.asyncIterator](): AsyncIterator<unknown>;
}

interface Resolved {
  readonly event?: ClientEvent;
}

/** Rejects when `work` has not answered in time; what becomes of it later is of no interest. */
export function within<T>(timeout_ms: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new OwnTimeout(what, timeout_ms));
    }, timeout_ms);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}

/**
 * All events of a read. Its end counts only while `isWhole` says so: a read that is cut short by its own client ends as
 * quietly as one that is complete.
 */
export async function collect(
  read: ClientStream & { cancel(): Promise<void> },
  { what, timeout_ms, isWhole }: { what: string; timeout_ms: number; isWhole: () => boolean },
): Promise<StoredEvent[]> {
  // The stream may report the same failure again after the loop has been left.
  read.on('error', ignore);
  const timer = setTimeout(() => read.destroy(new OwnTimeout(what, timeout_ms)), timeout_ms);
  const events: StoredEvent[] = [];
  try {
    for await (const { event } of read as AsyncIterable<Resolved>) if (event) events.push(storedEvent(event));
    if (!isWhole()) throw new Error(`${what} was cut short`);
    return events;
  } catch (error) {
    read.cancel().catch(ignore);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** True while a subscription holds messages that its reader has not been given. */
export function holdsMore(subscription: {
  readonly readableLength: number;
  readonly writableLength?: number;
}): boolean {
  return subscription.readableLength + (subscription.writableLength ?? 0) > 0;
}

/** Reads a subscription into a buffer until it ends or is destroyed; a quiet end is an error like any other. */
export async function pour(subscription: ClientStream, buffer: BatchBuffer): Promise<void> {
  subscription.on('error', ignore);
  try {
    for await (const { event } of subscription as AsyncIterable<Resolved>) {
      if (event) await buffer.push(storedEvent(event));
    }
    buffer.fail(new Error('the subscription ended without an error'));
  } catch (error) {
    buffer.fail(error);
  }
}

/** Leaving the loop does not end the call on the server; this does. What is still buffered is thrown away. */
export function abandon(subscription: ClientStream & { unsubscribe(): Promise<void> }): void {
  subscription.unsubscribe().catch(ignore);
  subscription.destroy();
}

function ignore(): void {
  // Reported where it was awaited, or of no interest any more.
}
