/** PostgreSQL goes away. Commands go on, the log has the answers by id, and lists are back when it is. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Clients } from '../support/clients.ts';
import { expectProblem, expectRequestAnswer } from '../support/contract.ts';
import { Ends } from '../support/ends.ts';
import { Gate } from '../support/gate.ts';
import { sharedDatabase } from '../support/postgres.ts';
import { TestQueue } from '../support/queue.ts';
import { TestSchema } from '../support/schema.ts';
import { Server } from '../support/server.ts';
import { until } from '../support/until.ts';
import { prepareGround, WAYS } from '../support/ways.ts';

const ANSWER_MS = 3_000;
const SLACK_MS = 1_000;

async function expectListsBack({ api }: Server, word: string, count: number): Promise<void> {
  await until(
    'lists are back, with everything',
    async () => {
      const { status, headers, body } = await api.get(`/requests?include_total=true&q=${word}`);
      return status === 200 && !('automation-consistency' in headers) && body.total === count;
    },
    20_000,
  );
  await until('health is ok', async () => (await api.get('/health')).body.status === 'ok', 20_000);
}

/** All that holds while the database is away. `id` is of a request that was there before. Returns the new one. */
async function expectCommandsOnly({ api }: Server, id: string, word: string): Promise<string> {
  const submitted = await api.post('/requests', { type: 'bug', title: word, description: 'd' });
  expectRequestAnswer(submitted, 201);
  const [patched, moved, claimed] = [
    await api.patch(`/requests/${submitted.body.id}`, { current_phase: word }),
    await api.patch(`/requests/${id}/status`, { status: 'planning', current_phase: word }),
    await api.post(`/requests/${submitted.body.id}/attempts`, { worker: 'w' }),
  ];
  expectRequestAnswer(patched);
  expectRequestAnswer(moved);
  expect(claimed.status).toBe(201);
  for (const [request, state] of [
    [submitted.body.id, claimed.body.request],
    [id, moved.body],
  ]) {
    const found = await api.get(`/requests/${request}`);
    expectRequestAnswer(found);
    expect(found.body).toEqual(state);
    expect(found.tookMs).toBeLessThan(ANSWER_MS + SLACK_MS);
  }
  expect(await api.get(`/requests/${id}/events`)).toMatchObject({ status: 200 });
  expect(await api.get('/events?limit=1')).toMatchObject({ status: 200 });
  const [list, pending, health] = await Promise.all([api.get('/requests'), api.get('/pending'), api.get('/health')]);
  for (const answer of [list, pending]) {
    expectProblem(answer, 503, 'read-model-unavailable');
    expect(answer.tookMs).toBeLessThan(ANSWER_MS + SLACK_MS);
  }
  expect(health).toMatchObject({ status: 503, body: { status: 'down', checks: { read_model: { status: 'down' } } } });
  expect(health.body.checks.event_store).toMatchObject({ status: 'ok' });
  return submitted.body.id;
}

describe('a PostgreSQL that is unreachable at the start', () => {
  it('is awaited: commands work meanwhile, and lists once it is there', async () => {
    const ends = new Ends();
    try {
      const schema = new TestSchema();
      ends.add(() => schema.drop());
      const gate = await Gate.before(Number(new URL(sharedDatabase()).port || 5_432));
      ends.add(() => gate.close());
      const queue = await TestQueue.start();
      ends.add(() => queue.stop());
      await gate.close();
      const server = await Server.start({ ...schema.envBehind(gate.port), ...queue.env });
      ends.add(() => server.dispose());
      const { id } = await server.api.submit({ title: 'early' });
      await expectCommandsOnly(server, id, 'early');
      expect(server.output).toContain('the database is unreachable');
      await gate.open();
      await expectListsBack(server, 'early', 2);
      // What was submitted before anything could be written down about the queue is queued, too.
      await until('it is queued', async () => (await server.api.request(id)).queued_at !== null, 20_000);
    } finally {
      await ends.run();
    }
  });
});

