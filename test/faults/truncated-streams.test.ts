/** The reaper and the forwarder meet streams that an operator has deleted, tombstoned or truncated: the others do not wait for that. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Call } from '../../src/automation/commands/decide-on-stream.ts';
import { OnRequest } from '../../src/automation/commands/on-request.ts';
import { SubmitRequest } from '../../src/automation/commands/submit-request.ts';
import { QueueForwarder } from '../../src/automation/forwarding/queue-forwarder.ts';
import { beginAt, commit, readCheckpoint } from '../../src/infrastructure/consumers/checkpoints.ts';
import { Dispatcher } from '../../src/infrastructure/consumers/dispatcher.ts';
import { leadIn } from '../../src/infrastructure/consumers/leadership.ts';
import { LogIdentity } from '../../src/infrastructure/consumers/log-identity.ts';
import { storedParkedEvents } from '../../src/infrastructure/consumers/parked-events.ts';
import { Runner } from '../../src/infrastructure/consumers/runner.ts';
import type { EventStore } from '../../src/infrastructure/event-store/event-store.ts';
import { startEventStore } from '../../src/infrastructure/event-store/store-thread.ts';
import { createLogger } from '../../src/infrastructure/observability/logger.ts';
import { connectQueue } from '../../src/infrastructure/sqs/queue.ts';
import type { TestApplication } from '../support/application.ts';
import { startApplication } from '../support/application.ts';
import { Ends } from '../support/ends.ts';
import { event } from '../support/events.ts';
import { EventStoreNode } from '../support/event-store-node.ts';
import { alterStream } from '../support/foreign-events.ts';
import { TestQueue } from '../support/queue.ts';
import { until } from '../support/until.ts';

const CALL: Call = { actor: { principal: 'tester', role: 'caller' }, callId: 'call', correlationId: 'correlation' };
const HOW = ['delete', 'tombstone', 'truncate'] as const;
const LEASE = 60;
/** Behind everything that the clock is moved by before. */
const RESUME_AT = '2030-03-01T00:00:00.000Z';

const ends = new Ends();
let node: EventStoreNode;
let store: EventStore;
let app: TestApplication;

beforeAll(async () => {
  node = await EventStoreNode.create();
  ends.add(() => node.dispose());
  store = await startEventStore({ kind: 'eventstoredb', connectionString: node.connectionString });
  const answers = (): Promise<boolean> =>
    store.tail().then(
      () => true,
      () => false,
    );
  await until('the log answers', answers, 30_000);
  app = await startApplication(store);
  ends.add(() => app.stop());
});
afterAll(() => ends.run());

async function submit(): Promise<string> {
  const submission = { type: 'feature', priority: 'medium', title: 'Title', description: 'A request' } as const;
  return (await app.commands.execute(new SubmitRequest(submission, CALL))).request.id;
}

async function claim(id: string): Promise<bigint> {
  const wanted = { worker: 'w', session_id: null, lease_seconds: LEASE };
  return (await app.commands.execute(new OnRequest(id, { command: 'ClaimRequest', ...wanted }, CALL))).position;
}

async function block(id: string): Promise<bigint> {
  const blocked = { status: 'blocked', reason: 'usage_limit', resume_at: RESUME_AT } as const;
  return (await app.commands.execute(new OnRequest(id, { command: 'ChangeStatus', patch: blocked }, CALL))).position;
}

/** A request for each way to lose a stream, and one that is left alone, which is the newest. */
async function make(prepare: (id: string) => Promise<bigint>): Promise<{ lost: string[]; left: string }> {
  const lost: string[] = [];
  for (const _ of HOW) lost.push(await submit());
  const left = await submit();
  let position = 0n;
  for (const id of [...lost, left]) position = await prepare(id);
  const progress = app.progressOf('leases');
  await until('the deadlines are known', () => progress.state === 'live' && (progress.position ?? 0n) >= position);
  for (const [i, how] of HOW.entries()) await alterStream(node.connectionString, `automation_request-${lost[i]}`, how);
  // Until then a command may still be decided on what was known before.
  await until('it is known', async () => {
    const { rows } = await app.pool.query('SELECT 1 FROM truncated_requests WHERE request_id = ANY($1::uuid[])', [
      lost,
    ]);
    return rows.length === lost.length;
  });
  return { lost, left };
}

