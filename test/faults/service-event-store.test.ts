/** The event store, in a process of its own, goes away under load and comes back. The service need not be started again. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Api } from '../support/api.ts';
import { Clients } from '../support/clients.ts';
import { expectProblem, expectRequestAnswer } from '../support/contract.ts';
import { Ends } from '../support/ends.ts';
import { EventStoreNode } from '../support/event-store-node.ts';
import { Gate } from '../support/gate.ts';
import { TestQueue } from '../support/queue.ts';
import { Server } from '../support/server.ts';
import { until } from '../support/until.ts';

const WRITERS = 16;
/** Within which every call is answered, and a little for the machine. */
const ANSWER_MS = 3_000;
const SLACK_MS = 1_000;

let node: EventStoreNode;
let server: Server;
let api: Api;

const ends = new Ends();
beforeAll(async () => {
  node = await EventStoreNode.create();
  ends.add(() => node.dispose());
  server = await Server.start({ EVENTSTORE_CONNECTION_STRING: node.connectionString });
  ends.add(() => server.dispose());
  api = server.api;
});
afterEach(() => Clients.stopAll());
afterAll(() => ends.run());

/** Commands are refused in time and say when to come again; what was read before can still be read. */
async function expectReadsOnly(id: string): Promise<void> {
  const [post, patch, found, list, pending, health] = await Promise.all([
    api.post('/requests', { type: 'bug', title: 'meanwhile', description: 'd' }),
    api.patch(`/requests/${id}`, { current_phase: 'meanwhile' }),
    api.get(`/requests/${id}`),
    api.get('/requests'),
    api.get('/pending'),
    api.get('/health'),
  ]);
  for (const answer of [post, patch]) {
    expectProblem(answer, 503, 'event-store-unavailable');
    expect(answer.tookMs).toBeLessThan(ANSWER_MS + SLACK_MS);
  }
  expectRequestAnswer(found);
  for (const answer of [list, pending]) {
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.tookMs).toBeLessThan(ANSWER_MS + SLACK_MS);
  }
  expect(health).toMatchObject({ status: 503, body: { status: 'down', checks: { event_store: { status: 'down' } } } });
  expect(health.headers['retry-after']).toMatch(/^\d+$/);
}

async function expectAllWell(): Promise<void> {
  await until('health is ok', async () => (await api.get('/health')).body.status === 'ok', 20_000);
  const { id } = await api.submit({ title: 'afterwards' });
  const { headers, body } = await api.get('/requests?q=afterwards');
  expect(headers).not.toHaveProperty('automation-consistency');
  expect(body.items.map((it: { id: string }) => it.id)).toContain(id);
}

async function served(load: Clients, more: number): Promise<void> {
  const enough = load.acknowledged + more;
  await until('clients are served', () => load.acknowledged >= enough, 30_000);
}

/** Everything that was refused was refused for this reason, in time. */
function expectOnlyUnavailable(load: Clients): void {
  expect(load.unanswered).toBe(0);
  expect(load.refusals.length).toBeGreaterThan(0);
  for (const answer of load.refusals) expectProblem(answer, 503, 'event-store-unavailable');
  expect(load.slowestMs).toBeLessThan(ANSWER_MS + SLACK_MS);
}

describe('the event store', () => {
  it('killed and restarted twice under load: nothing acknowledged is lost or doubled', async () => {
    const { id } = await api.submit();
    const load = new Clients(api, 'killed', WRITERS);
    for (let round = 0; round < 2; round += 1) {
      await served(load, 150);
      const refused = load.refusals.length;
      await node.kill();
      await until('a client is refused', () => load.refusals.length > refused, 10_000);
      await expectReadsOnly(id);
      node.start();
    }
    await served(load, 150);
    await load.stop();
    expectOnlyUnavailable(load);
    await load.verify();
    await expectAllWell();
  });

  it('frozen under load: callers get answers in time, and nothing is lost or doubled afterwards', async () => {
    const { id } = await api.submit();
    const load = new Clients(api, 'frozen', WRITERS);
    await served(load, 150);
    node.freeze();
    await until('a client is refused', () => load.refusals.length > 0, 10_000);
    await expectReadsOnly(id);
    node.thaw();
    await served(load, 150);
    await load.stop();
    expectOnlyUnavailable(load);
    await load.verify();
    await expectAllWell();
  });

  it('away for a while without callers: everything recovers by itself', async () => {
    const { id } = await api.submit();
    await node.kill();
    await until('health is down', async () => (await api.get('/health')).body.status === 'down', 10_000);
    await expectReadsOnly(id);
    node.start();
    await expectAllWell();
  });

  it('killed after an acknowledgement: the latest write can be read by id', async () => {
    const submitted = await Promise.all(Array.from({ length: 20 }, (_, i) => api.submit({ title: `just ${i}` })));
    await node.kill();
    for (const request of submitted) expect((await api.get(`/requests/${request.id}`)).body).toEqual(request);
    node.start();
    await expectAllWell();
  });

  it('away when the service starts: it starts, says so, and recovers with the store', async () => {
    const { id } = await api.submit();
    await server.stop();
    await node.kill();
    await server.startAgain();
    await until('health is down', async () => (await api.get('/health')).body.status === 'down', 10_000);
    // Which API keys there are is in the store: until that is known, nobody gets in without one that is known otherwise.
    expectProblem(await api.get(`/requests/${id}`), 503, 'event-store-unavailable');
    node.start();
    await expectAllWell();
  });

  it('away at the first start with a queue: it waits for the store, and misses nothing', async () => {
    const queue = await TestQueue.start();
    await node.kill();
    const gate = await Gate.before(node.port);
    const EVENTSTORE_CONNECTION_STRING = `esdb://127.0.0.1:${gate.port}?tls=false`;
    const starting = Server.start({ EVENTSTORE_CONNECTION_STRING, ...queue.env });
    await until('it has asked in vain', () => gate.accepted >= 2);
    node.start();
    const first = await starting;
    try {
      const { id } = await first.api.submit();
      await until('it is queued', async () => (await queue.counts()).waiting === 1);
      expect((await queue.takeAll())[0]?.body.request_id).toBe(id);
    } finally {
      await first.dispose();
      await gate.close();
      await queue.stop();
    }
  });
});
