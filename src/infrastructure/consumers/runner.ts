import { backoffMs, pause } from '../backoff.ts';
import type { Logger } from '../observability/logger.ts';
import type { BatchParts, Term } from './batches.ts';
import { Batches } from './batches.ts';
import type { Consumer } from './consumer.ts';
import { RETRY_PAUSES } from './consumer.ts';
import type { Delivery, Follower } from './follower.ts';
import type { LogIdentity } from './log-identity.ts';
import { ForeignLogError } from './log-identity.ts';
import { Progress } from './progress.ts';
import { isReadModel, NewerReadModelError } from './rebuild.ts';
import type { RebuilderParts, Standstill } from './rebuilder.ts';
import { Rebuilder } from './rebuilder.ts';

/** Minimum interval between stored checkpoints when batches have no events, in ms: a restart then need not pass foreign events again. */
const NOTE_PASSING_EVERY_MS = 5_000;
/** Minimum interval between stored witnesses, in ms; see `LogIdentity`. */
const WITNESS_EVERY_MS = 10_000;

export interface RunnerParts extends RebuilderParts, BatchParts {
  readonly log: Pick<LogIdentity, 'prove' | 'witness'>;
}

/**
 * Runs one consumer for the life of the process: waits for the lead, follows the log after the checkpoint, passes batches to the consumer and
 * commits their changes together with the checkpoint; an event that cannot be handled is parked. After any other error it retries from the
 * checkpoint, indefinitely, with backoff and jitter. No batch is skipped.
 */
export class Runner {
  readonly progress = new Progress();
  readonly #consumer: Consumer;
  readonly #parts: RunnerParts;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  readonly #batches: Batches;
  #witnessedAt = 0;
  #failures = 0;
  #follower: Follower | null = null;
  /** Set when live batches should stop. */
  #stopping: PromiseWithResolvers<Standstill> | null = null;

  constructor(consumer: Consumer, parts: RunnerParts) {
    this.#consumer = consumer;
    this.#parts = parts;
    this.#logger = parts.logger.child({ consumer: consumer.name });
    this.#batches = new Batches(consumer, this.progress, { ...parts, logger: this.#logger });
  }

  get name(): string {
    return this.#consumer.name;
  }

  get consumer(): Consumer {
    return this.#consumer;
  }

  start(): void {
    this.#running = this.#runForEver();
  }

