import { UnknownEventType, UnreadableEvent } from '../event-sourcing/codec.ts';
import { seek } from '../event-sourcing/seek.ts';
import type { EventStore, StoredEvent } from '../infrastructure/event-store/event-store.ts';
import type { RecordedRefusals } from './refusal-events.ts';
import { auditStreamOf, auditStreamPrefix, refusalCodec } from './refusal-events.ts';

/** The content of one event. `position` is its position in the log, a decimal string. */
export type RefusalsAt = RecordedRefusals & { readonly position: string };

export interface RefusalPage {
  readonly items: readonly RefusalsAt[];
  /** Pass it as `after` for the next page; null on the last page. */
  readonly next_cursor: string | null;
}

/** Limits of a page: its size in UTF-16 units, and the time spent reading the log. */
const MAX_UNITS = 1024 * 1024;
const MAX_MS = 500;

/**
 * Reads recorded refusals in log order. They are in one stream, so events of requests are not read. Earlier versions used streams of
 * their own, which are searched for in the log before the first event of that stream.
 */
export class RefusalHistory {
  readonly #store: EventStore;
  readonly #stream: string;
  readonly #streamPrefix: string;
  /** There are no refusals up to this position. Cached so that the start of the log is searched only once. */
  #nothingUntil: bigint | null = null;

  constructor(store: EventStore, category: string) {
    this.#store = store;
    this.#stream = auditStreamOf(category);
    this.#streamPrefix = auditStreamPrefix(category);
  }

  /**
   * Returns the refusals after a position of the log; null for the beginning.
   *
   * @param limit 1 to 1,000
   * @throws EventStoreUnavailableError
   */
  async page(after: bigint | null, limit: number): Promise<RefusalPage> {
    const until = performance.now() + MAX_MS;
    const items: RefusalsAt[] = [];
    let position = after;
    let units = 0;
    const add = (events: readonly StoredEvent[]): void => {
      for (const event of events) {
        units += event.data.length;
        position = event.position;
        items.push(...readable(event));
      }
    };
    const isFull = (): boolean => items.length >= limit || units >= MAX_UNITS;
    const page = (atEnd: boolean): RefusalPage => {
      return { items, next_cursor: atEnd || position === null ? null : position.toString() };
    };

    const [first] = (await this.#store.readStream({ stream: this.#stream, maxCount: 1 })).events;
    while (!first || isBefore(position, first.position)) {
      // One event at a time, so as not to read past the first event of the stream.
      const { events, position: reached, atEnd } = await this.#readLog(position, first ? 1 : limit - items.length);
      add(events);
      position = reached;
      if (atEnd || isFull() || performance.now() > until) return page(atEnd);
    }
    const reached = position;
    for (let from = await seek(this.#store, this.#stream, (event) => isBefore(reached, event.position)); ;) {
      const maxCount = limit - items.length;
      const { events, atEnd } = await this.#store.readStream({ stream: this.#stream, from, maxCount });
      add(events);
      if (atEnd || isFull()) return page(atEnd);
      from = (events.at(-1)?.revision ?? from) + 1;
    }
  }

  async #readLog(after: bigint | null, maxCount: number) {
    const known = this.#nothingUntil;
    const isFromBeginning = after === null || (known !== null && after <= known);
    const from = isFromBeginning ? known : after;
    const page = await this.#store.readLog({ after: from, streamPrefix: this.#streamPrefix, maxCount });
    const [found] = page.events;
    if (isFromBeginning) this.#nothingUntil = found ? found.position - 1n : page.position;
    return page;
  }
}

function isBefore(position: bigint | null, other: bigint): boolean {
  return position === null || position < other;
}

/** Decodes an event; empty for a foreign or unreadable one. */
function readable(event: StoredEvent): readonly RefusalsAt[] {
  try {
    return [{ position: event.position.toString(), ...refusalCodec.decode(event).event.data }];
  } catch (error) {
    if (error instanceof UnknownEventType || error instanceof UnreadableEvent) return [];
    throw error;
  }
}
