import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '../../config.ts';
import type { Config } from '../../config.ts';
import { streamOf } from '../../event-sourcing/streams.ts';
import { Dispatcher } from '../../infrastructure/consumers/dispatcher.ts';
import type { Follower } from '../../infrastructure/consumers/follower.ts';
import type { EventStore, LogPage, StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import { inTurn } from '../../infrastructure/event-store/log-readers.ts';
import { Problem } from '../../infrastructure/http/problems/problem-details.ts';
import { EVENT_STORE } from '../../infrastructure/tokens.ts';
import { RequestNotFound } from '../domain/errors.ts';
import type { EventFilters } from '../queries/event-filters.ts';
import { matches } from '../queries/event-filters.ts';
import { ofStream } from '../queries/list-events.ts';

/** Events that wait for one client, in UTF-16 units, beside one page or batch. */
const MAX_WAITING_UNITS = 256 * 1024;
const PAGE = 500;

/** The events that a client wants. */
export type FeedFilters = EventFilters & { readonly request_id?: string };

/** The log as live feeds read it: the past in pages, then whatever the dispatcher passes on. See docs/adr/0018. */
@Injectable()
export class EventFeed {
  constructor(
    private readonly dispatcher: Dispatcher,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Checks where a client wants to begin. Throws 409 `foreign-log` for a position beyond the end of the log, `RequestNotFound`, and
   * `EventStoreUnavailableError`.
   */
  async check(after: bigint | null, requestId?: string): Promise<void> {
    if (after !== null && after > ((await this.store.tail()) ?? 0n)) throw beyondTheLog();
    if (requestId === undefined) return;
    const { events } = await this.store.readStream({ stream: this.#streamOf(requestId), maxCount: 1 });
    if (events.length === 0) throw new RequestNotFound();
  }

  /** Follows the log, or the past of one request and then the log. */
  open(after: bigint | null, requestId?: string): Follower {
    const read =
      requestId === undefined
        ? (from: bigint | null): Promise<LogPage> =>
            this.store.readLog({ after: from, streamPrefix: `${this.config.streamCategory}-`, maxCount: PAGE })
        : (from: bigint | null): Promise<LogPage> => nextOf(ofStream(this.store, this.#streamOf(requestId), from));
    return this.dispatcher.feed(after, (from) => inTurn(() => read(from)), MAX_WAITING_UNITS);
  }

  /** Chooses the events that a client wants. */
  matcher({ request_id, ...filters }: FeedFilters): (event: StoredEvent) => boolean {
    const stream = request_id === undefined ? null : this.#streamOf(request_id);
    return (event) => (stream === null || event.stream === stream) && matches(event, filters);
  }

  #streamOf(id: string): string {
    return streamOf(this.config.streamCategory, id);
  }
}

/** The next page with events, or the last one. */
async function nextOf(pages: AsyncIterable<LogPage>): Promise<LogPage> {
  let last: LogPage = { events: [], position: null, atEnd: true };
  for await (const page of pages) {
    last = page;
    if (page.events.length > 0) break;
  }
  return last;
}

function beyondTheLog(): Problem {
  return new Problem({
    status: 409,
    code: 'foreign-log',
    title: 'Wrong event log connected',
    detail: 'The log ends before this position, so the position comes from another log. Begin without it.',
  });
}
