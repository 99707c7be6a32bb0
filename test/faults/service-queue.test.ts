/** The queue goes away. Requests do not notice, and every message is delivered later. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Ends } from '../support/ends.ts';
import { Gate } from '../support/gate.ts';
import { TestQueue } from '../support/queue.ts';
import { Server } from '../support/server.ts';
import { until } from '../support/until.ts';

let queue: TestQueue;
let gate: Gate;
let server: Server;

/** Of the last event before the test. */
let mark: string;

const ends = new Ends();
beforeAll(async () => {
  queue = await TestQueue.start();
  ends.add(() => queue.stop());
  gate = await Gate.before(Number(new URL(queue.endpoint).port));
  ends.add(() => gate.close());
  server = await Server.start(queue.envBehind(gate.url));
  ends.add(() => server.dispose());
});
beforeEach(async () => {
  await gate.open();
  await submitMany(1);
  await allQueued();
  await queue.takeAll();
  mark = (await server.api.all('/events?limit=1000', 'after')).at(-1).position;
});
afterAll(() => ends.run());

const submitMany = (count: number): Promise<{ id: string }[]> =>
  Promise.all(Array.from({ length: count }, () => server.api.submit()));

async function allQueued(): Promise<void> {
  const queued = async () => (await server.api.all('/requests?limit=100')).every((it) => it.queued_at !== null);
  await until('all is queued', queued, 30_000);
}

/** Submissions and returns to `pending` since the test began, as the log has them. */
async function expected(): Promise<string[]> {
  const waking = await server.api.all('/events?type=RequestSubmitted,RequestRequeued&limit=1000', 'after');
  return waking.filter(({ position }) => BigInt(position) > BigInt(mark)).map(({ id }) => id);
}

async function troubled(): Promise<void> {
  await until('health says so', async () => {
    const { status, body } = await server.api.get('/health');
    // Requests are taken, so the service is not down.
    return status === 200 && body.status === 'degraded' && body.checks.queue.last_error !== null;
  });
}

describe('a queue that', () => {
  it('refuses connections is retried, and then gets everything, in order per request', async () => {
    await gate.close();
    const [first] = await submitMany(60);
    await server.api.move(first?.id ?? '', 'failed', 'pending', 'failed', 'pending');
    await troubled();
    expect(await server.api.request(first?.id ?? '')).toMatchObject({ queued_at: null, status: 'pending' });
    await gate.open();
    await allQueued();
    const ids = await expected();
    await until('everything has arrived', async () => (await queue.counts()).waiting >= ids.length);
    const messages = await queue.takeAll();
    expect(messages.map(({ body }) => body.event_id).sort()).toEqual([...ids].sort());
    const ofFirst = messages.filter(({ body }) => body.request_id === first?.id).map(({ body }) => body.event_id);
    expect(ofFirst).toEqual(ids.filter((id) => ofFirst.includes(id)));
    await until('health is ok', async () => (await server.api.get('/health')).body.status === 'ok');
  });

  it('accepts and never answers is retried too', async () => {
    await gate.silence();
    await submitMany(5);
    await troubled();
    await gate.open();
    await allQueued();
    const arrived = (await queue.takeAll()).map(({ body }) => body.event_id);
    expect(new Set(arrived)).toEqual(new Set(await expected()));
  });

  it('is away while the service is killed and restarted gets everything later', async () => {
    await gate.close();
    await submitMany(20);
    await server.kill();
    await server.startAgain();
    await submitMany(5);
    await gate.open();
    await allQueued();
    const arrived = (await queue.takeAll()).map(({ body }) => body.event_id);
    expect(arrived.sort()).toEqual((await expected()).sort());
  });

  it('is in use when the service is killed gets everything eventually, at least once', async () => {
    await submitMany(300);
    await server.kill();
    await server.startAgain();
    await allQueued();
    const arrived = (await queue.takeAll()).map(({ body }) => body.event_id);
    expect(new Set(arrived)).toEqual(new Set(await expected()));
  });

  it('does not keep the service from stopping', async () => {
    await gate.silence();
    await submitMany(20);
    const begun = performance.now();
    const { code } = await server.stop();
    expect(code).toBe(0);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});
