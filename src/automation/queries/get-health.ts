import { Inject } from '@nestjs/common';
import { Access } from '../../access/access.ts';
import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import type pg from 'pg';
import type { EventStore } from '../../infrastructure/event-store/event-store.ts';
import { rowsOf } from '../../infrastructure/postgres/database.ts';
import { countParked } from '../../infrastructure/consumers/parked-events.ts';
import { statusOf } from '../../infrastructure/consumers/consumer-status.ts';
import type { Progress } from '../../infrastructure/consumers/progress.ts';
import type { Runner } from '../../infrastructure/consumers/runner.ts';
import { EVENT_STORE, RUNNERS, SERVICE_POOL } from '../../infrastructure/tokens.ts';
import { PastLists } from './past-lists.ts';
import { QueueForwarder } from '../forwarding/queue-forwarder.ts';
import type { WorkersHealth } from '../workers/workers.ts';
import { Workers } from '../workers/workers.ts';
import { SERVICE_VERSION } from '../../version.ts';

export type HealthStatus = 'ok' | 'degraded' | 'down';

/** As returned by the API: the route checks it against its resource. */
type Health = Awaited<ReturnType<typeof ask>>;

/** The health of the service. */
export class GetHealth extends Query<Health> {}

/** A consumer that lags longer than this is degraded; a batch takes a few ms. */
const DEGRADED_AFTER_MS = 5_000;

/** Probes each part; one that does not answer within a second is down. Concurrent callers share one probe. */
@QueryHandler(GetHealth)
export class GetHealthHandler implements IQueryHandler<GetHealth> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(SERVICE_POOL) private readonly pool: pg.Pool,
    @Inject(RUNNERS) private readonly runners: readonly Runner[],
    @Inject(QueueForwarder) private readonly forwarder: QueueForwarder | null,
    private readonly access: Access,
    private readonly workers: Workers,
    private readonly past: PastLists,
  ) {}

  #asking: Promise<Health> | null = null;

  execute(): Promise<Health> {
    const { store, pool, runners, forwarder, access, workers, past } = this;
    const parts = { store, pool, runners, forwarder, access, workers, past };
    this.#asking ??= ask(parts).finally(() => (this.#asking = null));
    return this.#asking;
  }
}

interface Parts {
  readonly store: EventStore;
  readonly pool: pg.Pool;
  readonly runners: readonly Runner[];
  readonly forwarder: QueueForwarder | null;
  readonly access: Access;
  readonly workers: Workers;
  readonly past: PastLists;
}

async function ask({ store, pool, runners, forwarder, access, workers, past }: Parts) {
  const [event_store, read_model, queueTrouble, workersHealth, parked, range] = await Promise.all([
    answers(store.tail()),
    answers(rowsOf(pool, { name: 'health', text: 'SELECT 1' })),
    forwarder?.trouble() ?? null,
    // While the database is unavailable, `read_model` already says so.
    workers.health().catch(() => NOTHING_KNOWN),
    countParked(pool).catch(() => null),
    past.range().catch(() => null),
  ]);
  const projections = Object.fromEntries(
    runners.map((runner) => [runner.name, consumerHealth(runner, parked?.get(runner.name) ?? 0)]),
  );
  const queueStatus = queueTrouble === null ? ('ok' as const) : ('degraded' as const);
  const accessHealth = access.health();
  const parts = [
    accessHealth.status,
    event_store,
    read_model,
    queueStatus,
    workersHealth.status,
    ...Object.values(projections).map(({ status }) => status),
  ];
  const status: HealthStatus = parts.includes('down') ? 'down' : parts.includes('degraded') ? 'degraded' : 'ok';
  return {
    status,
    version: SERVICE_VERSION,
    checks: {
      event_store: { status: event_store },
      read_model: { status: read_model, as_of_from: range?.earliest ?? null },
      queue: {
        status: queueStatus,
        configured: forwarder !== null,
        last_error: queueTrouble,
      },
      workers: workersHealth,
      access: accessHealth,
      projections,
    },
  };
}

const NOTHING_KNOWN: WorkersHealth = { status: 'ok', locked_out: [], paused: [], unattended: 0 };

async function answers(probe: Promise<unknown>): Promise<HealthStatus> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<HealthStatus>((resolve) => {
    timer = setTimeout(() => resolve('down'), 1_000);
  });
  const answered = probe.then(
    (): HealthStatus => 'ok',
    (): HealthStatus => 'down',
  );
  return Promise.race([answered, late]).finally(() => clearTimeout(timer));
}

function consumerHealth({ progress }: Runner, parked: number) {
  const { state, position, lag, unknown, last_error } = statusOf(progress);
  const health = healthOf(progress, lag.ms);
  // An operator has to act, whichever instance leads the consumer.
  const status = parked > 0 && health === 'ok' ? ('degraded' as const) : health;
  return { status, state, position, lag, skipped: unknown, parked, last_error };
}

function healthOf({ state, skippedEvents, lastError }: Progress, lagMs: number): HealthStatus {
  if (state === 'foreign_log') return 'down';
  if (state === 'standby') return 'ok';
  const isWell = (state === 'live' || state === 'catching_up') && lastError === null && skippedEvents === 0;
  return isWell && lagMs < DEGRADED_AFTER_MS ? 'ok' : 'degraded';
}
