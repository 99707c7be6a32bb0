import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { commit, readCheckpoint } from '../../../src/infrastructure/consumers/checkpoints.ts';
import type { Consumer } from '../../../src/infrastructure/consumers/consumer.ts';
import { Dispatcher } from '../../../src/infrastructure/consumers/dispatcher.ts';
import { leadIn } from '../../../src/infrastructure/consumers/leadership.ts';
import { LogIdentity } from '../../../src/infrastructure/consumers/log-identity.ts';
import { storedParkedEvents } from '../../../src/infrastructure/consumers/parked-events.ts';
import { Runner } from '../../../src/infrastructure/consumers/runner.ts';
import type { EventStore } from '../../../src/infrastructure/event-store/event-store.ts';
import { startEventStore } from '../../../src/infrastructure/event-store/store-thread.ts';
import { createLogger } from '../../../src/infrastructure/observability/logger.ts';
import { connect, createPools, endPools } from '../../../src/infrastructure/postgres/database.ts';
import type { Queryable } from '../../../src/infrastructure/postgres/database.ts';
import { migrate } from '../../../src/infrastructure/postgres/migrate.ts';
import { Ends } from '../../support/ends.ts';
import { event } from '../../support/events.ts';
import { sharedDatabase } from '../../support/postgres.ts';

/** Streams of these are followed; all others are of somebody else. */
const PREFIX = 'ours-';

/** A log and a schema for runners of any consumers. */
export interface Ground {
  readonly store: EventStore;
  readonly database: Queryable;
  /** An instance of the service, with one reader of the log. Ended with the ground, if not before. */
  instance(store?: EventStore): Instance;
  /** A runner of an instance that has no other, and no shared reader. */
  runner(consumer: Consumer, store?: EventStore): Runner;
  /** A connection of its own; the caller ends it. */
  connect(): Promise<pg.Client>;
  dispose(): Promise<void>;
}

export interface Instance {
  readonly dispatcher: Dispatcher;
  runner(consumer: Consumer): Runner;
}

/** Creates a schema and a log. */
export async function startGround(): Promise<Ground> {
  const ends = new Ends();
  try {
    return await lay(ends);
  } catch (error) {
    await ends.run();
    throw error;
  }
}

async function lay(ends: Ends): Promise<Ground> {
  const shared = sharedDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'automation-consumers-'));
  ends.add(() => rm(folder, { recursive: true, force: true }));
  const logger = createLogger('silent');
  const schema = `test_${randomBytes(6).toString('hex')}`;
  // So that a test can tell its own connections from those of others.
  const url = `${shared}${shared.includes('?') ? '&' : '?'}application_name=${schema}`;
  const database = { url, schema };
  await migrate(database, logger);
  const pools = createPools(database, logger);
  ends.add(() => endPools(pools));
  ends.add(async () => void (await pools.service.query(`DROP SCHEMA ${database.schema} CASCADE`)));
  const store = await startEventStore({ kind: 'embedded', path: join(folder, 'log') });
  ends.add(() => store.close());
  const create = (itsStore: EventStore): Instance => {
    const dispatcher = new Dispatcher({ store: itsStore, streamPrefix: PREFIX, onTouched: () => undefined, logger });
    const stream = 'ours:log-identity';
    const identify = (id: string) => ({ ...event({}, 'LogIdentified'), id });
    const log = new LogIdentity({ store: itsStore, logger, stream, identify, rebuilds: false });
    return {
      dispatcher,
      runner: (consumer) => {
        const runner = new Runner(consumer, {
          lead: leadIn(database),
          checkpoints: { read: readCheckpoint, commit },
          parked: storedParkedEvents,
          readStream: (request) => itsStore.readStream(request),
          follow: (after, onArrival) => dispatcher.follow(after, onArrival),
          log,
          logger,
        });
        ends.add(() => runner.stop());
        return runner;
      },
    };
  };
  return {
    store,
    database: pools.service,
    instance: (itsStore = store) => {
      const instance = create(itsStore);
      instance.dispatcher.start();
      ends.add(() => instance.dispatcher.stop());
      return instance;
    },
    runner: (consumer, itsStore = store) => create(itsStore).runner(consumer),
    connect: () => connect(database, 10_000),
    dispose: () => ends.run(),
  };
}

/** Appends one event to a new stream, and returns its id. */
export async function append(store: EventStore, prefix = PREFIX): Promise<string> {
  const one = event();
  await store.append({ stream: `${prefix}${randomUUID()}`, expectedRevision: 'no_stream', events: [one] });
  return one.id;
}
