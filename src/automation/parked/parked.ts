import type { ParkedAt, ParkedPage, Wish } from '../../infrastructure/consumers/parked-events.ts';
import { findParked, listParked, storedParkedEvents, wishFor } from '../../infrastructure/consumers/parked-events.ts';
import { pause } from '../../infrastructure/backoff.ts';
import type { EventStore, StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import type { Queryable } from '../../infrastructure/postgres/database.ts';
import type { AuditTrail, OperatorCall } from '../audit/audit-trail.ts';
import { requestIdOf } from '../events/codec.ts';

/** Maximum number of events that a preview names. */
const PREVIEW = 10;
const STREAMS_AT_ONCE = 8;
/** How long a call waits for the consumer's leader, which looks every second, and how often it asks, in ms. */
const WAIT_MS = 5_000;
const ASK_EVERY_MS = 100;

export interface PreviewedParked extends ParkedAt {
  /** What will be handled again, in order: the event and those that wait behind it, up to {@link PREVIEW}. */
  readonly preview: readonly StoredEvent[];
}

/** `pending`: the consumer's leader has not done it yet. */
export type SettledOutcome = 'handled' | 'skipped' | 'failed' | 'pending';

/** What became of a parked event. The same is recorded in the audit. */
export type Settled = Readonly<{
  id: string;
  consumer: string;
  request_id: string;
  event_id: string;
  event_type: string;
  position: string;
  outcome: SettledOutcome;
  /** Why it failed; null otherwise. */
  cause: string | null;
}>;

class ParkedEventNotFound extends Error {
  readonly code = 'not-found';
  constructor() {
    super('There is no such parked event. It may have been handled or skipped in the meantime.');
    this.name = 'ParkedEventNotFound';
  }
}

/** Events that a consumer could not handle, for auditors and operators. */
export class Parked {
  readonly #database: Queryable;
  readonly #store: EventStore;
  readonly #audit: AuditTrail;

  constructor(database: Queryable, store: EventStore, audit: AuditTrail) {
    this.#database = database;
    this.#store = store;
    this.#audit = audit;
  }

  /** A page of parked events, oldest first. Throws `DatabaseUnavailableError` and `EventStoreUnavailableError`. */
  async list(page: ParkedPage): Promise<readonly PreviewedParked[]> {
    const parked = await listParked(this.#database, page);
    const previews: PreviewedParked[] = [];
    for (let i = 0; i < parked.length; i += STREAMS_AT_ONCE) {
      previews.push(...(await Promise.all(parked.slice(i, i + STREAMS_AT_ONCE).map((one) => this.#previewed(one)))));
    }
    return previews;
  }

  /**
   * Has a parked event handled again, or skipped, and those behind it handled, and waits up to {@link WAIT_MS} for it. The action is recorded in
   * the audit. Doing it twice is harmless.
   *
   * @throws ParkedEventNotFound
   * @throws DatabaseUnavailableError, and the errors of {@link AuditTrail.perform}
   */
  async settle(
    id: string,
    wish: Wish,
    reason: string | null,
    call: OperatorCall,
  ): Promise<{ readonly result: Settled; readonly replayed: boolean }> {
    const parked = await findParked(this.#database, id);
    if (!parked) {
      const earlier = await this.#audit.recall(call);
      if (!earlier?.result) throw new ParkedEventNotFound();
      return { result: earlier.result as Settled, replayed: true };
    }
    const { consumer, stream, eventId, type, position } = parked;
    const place = { consumer, request_id: requestIdOf(stream), event_id: eventId, event_type: type };
    const parameters = { ...place, position: position.toString() };
    const action = { name: wish === 'retry' ? 'Retry' : 'Skip', target: id, reason, parameters } as const;
    return this.#audit.perform(action, call, async () => {
      await wishFor(this.#database, id, wish);
      return { id, ...parameters, ...(await this.#outcomeOf(parked)) };
    });
  }

  async #outcomeOf(before: ParkedAt): Promise<{ outcome: SettledOutcome; cause: string | null }> {
    const former = before.tries.at(-1)?.at;
    for (const until = Date.now() + WAIT_MS; ;) {
      const now = await findParked(this.#database, before.id);
      if (!now) {
        const isSkipped = await storedParkedEvents.isSkipped(this.#database, before.consumer, before.eventId);
        return { outcome: isSkipped ? 'skipped' : 'handled', cause: null };
      }
      const latest = now.tries.at(-1);
      if (now.wish === null && latest && latest.at !== former) return { outcome: 'failed', cause: latest.cause };
      if (Date.now() >= until) return { outcome: 'pending', cause: null };
      await pause(ASK_EVERY_MS);
    }
  }

  async #previewed(parked: ParkedAt): Promise<PreviewedParked> {
    const { stream, revision, behind } = parked;
    const maxCount = Math.min(behind + 1, PREVIEW);
    const { events } = await this.#store.readStream({ stream, from: revision, maxCount });
    return { ...parked, preview: events };
  }
}
