/** The read model is lost. It is the fold of the log, so the same rows come back, and nobody is woken a second time. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectProblem, PRIORITIES, STATUSES, TYPES, WAY_TO } from '../support/contract.ts';
import { Ends } from '../support/ends.ts';
import { TestQueue } from '../support/queue.ts';
import { TestSchema } from '../support/schema.ts';
import { Server } from '../support/server.ts';
import { until } from '../support/until.ts';
import { prepareGround, WAYS } from '../support/ways.ts';

/** What the read model is made of, apart from what is kept beside it. */
const READ_MODEL = ['requests', 'request_counts'];

describe.each(WAYS)('the read model, %s', (way) => {
  let queue: TestQueue;
  let schema: TestSchema;
  let server: Server;

  const ends = new Ends();
  beforeAll(async () => {
    queue = await TestQueue.start();
    ends.add(() => queue.stop());
    const ground = await prepareGround(way);
    ends.add(() => ground.dispose());
    schema = new TestSchema();
    ends.add(() => schema.drop());
    server = await Server.start({ ...ground.env, ...schema.env, ...queue.env });
    ends.add(() => server.dispose());
    await fill();
  });
  afterAll(() => ends.run());

  /** Requests of all kinds, in every status, and everything that was to be queued is. */
  async function fill(): Promise<void> {
    const { api } = server;
    await Promise.all(
      STATUSES.flatMap((status, i) =>
        TYPES.map(async (type, j) => {
          const { id } = await api.submit({ type, priority: PRIORITIES[(i + j) % 4], title: `a ${type} ${status}` });
          await api.move(id, ...WAY_TO[status]);
          if (j === 0) await api.patch(`/requests/${id}`, { milestones: [{ id: 'm', title: 'M', status: 'failed' }] });
        }),
      ),
    );
    const { id } = await api.submit();
    await api.post(`/requests/${id}/attempts`, { worker: 'w', session_id: 's' });
    await api.post(`/requests/${id}/attempts/1/report`, { outcome: 'released', usage: { tokens: 1 }, cost_usd: 0.1 });
    await until('all is queued', async () => (await api.all('/requests?limit=100')).every((it) => it.queued_at));
    await until('all is on the queue', async () => (await queue.counts()).waiting === 42);
    await queue.takeAll();
  }

  const rows = () => schema.query('SELECT * FROM requests ORDER BY id');
  const counts = () => schema.query('SELECT * FROM request_counts WHERE count <> 0 ORDER BY status, type, urgency');
  const lists = async () => [
    await server.api.all('/requests?limit=7&sort=last_update'),
    (await server.api.get('/requests?include_total=true&status=failed,blocked&type=bug')).body,
    (await server.api.get('/pending?limit=100')).body,
  ];

  /** The queue has been sent nothing but one new request, of which it hears. */
  async function expectNothingSentTwice(): Promise<void> {
    const { id } = await server.api.submit({ title: 'the newest' });
    await until('the newest is queued', async () => (await server.api.request(id)).queued_at !== null);
    expect((await queue.takeAll()).map(({ body }) => body.request_id)).toEqual([id]);
  }

  it('dropped while the service is stopped, is rebuilt row by row, and no message is sent twice', async () => {
    const before = { rows: await rows(), counts: await counts(), lists: await lists() };
    expect(before.rows.length).toBeGreaterThanOrEqual(41);
    await server.stop();
    expect(await schema.tables()).toEqual(expect.arrayContaining(READ_MODEL));
    await schema.query(`DROP TABLE ${READ_MODEL.join(', ')}`);
    await server.startAgain();
    const after = { lists: await lists(), rows: await rows(), counts: await counts() };
    expect(after).toEqual(before);
    await expectNothingSentTwice();
  });

  it('dropped under the running service, is rebuilt without a restart', async () => {
    const before = { rows: await rows(), lists: await lists() };
    await schema.query(`DROP TABLE ${READ_MODEL.join(', ')}`);
    const { id } = await server.api.submit({ title: 'meanwhile' });
    expect(await server.api.request(id)).toMatchObject({ title: 'meanwhile' });
    await until(
      'lists are back',
      async () => {
        const { status, body } = await server.api.get('/requests?q=meanwhile');
        return status === 200 && body.items.length === 1;
      },
      20_000,
    );
    expect((await rows()).filter((row) => row.id !== id)).toEqual(before.rows);
    await until('health is ok', async () => (await server.api.get('/health')).body.status === 'ok');
    await until('it is queued', async () => (await server.api.request(id)).queued_at !== null);
    await queue.takeAll();
  });

  it("dropped with its whole schema, is rebuilt, except for the queue's records", async () => {
    const before = { rows: await rows(), counts: await counts() };
    const [listed] = await lists();
    await server.stop();
    await schema.drop();
    await server.startAgain();
    const [relisted] = await lists();
    const notQueued = { queued_at: null, queue_message_id: null };
    expect(relisted).toEqual(listed.map((it: object) => ({ ...it, ...notQueued })));
    expect({ rows: await rows(), counts: await counts() }).toEqual(before);
    await expectNothingSentTwice();
  });
});

describe('a read model of another log', () => {
  it('is left alone, and health says so until the right log is back', async () => {
    const schema = new TestSchema();
    const server = await Server.start(schema.env);
    const folder = await mkdtemp(join(tmpdir(), 'automation-other-log-'));
    try {
      const { id } = await server.api.submit({ title: 'of the right log' });
      expect((await server.api.get('/requests')).body.items).toHaveLength(1);
      const rows = () => schema.query('SELECT * FROM requests');
      const before = await rows();
      await server.stop();
      await server.startAgain({ DATA_DIR: join(folder, 'data') });
      await until('health is down', async () => (await server.api.get('/health')).status === 503);
      const { body } = await server.api.get('/health');
      expect(body).toMatchObject({
        status: 'down',
        checks: { event_store: { status: 'ok' }, projections: { requests: { state: 'foreign_log' } } },
      });
      expect(server.log.some(({ level, msg }) => level !== 'info' && /another log/.test(msg))).toBe(true);
      expect(await rows()).toEqual(before);
      // Nothing is shown of the one log, and nothing done on the other.
      for (const answer of [
        await server.api.get('/requests'),
        await server.api.get('/pending'),
        await server.api.get(`/requests/${id}`),
        await server.api.post('/requests', { type: 'bug', title: 'lost', description: 'd' }),
        await server.api.patch(`/requests/${id}`, { current_phase: 'lost' }),
      ])
        expectProblem(answer, 503, 'foreign-log');
      await server.stop();
      await server.startAgain({ DATA_DIR: server.dataDir });
      await until('health is ok', async () => (await server.api.get('/health')).body.status === 'ok');
      expect((await server.api.get('/requests')).body.items).toMatchObject([{ id }]);

      await server.stop();
      await server.startAgain({ DATA_DIR: join(folder, 'data'), AUTOMATION_REBUILD_ON_FOREIGN_LOG: 'true' });
      await until('health is ok', async () => (await server.api.get('/health')).body.status === 'ok');
      expect((await server.api.get('/requests')).body.items).toEqual([]);
      const { id: newer } = await server.api.submit({ title: 'of the other log' });
      expect((await server.api.get('/requests')).body.items).toMatchObject([{ id: newer }]);
    } finally {
      await server.dispose();
      await schema.drop();
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    }
  });
});
