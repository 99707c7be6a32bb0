import type pg from 'pg';
import type { StoredEvent } from '../event-store/event-store.ts';
import type { Queryable } from '../postgres/database.ts';
import { rowsOf } from '../postgres/database.ts';
import { timeOrderedId } from '../time-ordered-id.ts';
import type { Statement } from './checkpoints.ts';

/** A try to handle a parked event. */
export interface Try {
  readonly at: string;
  /** Never contains text of requests. */
  readonly cause: string;
}

/** What an operator wants done with a parked event. */
export type Wish = 'retry' | 'skip';

/** An event that a consumer could not handle. Later events of its stream wait for it. */
export interface ParkedEvent {
  /** Changes with the event. */
  readonly id: string;
  readonly stream: string;
  readonly eventId: string;
  readonly type: string;
  readonly position: bigint;
  readonly revision: number;
  readonly parkedAt: string;
  /** The latest, oldest first. */
  readonly tries: readonly Try[];
  /** Number of later events of the stream that wait. */
  readonly behind: number;
  /** When it is next tried without being asked; null if it is left to an operator. */
  readonly nextTryAt: string | null;
  readonly wish: Wish | null;
}

/** Maximum number of parked events per consumer: beyond it, something else is wrong, and the consumer stops. */
export const MAX_PARKED = 1_000;
/** Number of tries that are kept. */
const MAX_TRIES = 10;
const MAX_TYPE = 200;
/** How long after each failed try the next follows by itself, in ms. After these it is left to an operator. */
const TRY_AGAIN_AFTER_MS = [1_000, 10_000];

/** A consumer has {@link MAX_PARKED} parked events. */
export class TooManyParkedError extends Error {
  readonly code = 'too-many-parked';
  constructor(consumer: string) {
    super(`${consumer} could not handle ${MAX_PARKED} events and stops before the next.`);
    this.name = 'TooManyParkedError';
  }
}

/** Reads what is parked. Writes are statements that are committed with a checkpoint. */
export interface ParkedEvents {
  /** All parked events of a consumer. */
  load(database: Queryable, consumer: string): Promise<readonly ParkedEvent[]>;
  /** The parked events for which an operator wants something, by id. */
  wishes(database: Queryable, consumer: string): Promise<ReadonlyMap<string, Wish>>;
  /** Whether an operator has skipped this event for the consumer. */
  isSkipped(database: Queryable, consumer: string, eventId: string): Promise<boolean>;
}

/** A parked event without tries, due at once. `behind`: number of later events of the stream that wait. */
export function parkedAs(event: StoredEvent, behind: number): ParkedEvent {
  const now = new Date().toISOString();
  return {
    id: timeOrderedId(),
    stream: event.stream,
    eventId: event.id,
    // PostgreSQL cannot store NUL.
    type: event.type.replaceAll('\0', '').slice(0, MAX_TYPE),
    position: event.position,
    revision: event.revision,
    parkedAt: now,
    tries: [],
    behind,
    nextTryAt: now,
    wish: null,
  };
}

/** The parked event after another try. */
export function tried(parked: ParkedEvent, cause: string): ParkedEvent {
  const now = Date.now();
  const tries = [...parked.tries, { at: new Date(now).toISOString(), cause }].slice(-MAX_TRIES);
  const againAfterMs = TRY_AGAIN_AFTER_MS[tries.length - 1];
  const nextTryAt = againAfterMs === undefined ? null : new Date(now + againAfterMs).toISOString();
  return { ...parked, tries, nextTryAt, wish: null };
}

/** A wish to retry is over after a try; that to skip another event of the stream, too. */
export const PARK = `
  INSERT INTO parked_events
    (consumer, stream, id, event_id, type, position, revision, parked_at, tries, behind, next_try_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  ON CONFLICT (consumer, stream) DO UPDATE SET
    id = excluded.id, event_id = excluded.event_id, type = excluded.type, position = excluded.position,
    revision = excluded.revision, parked_at = excluded.parked_at, tries = excluded.tries, behind = excluded.behind,
    next_try_at = excluded.next_try_at,
    wish = CASE WHEN parked_events.id = excluded.id THEN nullif(parked_events.wish, 'retry') END
`;
export const HOLD = `
  UPDATE parked_events SET behind = behind + more FROM json_to_recordset($2::json) AS held (stream text, more integer)
  WHERE parked_events.consumer = $1 AND parked_events.stream = held.stream
`;
export const RELEASE = 'DELETE FROM parked_events WHERE consumer = $1 AND stream = $2';
export const NOTE_SKIPPED = `
  INSERT INTO skipped_events (consumer, event_id, stream, position) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
`;

