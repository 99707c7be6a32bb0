import { Inject } from '@nestjs/common';
import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import { CONFIG } from '../../config.ts';
import type { Config } from '../../config.ts';
import type { EventStore, StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import { EVENT_STORE } from '../../infrastructure/tokens.ts';
import { RequestNotFound } from '../domain/errors.ts';
import { streamOf } from '../events/codec.ts';
import type { EventFilters, EventView } from './event-view.ts';
import { eventView, matches } from './event-view.ts';

export interface EventPage {
  readonly items: readonly EventView[];
  /** The next `after`; null when there was nothing more. */
  readonly next_cursor: string | null;
}

/** A page of one request's history. `after` is a position of the log, `limit` 1 to 1,000. */
export class ListRequestEvents extends Query<EventPage> {
  constructor(
    readonly id: string,
    readonly filters: Pick<EventFilters, 'type'>,
    readonly after: bigint | null,
    readonly limit: number,
  ) {
    super();
  }
}

/** A page of the history of all requests, in the order of the log. */
export class ListEvents extends Query<EventPage> {
  constructor(
    readonly filters: EventFilters & { readonly request_id?: string },
    readonly after: bigint | null,
    readonly limit: number,
  ) {
    super();
  }
}

/** Read from the store at once. */
const CHUNK = 1_000;
/** Looked through for one page at most; a filter that finds little gets a short page and a cursor to go on from. */
const MAX_SCANNED = 20_000;

@QueryHandler(ListRequestEvents)
export class ListRequestEventsHandler implements IQueryHandler<ListRequestEvents> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async execute({ id, filters, after, limit }: ListRequestEvents): Promise<EventPage> {
    const stream = streamOf(this.config.streamCategory, id);
    const { items, next_cursor, seen } = await collect(filters, limit, readStream(this.store, stream, after));
    if (!seen && (await this.store.readStream({ stream, maxCount: 1 })).length === 0) throw new RequestNotFound();
    return { items, next_cursor };
  }
}

@QueryHandler(ListEvents)
export class ListEventsHandler implements IQueryHandler<ListEvents> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async execute({ filters, after, limit }: ListEvents): Promise<EventPage> {
    const category = this.config.streamCategory;
    const chunks =
      filters.request_id === undefined
        ? readLog(this.store, `${category}-`, after)
        : readStream(this.store, streamOf(category, filters.request_id), after);
    const { items, next_cursor } = await collect(filters, limit, chunks);
    return { items, next_cursor };
  }
}

async function collect(
  filters: EventFilters,
  limit: number,
  chunks: AsyncIterable<readonly StoredEvent[]>,
): Promise<EventPage & { readonly seen: boolean }> {
  const items: EventView[] = [];
  let scanned = 0;
  let last: bigint | null = null;
  for await (const chunk of chunks) {
    for (const event of chunk) {
      // One event beyond a full page tells that there is another page.
      if (items.length >= limit || scanned >= MAX_SCANNED) return { items, next_cursor: String(last), seen: true };
      scanned += 1;
      last = event.position;
      if (matches(event, filters)) items.push(eventView(event));
    }
  }
  return { items, next_cursor: null, seen: scanned > 0 };
}

async function* readLog(store: EventStore, streamPrefix: string, after: bigint | null) {
  for (let position = after; ;) {
    const { events, atEnd } = await store.readLog({ after: position, streamPrefix, maxCount: CHUNK });
    yield events;
    const last = events.at(-1);
    if (atEnd || !last) return;
    position = last.position;
  }
}

/** A stream is read from its beginning: which revision follows a position is known to nobody else. */
async function* readStream(store: EventStore, stream: string, after: bigint | null) {
  for (let from = 0; ; from += CHUNK) {
    const events = await store.readStream({ stream, from, maxCount: CHUNK });
    yield after === null ? events : events.filter(({ position }) => position > after);
    if (events.length < CHUNK) return;
  }
}
