import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { EventStore, EventToAppend, StoredEvent } from '../event-store/event-store.ts';
import { AppendRefusedError, WrongExpectedRevisionError } from '../event-store/event-store.ts';
import type { Logger } from '../observability/logger.ts';
import type { Queryable } from '../postgres/database.ts';

/** The database was filled from another log than the one that is connected. */
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

/** An event that was handled, and speaks for the log in which it is found again. */
interface Witness {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
}

/** Of different streams, so that no single one that is deleted or truncated takes the proof with it. */
const MAX_WITNESSES = 8;

/** What events that were handled say of the connected log. */
export type Testimony = 'ours' | 'other' | 'none';

/** What the database knows of its log. */
export interface Known {
  /** Null: nothing has been noted yet. */
  readonly logId: string | null;
  readonly witnesses: readonly Witness[];
  /** The furthest place of any consumer; null when none has handled anything. */
  readonly furthest: bigint | null;
}

/** What the connected log says of itself. */
export interface Found {
  /** Null: it has no name. */
  readonly logId: string | null;
  /** Its newest position; null in an empty log. */
  readonly tail: bigint | null;
  readonly testimony: Testimony;
}

/** Whether the database was filled from another log than the one found. */
export function isAnotherLog(known: Known, found: Found): boolean {
  const endsTooEarly = known.furthest !== null && (found.tail === null || found.tail < known.furthest);
  const isNamedOtherwise = known.logId !== null && found.logId !== null && found.logId !== known.logId;
  const hasLostItsName = known.logId !== null && found.logId === null && known.furthest !== null;
  return (
    endsTooEarly || isNamedOtherwise || found.testimony === 'other' || (hasLostItsName && found.testimony !== 'ours')
  );
}

/** For each witness: true when it stands in its place, false when another event does, null when nothing does. */
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

/** Everything that was derived from the other log goes, at once; each consumer then begins anew. */
const BEGIN_ANEW = `
  WITH log AS (INSERT INTO event_log (log_id) VALUES ($1)
      ON CONFLICT (singleton) DO UPDATE SET log_id = excluded.log_id, witnesses = '[]'),
    forgotten AS (DELETE FROM truncated_requests)
  DELETE FROM checkpoints`;

/**
 * Tells whether the connected log is the one from which the database was filled. A log has an event of ours that names it. Where an
 * operator has deleted that, events that were handled speak for the log: one that is missing says nothing, one in whose place stands
 * another says that the log is another one, and so does a log that ends before what was handled. See docs/adr/0010.
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
    /** The stream that holds the naming event, and what makes one. */
    stream: string;
    identify: (logId: string) => EventToAppend;
    /** Build everything anew from a log that turns out to be another, instead of waiting for somebody to decide. */
    rebuilds: boolean;
  }) {
    this.#store = parts.store;
    this.#logger = parts.logger;
    this.#stream = parts.stream;
    this.#identify = parts.identify;
    this.#rebuilds = parts.rebuilds;
  }

  /** Throws {@link ForeignLogError} when the last proof found another log: nothing may be decided or read on both at once. */
  check(): void {
    if (this.#isForeign) throw new ForeignLogError();
  }

  /** Throws {@link ForeignLogError}, and what the store and the database throw. Names a log that has no name yet. */
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

  /** Notes events that were handled, some of them, to speak for the log later. */
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

  /** What the log calls itself; null when it does not. */
  async #read(): Promise<string | null> {
    const { events } = await this.#store.readStream({ stream: this.#stream, maxCount: 1 });
    return events[0]?.id ?? null;
  }

  /** Writes the name, and returns the one that is there: another instance may have been faster. */
  async #name(logId: string): Promise<string> {
    try {
      const events = [this.#identify(logId)];
      await this.#store.append({ stream: this.#stream, expectedRevision: 'no_stream', events });
    } catch (error) {
      // A stream that was deleted for good takes no name any more; the witnesses go on speaking for the log.
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