/** Parks an event, or replaces what is parked of its stream. */
export function park(consumer: string, parked: ParkedEvent): Statement {
  const { stream, id, eventId, type, position, revision, parkedAt, tries, behind, nextTryAt } = parked;
  const place = [position.toString(), revision, parkedAt];
  return {
    text: PARK,
    values: [consumer, stream, id, eventId, type, ...place, JSON.stringify(tries), behind, nextTryAt],
  };
}

/** Counts later events that wait, by stream. */
export function hold(consumer: string, more: ReadonlyMap<string, number>): Statement {
  const held = [...more].map(([stream, events]) => ({ stream, more: events }));
  return { text: HOLD, values: [consumer, JSON.stringify(held)] };
}

/** Nothing of the stream is parked any more. */
export function release(consumer: string, { stream }: ParkedEvent): Statement {
  return { text: RELEASE, values: [consumer, stream] };
}

/** Records that an operator skipped the event. */
export function noteSkipped(consumer: string, { eventId, stream, position }: ParkedEvent): Statement {
  return { text: NOTE_SKIPPED, values: [consumer, eventId, stream, position.toString()] };
}

interface ParkedRow extends pg.QueryResultRow {
  readonly id: string;
  readonly consumer: string;
  readonly stream: string;
  readonly event_id: string;
  readonly type: string;
  readonly position: string;
  readonly revision: number;
  readonly parked_at: string;
  readonly tries: readonly Try[];
  readonly behind: number;
  readonly next_try_at: string | null;
  readonly wish: Wish | null;
}

const SELECT = `SELECT id, consumer, stream, event_id, type, position, revision, parked_at, tries, behind, next_try_at, wish
  FROM parked_events`;

function fromRow({ event_id, position, parked_at, next_try_at, ...row }: ParkedRow): ParkedAt {
  return { ...row, eventId: event_id, position: BigInt(position), parkedAt: parked_at, nextTryAt: next_try_at };
}

/** In PostgreSQL. */
export const storedParkedEvents: ParkedEvents = {
  load: async (database, consumer) => {
    const { rows } = await database.query<ParkedRow>({ text: `${SELECT} WHERE consumer = $1`, values: [consumer] });
    return rows.map(fromRow);
  },
  wishes: async (database, consumer) => {
    const { rows } = await database.query<{ id: string; wish: Wish }>({
      name: 'parked-wishes',
      text: 'SELECT id, wish FROM parked_events WHERE consumer = $1 AND wish IS NOT NULL',
      values: [consumer],
    });
    return new Map(rows.map(({ id, wish }) => [id, wish]));
  },
  isSkipped: async (database, consumer, eventId) => {
    const { rows } = await database.query({
      text: 'SELECT 1 FROM skipped_events WHERE consumer = $1 AND event_id = $2',
      values: [consumer, eventId],
    });
    return rows.length > 0;
  },
};

/** A parked event and the consumer that could not handle it. */
export interface ParkedAt extends ParkedEvent {
  readonly consumer: string;
}

export interface ParkedPage {
  /** Null for all consumers. */
  readonly consumer: string | null;
  /** Only those after the one with this id. */
  readonly after: string | null;
  readonly limit: number;
}

/** Parked events in the order in which they were parked. Throws `DatabaseUnavailableError`. */
export async function listParked(
  database: Queryable,
  { consumer, after, limit }: ParkedPage,
): Promise<readonly ParkedAt[]> {
  const rows = await rowsOf<ParkedRow>(database, {
    name: 'list-parked',
    text: `${SELECT} WHERE ($1::text IS NULL OR consumer = $1) AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`,
    values: [consumer, after, limit],
  });
  return rows.map(fromRow);
}

/** Null if there is no such parked event. Throws `DatabaseUnavailableError`. */
export async function findParked(database: Queryable, id: string): Promise<ParkedAt | null> {
  const [row] = await rowsOf<ParkedRow>(database, {
    name: 'get-parked',
    text: `${SELECT} WHERE id = $1`,
    values: [id],
  });
  return row ? fromRow(row) : null;
}

/** Notes what an operator wants done with a parked event. The consumer's leader does it. Throws `DatabaseUnavailableError`. */
export async function wishFor(database: Queryable, id: string, wish: Wish): Promise<void> {
  const text = 'UPDATE parked_events SET wish = $2 WHERE id = $1';
  await rowsOf(database, { name: 'wish-for-parked', text, values: [id, wish] });
}

/** Number of parked events by consumer; consumers without any are left out. */
export async function countParked(database: Queryable): Promise<ReadonlyMap<string, number>> {
  const { rows } = await database.query<{ consumer: string; parked: number }>({
    name: 'count-parked',
    text: 'SELECT consumer, count(*)::integer AS parked FROM parked_events GROUP BY consumer',
  });
  return new Map(rows.map(({ consumer, parked }) => [consumer, parked]));
}
