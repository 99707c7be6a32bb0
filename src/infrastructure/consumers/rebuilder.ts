import { setImmediate as turn } from 'node:timers/promises';
import { backoffMs, pause } from '../backoff.ts';
import type { StoredEvent } from '../event-store/event-store.ts';
import type { Logger } from '../observability/logger.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Checkpoints, Statement } from './checkpoints.ts';
import { RETRY_PAUSES } from './consumer.ts';
import type { Delivery, Follower } from './follower.ts';
import type { Lead, Leadership } from './leadership.ts';
import { causeOf, EventFailedError, inParts, passedOver, skipUnknown } from './event-failure.ts';
import type { ParkedEvents } from './parked-events.ts';
import type { Progress } from './progress.ts';
import type { ReadModel } from './rebuild.ts';
import { ensureShadow, noteFault, rebuildFault } from './rebuild.ts';
import { inShadow, rebuildOf, shadowOf, swap } from './shadow.ts';

/** How often the leader looks whether a rebuild is wanted, in ms. */
const LOOK_EVERY_MS = 2_000;
/** How often the checkpoint is stored when batches change nothing, in ms. */
const NOTE_EVERY_MS = 1_000;
/** How long live batches may stand still, in ms, until the rebuild has what they have. */
const STANDSTILL_MS = 2_000;
/** How long a batch waits at most for live events and waiting readers, in ms, so that the rebuild ends under any load. */
const YIELD_MS = 250;
/** A turn of the event loop that takes longer, in ms, means that the process has other work. */
const BUSY_MS = 5;

/** Live batches stand still. */
export interface Standstill {
  /** The stored checkpoint of the live tables. */
  readonly position: bigint | null;
  /** Must be called, whatever happens. */
  readonly resume: () => void;
}

/** The consumer as its runner leads it. */
export interface Live {
  /** The connection that holds the lead. */
  readonly db: Queryable;
  readonly progress: Progress;
  /** Rejects if the lead is lost. */
  standStill(): Promise<Standstill>;
}

export interface RebuilderParts {
  readonly lead: Lead;
  readonly checkpoints: Checkpoints;
  readonly parked: ParkedEvents;
  /** Follows the log after a position; null for its start. Tells `onArrival` how many events have come. */
  readonly follow: (after: bigint | null, onArrival: (events: number) => void) => Follower;
  readonly logger: Logger;
}

/**
 * Rebuilds a read model while its tables are read and kept live: fills shadow tables from the log, on a connection of its own, then swaps
 * the two. What it has done is kept with its own checkpoint, so it goes on after a failure. At an event that cannot be handled it stops, unless
 * an operator skipped that event. See docs/adr/0016 and 0017.
 */
export class Rebuilder {
  readonly #readModel: ReadModel;
  readonly #live: Live;
  readonly #parts: RebuilderParts;

  constructor(readModel: ReadModel, live: Live, parts: RebuilderParts) {
    this.#readModel = readModel;
    this.#live = live;
    this.#parts = parts;
  }

  /**
   * Carries out every rebuild that is asked for, until `signal` is aborted. Tries again after errors. A rebuild that stopped at an event goes
   * on when it is asked for again.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { logger } = this.#parts;
    let failures = 0;
    while (await pause(failures === 0 ? LOOK_EVERY_MS : backoffMs(failures, RETRY_PAUSES), signal)) {
      try {
        if (await this.#isWanted()) await this.#rebuild(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof EventFailedError && (await this.#stopAt(error))) continue;
        if (failures === 0) logger.warn({ err: error }, 'a rebuild was interrupted, trying again');
        failures += 1;
      }
    }
  }

  async #isWanted(): Promise<boolean> {
    const { db } = this.#live;
    const { name } = this.#readModel;
    return (
      (await this.#parts.checkpoints.read(db, rebuildOf(name))) !== null && (await rebuildFault(db, name)) === null
    );
  }

  /** False if it could not be noted. */
  async #stopAt(error: EventFailedError): Promise<boolean> {
    const { id, type, position } = error.event;
    const cause = causeOf(error);
    const fault = { position: position.toString(), event_id: id, type: type.replaceAll('\0', '').slice(0, 200), cause };
    this.#parts.logger.error(fault, 'a rebuild stopped at an event that cannot be handled');
    return noteFault(this.#live.db, this.#readModel.name, fault).then(
      () => true,
      () => false,
    );
  }

  async #rebuild(signal: AbortSignal): Promise<void> {
    const { lead, logger } = this.#parts;
    const { name } = this.#readModel;
    const createTwin = this.#readModel.twin?.bind(this.#readModel);
    if (!createTwin) {
      // The tables are built anew when they are next prepared.
      (await this.#live.standStill()).resume();
      return;
    }
    // The lock keeps off a former leader that has not noticed yet.
    const own = await lead(rebuildOf(name), signal, () => Promise.resolve());
    try {
      // A plan for empty tables must not be kept while they grow.
      await own.db.query({ text: 'SET plan_cache_mode = force_custom_plan' });
      await ensureShadow(createTwin(), own.db);
      await new Filling(createTwin, own, this.#live, this.#parts).run(AbortSignal.any([signal, own.lost]));
      logger.info('the read model was rebuilt');
    } finally {
      this.#live.progress.rebuild = null;
      await own.release();
    }
  }
}

