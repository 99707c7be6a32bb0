/** Reading and abandoning the client's streams, with timeouts. */
import type { StoredEvent } from '../event-store.ts';
import type { BatchBuffer } from './batch-buffer.ts';
import { OwnTimeout } from './eventstoredb-errors.ts';
import { storedEvent } from './eventstoredb-events.ts';
import type { ClientEvent } from './eventstoredb-events.ts';
import { touchedBy } from './adapter.ts';
import { unitsOf } from './batch-buffer.ts';

/** The part of the client's stream API used here. */
interface ClientStream {
  on(event: 'error', listener: (error: Error) => void): unknown;
  destroy(error?: Error): unknown;
  [Symbol.asyncIterator](): AsyncIterator<unknown>;
}

interface Resolved {
  readonly event?: ClientEvent;
}

/** Inserted into the events of a subscription, so that it is handled after all events before it. */
interface Mark {
  readonly reached: bigint;
}

/** Inserts a mark: all events before it have positions up to and including `position`. */
export function mark(subscription: { push(chunk: unknown): boolean }, position: bigint): void {
  subscription.push({ reached: position } satisfies Mark);
}

/** Rejects with `OwnTimeout` if `work` does not settle in time. Its later outcome is ignored. */
export function within<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => {
        reject(new OwnTimeout(what, timeoutMs));
      },
      Math.max(0, timeoutMs),
    );
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}

/**
 * Collects the events of a read, until its end or `maxUnits` UTF-16 units; `whole` is true if the end was reached. `isWhole` must confirm
 * the end, because a read cut short by its own client ends like a complete one. Throws `OwnTimeout` and the client's errors.
 */
export async function collect(
  read: ClientStream & { cancel(): Promise<void> },
  { what, timeoutMs, maxUnits, isWhole }: { what: string; timeoutMs: number; maxUnits: number; isWhole: () => boolean },
): Promise<{ events: StoredEvent[]; whole: boolean }> {
  // The stream may emit the same error again after the loop.
  read.on('error', ignore);
  const timer = setTimeout(() => read.destroy(new OwnTimeout(what, timeoutMs)), Math.max(0, timeoutMs));
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

/** Whether a subscription has messages that its reader has not received. */
export function holdsMore(subscription: {
  readonly readableLength: number;
  readonly writableLength?: number;
}): boolean {
  return subscription.readableLength + (subscription.writableLength ?? 0) > 0;
}

/** Reads a subscription into a buffer until it ends or is destroyed. Any end is an error. */
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

/** Ends the call on the server, which leaving the loop does not do. Buffered messages are discarded. */
export function abandon(subscription: ClientStream & { unsubscribe(): Promise<void> }): void {
  subscription.unsubscribe().catch(ignore);
  subscription.destroy();
}

function ignore(): void {
  // Already reported where it was awaited, or no longer relevant.
}