describe('a PostgreSQL that goes silent', () => {
  it('does not hold up a read by id of what this service has written, as nobody else writes into its log', async () => {
    const ends = new Ends();
    try {
      const schema = new TestSchema();
      ends.add(() => schema.drop());
      const gate = await Gate.before(Number(new URL(sharedDatabase()).port || 5_432));
      ends.add(() => gate.close());
      const server = await Server.start(schema.envBehind(gate.port));
      ends.add(() => server.dispose());
      const { api } = server;
      const { id } = await api.submit();
      await gate.silence();
      const patched = await api.patch(`/requests/${id}`, { current_phase: 'in silence' });
      const found = await api.get(`/requests/${id}`);
      expectRequestAnswer(found);
      expect(found.body).toEqual(patched.body);
      expect(found.tookMs).toBeLessThan(SLACK_MS);
      await gate.open();
    } finally {
      await ends.run();
    }
  });
});

describe.each(WAYS)('an external PostgreSQL, %s', (way) => {
  let gate: Gate;
  let queue: TestQueue;
  let server: Server;

  const ends = new Ends();
  beforeAll(async () => {
    const schema = new TestSchema();
    ends.add(() => schema.drop());
    gate = await Gate.before(Number(new URL(sharedDatabase()).port || 5_432));
    ends.add(() => gate.close());
    queue = await TestQueue.start();
    ends.add(() => queue.stop());
    const ground = await prepareGround(way);
    ends.add(() => ground.dispose());
    server = await Server.start({ ...ground.env, ...schema.envBehind(gate.port), ...queue.env });
    ends.add(() => server.dispose());
  });
  afterEach(async () => {
    await Clients.stopAll();
    await gate.open();
  });
  afterAll(() => ends.run());

  it.each(['close', 'silence'] as const)('that is unreachable (%s): commands and reads by id work', async (fault) => {
    const before = await server.api.submit({ title: fault });
    await server.api.get('/requests');
    await gate[fault]();
    const id = await expectCommandsOnly(server, before.id, fault);
    await gate.open();
    await expectListsBack(server, fault, 2);
    const list = () => server.api.all(`/requests?q=${fault}`);
    expect(await list()).toEqual(await Promise.all([id, before.id].map((it) => server.api.request(it))));
    // Each woke its workers, once or more.
    await until('both are queued', async () => (await list()).every((it) => it.queued_at));
    const woken = (await queue.takeAll()).map(({ body }) => body.request_id);
    expect(new Set(woken)).toEqual(new Set([id, before.id]));
  });

  it('that is cut off repeatedly under load: no row is lost or doubled', async () => {
    const load = new Clients(server.api, 'cut', 8);
    for (let round = 0; round < 3; round += 1) {
      const enough = load.acknowledged + 150;
      await until('clients are served', () => load.acknowledged >= enough, 30_000);
      await gate.close();
      const more = load.acknowledged + 60;
      await until('clients are served without it', () => load.acknowledged >= more, 30_000);
      await gate.open();
    }
    await load.stop();
    // Commands and reads by id are all that these clients do.
    expect(load.refusals.map(({ status, text }) => `${status} ${text}`)).toEqual([]);
    await expectListsBack(server, 'cut', load.submitted.length);
    await load.verify();
  });
});

describe('the embedded PostgreSQL', () => {
  it('killed: commands work, and it is restarted automatically', async () => {
    const server = await Server.startWithPostgres();
    try {
      await server.api.submit({ title: 'killed' });
      const pid = Number(/PostgreSQL .* process (\d+)/.exec(server.output)?.[1]);
      process.kill(pid, 'SIGKILL');
      const { id } = await server.api.submit({ title: 'killed' });
      expect(await server.api.request(id)).toMatchObject({ title: 'killed' });
      await expectListsBack(server, 'killed', 2);
    } finally {
      await server.dispose();
    }
  });
});