/** Fills the shadow tables up to the live ones and swaps them. */
class Filling {
  readonly #createTwin: () => ReadModel;
  #twin: ReadModel;
  readonly #own: Leadership;
  readonly #live: Live;
  readonly #parts: RebuilderParts;
  readonly #shadow: Queryable;
  readonly #begunAt = performance.now();
  #begunFrom = 0n;
  #stored: bigint | null = null;
  #storedAt = 0;
  #position: bigint | null = null;
  #events = 0;

  constructor(createTwin: () => ReadModel, own: Leadership, live: Live, parts: RebuilderParts) {
    this.#createTwin = createTwin;
    this.#twin = createTwin();
    this.#own = own;
    this.#live = live;
    this.#parts = parts;
    this.#shadow = shadowOf(own.db, this.#twin.tables);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { name, version, tables } = this.#twin;
    const checkpoint = await this.#parts.checkpoints.read(this.#own.db, rebuildOf(name));
    this.#position = this.#stored = checkpoint?.position ?? null;
    this.#begunFrom = this.#position ?? 0n;
    this.#report();
    const follower = this.#parts.follow(this.#position, () => undefined);
    const close = (): void => follower.close();
    signal.addEventListener('abort', close, { once: true });
    let still: Standstill | null = null;
    let limit: NodeJS.Timeout | undefined;
    try {
      for (;;) {
        const batch = await follower.take();
        if (!batch || signal.aborted) throw new Error('The shadow tables cannot be filled further.');
        await this.#handle(batch, signal);
        if (!still && !this.#isNear(batch)) {
          await this.#yield(signal);
          continue;
        }
        if (!still) {
          // Otherwise the first readers would get plans for empty tables.
          await this.#shadow.query({ text: `ANALYZE ${tables.join(', ')}` });
          still = await this.#live.standStill();
          limit = setTimeout(close, STANDSTILL_MS);
        }
        if (still.position !== null && batch.position < still.position) continue;
        await this.#store(batch.position, []);
        await swap(this.#live.db, { name, version, tables, from: still.position, to: this.#stored });
        return;
      }
    } finally {
      clearTimeout(limit);
      signal.removeEventListener('abort', close);
      follower.close();
      still?.resume();
    }
  }

  async #handle({ events, position }: Delivery, signal: AbortSignal): Promise<void> {
    await inParts(events, position, {
      apply: (part, upTo) => this.#apply(part, upTo, signal),
      recover: async () => {
        await this.#own.db.query({ text: 'ROLLBACK' });
        // The former one may remember what was not committed.
        this.#twin = this.#createTwin();
      },
      failed: async (event, upTo, error) => {
        if (!(await this.#parts.parked.isSkipped(this.#own.db, this.#twin.name, event.id)))
          throw error instanceof EventFailedError ? error : new EventFailedError(event, error);
        await this.#apply([passedOver(event)], upTo, signal);
      },
    });
    this.#events += events.length;
    this.#report();
  }

  async #apply(events: readonly StoredEvent[], upTo: bigint, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const skip = skipUnknown((event, error) =>
      this.#parts.logger.error({ err: error, position: event.position.toString() }, 'an event cannot be handled'),
    );
    const batch = { db: this.#shadow, signal, skip, copies: true };
    const changes = events.length === 0 ? null : await this.#twin.handle(events, batch);
    if (changes) {
      const { statements, copies = [] } = changes;
      if (copies.length === 0) await this.#store(upTo, statements);
      else {
        await this.#own.db.query({ text: 'BEGIN' });
        for (const copy of copies) {
          await this.#own.copy({ ...copy, table: inShadow(copy.table, this.#twin.tables) });
        }
        await this.#commit(upTo, statements);
        await this.#own.db.query({ text: 'COMMIT' });
        this.#noteStored(upTo);
      }
      changes.committed?.();
    } else if (Date.now() - this.#storedAt >= NOTE_EVERY_MS) await this.#store(upTo, []);
    this.#position = upTo;
  }

  /** Stores the checkpoint. Skipped if there are no statements and it would not move. */
  async #store(to: bigint, statements: readonly Statement[]): Promise<void> {
    if (statements.length === 0 && this.#stored === to) return;
    await this.#commit(to, statements);
    this.#noteStored(to);
  }

  async #commit(to: bigint, statements: readonly Statement[]): Promise<void> {
    const move = { from: this.#stored, to };
    await this.#parts.checkpoints.commit(this.#shadow, rebuildOf(this.#twin.name), move, statements);
  }

  #noteStored(to: bigint): void {
    this.#stored = to;
    this.#storedAt = Date.now();
  }

  #isNear({ position, caughtUp }: Delivery): boolean {
    const live = this.#live.progress.position;
    return caughtUp || (live !== null && position >= live);
  }

  #report(): void {
    const live = this.#live.progress.position;
    const done = Number((this.#position ?? 0n) - this.#begunFrom);
    const left = Math.max(Number((live ?? 0n) - (this.#position ?? 0n)), 0);
    const etaMs = done === 0 ? null : Math.round(((performance.now() - this.#begunAt) / done) * left);
    this.#live.progress.rebuild = { position: this.#position, events: this.#events, etaMs };
  }

  /** Lets other work go first. */
  async #yield(signal: AbortSignal): Promise<void> {
    const { progress } = this.#live;
    const begun = performance.now();
    await turn();
    const busyMs = performance.now() - begun;
    if (busyMs > BUSY_MS) await pause(Math.min(4 * busyMs, YIELD_MS), signal);
    while ((progress.pendingEvents > 0 || progress.awaited) && performance.now() - begun < YIELD_MS) {
      if (!(await pause(BUSY_MS, signal))) return;
    }
  }
}
