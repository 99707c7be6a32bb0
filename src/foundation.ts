import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type { Foundation } from './app.module.ts';
import type { Config } from './config.ts';
import { ConfigError } from './configuration/variables.ts';
import type { DataDir } from './infrastructure/process/data-dir.ts';
import { DataDirUnusableError, openDataDir } from './infrastructure/process/data-dir.ts';
import { startEmbeddedPostgres } from './infrastructure/embedded/embedded-postgres.ts';
import type { EventStore } from './infrastructure/event-store/event-store.ts';
import { startEventStore } from './infrastructure/event-store/store-thread.ts';
import type { Logger } from './infrastructure/observability/logger.ts';
import type { DatabaseOptions } from './infrastructure/postgres/database.ts';
import { createPools, endPools } from './infrastructure/postgres/database.ts';
import { migrate } from './infrastructure/postgres/migrate.ts';
import { DatabaseUnfitError, prepareDatabase } from './infrastructure/postgres/prepare-database.ts';
import { warnOfReaders } from './infrastructure/security/secret-file.ts';
import { readSecrets, Signer } from './infrastructure/security/signing.ts';
import { readProofKeys } from './proof/proof-keys.ts';
import type { Queue } from './infrastructure/sqs/queue.ts';
import { connectQueue, NoRegionError } from './infrastructure/sqs/queue.ts';

/** The started foundation. */
export interface RunningFoundation extends Foundation {
  /** Stops all parts in reverse order of their start. Failures are logged. Call it only once. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts everything the application needs: embedded servers, the store thread, the migrated database, and the queue. If a part fails to
 * start, the others are stopped and its error is rethrown.
 *
 * @throws ConfigError when a variable is the cause
 */
export async function startFoundation(config: Config, logger: Logger): Promise<RunningFoundation> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) {
      await end().catch((error: unknown) => logger.warn({ err: error }, 'a part failed to stop'));
    }
  };
  try {
    // Read first, so that a bad file fails before anything is created.
    const givenSecrets = config.secretFile === null ? null : await secretsOf(config.secretFile, logger);
    const givenKeys = config.proofKeyFile === null ? null : await proofKeysOf(config.proofKeyFile, logger);
    const dataDir = await usableDataDir(config.dataDir);
    stops.push(() => dataDir.release());
    const starting = [startStore(config, dataDir, logger), startDatabase(config, dataDir, logger)] as const;
    // Both must settle before anything can be stopped.
    const [store, postgres] = await Promise.allSettled(starting);
    if (postgres.status === 'fulfilled') stops.push(() => postgres.value.stop());
    if (store.status === 'fulfilled') stops.push(() => store.value.close());
    if (store.status === 'rejected') throw store.reason;
    if (postgres.status === 'rejected') throw postgres.reason;

    const database = { url: postgres.value.url, schema: config.databaseSchema };
    if (config.databaseUrl === null) await migrate(database, logger);
    else stops.push(await preparedDatabase(database, logger));
    const pools = createPools(database, logger);
    stops.push(() => endPools(pools));
    const queue: Queue | null = config.queueUrl === null ? null : await connectedQueue(config.queueUrl);
    if (queue) stops.push(() => Promise.resolve(queue.close()));
    const secrets = givenSecrets ?? (await readSecrets(join(dataDir.path, 'secret'), { create: true }));
    const proofKeys = givenKeys ?? (await readProofKeys(join(dataDir.path, 'proof-key'), { create: true }));
    return {
      config,
      logger,
      store: store.value,
      database,
      pools,
      queue,
      signer: new Signer(secrets),
      nowMs: Date.now,
      proofKeys,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @throws ConfigError when the folder cannot be created or written to */
async function usableDataDir(path: string): Promise<DataDir> {
  try {
    return await openDataDir(path);
  } catch (error) {
    if (!(error instanceof DataDirUnusableError)) throw error;
    throw new ConfigError([`DATA_DIR must be a folder that can be made and written to. ${error.message}.`]);
  }
}

/** @throws ConfigError when the file cannot be read or is invalid */
async function secretsOf(file: string, logger: Logger): Promise<readonly string[]> {
  warnOfReaders('AUTOMATION_SECRET_FILE', file, logger);
  try {
    return await readSecrets(file, { create: false });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError([
      `AUTOMATION_SECRET_FILE must be a file of secrets, one a line. ${code ? `It cannot be read (${code}).` : message}`,
    ]);
  }
}

/** @throws ConfigError when the file cannot be read or is invalid */
async function proofKeysOf(file: string, logger: Logger): Promise<readonly KeyObject[]> {
  warnOfReaders('AUTOMATION_PROOF_KEY_FILE', file, logger);
  try {
    return await readProofKeys(file, { create: false });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError([
      `AUTOMATION_PROOF_KEY_FILE must be a file of private Ed25519 keys in PEM form. ${code ? `It cannot be read (${code}).` : message}`,
    ]);
  }
}

/** @throws ConfigError when the database is unsuitable */
async function preparedDatabase(database: DatabaseOptions, logger: Logger): Promise<() => Promise<void>> {
  try {
    return await prepareDatabase(database, logger);
  } catch (error) {
    throw error instanceof DatabaseUnfitError ? new ConfigError([`DATABASE_URL ${error.message}`]) : error;
  }
}

/** @throws ConfigError when the AWS region is unknown */
async function connectedQueue(url: string): Promise<Queue> {
  try {
    return await connectQueue(url);
  } catch (error) {
    throw error instanceof NoRegionError ? new ConfigError([`AWS_REGION ${error.message}`]) : error;
  }
}

function startStore(config: Config, dataDir: DataDir, logger: Logger): Promise<EventStore> {
  const log = (level: 'debug' | 'info' | 'warn' | 'error', message: string): void => logger[level](message);
  const connectionString = config.eventStoreConnectionString;
  return connectionString === null
    ? startEventStore({ kind: 'embedded', path: join(dataDir.path, 'eventstore'), log })
    : startEventStore({ kind: 'eventstoredb', connectionString, log }).catch((error: unknown) => {
        // The store need not be reachable at startup. Only an option that the client rejects fails here.
        throw new ConfigError([`EVENTSTORE_CONNECTION_STRING: ${(error as Error).message.split('\n', 1)[0]}`]);
      });
}

async function startDatabase(
  config: Config,
  dataDir: DataDir,
  logger: Logger,
): Promise<{ url: string; stop: () => Promise<void> }> {
  if (config.databaseUrl !== null) return { url: config.databaseUrl, stop: () => Promise.resolve() };
  const postgres = await startEmbeddedPostgres({ dataDir, log: (level, message) => logger[level](message) });
  return { url: postgres.url, stop: () => postgres.stop() };
}
