import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { EventStore, EventToAppend, StoredEvent } from '../event-store/event-store.ts';
import { AppendRefusedError, WrongExpectedRevisionError } from '../event-store/event-store.ts';
import type { Logger } from '../observability/logger.ts';
import type { Queryable } from '../postgres/database.ts';

/** The database was filled from another log than the connected one. */
export class ForeignLogError extends Error {
  readonly code = 'foreign-log';
  constructor() {
    super(
      "The database belongs to another log: the event store's data was replaced, or the connection string leads elsewhere. Connect the " +
        'right one, or start with AUTOMATION_REBUILD_ON_FOREIGN_LOG=true: the read model is then built anew from this log.',
    );
    this.name = 'ForeignLogError';
  }
}

/** A handled event. Finding it again shows that the log is the same. */
interface Witness {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
}

/** Each from a different stream, so that deleting or truncating one stream does not remove all evidence. */
const MAX_WITNESSES = 8;

/** What the witnesses say about the connected log; `none` if none of them was found. */
export type Testimony = 'ours' | 'other' | 'none';

/** What the database knows about its log. */
export interface Known {
  /** Null if none is stored yet. */
  readonly logId: string | null;
  readonly witnesses: readonly Witness[];
  /** The highest checkpoint of any consumer; null if no event has been handled. */
  readonly furthest: bigint | null;
}

/** What was found in the connected log. */
export interface Found {
  /** Id of the naming event; null if there is none. */
  readonly logId: string | null;
  /** Position of the newest event; null for an empty log. */
  readonly tail: bigint | null;
  readonly testimony: Testimony;
}

/** Whether the database was filled from another log than the connected one. */
export function isAnotherLog(known: Known, found: Found): boolean {
  const endsTooEarly = known.furthest !== null && (found.tail === null || found.tail < known.furthest);
  const isNamedOtherwise = known.logId !== null && found.logId !== null && found.logId !== known.logId;
  const hasLostItsName = known.logId !== null && found.logId === null && known.furthest !== null;
  return (
    endsTooEarly || isNamedOtherwise || found.testimony === 'other' || (hasLostItsName && found.testimony !== 'ours')
  );
}

/** `answers` has one entry per witness: true if it is in its place, false if another event is, null if there is no event. */
export function testimonyOf(answers: readonly (boolean | null)[]): Testimony {
  if (answers.includes(false)) return 'other';
  return answers.includes(true) ? 'ours' : 'none';
}

interface KnownRow extends pg.QueryResultRow {
  log_id: string | null;
  witnesses: readonly Witness[] | null;
  furthest: string | null;
  last_events: readonly Witness[] | null;
}

const READ = `
  SELECT (SELECT log_id FROM event_log) AS log_id, (SELECT witnesses FROM event_log) AS witnesses, max(position) AS furthest,
    json_agg(json_build_object('id', event_id, 'stream', event_stream, 'revision', event_revision))
      FILTER (WHERE event_id IS NOT NULL) AS last_events
  FROM checkpoints`;

/** Deletes everything derived from the other log, atomically. Each consumer then starts over. */
const BEGIN_ANEW = `
  WITH log AS (INSERT INTO event_log (log_id) VALUES ($1)
      ON CONFLICT (singleton) DO UPDATE SET log_id = excluded.log_id, witnesses = '[]'),
    forgotten AS (DELETE FROM truncated_requests)
  DELETE FROM checkpoints`;

/**
 * Checks that the connected log is the one the database was filled from. Each log contains an event that names it. In case an operator
 * has deleted that event, some handled events serve as witnesses: a missing one proves nothing, but another event in its place means that
 * the log is another one. So does a log that ends before the highest checkpoint. See docs/adr/0010.
 */
export class LogIdentity {
  readonly #store: EventStore;
  readonly #logger: Logger;
  readonly #stream: string;
  readonly #identify: (logId: string) => EventToAppend;
  readonly #rebuilds: boolean;
  readonly #witnesses = new Map<string, Witness>();
  #isForeign = false;

