import type { KeyObject } from 'node:crypto';
import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Access } from './access/access.ts';
import { AccessLifecycle } from './access/access-lifecycle.ts';
import { KeysController } from './access/http/keys/controller.ts';
import { KeyRegistry } from './access/keys/key-registry.ts';
import { RefusalHistory } from './access/refusal-history.ts';
import { RefusalLog } from './access/refusal-log.ts';
import { OidcVerifier } from './access/oidc.ts';
import type { PolicyInForce } from './automation/audit/policy.ts';
import { policyVersionOf } from './automation/audit/policy.ts';
import { PolicyNote } from './automation/audit/policy-note.ts';
import { AuditTrail } from './automation/audit/audit-trail.ts';
import { HeartbeatAttemptHandler } from './automation/deadlines/heartbeat-attempt.ts';
import { OnRequestHandler } from './automation/commands/on-request.ts';
import { RequestStreams } from './automation/commands/request-streams.ts';
import { SUBMISSION_QUOTA } from './automation/commands/submission-quota.ts';
import { SubmitRequestHandler } from './automation/commands/submit-request.ts';
import { logIdentified, logIdentityStreamOf } from './automation/events/log-identity.ts';
import { FORWARDER, QueueForwarder } from './automation/forwarding/queue-forwarder.ts';
import { AttemptsController } from './automation/http/attempts/controller.ts';
import { AuditController } from './automation/http/audit/controller.ts';
import { HealthController } from './automation/http/health/controller.ts';
import { EventStreamsController } from './automation/http/history/streams.ts';
import { HistoryController } from './automation/http/history/controller.ts';
import { CommandAnswers } from './automation/http/call.ts';
import { ParkedController } from './automation/http/parked/controller.ts';
import { RefusalsController } from './access/http/refusals/controller.ts';
import { StreamRights } from './automation/http/stream-rights.ts';
import { Standing } from './access/http/standing.ts';
import { OwnRequests } from './automation/http/own-requests.ts';
import { MeController } from './automation/http/me/controller.ts';
import { ProjectionsController } from './automation/http/projections/controller.ts';
import { RequestsController } from './automation/http/requests/controller.ts';
import { WorkersController } from './automation/http/workers/controller.ts';
import { EventFeed } from './automation/feeds/event-feed.ts';
import { Readers } from './automation/feeds/readers.ts';
import { LeaseBook } from './automation/deadlines/lease-book.ts';
import { Projections } from './automation/operations/projections.ts';
import { Rebuilds } from './automation/operations/rebuilds.ts';
import { Verifications } from './automation/operations/verifications.ts';
import { createConsumers } from './automation/projections/consumers.ts';
import { ConsumersLifecycle } from './automation/projections/consumers-lifecycle.ts';
import { DEADLINES } from './automation/projections/deadlines/deadlines-projection.ts';
import { Reaper } from './automation/deadlines/reaper.ts';
import { STATS } from './automation/projections/stats/stats-projection.ts';
import { PastLists } from './automation/queries/past-lists.ts';
import { Stats } from './automation/queries/stats.ts';
import { StatsController } from './automation/http/stats/controller.ts';
import { REQUESTS } from './automation/projections/requests/requests-projection.ts';
import { Deliveries } from './automation/forwarding/deliveries.ts';
import { GetHealthHandler } from './automation/queries/get-health.ts';
import { GetRequestHandler } from './automation/queries/get-request.ts';
import { ListAttemptsHandler } from './automation/queries/list-attempts.ts';
import {
  ExportEventsHandler,
  ListAuditHandler,
  ListEventsHandler,
  ListRequestEventsHandler,
} from './automation/queries/list-events.ts';
import { ListRequestsHandler } from './automation/queries/list-requests.ts';
import { verifyRequests } from './automation/projections/requests/verify-requests.ts';
import { OpenRequests } from './automation/projections/requests/open-requests.ts';
import { LookBackHandler } from './automation/queries/look-back.ts';
import { TruncatedRequests } from './automation/projections/requests/truncated-requests.ts';
import { Parked } from './automation/parked/parked.ts';
import { Workers } from './automation/workers/workers.ts';
import type { Config } from './config.ts';
import { CONFIG } from './config.ts';
import type { EventStore } from './infrastructure/event-store/event-store.ts';
import type { Logger } from './infrastructure/observability/logger.ts';
import type { DatabaseOptions, Pools } from './infrastructure/postgres/database.ts';
import { Signer } from './infrastructure/security/signing.ts';
import { AuditBundles } from './proof/audit-bundle.ts';
import type { ProofParts } from './proof/create-proof.ts';
import { createProof, createProofTree, followAll } from './proof/create-proof.ts';
import { BundlesController } from './proof/http/bundles-controller.ts';
import { ProofController } from './proof/http/controller.ts';
import { ProofLifecycle } from './proof/proof-lifecycle.ts';
import { ProofSigner } from './proof/proof-signer.ts';
import { ProofTables } from './proof/proof-tables.ts';
import { PROOF } from './proof/proof-tree.ts';
import type { Queue } from './infrastructure/sqs/queue.ts';
import { commit, readCheckpoint } from './infrastructure/consumers/checkpoints.ts';
import type { Consumer } from './infrastructure/consumers/consumer.ts';
import { Dispatcher } from './infrastructure/consumers/dispatcher.ts';
import { leadIn } from './infrastructure/consumers/leadership.ts';
import { LogIdentity } from './infrastructure/consumers/log-identity.ts';
import { storedParkedEvents } from './infrastructure/consumers/parked-events.ts';
import { ReadBarrier } from './infrastructure/consumers/read-barrier.ts';
import type { RunnerParts } from './infrastructure/consumers/runner.ts';
import { Runner } from './infrastructure/consumers/runner.ts';
import {
  CALLERS_POOL,
  EVENT_STORE,
  LOGGER,
  RUNNERS,
  SEARCHES_POOL,
  SERVICE_POOL,
  POLICY,
} from './infrastructure/tokens.ts';

