import type { EventStore } from '../../infrastructure/event-store/event-store.ts';
import { StreamTruncatedError } from '../../infrastructure/event-store/event-store.ts';
import { evolve } from '../domain/evolve.ts';
import type { Request } from '../domain/request.ts';
import { decodeEvent } from './codec.ts';
import type { RecordedRequestEvent } from '../domain/events.ts';

const CHUNK = 1_000;

/**
 * Folds a request's stream from its beginning until `wanted` returns false. Null if not even the first event is wanted. Throws
 * `StreamTruncatedError` if the beginning of the stream is gone.
 */
export async function replay(
  store: EventStore,
  stream: string,
  wanted: (event: RecordedRequestEvent) => boolean,
): Promise<Request | null> {
  let request: Request | null = null;
  for (let from = 0; ;) {
    const { events, atEnd, truncated } = await store.readStream({ stream, from, maxCount: CHUNK });
    if (truncated) throw new StreamTruncatedError();
    for (const stored of events) {
      const { event } = decodeEvent(stored);
      if (!wanted(event)) return request;
      request = evolve(request, event);
    }
    if (atEnd) return request;
    from += events.length;
  }
}
