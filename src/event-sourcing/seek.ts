import type { EventStore, StoredEvent } from '../infrastructure/event-store/event-store.ts';

/**
 * Binary search for the revision of the first event for which `isPast` is true; it must then be true of all later events. Returns the
 * revision after the last event if there is none. Streams can only be read forwards, so this takes about 2·log₂(n) reads of one event.
 * Throws `EventStoreUnavailableError`.
 */
export async function seek(
  store: EventStore,
  stream: string,
  isPast: (event: StoredEvent) => boolean,
): Promise<number> {
  const isPastAt = async (revision: number): Promise<boolean> => {
    const [event] = (await store.readStream({ stream, from: revision, maxCount: 1 })).events;
    return event === undefined || isPast(event);
  };
  let low = 0;
  let high = 0;
  for (; !(await isPastAt(high)); high = 2 * low) low = high + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await isPastAt(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The last event of a stream; null if there is none. Throws `EventStoreUnavailableError`. */
export async function lastEvent(store: EventStore, stream: string): Promise<StoredEvent | null> {
  const from = (await seek(store, stream, () => false)) - 1;
  if (from < 0) return null;
  return (await store.readStream({ stream, from, maxCount: 1 })).events[0] ?? null;
}
