import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type pg from 'pg';
import type { Consumer, ConsumerKind } from '../../infrastructure/consumers/consumer.ts';
import type { ConsumerStatus } from '../../infrastructure/consumers/consumer-status.ts';
import { noteStatuses, readStatuses, statusOf } from '../../infrastructure/consumers/consumer-status.ts';
import { countParked } from '../../infrastructure/consumers/parked-events.ts';
import { isReadModel } from '../../infrastructure/consumers/rebuild.ts';
import type { Runner } from '../../infrastructure/consumers/runner.ts';
import { pause } from '../../infrastructure/backoff.ts';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import type { Pools } from '../../infrastructure/postgres/database.ts';
import { DatabaseUnavailableError } from '../../infrastructure/postgres/database.ts';
import type { Rebuild, Rebuilds } from './rebuilds.ts';

export interface Projection extends Omit<ConsumerStatus, 'rebuild_eta_ms'> {
  readonly name: string;
  readonly kind: ConsumerKind;
  /** Number of events that could not be handled and wait for an operator. */
  readonly parked: number;
  /** The rebuild that is under way; null if there is none. */
  readonly rebuild: Rebuild | null;
}

/** There is no consumer of this name. */
class ProjectionNotFound extends Error {
  readonly code = 'not-found';
  constructor() {
    super('There is no projection of this name.');
  }
}

const TICK_MS = 1_000;
/** A status that does not change is noted again after this time. */
const NOTE_AGAIN_MS = 5_000;
/** An instance that has not noted for this long is gone. */
const GONE_AFTER_MS = 15_000;

/** The consumers of the log, in all instances, and their rebuilds. */
export class Projections implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #runners: readonly Runner[];
  readonly #database: pg.Pool;
  readonly #logger: Logger;
  readonly #rebuilds: Rebuilds;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #noted = '';
  #notedAt = 0;

  constructor(parts: {
    readonly runners: readonly Runner[];
    readonly pools: Pick<Pools, 'service'>;
    readonly rebuilds: Rebuilds;
    readonly logger: Logger;
  }) {
    this.#runners = parts.runners;
    this.#database = parts.pools.service;
    this.#rebuilds = parts.rebuilds;
    this.#logger = parts.logger;
  }

  /** Begins to tell the other instances about the consumers that run here, and to record ends of rebuilds. */
  onApplicationBootstrap(): void {
    this.#running = this.#tickForEver();
  }

  async onModuleDestroy(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Throws {@link DatabaseUnavailableError}. */
  async list(): Promise<readonly Projection[]> {
    try {
      const told = await readStatuses(this.#database, GONE_AFTER_MS);
      const parked = await countParked(this.#database);
      return await Promise.all(this.#runners.map((runner) => this.#show(runner, told, parked.get(runner.name) ?? 0)));
    } catch (error) {
      throw new DatabaseUnavailableError(error);
    }
  }

  /** Throws {@link ProjectionNotFound}. */
  find(name: string): Consumer {
    return this.#runner(name).consumer;
  }

  /** The latest rebuild. Throws {@link ProjectionNotFound} and {@link DatabaseUnavailableError}. */
  async rebuildOf(name: string): Promise<Rebuild> {
    const runner = this.#runner(name);
    try {
      const { position, rebuild_eta_ms } = this.#status(runner, await readStatuses(this.#database, GONE_AFTER_MS));
      return await this.#rebuilds.read(name, position, rebuild_eta_ms);
    } catch (error) {
      throw new DatabaseUnavailableError(error);
    }
  }

  #runner(name: string): Runner {
    const runner = this.#runners.find((it) => it.name === name);
    if (!runner) throw new ProjectionNotFound();
    return runner;
  }

  async #show(runner: Runner, told: ReadonlyMap<string, ConsumerStatus>, parked: number): Promise<Projection> {
    const { name, consumer } = runner;
    const { rebuild_eta_ms, ...status } = this.#status(runner, told);
    const rebuild = await this.#rebuilds.read(name, status.position, rebuild_eta_ms);
    const isUnderWay = rebuild.state !== 'none' && rebuild.state !== 'finished';
    return {
      name,
      kind: consumer.kind ?? (isReadModel(consumer) ? 'read_model' : 'forwarder'),
      ...status,
      parked,
      rebuild: isUnderWay ? rebuild : null,
    };
  }

  /** As this instance sees it if it runs the consumer, else as the one that does. */
  #status({ name, progress }: Runner, told: ReadonlyMap<string, ConsumerStatus>): ConsumerStatus {
    const own = statusOf(progress);
    return runsHere(own) ? own : (told.get(name) ?? own);
  }

  async #tickForEver(): Promise<void> {
    const { signal } = this.#stop;
    while (await pause(TICK_MS, signal)) {
      try {
        await this.#note();
        for (const { name, progress } of this.#runners) {
          if (runsHere(statusOf(progress))) await this.#rebuilds.recordEnd(name);
        }
      } catch (error) {
        this.#logger.debug({ err: error }, 'the state of consumers could not be noted');
      }
    }
  }

  async #note(): Promise<void> {
    const own = this.#runners.map(({ name, progress }) => [name, statusOf(progress)] as const);
    const statuses = new Map(own.filter(([, status]) => runsHere(status)));
    const text = JSON.stringify([...statuses]);
    if (statuses.size === 0 || (text === this.#noted && Date.now() - this.#notedAt < NOTE_AGAIN_MS)) return;
    await noteStatuses(this.#database, statuses);
    this.#noted = text;
    this.#notedAt = Date.now();
  }
}

/** Whether this instance has the lead, as far as it knows. */
function runsHere({ state }: ConsumerStatus): boolean {
  return state === 'live' || state === 'catching_up' || state === 'retrying';
}
