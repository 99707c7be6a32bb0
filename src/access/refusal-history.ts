import { UnknownEventType } from '../event-sourcing/codec.ts';
import { UnreadableEvent } from '../event-sourcing/metadata.ts';
import { seek } from '../event-sourcing/seek.ts';
import type { EventStore, StoredEvent } from '../infrastructure/event-store/event-store.ts';
import type { RecordedRefusals } from './refusal-events.ts';
import { auditStreamOf, auditStreamPrefix, refusalCodec } from './refusal-events.ts';

/** What one event recorded. `position` is decimal. */
export type RefusalsAt = RecordedRefusals & { readonly position: string };

export interface RefusalPage {
  readonly items: readonly RefusalsAt[];
  /** The next `after`; null when there was nothing more. */
  readonly next_cursor: string | null;
}

/** A page ends here at the latest: by what it holds, in UTF-16 units, and by the time its look at the log took. */
const MAX_UNITS = 1024 * 1024;
const MAX_MS = 500;

/**
 * What was refused, in the order of the log. It is in one stream, so reading it passes no events of requests. Only what earlier versions
 * recorded, in streams of their own, has to be looked for in the log, and only before the first event of the one stream.
 */
export class RefusalHistory {
  readonly #store: EventStore;
  readonly #stream: string;
  readonly #streamPrefix: string;
  /** Up to here nothing was refused: so that the beginning of the log is looked at once. */
  #nothingUntil: bigint | null = null;

  constructor(store: EventStore, category: string) {
    this.#store = store;
    this.#stream = auditStreamOf(category);
    this.#streamPrefix = auditStreamPrefix(category);
  }

  /** `after` is a position of the log, `limit` 1 to 1,000. Throws `EventStoreUnavailableError`. */
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
      // One by one, the last event that is looked for is the first of the one stream.
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

/** What somebody else wrote into our stream is passed over. */
function readable(event: StoredEvent): readonly RefusalsAt[] {
  try {
    return [{ position: event.position.toString(), ...refusalCodec.decode(event).event.data }];
  } catch (error) {
    if (error instanceof UnknownEventType || error instanceof UnreadableEvent) return [];
    throw error;
  }
}
