/** How the client's streams are read to their end, bounded in time, and left without a trace. */
import type { StoredEvent } from '../event-store.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import { OwnTimeout } from './eventstoredb-errors.ts';
import { storedEvent } from './eventstoredb-events.ts';
import type { ClientEvent } from './eventstoredb-events.ts';
import { touchedBy } from './adapter.ts';
import { unitsOf } from './batch-buffer.ts';

/** The part of the client's streams that is used here. */
interface ClientStream {
  on(event: 'error', listener: (error: Error) => void): unknown;
  destroy(error?: Error): unknown;
  [Symbol.asyncIterator](): AsyncIterator<unknown>;
}

interface Resolved {
  readonly event?: ClientEvent;
}

/** Put by us among the events of a subscription, so that it is come to when all before it have been. */
interface Mark {
  readonly reached: bigint;
}

/** Everything before this point in the subscription lies at or below `position`. */
export function mark(subscription: { push(chunk: unknown): boolean }, position: bigint): void {
  subscription.push({ reached: position } satisfies Mark);
}

/** Rejects when `work` has not answered in time; what becomes of it later is of no interest. */
export function within<T>(timeout_ms: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => {
        reject(new OwnTimeout(what, timeout_ms));
      },
      Math.max(0, timeout_ms),
    );
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}

/**
 * The events of a read, all of them or the first `maxUnits` UTF-16 units; `whole` tells which. Its end counts only while `isWhole` says so: a read that is cut short by its own client ends as
 * quietly as one that is complete.
 */
export async function collect(
  read: ClientStream & { cancel(): Promise<void> },
  {
    what,
    timeout_ms,
    maxUnits,
    isWhole,
  }: { what: string; timeout_ms: number; maxUnits: number; isWhole: () => boolean },
): Promise<{ events: StoredEvent[]; whole: boolean }> {
  // The stream may report the same failure again after the loop has been left.
  read.on('error', ignore);
  const timer = setTimeout(() => read.destroy(new OwnTimeout(what, timeout_ms)), Math.max(0, timeout_ms));
  const events: StoredEvent[] = [];
  let units = 0;
  try {
    for await (const { event } of read as AsyncIterable<Resolved>) {
      if (!event) continue;
      const stored = storedEvent(event);
      events.push(stored);
      units += unitsOf(stored);
      if (units < maxUnits) continue;
      read.cancel().catch(ignore);
      return { events, whole: false };
    }
    if (!isWhole()) throw new Error(`${what} was cut short`);
    return { events, whole: true };
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
    for await (const item of subscription as AsyncIterable<Resolved | Mark>) {
      if ('reached' in item) buffer.reach(item.reached);
      else if (item.event) {
        const { streamId: stream, type, position } = item.event;
        const touched = touchedBy({ stream, type });
        if (touched === null) await buffer.push(storedEvent(item.event));
        else await buffer.touch(touched, position?.commit ?? 0n);
      }
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
