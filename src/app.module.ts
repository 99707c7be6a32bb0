import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Access } from './access/access.ts';
import { AccessLifecycle } from './access/access-lifecycle.ts';
import { KeysController } from './automation/http/keys.controller.ts';
import { KeyRegistry } from './access/keys/key-registry.ts';
import { RefusalHistory } from './access/refusal-history.ts';
import { RefusalLog } from './access/refusal-log.ts';
import { OidcVerifier } from './access/oidc.ts';
import { HeartbeatAttemptHandler } from './automation/commands/heartbeat-attempt.ts';
import { OnRequestHandler } from './automation/commands/on-request.ts';
import { RequestStreams } from './automation/commands/request-streams.ts';
import { SUBMISSION_QUOTA } from './automation/commands/submission-quota.ts';
import { SubmitRequestHandler } from './automation/commands/submit-request.ts';
import type { FollowerSet } from './automation/followers.ts';
import { logIdentified, logIdentityStreamOf } from './automation/events/log-identity.ts';
import { FOLLOWERS, Followers } from './automation/followers.ts';
import { QueueForwarder } from './automation/forwarding/queue-forwarder.ts';
import { CommandAnswers } from './automation/http/answers.ts';
import { AttemptsController } from './automation/http/attempts.controller.ts';
import { CommandsController } from './automation/http/commands.controller.ts';
import { HealthController } from './automation/http/health.controller.ts';
import { HistoryController } from './automation/http/history.controller.ts';
import { OwnRequests } from './automation/http/own-requests.ts';
import { RequestsController } from './automation/http/requests.controller.ts';
import { WorkersController } from './automation/http/workers.controller.ts';
import { LeaseBook } from './automation/deadlines/lease-book.ts';
import { LeaseProjection } from './automation/projections/deadlines/deadlines-projection.ts';
import { Reaper } from './automation/deadlines/reaper.ts';
import { RequestsProjection } from './automation/projections/requests/requests-projection.ts';
import { Deliveries } from './automation/forwarding/deliveries.ts';
import { GetHealthHandler } from './automation/queries/get-health.ts';
import { GetRequestHandler } from './automation/queries/get-request.ts';
import { ListAttemptsHandler } from './automation/queries/list-attempts.ts';
import { ListEventsHandler, ListRequestEventsHandler } from './automation/queries/list-events.ts';
import { ListRequestsHandler } from './automation/queries/list-requests.ts';
import { OpenRequests } from './automation/projections/requests/open-requests.ts';
import { ListRefusalsHandler } from './automation/queries/list-refusals.ts';
import { LookBackHandler } from './automation/queries/look-back.ts';
import { TruncatedRequests } from './automation/projections/requests/truncated-requests.ts';
import { Workers } from './automation/workers/workers.ts';
import type { Config } from './config.ts';
import { CONFIG } from './config.ts';
import type { EventStore, StoredEvent } from './infrastructure/event-store/event-store.ts';
import type { Logger } from './infrastructure/observability/logger.ts';
import type { DatabaseOptions, Pools } from './infrastructure/postgres/database.ts';
import { Signer } from './infrastructure/security/signing.ts';
import type { Queue } from './infrastructure/sqs/queue.ts';
import { LogIdentity } from './infrastructure/consumers/log-identity.ts';
import { projectionConsumer } from './infrastructure/consumers/projection.ts';
import { ReadBarrier } from './infrastructure/consumers/read-barrier.ts';
import { Runner } from './infrastructure/consumers/runner.ts';
import { CALLERS_POOL, EVENT_STORE, LOGGER, SEARCHES_POOL, SERVICE_POOL } from './infrastructure/tokens.ts';

/** What the application stands on, started before it and stopped after it. */
export interface Foundation {
  readonly config: Config;
  readonly logger: Logger;
  readonly store: EventStore;
  readonly database: DatabaseOptions;
  readonly pools: Pools;
  readonly signer: Signer;
  /** Null: no queue is configured. */
  readonly queue: Queue | null;
  readonly now: () => Date;
}

