import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import type pg from 'pg';
import { AppModule } from '../../src/app.module.ts';
import { Reaper } from '../../src/automation/deadlines/reaper.ts';
import type { Progress } from '../../src/infrastructure/consumers/progress.ts';
import { ReadBarrier } from '../../src/infrastructure/consumers/read-barrier.ts';
import type { Runner } from '../../src/infrastructure/consumers/runner.ts';
import { RUNNERS } from '../../src/infrastructure/tokens.ts';
import { Workers } from '../../src/automation/workers/workers.ts';
import { readConfig } from '../../src/config.ts';
import type { EventStore } from '../../src/infrastructure/event-store/event-store.ts';
import { startEventStore } from '../../src/infrastructure/event-store/store-thread.ts';
import { createLogger } from '../../src/infrastructure/observability/logger.ts';
import { createPools, endPools } from '../../src/infrastructure/postgres/database.ts';
import type { DatabaseOptions } from '../../src/infrastructure/postgres/database.ts';
import { migrate } from '../../src/infrastructure/postgres/migrate.ts';
import { Signer } from '../../src/infrastructure/security/signing.ts';
import { sharedDatabase } from './postgres.ts';

/** The application without HTTP, with its own log, schema and a clock that only the test moves. */
export interface TestApplication {
  readonly commands: CommandBus;
  readonly queries: QueryBus;
  readonly reaper: Reaper;
  /** How far each consumer of the log has come, by its name. */
  progressOf(consumer: string): Progress;
  readonly workers: Workers;
  readonly store: EventStore;
  readonly barrier: ReadBarrier;
  /** Its read model. */
  readonly pool: pg.Pool;
  readonly database: DatabaseOptions;
  /** Moves the clock forward. */
  advance(seconds: number): void;
  stop(): Promise<void>;
}

/** On an embedded log of its own, or on `given`, which it closes too. */
export async function startApplication(given?: EventStore): Promise<TestApplication> {
  const folder = await mkdtemp(join(tmpdir(), 'automation-application-'));
  const logger = createLogger('silent');
  const schema = `test_${randomBytes(6).toString('hex')}`;
  const database: DatabaseOptions = { url: sharedDatabase(), schema };
  await migrate(database, logger);
  const pools = createPools(database, logger);
  const store = given ?? (await startEventStore({ kind: 'embedded', path: join(folder, 'log') }));
  let now = Date.parse('2030-01-01T00:00:00.000Z');
  const module = await Test.createTestingModule({
    imports: [
      AppModule.on({
        config: readConfig({ DATABASE_SCHEMA: schema, DATA_DIR: folder }),
        logger,
        store,
        database,
        pools,
        signer: new Signer(['a secret for tests only']),
        proofKeys: [generateKeyPairSync('ed25519').privateKey],
        queue: null,
        nowMs: () => now,
      }),
    ],
  }).compile();
  const app = await module.init();
  return {
    commands: app.get(CommandBus),
    queries: app.get(QueryBus),
    reaper: app.get(Reaper),
    progressOf: (consumer) => {
      const runner = app.get<readonly Runner[]>(RUNNERS).find(({ name }) => name === consumer);
      if (!runner) throw new Error(`No consumer is called ${consumer}.`);
      return runner.progress;
    },
    workers: app.get(Workers),
    store,
    barrier: app.get(ReadBarrier),
    pool: pools.service,
    database,
    advance: (seconds) => {
      now += seconds * 1_000;
    },
    stop: async () => {
      await app.close();
      await pools.service.query(`DROP SCHEMA ${schema} CASCADE`);
      await endPools(pools);
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