/** Everything the application needs. Started before it and stopped after it. */
export interface Foundation {
  readonly config: Config;
  readonly logger: Logger;
  readonly store: EventStore;
  readonly database: DatabaseOptions;
  readonly pools: Pools;
  readonly signer: Signer;
  /** Private keys of checkpoints; the first signs. */
  readonly proofKeys: readonly KeyObject[];
  /** Null without a queue. */
  readonly queue: Queue | null;
  /** The clock, as a `Date.now()` time in ms. */
  readonly nowMs: () => number;
}

/** The composition root: creates the parts and wires them together. */
@Module({})
export class AppModule {
  static on(foundation: Foundation): DynamicModule {
    const { config, store, pools } = foundation;
    const policy: PolicyInForce = {
      require_approval: config.requireApproval,
      four_eyes: config.access.fourEyes,
      own_only: config.access.ownOnly,
      max_attempts: config.maxAttempts,
    };
    const leases = new LeaseBook(pools.service, foundation.nowMs);
    const log = createLogIdentity(foundation);
    const truncated = new TruncatedRequests(store, pools.service);
    const streams = new RequestStreams(store, {
      category: config.streamCategory,
      policy: {
        version: policyVersionOf(policy),
        requireApproval: policy.require_approval,
        fourEyes: policy.four_eyes,
        maxAttempts: policy.max_attempts,
      },
      nowMs: foundation.nowMs,
      leases,
      log,
      // The embedded log is open in one process only.
      isOnlyWriter: config.eventStoreConnectionString === null,
      onTruncated: (id) => {
        truncated
          .mark(id)
          .catch((error: unknown) => foundation.logger.debug({ err: error }, 'could not mark a truncated request'));
      },
    });
    const registry = new KeyRegistry(store, { category: config.streamCategory, nowMs: foundation.nowMs });
    const access = createAccess(foundation, registry);
    const refusals = new RefusalLog(store, { ...foundation, category: config.streamCategory });
    const deliveries = new Deliveries(pools.callers, { hasQueue: foundation.queue !== null });
    const forwarder = createForwarder(foundation, deliveries);
    const dispatcher = new Dispatcher({
      store,
      streamPrefix: `${config.streamCategory}-`,
      onTouched: (touched) => streams.forget(touched),
      logger: foundation.logger,
    });
    const past = new PastLists(pools.service, config.asOfDays, foundation.nowMs);
    const onTouched = (touched: readonly string[]): Promise<void> => truncated.check(touched);
    const proofParts = proofPartsOf(foundation);
    const runners = createConsumers({
      onTouched,
      pastKeptSinceMs: past.keptSinceMs,
      forwarder,
      proof: createProofTree(proofParts),
    }).map((consumer) =>
      createRunner(consumer, foundation, {
        log,
        follow: consumer.name === PROOF ? followAll(proofParts) : dispatcher.follow.bind(dispatcher),
      }),
    );
    if (forwarder) deliveries.keptWhile(() => find(runners, FORWARDER).progress.state === 'live');
    const barrier = new ReadBarrier(find(runners, REQUESTS), pools.callers, log, () => streams.lastAppended);
    const statsBarrier = new ReadBarrier(find(runners, STATS), pools.callers, log, () => streams.lastAppended);
    const proof = createProof(proofParts, { runner: find(runners, PROOF), log });
    const reaper = new Reaper({
      runner: find(runners, DEADLINES),
      book: leases,
      database: pools.service,
      streams,
      logger: foundation.logger,
      nowMs: foundation.nowMs,
    });
    const audit = new AuditTrail(store, { ...foundation, category: config.streamCategory });
    const rebuilds = new Rebuilds(pools.service, audit, foundation.nowMs);
    const compared = { store, database: pools.searches, barrier, category: config.streamCategory };
    const verifications = new Verifications(
      { [REQUESTS]: (limits) => verifyRequests({ ...compared, ...limits }) },
      audit,
    );
    const quota = config.access.openRequests;
    return {
      module: AppModule,
      imports: [CqrsModule.forRoot()],
      controllers: [
        ...[
          RequestsController,
          AttemptsController,
          HistoryController,
          EventStreamsController,
          AuditController,
          RefusalsController,
        ],
        ...[StatsController, ProjectionsController, WorkersController, KeysController, MeController, HealthController],
        ...[ProofController, BundlesController, ParkedController],
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
        { provide: AuditTrail, useValue: audit },
        { provide: POLICY, useValue: policy },
        { provide: PolicyNote, useValue: new PolicyNote(audit, policy) },
        { provide: Rebuilds, useValue: rebuilds },
        { provide: Projections, useValue: new Projections({ ...foundation, runners, rebuilds }) },
        { provide: Verifications, useValue: verifications },
        { provide: Parked, useValue: new Parked(pools.service, store, audit) },
        AccessLifecycle,
        { provide: RequestStreams, useValue: streams },
        { provide: LeaseBook, useValue: leases },
        { provide: Workers, useValue: new Workers(pools.service, foundation.nowMs) },
        { provide: Deliveries, useValue: deliveries },
        { provide: Dispatcher, useValue: dispatcher },
        { provide: RUNNERS, useValue: runners },
        { provide: QueueForwarder, useValue: forwarder },
        { provide: ProofTables, useValue: proof.tables },
        { provide: ProofSigner, useValue: proof.signer },
        { provide: AuditBundles, useValue: proof.bundles },
        ProofLifecycle,
        { provide: Reaper, useValue: reaper },
        { provide: ReadBarrier, useValue: barrier },
        { provide: PastLists, useValue: past },
        { provide: Stats, useValue: new Stats(pools.searches, statsBarrier) },
        {
          provide: SUBMISSION_QUOTA,
          useValue: quota === null ? null : new OpenRequests(quota, pools.callers, barrier),
        },
        ConsumersLifecycle,
        CommandAnswers,
        OwnRequests,
        Readers,
        EventFeed,
        StreamRights,
        { provide: Standing, useValue: new Standing(access, foundation.signer) },
        ...[SubmitRequestHandler, OnRequestHandler, HeartbeatAttemptHandler],
        ...[GetRequestHandler, ListRequestsHandler, ListAttemptsHandler, LookBackHandler],
        ...[ListRequestEventsHandler, ListEventsHandler, ExportEventsHandler, ListAuditHandler, GetHealthHandler],
      ],
    };
  }
}

