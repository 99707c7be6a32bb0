import type { EventStore, StoredEvent } from '../event-store/event-store.ts';
import type { Logger } from '../observability/logger.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Checkpoints, Statement } from './checkpoints.ts';
import type { Changes, Consumer } from './consumer.ts';
import { causeOf, cutAt, inParts, isOfEvent, passedOver, skipUnknown } from './event-failure.ts';
import type { ParkedEvent, ParkedEvents, Wish } from './parked-events.ts';
import { hold, MAX_PARKED, noteSkipped, park, parkedAs, release, TooManyParkedError, tried } from './parked-events.ts';
import type { Progress } from './progress.ts';

/** Minimum interval between stored checkpoints when batches change nothing, in ms. */
const NOTE_EVERY_MS = 1_000;
/** How often the leader looks what operators want done with parked events, in ms, while there are any. */
const LOOK_EVERY_MS = 1_000;
/** Maximum number of parked events that are tried before live batches go on. */
const MAX_AT_ONCE = 10;
/** Maximum number of events of a stream that are handled together when they no longer wait. */
const MAX_TOGETHER = 500;

export interface BatchParts {
  readonly checkpoints: Checkpoints;
  readonly parked: ParkedEvents;
  /** Reads what has been waiting behind a parked event. */
  readonly readStream: EventStore['readStream'];
  readonly logger: Logger;
}

/** The connection that holds the lead, and a signal that is aborted when the lead is lost. */
export interface Term {
  readonly db: Queryable;
  readonly signal: AbortSignal;
}

/**
 * Hands batches to a consumer and commits its changes together with the checkpoint. An event that cannot be handled is parked in the same
 * commit, and from then on only the later events of its stream wait. See docs/adr/0017.
 */
export class Batches {
  readonly #consumer: Consumer;
  readonly #parts: BatchParts;
  readonly #progress: Progress;
  /** By stream. */
  readonly #parked = new Map<string, ParkedEvent>();
  /** The stored checkpoint; `progress.position` may be ahead of it after batches that changed nothing. */
  #stored: bigint | null = null;
  #storedAt = 0;
  #lookedAt = 0;

  constructor(consumer: Consumer, progress: Progress, parts: BatchParts) {
    this.#consumer = consumer;
    this.#progress = progress;
    this.#parts = parts;
  }

  /** The stored checkpoint. */
  get stored(): bigint | null {
    return this.#stored;
  }

  /** When the checkpoint was last stored here, as a `Date.now()` time in ms. */
  get storedAt(): number {
    return this.#storedAt;
  }

