import { LRUCache } from 'lru-cache';
import type { EventStore, LogBatch, StoredEvent } from '../infrastructure/event-store/event-store.ts';
import { SubscriptionDroppedError } from '../infrastructure/event-store/event-store.ts';
import type { ChainBreak, Link } from './hash-chain.ts';
import { verifyFirstLeft, verifyLink } from './hash-chain.ts';
import { readMetadata } from './codec.ts';

/** The result of {@link verifyLog}. */
export interface Verification {
  readonly events: number;
  readonly streams: number;
  /** Streams that were deleted or truncated; their remaining events are valid. At most 1,000 are listed. */
  readonly truncated: ReadonlySet<string>;
  /** The first break in a chain, where verification stopped; null if there is none. */
  readonly brokenAt: ChainBreak | null;
}

/** Number of streams whose last link is cached; for the others the previous event is read again. */
const KEPT_LINKS = 50_000;
const MAX_NAMED = 1_000;

/**
 * Reads the whole log in order and verifies the hash chain of each stream whose name starts with `category` followed by `-` or `:`.
 * Memory use does not depend on the length of the log. Events removed from the end of a stream cannot be detected: compare the number of
 * events with a known count. Throws `EventStoreUnavailableError` and `SubscriptionDroppedError`.
 */
export async function verifyLog(
  store: EventStore,
  category: string,
  {
    keptLinks = KEPT_LINKS,
    onProgress = () => undefined,
    onEvent = () => Promise.resolve(),
  }: {
    readonly keptLinks?: number;
    readonly onProgress?: (events: number) => void;
    /** Called with each event in log order, and its hash, once it was verified. */
    readonly onEvent?: (event: StoredEvent, hash: string) => Promise<void>;
  } = {},
): Promise<Verification> {
  const links = new LRUCache<string, Link>({ max: keptLinks });
  const truncated = new Set<string>();
  const isOurs = (stream: string): boolean => stream[category.length] === '-' || stream[category.length] === ':';
  let events = 0;
  let streams = 0;

  const verify = async (event: StoredEvent): Promise<ChainBreak | null> => {
    const { stream } = event;
    const previous = links.get(stream) ?? (await linkBefore(store, event));
    let link = verifyLink(previous, event);
    if ('reason' in link && (await isFirstLeft(store, event))) {
      note(truncated, stream);
      link = verifyFirstLeft(event);
    }
    if ('reason' in link) return link;
    if (!previous) streams += 1;
    links.set(stream, link);
    await onEvent(event, link.hash);
    events += 1;
    return null;
  };

  for await (const batch of batchesToEnd(store, category)) {
    for (const stream of batch.touched.filter(isOurs)) {
      if ((await store.readStream({ stream, maxCount: 1 })).truncated) note(truncated, stream);
    }
    for (const event of batch.events) {
      if (!isOurs(event.stream)) continue;
      const brokenAt = await verify(event);
      if (brokenAt) return { events, streams, truncated, brokenAt };
    }
    onProgress(events);
  }
  return { events, streams, truncated, brokenAt: null };
}

/** The log up to its current end. A dropped subscription is resumed, unless it has made no progress. */
async function* batchesToEnd(store: EventStore, streamPrefix: string): AsyncGenerator<LogBatch> {
  let after: bigint | null = null;
  for (;;) {
    const beginning: bigint | null = after;
    try {
      for await (const batch of store.subscribe({ after, streamPrefix, paceMs: 0 })) {
        yield batch;
        after = batch.position;
        if (batch.caughtUp) return;
      }
    } catch (error) {
      if (!(error instanceof SubscriptionDroppedError) || after === beginning) throw error;
    }
  }
}

/** Link to the previous event of the stream, read again from the store; null if there is none. */
async function linkBefore(store: EventStore, { stream, revision, position }: StoredEvent): Promise<Link | null> {
  if (revision === 0) return null;
  const [event] = (await store.readStream({ stream, from: revision - 1, maxCount: 1 })).events;
  if (event?.revision !== revision - 1 || event.position >= position) return null;
  return { stream, revision: event.revision, hash: readMetadata(event).hash };
}

/** Whether all earlier events of the stream were deleted or truncated. */
async function isFirstLeft(store: EventStore, { stream, revision }: StoredEvent): Promise<boolean> {
  if (revision === 0) return false;
  const { truncated, events } = await store.readStream({ stream, maxCount: 1 });
  return truncated && (events[0]?.revision ?? Infinity) >= revision;
}

function note(named: Set<string>, stream: string): void {
  if (named.size < MAX_NAMED) named.add(stream);
}