async function statusOf(id: string): Promise<unknown> {
  const { rows } = await app.pool.query<{ status: string }>('SELECT status FROM requests WHERE id = $1', [id]);
  return rows[0]?.status;
}

async function waiting(table: 'leases' | 'resumptions'): Promise<string[]> {
  const { rows } = await app.pool.query<{ request_id: string }>(`SELECT request_id FROM ${table}`);
  return rows.map(({ request_id }) => request_id);
}

describe('the reaper', () => {
  it('ends other leases, and forgets those of missing streams', async () => {
    const { lost, left } = await make(claim);
    expect((await waiting('leases')).sort()).toEqual([...lost, left].sort());
    await until('leases are watched', async () => {
      await app.reaper.look();
      return app.progressOf('leases').state === 'live';
    });
    app.advance(LEASE + 1);
    await until(
      'the lease of the one that is left has ended',
      async () => (await statusOf(left)) === 'pending',
      20_000,
    );
    await until('nothing waits any more', async () => (await waiting('leases')).length === 0, 20_000);
    for (const id of lost) expect(await statusOf(id)).toBe('planning');
  });

  it('resumes other requests in time, and forgets those whose streams are missing', async () => {
    const { lost, left } = await make(block);
    expect((await waiting('resumptions')).sort()).toEqual([...lost, left].sort());
    app.advance(90 * 24 * 3_600);
    await until('the one that is left goes on', async () => (await statusOf(left)) === 'pending', 20_000);
    await until('nothing waits any more', async () => (await waiting('resumptions')).length === 0, 20_000);
    for (const id of lost) expect(await statusOf(id)).toBe('blocked');
  });
});

describe('the forwarder', () => {
  it('wakes workers for what is left, skips what is missing, and reaches the end of the log', async () => {
    // Each of these is waiting again: what the message for that says is read from the stream.
    const { lost, left } = await make(async (id) => {
      await claim(id);
      await app.commands.execute(new OnRequest(id, { command: 'ChangeStatus', patch: { status: 'failed' } }, CALL));
      return (
        await app.commands.execute(new OnRequest(id, { command: 'ChangeStatus', patch: { status: 'pending' } }, CALL))
      ).position;
    });
    const last = await submit();
    const queue = await TestQueue.start();
    ends.add(() => queue.stop());
    Object.assign(process.env, queue.env);
    const sqs = await connectQueue(queue.url);
    ends.add(async () => sqs.close());

    const logger = createLogger('silent');
    const forwarder = new QueueForwarder({
      queue: sqs,
      store,
      logger,
      nowMs: Date.now,
      onDelivered: () => undefined,
    });
    const identify = (id: string) => ({ ...event(), id });
    const stream = 'automation_request:log-identity';
    const log = new LogIdentity({ store, logger, stream, identify, rebuilds: false });
    await beginAt(app.pool, forwarder.name, 1, null);
    const streamPrefix = 'automation_request-';
    const dispatcher = new Dispatcher({ store, streamPrefix, onTouched: () => undefined, logger });
    const runner = new Runner(forwarder, {
      lead: leadIn(app.database),
      checkpoints: { read: readCheckpoint, commit },
      parked: storedParkedEvents,
      readStream: (request) => store.readStream(request),
      follow: (after, onArrival) => dispatcher.follow(after, onArrival),
      log,
      logger,
    });
    runner.start();
    ends.add(() => runner.stop());
    await until('it is up to date', () => runner.progress.state === 'live', 20_000);
    expect(runner.progress.lastError).toBeNull();

    const sent = (await queue.takeAll()).map(({ body }) => `${body.event_type} ${body.request_id}`);
    expect(sent).toContain(`RequestRequeued ${left}`);
    for (const id of lost) expect(sent).not.toContain(`RequestRequeued ${id}`);
    expect(sent.at(-1)).toBe(`RequestSubmitted ${last}`);
    const checkpoint = await readCheckpoint(app.pool, forwarder.name);
    expect(checkpoint?.position).toBe(runner.progress.position);
  });
});