  /** Prepares the consumer and finds out where it stands. */
  async begin({ db }: Term): Promise<void> {
    const { name } = this.#consumer;
    await this.#consumer.prepare(db);
    const checkpoint = await this.#parts.checkpoints.read(db, name);
    if (!checkpoint) throw new Error(`Consumer ${name} has not said where it begins.`);
    this.#stored = checkpoint.position;
    this.#parked.clear();
    for (const parked of await this.#parts.parked.load(db, name)) this.#parked.set(parked.stream, parked);
    this.#progress.parked = this.#parked.size;
    this.#lookedAt = 0;
  }

  /** Handles a batch that reaches `upTo`. Events of streams with a parked event wait. Throws errors of the surroundings. */
  async handle(events: readonly StoredEvent[], upTo: bigint, term: Term): Promise<void> {
    await inParts(events, upTo, {
      apply: (part, end) => this.#apply(part, end, term),
      recover: () => this.#consumer.prepare(term.db),
      failed: (event, end, error) => this.#failed(event, end, error, term),
    });
  }

  /** Stores the checkpoint. Skipped if there are no statements and it would not move forward. */
  async moveTo(position: bigint, { db }: Term, statements: readonly Statement[] = []): Promise<void> {
    if (statements.length === 0 && this.#stored !== null && position <= this.#stored) return;
    await this.#parts.checkpoints.commit(db, this.#consumer.name, { from: this.#stored, to: position }, statements);
    this.#stored = position;
    this.#storedAt = Date.now();
  }

  /** In how many ms parked events have to be looked at; null if there are none. */
  get dueInMs(): number | null {
    return this.#parked.size === 0 ? null : Math.max(0, this.#lookedAt + LOOK_EVERY_MS - Date.now());
  }

  /** Tries parked events again that are due, or does what operators want. Throws errors of the surroundings. */
  async look(term: Term): Promise<void> {
    const wishes = await this.#parts.parked.wishes(term.db, this.#consumer.name);
    const now = new Date().toISOString();
    const due = [...this.#parked.values()].filter(
      ({ id, nextTryAt }) => wishes.has(id) || (nextTryAt !== null && nextTryAt <= now),
    );
    for (const parked of due.slice(0, MAX_AT_ONCE)) {
      term.signal.throwIfAborted();
      await this.#tryAgain(parked, wishes.get(parked.id) ?? 'retry', term);
    }
    this.#lookedAt = due.length > MAX_AT_ONCE ? 0 : Date.now();
  }

  async #apply(events: readonly StoredEvent[], upTo: bigint, term: Term): Promise<void> {
    term.signal.throwIfAborted();
    const waiting = new Map<string, number>();
    const free = this.#parked.size === 0 ? events : events.filter(({ stream }) => !this.#parked.has(stream));
    if (free.length < events.length)
      for (const { stream } of events)
        if (this.#parked.has(stream)) waiting.set(stream, (waiting.get(stream) ?? 0) + 1);
    const changes = free.length === 0 ? null : await this.#ask(free, term);
    if (!changes && waiting.size === 0 && Date.now() - this.#storedAt < NOTE_EVERY_MS) return;
    const held = waiting.size === 0 ? [] : [hold(this.#consumer.name, waiting)];
    await this.moveTo(upTo, term, [...(changes?.statements ?? []), ...held]);
    for (const [stream, more] of waiting) {
      const parked = this.#parked.get(stream);
      if (parked) this.#parked.set(stream, { ...parked, behind: parked.behind + more });
    }
    changes?.committed?.();
  }

  #ask(events: readonly StoredEvent[], { db, signal }: Term): Promise<Changes | null> {
    const skip = skipUnknown((event, error) => {
      this.#progress.skippedEvents += 1;
      this.#parts.logger.error({ err: error, position: event.position.toString() }, 'an event cannot be handled');
    });
    return this.#consumer.handle(events, { db, signal, skip });
  }

  /** Parks an event, or passes over it if an operator skipped it before. */
  async #failed(event: StoredEvent, upTo: bigint, error: unknown, term: Term): Promise<void> {
    const { name } = this.#consumer;
    if (await this.#parts.parked.isSkipped(term.db, name, event.id)) return this.#passOver(event, upTo, [], term);
    if (this.#parked.size >= MAX_PARKED) throw new TooManyParkedError(name);
    const parked = tried(parkedAs(event, 0), causeOf(error));
    await this.moveTo(upTo, term, [park(name, parked)]);
    this.#keep(parked.stream, parked);
    this.#note(parked);
  }

  /** Commits what the consumer makes of an event that it has to pass over; if it fails at that too, nothing of it. */
  async #passOver(event: StoredEvent, upTo: bigint, statements: readonly Statement[], term: Term): Promise<void> {
    try {
      const changes = await this.#ask([passedOver(event)], term);
      await this.moveTo(upTo, term, [...(changes?.statements ?? []), ...statements]);
      changes?.committed?.();
    } catch (error) {
      if (!isOfEvent(error)) throw error;
      await this.#consumer.prepare(term.db);
      await this.moveTo(upTo, term, statements);
    }
  }

  /** Handles a parked event, or passes over it, and then those that wait behind it, in order, up to where the live batches are. */
  async #tryAgain(parked: ParkedEvent, wish: Wish, term: Term): Promise<void> {
    const [stored, passed] = [this.#stored ?? parked.position, this.#progress.position ?? parked.position];
    const upTo = passed > stored ? passed : stored;
    const left = wish === 'skip' ? await this.#skip(parked, upTo, term) : parked;
    if (left) await this.#handleAgain(left, upTo, term);
  }

  /** Passes over a parked event. Returns the next of its stream, which is then the parked one, or null. */
  async #skip(parked: ParkedEvent, upTo: bigint, term: Term): Promise<ParkedEvent | null> {
    const { name } = this.#consumer;
    const { events, next } = await this.#waitingIn(parked, 1, upTo);
    const [first] = events;
    // It may have been deleted in the meantime.
    const isThere = first?.id === parked.eventId;
    const following = isThere ? next : first;
    const left = following ? parkedAs(following, Math.max(0, parked.behind - 1)) : null;
    const statements = [noteSkipped(name, parked), left ? park(name, left) : release(name, parked)];
    if (isThere) await this.#passOver(first, upTo, statements, term);
    else await this.moveTo(upTo, term, statements);
    this.#keep(parked.stream, left);
    return left;
  }

  /** Each commit takes along what remains parked. */
  async #handleAgain(parked: ParkedEvent, upTo: bigint, term: Term): Promise<void> {
    const { name } = this.#consumer;
    let size = MAX_TOGETHER;
    for (let left = parked; ;) {
      term.signal.throwIfAborted();
      const { events, next } = await this.#waitingIn(left, size, upTo);
      const [first] = events;
      try {
        const changes = first ? await this.#ask(events, term) : null;
        const rest = next ? parkedAs(next, Math.max(0, left.behind - events.length)) : null;
        const place = rest ? park(name, rest) : release(name, left);
        await this.moveTo(upTo, term, [...(changes?.statements ?? []), place]);
        changes?.committed?.();
        this.#keep(left.stream, rest);
        if (!rest) return;
        left = rest;
      } catch (error) {
        if (!isOfEvent(error) || !first) throw error;
        await this.#consumer.prepare(term.db);
        size = cutAt(events, error);
        if (size > 0) continue;
        const again = tried(first.id === left.eventId ? left : parkedAs(first, left.behind), causeOf(error));
        await this.moveTo(upTo, term, [park(name, again)]);
        this.#keep(again.stream, again);
        if (again.id !== parked.id) this.#note(again);
        return;
      }
    }
  }

  #keep(stream: string, parked: ParkedEvent | null): void {
    if (parked) this.#parked.set(stream, parked);
    else this.#parked.delete(stream);
    this.#progress.parked = this.#parked.size;
  }

  #note({ id, stream, eventId, type, position, tries }: ParkedEvent): void {
    this.#parts.logger.error(
      { parked: id, stream, event_id: eventId, type, position: position.toString(), cause: tries.at(-1)?.cause },
      'an event cannot be handled and is parked: later events of its stream wait',
    );
  }

  /** Up to `count` events of a stream, from the parked one on, and the one after them, none beyond `upTo`. What was deleted is left out. */
  async #waitingIn(
    { stream, revision }: ParkedEvent,
    count: number,
    upTo: bigint,
  ): Promise<{ readonly events: readonly StoredEvent[]; readonly next?: StoredEvent | undefined }> {
    const found: StoredEvent[] = [];
    for (let from = revision; found.length <= count;) {
      const page = await this.#parts.readStream({ stream, from, maxCount: count + 1 - found.length });
      const events = page.events.filter(({ position }) => position <= upTo);
      // System events never come to a consumer.
      found.push(...events.filter(({ type }) => !type.startsWith('$')));
      if (page.atEnd || events.length < page.events.length) break;
      from = (page.events.at(-1)?.revision ?? from) + 1;
    }
    return { events: found.slice(0, count), next: found[count] };
  }
}