/** The composition root: which part is made of which. */
@Module({})
export class AppModule {
  static on(foundation: Foundation): DynamicModule {
    const { config, store, pools } = foundation;
    const leases = new LeaseBook(pools.service, foundation.now);
    const log = createLogIdentity(foundation);
    const truncated = new TruncatedRequests(store, pools.service);
    const streams = new RequestStreams(store, {
      category: config.streamCategory,
      policy: {
        requireApproval: config.requireApproval,
        fourEyes: config.access.fourEyes,
        maxAttempts: config.maxAttempts,
      },
      now: foundation.now,
      leases,
      log,
      onTruncated: (id) => {
        truncated
          .mark(id)
          .catch((error: unknown) =>
            foundation.logger.debug({ err: error }, 'a truncated request could not be marked'),
          );
      },
    });
    const registry = new KeyRegistry(store, { category: config.streamCategory, now: foundation.now });
    const access = createAccess(foundation, registry);
    const refusals = new RefusalLog(store, { ...foundation, category: config.streamCategory });
    const deliveries = new Deliveries(pools.callers, { hasQueue: foundation.queue !== null });
    const followers = createFollowers(foundation, { streams, leases, deliveries, log, truncated });
    const barrier = new ReadBarrier(followers.requests, pools.callers, log, () => streams.lastAppended);
    const quota = config.access.openRequests;
    return {
      module: AppModule,
      imports: [CqrsModule.forRoot()],
      controllers: [
        ...[RequestsController, CommandsController, AttemptsController, HistoryController],
        ...[WorkersController, KeysController, HealthController],
      ],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useValue: foundation.logger },
        { provide: EVENT_STORE, useValue: store },
        { provide: CALLERS_POOL, useValue: pools.callers },
        { provide: SEARCHES_POOL, useValue: pools.searches },
        { provide: SERVICE_POOL, useValue: pools.service },
        { provide: Signer, useValue: foundation.signer },
        { provide: KeyRegistry, useValue: registry },
        { provide: Access, useValue: access },
        { provide: RefusalLog, useValue: refusals },
        { provide: RefusalHistory, useValue: new RefusalHistory(store, config.streamCategory) },
        AccessLifecycle,
        { provide: RequestStreams, useValue: streams },
        { provide: LeaseBook, useValue: leases },
        { provide: Workers, useValue: new Workers(pools.service, foundation.now) },
        { provide: Deliveries, useValue: deliveries },
        { provide: FOLLOWERS, useValue: followers },
        { provide: ReadBarrier, useValue: barrier },
        {
          provide: SUBMISSION_QUOTA,
          useValue: quota === null ? null : new OpenRequests(quota, pools.callers, barrier),
        },
        Followers,
        CommandAnswers,
        OwnRequests,
        ...[SubmitRequestHandler, OnRequestHandler, HeartbeatAttemptHandler],
        ...[GetRequestHandler, ListRequestsHandler, ListAttemptsHandler, LookBackHandler],
        ...[ListRequestEventsHandler, ListEventsHandler, ListRefusalsHandler, GetHealthHandler],
      ],
    };
  }
}

function createAccess({ config, signer, logger, now }: Foundation, registry: KeyRegistry): Access {
  const oidc = config.access.oidc && new OidcVerifier(config.access.oidc, { logger, now });
  return new Access({ config: config.access, registry, signer, oidc, logger, now });
}

function createLogIdentity({ config, store, logger, now }: Foundation): LogIdentity {
  return new LogIdentity({
    store,
    logger,
    stream: logIdentityStreamOf(config.streamCategory),
    identify: (logId) => logIdentified(logId, now().toISOString()),
    rebuilds: config.rebuildOnForeignLog,
  });
}

function createFollowers(
  { config, logger, store, database, pools, queue, now }: Foundation,
  {
    streams,
    leases,
    deliveries,
    log,
    truncated,
  }: {
    streams: RequestStreams;
    leases: LeaseBook;
    deliveries: Deliveries;
    log: LogIdentity;
    truncated: TruncatedRequests;
  },
): FollowerSet {
  const parts = { store, database, streamPrefix: `${config.streamCategory}-`, log, logger };
  const skipped = (runner: () => Runner) => (event: StoredEvent, error: unknown) => {
    runner().progress.skippedEvents += 1;
    logger.error({ err: error, position: event.position.toString() }, 'an event cannot be projected');
  };
  const requests: Runner = new Runner(
    projectionConsumer(new RequestsProjection(skipped(() => requests)), pools.service),
    {
      ...parts,
      onTouched: (touched) => {
        streams.forget(touched);
        return truncated.check(touched);
      },
    },
  );
  const deadlines: Runner = new Runner(
    projectionConsumer(new LeaseProjection(skipped(() => deadlines)), pools.service),
    parts,
  );
  const reaper = new Reaper({ runner: deadlines, book: leases, database: pools.service, streams, logger, now });
  let queueTrouble: string | null = null;
  const followers = { requests, deadlines, reaper, queue, queueTrouble: () => queueTrouble };
  if (!queue) return { ...followers, forwarder: null, queueForwarder: null };
  const onTrouble = (code: string | null): void => {
    queueTrouble = code;
  };
  const onDelivered = deliveries.keep.bind(deliveries);
  const queueForwarder = new QueueForwarder({ queue, store, logger, now, onTrouble, onDelivered });
  const forwarder: Runner = new Runner(queueForwarder, parts);
  deliveries.keptWhile(() => forwarder.progress.state === 'live');
  return { ...followers, forwarder, queueForwarder };
}