  /** Stops after the current batch. Pending batches are handled after the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.progress.state = 'stopped';
  }

  async #runForEver(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#runOnce(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#note(error);
        await pause(backoffMs(this.#failures, RETRY_PAUSES), signal);
      }
    }
  }

  /** Runs from taking the lead to the first error. */
  async #runOnce(stop: AbortSignal): Promise<void> {
    const { progress } = this;
    const { lead, log } = this.#parts;
    let isProved = false;
    const leadership = await lead(this.name, stop, async (db) => {
      // A standby answers requests too, so it also needs the proof.
      if (!isProved) await log.prove(db);
      isProved = true;
      progress.standBy();
    });
    const failed = new AbortController();
    const signal = AbortSignal.any([stop, leadership.lost, failed.signal]);
    let rebuilding: Promise<void> = Promise.resolve();
    try {
      await log.prove(leadership.db);
      if (isReadModel(this.#consumer)) {
        const live = { db: leadership.db, progress, standStill: () => this.#standStill(signal) };
        const parts = { ...this.#parts, logger: this.#logger };
        rebuilding = new Rebuilder(this.#consumer, live, parts).run(signal);
      }
      const term = { db: leadership.db, signal };
      while (!signal.aborted) {
        await this.#batches.begin(term);
        progress.term += 1;
        progress.state = 'catching_up';
        progress.position = this.#batches.stored;
        await this.#follow(term);
        await this.#stand();
      }
    } finally {
      failed.abort();
      this.#stopping?.reject(new Error('The lead was lost.'));
      this.#stopping = null;
      await rebuilding;
      await leadership.release();
    }
  }

  /** Stops after the current batch, until told to go on. The consumer is then prepared again, since its tables may be others. */
  #standStill(signal: AbortSignal): Promise<Standstill> {
    if (signal.aborted) return Promise.reject(new Error('The lead was lost.'));
    this.#stopping = Promise.withResolvers<Standstill>();
    this.#follower?.close();
    return this.#stopping.promise;
  }

  async #stand(): Promise<void> {
    const stopping = this.#stopping;
    this.#stopping = null;
    if (!stopping) return;
    await new Promise<void>((resume) => stopping.resolve({ position: this.#batches.stored, resume }));
  }

  async #follow(term: Term): Promise<void> {
    const { progress } = this;
    const { signal } = term;
    const batches = this.#batches;
    const follower = this.#parts.follow(progress.position, (events) => {
      progress.pendingEvents += events;
      progress.behindSince ??= Date.now();
    });
    const close = (): void => follower.close();
    signal.addEventListener('abort', close, { once: true });
    progress.onWaiter(() => follower.hurry());
    this.#follower = follower;
    let taking: Promise<Delivery | null> | null = null;
    try {
      while (!signal.aborted && !this.#stopping) {
        if (batches.dueInMs === 0) await batches.look(term);
        taking ??= follower.take(progress.awaited ? 0 : this.#consumer.gatherMs);
        const batch = await orDue(taking, batches.dueInMs);
        if (batch === undefined) continue;
        taking = null;
        if (!batch) break;
        // The awaited event may be in the next batch.
        if (progress.awaited) follower.hurry();
        if (batch.touched.length > 0) await this.#consumer.touched?.(batch.touched);
        if (batch.events.length > 0) await this.#handle(batch, term);
        else if (Date.now() - batches.storedAt >= NOTE_PASSING_EVERY_MS) await batches.moveTo(batch.position, term);
        progress.pendingEvents -= batch.events.length;
        progress.rate.add(batch.events.length);
        this.#arrived(batch.position, batch.caughtUp);
      }
    } finally {
      signal.removeEventListener('abort', close);
      follower.close();
      this.#follower = null;
      progress.pendingEvents = 0;
    }
    if (!signal.aborted && !this.#stopping) throw new Error('The subscription ended.');
    if (signal.aborted && !this.#stop.signal.aborted) throw new Error('The connection that held the lead was lost.');
    // So that the next start does not pass foreign events again.
    if (progress.position !== null) await batches.moveTo(progress.position, term);
  }

  async #handle({ events, position }: Delivery, term: Term): Promise<void> {
    await this.#batches.handle(events, position, term);
    if (Date.now() - this.#witnessedAt < WITNESS_EVERY_MS) return;
    this.#witnessedAt = Date.now();
    await this.#parts.log.witness(events, term.db);
  }

  #arrived(position: bigint, caughtUp: boolean): void {
    const { progress } = this;
    this.#failures = 0;
    progress.lastError = null;
    progress.moved(position, caughtUp);
    if (caughtUp) {
      progress.state = 'live';
      progress.behindSince = progress.pendingEvents > 0 ? Date.now() : null;
    }
  }

  #note(error: unknown): void {
    const { progress } = this;
    const { message, code } = error as { message?: string; code?: unknown };
    progress.state = stateAfter(error);
    progress.lastError = typeof code === 'string' ? code : 'internal-error';
    progress.behindSince ??= Date.now();
    // Only the first of several failures in a row is logged.
    if (this.#failures === 0)
      this.#logger.warn({ err: error }, `consumer failed, trying again: ${message?.slice(0, 200)}`);
    this.#failures += 1;
  }
}

function stateAfter(error: unknown): 'foreign_log' | 'superseded' | 'retrying' {
  if (error instanceof ForeignLogError) return 'foreign_log';
  return error instanceof NewerReadModelError ? 'superseded' : 'retrying';
}

/** Waits for a batch; undefined after `dueInMs`, if given. */
async function orDue<T>(taking: Promise<T>, dueInMs: number | null): Promise<T | undefined> {
  if (dueInMs === null) return taking;
  let timer: NodeJS.Timeout | undefined;
  const due = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), dueInMs);
  });
  return Promise.race([taking, due]).finally(() => clearTimeout(timer));
}
