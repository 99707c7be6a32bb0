import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import type { Logger } from '../infrastructure/observability/logger.ts';
import { LOGGER, SERVICE_POOL } from '../infrastructure/tokens.ts';
import type { Queue } from '../infrastructure/sqs/queue.ts';
import type { Runner } from '../infrastructure/consumers/runner.ts';
import { Deliveries } from './forwarding/deliveries.ts';
import type { Reaper } from './deadlines/reaper.ts';
import type { QueueForwarder } from './forwarding/queue-forwarder.ts';

/** Everything that follows the log: the projection, and the forwarder where there is a queue. */
export interface FollowerSet {
  readonly requests: Runner;
  /** Keeps the deadlines that the reaper watches. */
  readonly deadlines: Runner;
  readonly reaper: Reaper;
  /** Null: no queue is configured. */
  readonly forwarder: Runner | null;
  /** What the forwarder runs. */
  readonly queueForwarder: QueueForwarder | null;
  readonly queue: Queue | null;
  /** The code of what the queue refuses messages with; null while it takes them. */
  queueTrouble(): string | null;
}

export const FOLLOWERS = Symbol('FOLLOWERS');

const READY_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 10;

/** Starts the followers before the first request is taken, and stops them before what they stand on goes away. */
@Injectable()
export class Followers implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    @Inject(FOLLOWERS) private readonly followers: FollowerSet,
    @Inject(SERVICE_POOL) private readonly pool: pg.Pool,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly deliveries: Deliveries,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { requests, deadlines, reaper, forwarder, queueForwarder } = this.followers;
    if (queueForwarder) await queueForwarder.begin(this.pool);
    else this.logger.info('no queue is configured: requests are stored, and not queued');
    await this.deliveries.prepare();
    for (const runner of [requests, deadlines, forwarder]) runner?.start();
    reaper.start();
    await this.#tablesReady();
  }

  async onModuleDestroy(): Promise<void> {
    const { requests, deadlines, reaper, forwarder } = this.followers;
    await reaper.stop();
    await Promise.all([requests.stop(), deadlines.stop(), forwarder?.stop() ?? Promise.resolve()]);
  }

  /** Lists need the tables. Should they not come in time, lists say so, and everything else works. */
  async #tablesReady(): Promise<void> {
    const until = Date.now() + READY_WITHIN_MS;
    while (this.followers.requests.progress.state === 'starting' && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
