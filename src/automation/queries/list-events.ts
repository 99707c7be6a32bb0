import { Inject } from '@nestjs/common';
import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import { LRUCache } from 'lru-cache';
import { CONFIG } from '../../config.ts';
import type { Config } from '../../config.ts';
import { seek } from '../../event-sourcing/seek.ts';
import type { EventStore, LogPage, StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import { inTurn } from '../../infrastructure/event-store/log-readers.ts';
import { EVENT_STORE } from '../../infrastructure/tokens.ts';
import { auditCodec, operatorStreamOf } from '../audit/audit-events.ts';
import { RequestNotFound } from '../domain/errors.ts';
import { streamOf } from '../../event-sourcing/streams.ts';
import type { EventFilters } from './event-filters.ts';
import { matches } from './event-filters.ts';

export interface EventPage {
  readonly events: readonly StoredEvent[];
  /** The next `after`, in decimal; null on the last page. */
  readonly nextCursor: string | null;
}

/** One page of a request's history. `after` is a log position, `limit` 1 to 1,000. */
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

/** One page of the history of all requests, in log order. */
export class ListEvents extends Query<EventPage> {
  constructor(
    readonly filters: EventFilters & { readonly request_id?: string },
    readonly after: bigint | null,
    readonly limit: number,
  ) {
    super();
  }
}

/** One page of what operators did, oldest first. */
export class ListAudit extends Query<EventPage> {
  constructor(
    readonly filters: EventFilters,
    readonly after: bigint | null,
    readonly limit: number,
  ) {
    super();
  }
}

/** Maximum number of events per read from the store. */
const CHUNK = 1_000;
/** Limits of a page: size of its contents in UTF-16 units, events and units scanned for it, and time. */
const MAX_UNITS = 1024 * 1024;
const MAX_SCANNED = 20_000;
const MAX_SCANNED_UNITS = 16 * 1024 * 1024;
const MAX_MS = 500;
/** The revision that follows each position read from a stream, to resume there on the next page. */
const revisions = new LRUCache<string, number>({ max: 10_000 });

/** The history of all requests in one piece, up to the newest event at the time of the call: pages of matching events in log order. */
export class ExportEvents extends Query<AsyncIterable<readonly StoredEvent[]>> {
  constructor(
    readonly filters: ListEvents['filters'],
    readonly after: bigint | null,
  ) {
    super();
  }
}

@QueryHandler(ListRequestEvents)
export class ListRequestEventsHandler implements IQueryHandler<ListRequestEvents> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async execute({ id, filters, after, limit }: ListRequestEvents): Promise<EventPage> {
    const stream = streamOf(this.config.streamCategory, id);
    const { seen, ...page } = await collect(filters, limit, ofStream(this.store, stream, after));
    if (!seen) {
      const { events } = await this.store.readStream({ stream, maxCount: 1 });
      if (events.length === 0) throw new RequestNotFound();
    }
    return page;
  }
}

@QueryHandler(ListEvents)
export class ListEventsHandler implements IQueryHandler<ListEvents> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async execute({ filters, after, limit }: ListEvents): Promise<EventPage> {
    return collect(filters, limit, ofAll(this.store, this.config.streamCategory, { filters, after, limit }));
  }
}

/** Reads no further than the caller does. A page is read when a slot is free, so a slow caller holds none. */
@QueryHandler(ExportEvents)
export class ExportEventsHandler implements IQueryHandler<ExportEvents> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async execute({ filters, after }: ExportEvents): Promise<AsyncIterable<readonly StoredEvent[]>> {
    const end = await this.store.tail();
    const pages = ofAll(this.store, this.config.streamCategory, { filters, after, limit: CHUNK });
    return exported(pages, end ?? 0n, filters);
  }
}

async function* exported(
  pages: AsyncGenerator<LogPage>,
  end: bigint,
  filters: EventFilters,
): AsyncGenerator<readonly StoredEvent[]> {
  for (;;) {
    const read = await inTurn(() => pages.next());
    if (read.done === true) return;
    const { events, position, atEnd } = read.value;
    const matching = events.filter((event) => event.position <= end && matches(event, filters));
    if (matching.length > 0) yield matching;
    if (atEnd || (position !== null && position >= end)) return;
  }
}

function ofAll(
  store: EventStore,
  category: string,
  { filters, after, limit }: { filters: ListEvents['filters']; after: bigint | null; limit: number },
): AsyncGenerator<LogPage> {
  return filters.request_id === undefined
    ? ofLog(store, `${category}-`, after, limit)
    : ofStream(store, streamOf(category, filters.request_id), after);
}

@QueryHandler(ListAudit)
export class ListAuditHandler implements IQueryHandler<ListAudit> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async execute({ filters, after, limit }: ListAudit): Promise<EventPage> {
    const stream = operatorStreamOf(this.config.streamCategory);
    // Unlike a request's, this stream grows for ever, so a page does not begin by reading all of it.
    const from = after === null ? 0 : await seek(this.store, stream, ({ position }) => position > after);
    return collect(filters, limit, ofStream(this.store, stream, after, from), auditCodec);
  }
}

type Collected = EventPage & { readonly seen: boolean };

function collect(
  filters: EventFilters,
  limit: number,
  chunks: AsyncIterable<LogPage>,
  codec?: Parameters<typeof matches>[2],
): Promise<Collected> {
  return inTurn(async () => {
    const begun = performance.now();
    const found: StoredEvent[] = [];
    let [scanned, scannedUnits, units] = [0, 0, 0];
    let last: bigint | null = null;
    const page = (isLast: boolean): Collected => {
      return { events: found, nextCursor: isLast || last === null ? null : last.toString(), seen: scanned > 0 };
    };
    for await (const { events, position, atEnd } of chunks) {
      for (const event of events) {
        // An event beyond a full page proves that there is another page.
        const hasLooked = scanned >= MAX_SCANNED || scannedUnits >= MAX_SCANNED_UNITS;
        if (found.length >= limit || units >= MAX_UNITS || hasLooked) return page(false);
        const size = event.data.length + event.metadata.length;
        scanned += 1;
        scannedUnits += size;
        last = event.position;
        if (!matches(event, filters, codec)) continue;
        found.push(event);
        units += size;
      }
      if (atEnd) return page(true);
      last = position;
      if (performance.now() - begun > MAX_MS) return page(false);
    }
    return page(true);
  });
}

async function* ofLog(
  store: EventStore,
  streamPrefix: string,
  after: bigint | null,
  limit: number,
): AsyncGenerator<LogPage> {
  for (let position = after; ;) {
    const page = await store.readLog({ after: position, streamPrefix, maxCount: Math.min(CHUNK, limit + 1) });
    yield page;
    if (page.atEnd) return;
    position = page.position;
  }
}

/** Resumes after the position if the following revision is cached; otherwise reads the stream from its beginning. */
export async function* ofStream(
  store: EventStore,
  stream: string,
  after: bigint | null,
  begin = revisions.get(`${stream}@${after}`) ?? 0,
): AsyncGenerator<LogPage> {
  for (let from = begin; ;) {
    const { events: read, atEnd } = await store.readStream({ stream, from, maxCount: CHUNK });
    const events = after === null ? read : read.filter(({ position }) => position > after);
    for (const { position, revision } of events) revisions.set(`${stream}@${position}`, revision + 1);
    const last = read.at(-1);
    yield { events, position: events.at(-1)?.position ?? after, atEnd };
    if (atEnd || !last) return;
    from = last.revision + 1;
  }
}
