import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { Dispatcher } from '../../infrastructure/consumers/dispatcher.ts';
import type { Runner } from '../../infrastructure/consumers/runner.ts';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import { LOGGER, RUNNERS, SERVICE_POOL } from '../../infrastructure/tokens.ts';
import { Reaper } from '../deadlines/reaper.ts';
import { Deliveries } from '../forwarding/deliveries.ts';
import { QueueForwarder } from '../forwarding/queue-forwarder.ts';

const READY_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 10;

/** Starts the consumers before the service accepts calls, and stops them before their dependencies close. */
@Injectable()
export class ConsumersLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly dispatcher: Dispatcher,
    @Inject(RUNNERS) private readonly runners: readonly Runner[],
    @Inject(QueueForwarder) private readonly forwarder: QueueForwarder | null,
    @Inject(SERVICE_POOL) private readonly pool: pg.Pool,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly reaper: Reaper,
    private readonly deliveries: Deliveries,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.forwarder) await this.forwarder.begin(this.pool);
    else this.logger.info('no queue is configured: requests are stored, and not queued');
    await this.deliveries.prepare();
    this.dispatcher.start();
    for (const runner of this.runners) runner.start();
    this.reaper.start();
    await this.#tablesReady();
  }

  async onModuleDestroy(): Promise<void> {
    await this.reaper.stop();
    await Promise.all(this.runners.map((runner) => runner.stop()));
    await this.dispatcher.stop();
  }

  /** Waits for the tables that lists need. If they are not ready in time, lists return an error and everything else works. */
  async #tablesReady(): Promise<void> {
    const until = Date.now() + READY_WITHIN_MS;
    while (this.runners.some(({ progress }) => progress.state === 'starting') && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