  constructor(parts: {
    store: EventStore;
    logger: Logger;
    /** The stream that holds the naming event. */
    stream: string;
    /** Creates the naming event; its id is the log id. */
    identify: (logId: string) => EventToAppend;
    /** If the log is another one, rebuild everything from it instead of waiting for an operator. */
    rebuilds: boolean;
  }) {
    this.#store = parts.store;
    this.#logger = parts.logger;
    this.#stream = parts.stream;
    this.#identify = parts.identify;
    this.#rebuilds = parts.rebuilds;
  }

  /** Throws {@link ForeignLogError} if the last `prove` found another log: log and read model do not belong together. */
  check(): void {
    if (this.#isForeign) throw new ForeignLogError();
  }

  /** Compares log and database; names the log if it has no name. Throws {@link ForeignLogError} and errors of store and database. */
  async prove(database: Queryable): Promise<void> {
    const [known, tail, found] = [await readKnown(database), await this.#store.tail(), await this.#read()];
    const testimony = await this.#testimony(known.witnesses);
    if (isAnotherLog(known, { logId: found, tail, testimony })) {
      if (!this.#rebuilds) {
        this.#isForeign = true;
        throw new ForeignLogError();
      }
      this.#logger.warn('another log is connected: the read model is built anew from it');
      this.#witnesses.clear();
      await database.query({ text: BEGIN_ANEW, values: [found ?? (await this.#name(randomUUID()))] });
    } else {
      const logId = found ?? (await this.#name(known.logId ?? randomUUID()));
      const text = 'INSERT INTO event_log (log_id) VALUES ($1) ON CONFLICT DO NOTHING';
      if (known.logId === null) await database.query({ text, values: [logId] });
      for (const witness of known.witnesses) this.#keep(witness);
    }
    this.#isForeign = false;
  }

  /** Stores some of the handled events as witnesses. */
  async witness(events: readonly StoredEvent[], database: Queryable): Promise<void> {
    for (const { id, stream, revision } of events.slice(-2 * MAX_WITNESSES)) this.#keep({ id, stream, revision });
    const values = [JSON.stringify([...this.#witnesses.values()])];
    await database.query({ text: 'UPDATE event_log SET witnesses = $1', values });
  }

  #keep(witness: Witness): void {
    this.#witnesses.delete(witness.stream);
    this.#witnesses.set(witness.stream, witness);
    const [oldest] = this.#witnesses.keys();
    if (this.#witnesses.size > MAX_WITNESSES && oldest !== undefined) this.#witnesses.delete(oldest);
  }

  async #testimony(witnesses: readonly Witness[]): Promise<Testimony> {
    const answers = await Promise.all(
      witnesses.map(async ({ id, stream, revision }) => {
        const [event] = (await this.#store.readStream({ stream, from: revision, maxCount: 1 })).events;
        return event?.revision === revision ? event.id === id : null;
      }),
    );
    return testimonyOf(answers);
  }

  /** The name of the log; null if it has none. */
  async #read(): Promise<string | null> {
    const { events } = await this.#store.readStream({ stream: this.#stream, maxCount: 1 });
    return events[0]?.id ?? null;
  }

  /** Names the log and returns its name, which may be another instance's. */
  async #name(logId: string): Promise<string> {
    try {
      const events = [this.#identify(logId)];
      await this.#store.append({ stream: this.#stream, expectedRevision: 'no_stream', events });
    } catch (error) {
      // A tombstoned stream takes no more events; the witnesses still identify the log.
      if (error instanceof AppendRefusedError) this.#logger.warn({ err: error }, 'the log cannot be named');
      else if (!(error instanceof WrongExpectedRevisionError)) throw error;
    }
    return (await this.#read()) ?? logId;
  }
}

async function readKnown(database: Queryable): Promise<Known> {
  const { rows } = await database.query<KnownRow>({ text: READ });
  const { log_id = null, witnesses, furthest = null, last_events } = rows[0] ?? {};
  return {
    logId: log_id,
    witnesses: [...(witnesses ?? []), ...(last_events ?? [])],
    furthest: furthest === null ? null : BigInt(furthest),
  };
}
