import { LRUCache } from 'lru-cache';
import type { EventStore, LogBatch, StoredEvent } from '../infrastructure/event-store/event-store.ts';
import { SubscriptionDroppedError } from '../infrastructure/event-store/event-store.ts';
import type { ChainBreak, Link } from './hash-chain.ts';
import { verifyFirstLeft, verifyLink } from './hash-chain.ts';
import { readMetadata } from './metadata.ts';

/** What a walk through the log has found. */
export interface Verification {
  readonly events: number;
  readonly streams: number;
  /** Streams of which the store says that it has deleted or truncated them: what is left of them holds. At most 1,000 are named. */
  readonly truncated: ReadonlySet<string>;
  /** Where the walk ended, if not at the end of the log. */
  readonly brokenAt: ChainBreak | null;
}

/** Links of streams that are in the middle of being written; of others the event before is read again. */
const KEPT_LINKS = 50_000;
const MAX_NAMED = 1_000;

/**
 * Walks the whole log in its order and verifies the hash chain of each stream whose name begins with `category` and `-` or `:`. Memory is
 * bounded, whatever the length of the log. What was cut off at the end of a stream leaves no trace: compare the number of events with what
 * is known of it. Throws `EventStoreUnavailableError` and `SubscriptionDroppedError`.
 */
export async function verifyLog(
  store: EventStore,
  category: string,
  {
    keptLinks = KEPT_LINKS,
    onProgress = () => undefined,
  }: {
    readonly keptLinks?: number;
    readonly onProgress?: (events: number) => void;
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

/** The log up to where it ends now. A subscription that is dropped is begun again from where it was, as long as it gets on. */
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

/** The link that an event has to follow, from the event before it, which this walk has verified; null for a first one. */
async function linkBefore(store: EventStore, { stream, revision, position }: StoredEvent): Promise<Link | null> {
  if (revision === 0) return null;
  const [event] = (await store.readStream({ stream, from: revision - 1, maxCount: 1 })).events;
  if (event?.revision !== revision - 1 || event.position >= position) return null;
  return { stream, revision: event.revision, hash: readMetadata(event).hash };
}

/** Whether the store says that everything of its stream before this event was deleted or truncated. */
async function isFirstLeft(store: EventStore, { stream, revision }: StoredEvent): Promise<boolean> {
  if (revision === 0) return false;
  const { truncated, events } = await store.readStream({ stream, maxCount: 1 });
  return truncated && (events[0]?.revision ?? Infinity) >= revision;
}

function note(named: Set<string>, stream: string): void {
  if (named.size < MAX_NAMED) named.add(stream);
}