function createAccess({ config, signer, logger, nowMs }: Foundation, registry: KeyRegistry): Access {
  const oidc = config.access.oidc && new OidcVerifier(config.access.oidc, { logger, nowMs });
  return new Access({ config: config.access, registry, signer, oidc, logger, nowMs });
}

function createLogIdentity({ config, store, logger, nowMs }: Foundation): LogIdentity {
  return new LogIdentity({
    store,
    logger,
    stream: logIdentityStreamOf(config.streamCategory),
    identify: (logId) => logIdentified(logId, new Date(nowMs()).toISOString()),
    rebuilds: config.rebuildOnForeignLog,
  });
}

function proofPartsOf({ store, logger, nowMs, pools, config, proofKeys }: Foundation): ProofParts {
  const { streamCategory: category, dataDir, proofOrigin: origin } = config;
  return { store, logger, nowMs, pool: pools.callers, category, dataDir, origin, keys: proofKeys };
}

function createForwarder({ queue, store, nowMs, logger }: Foundation, deliveries: Deliveries): QueueForwarder | null {
  return queue && new QueueForwarder({ queue, store, logger, nowMs, onDelivered: deliveries.keep.bind(deliveries) });
}

function createRunner(
  consumer: Consumer,
  { database, logger, store }: Foundation,
  { log, follow }: Pick<RunnerParts, 'log' | 'follow'>,
): Runner {
  return new Runner(consumer, {
    lead: leadIn(database),
    checkpoints: { read: readCheckpoint, commit },
    parked: storedParkedEvents,
    readStream: store.readStream.bind(store),
    follow,
    log,
    logger,
  });
}

function find(runners: readonly Runner[], name: string): Runner {
  const found = runners.find((runner) => runner.name === name);
  if (!found) throw new Error(`No consumer is called ${name}.`);
  return found;
}
