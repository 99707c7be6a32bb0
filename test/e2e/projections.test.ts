/** Read models as operators see and rebuild them, and auditors check them: two instances on one log and one database. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { Api } from '../support/api.ts';
import { BASE } from '../support/api.ts';
import { expectProblem } from '../support/contract.ts';
import { Ends } from '../support/ends.ts';
import { brokenLink } from '../support/hash-chain.ts';
import { TestQueue } from '../support/queue.ts';
import { TestSchema } from '../support/schema.ts';
import { Server } from '../support/server.ts';
import { until } from '../support/until.ts';
import { prepareGround } from '../support/ways.ts';

/** Three events each. Set to 33,000 for a log of 100,000 events. */
const REQUESTS = Number(process.env.TEST_REBUILD_REQUESTS ?? 700);
const AT_ONCE = 20;
/** On a busy machine, writing them takes its time. */
const START_LIMIT_MS = 240_000 + 100 * REQUESTS;

const ends = new Ends();
let queue: TestQueue;
let one: Server;
let other: Server;
let database: pg.Client;
let submitted = 0;
/** Requests that nobody changes any more, in order of creation. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
let steady: any[];

beforeAll(async () => {
  queue = await TestQueue.start();
  ends.add(() => queue.stop());
  const ground = await prepareGround('node over gRPC');
  ends.add(() => ground.dispose());
  const schema = new TestSchema();
  ends.add(() => schema.drop());
  const env = { ...ground.env, ...schema.env, ...queue.env, AUTOMATION_RATE_LIMIT: 'off' };
  one = await Server.start(env);
  ends.add(() => one.dispose());
  other = await Server.start({ ...env, AUTOMATION_SECRET_FILE: `${one.dataDir}/secret` });
  ends.add(() => other.dispose());
  database = new pg.Client({ connectionString: schema.env.DATABASE_URL });
  await database.connect();
  await database.query(`SET search_path TO ${schema.env.DATABASE_SCHEMA}`);
  ends.add(() => database.end());
  const titles = Array.from({ length: REQUESTS }, (_, n) => `Steady ${n}`);
  const lane = async (): Promise<void> => {
    for (let title = titles.pop(); title !== undefined; title = titles.pop()) await written(one.api, title);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  steady = (await one.api.get('/requests?q=steady&sort=created_at&limit=100')).body.items;
}, START_LIMIT_MS);
afterAll(() => ends.run());

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
async function written(api: Api, title: string): Promise<any> {
  const { id } = await api.submit({ title });
  submitted += 1;
  await api.move(id, 'implementing');
  const { status, body } = await api.patch(`/requests/${id}`, { session_id: `session ${title}` });
  expect(status).toBe(200);
  return body;
}

const stateOf = async (api: Api) => (await api.get('/projections/requests/rebuild')).body.state;
const audit = async (type: string) => (await other.api.get(`/audit?type=${type}`)).body.items;

describe('GET /projections', () => {
  it('shows the same of everything that follows the log, on the instance that runs it and on the other', async () => {
    for (const { api } of [one, other]) {
      await until('everything is live and up to date', async () => {
        const { items } = (await api.get('/projections')).body;
        return items.every(
          (it: { state: string; lag: { events: number } }) => it.state === 'live' && it.lag.events === 0,
        );
      });
    }
    await until('both say the same', async () => {
      const [here, there] = await Promise.all(
        [one, other].map(async ({ api }) => (await api.get('/projections')).body.items),
      );
      return here.every((it: { position: string }, i: number) => it.position === there[i].position);
    });
    const { items } = (await other.api.get('/projections')).body;
    const well = { state: 'live', lag: { events: 0, ms: 0 }, parked: 0, unknown: 0, last_error: null, rebuild: null };
    expect(items).toMatchObject([
      { name: 'requests', kind: 'read_model', ...well },
      { name: 'leases', kind: 'deadlines', ...well },
      { name: 'stats', kind: 'read_model', ...well },
      { name: 'proof', kind: 'proof', ...well },
      { name: 'queue-forwarder', kind: 'forwarder', ...well },
    ]);
  });

  it('shows how fast events are handled', async () => {
    await written(one.api, 'Other');
    await until('events were handled', async () => {
      const { items } = (await other.api.get('/projections')).body;
      return items[0].rate > 0;
    });
  });
});

describe('POST /projections/{name}/rebuild', () => {
  it('rebuilds while callers read and write, and none of them gets a wrong, partial or missing answer', async () => {
    await until('all messages are sent', async () => {
      const { items } = (await one.api.get('/projections')).body;
      const [list, sent] = ['requests', 'queue-forwarder'].map((name) =>
        items.find((it: { name: string }) => it.name === name),
      );
      return sent.position === list.position;
    });
    const messages = (await received()).length;
    expect(messages).toBe(submitted);
    const wanted = await other.api.post('/projections/requests/rebuild', { reason: 'Not trusted any more' });
    expect(wanted.status).toBe(202);
    const path = String(wanted.headers.location);
    expect(path).toBe(`${BASE}/projections/requests/rebuild`);

    const states = new Set<string>();
    let isOver = false;
    let reads = 0;
    const reader = async ({ api }: Server): Promise<void> => {
      while (!isOver) {
        const { status, body } = await api.get('/requests?q=steady&sort=created_at&limit=100&include_total=true');
        expect({ status, total: body.total }).toEqual({ status: 200, total: REQUESTS });
        expect(body.items).toEqual(steady);
        reads += 1;
      }
    };
    const writer = async ({ api }: Server, name: string): Promise<void> => {
      for (let n = 0; !isOver; n += 1) {
        const title = `${name} ${n}`;
        const body = await written(api, title);
        const { headers, body: listed } = await api.get(`/requests?session_id=session%20${encodeURIComponent(title)}`);
        if (headers['automation-consistency'] === undefined) {
          expect(listed.items.map(({ id, version }: typeof body) => ({ id, version }))).toEqual([
            { id: body.id, version: body.version },
          ]);
        }
      }
    };
    const watcher = async (): Promise<void> => {
      let done = -1;
      await until('the rebuild has ended', async () => {
        const { status, body } = await one.api.send({ path });
        expect(status).toBe(200);
        states.add(body.state);
        if (body.state === 'running') {
          expect(body.done).toBeGreaterThanOrEqual(done);
          done = body.done;
        }
        return body.state === 'finished';
      });
      isOver = true;
    };
    const finallyOver = watcher().finally(() => (isOver = true));
    await Promise.all([finallyOver, reader(one), reader(other), writer(one, 'Alpha'), writer(other, 'Beta')]);
    expect(states.has('finished') && (states.has('running') || states.has('waiting'))).toBe(true);
    expect(reads).toBeGreaterThan(2);

    const verified = (await other.api.get('/projections/requests/verify')).body;
    expect(verified).toEqual({ checked: submitted, drifted: [], not_listed: 0, could_not_check: 0, complete: true });
    await until('the messages of the new ones are sent', async () => (await received()).length === submitted);
  });

  const messages: unknown[] = [];
  async function received(): Promise<readonly unknown[]> {
    await until('the queue has them', async () => {
      messages.push(...(await queue.takeAll()));
      return messages.length >= submitted;
    });
    return messages;
  }

  it('is in the audit: who asked and why, and when it had ended', async () => {
    await until('its end is recorded', async () => (await audit('RebuildFinished')).length > 0);
    const [asked] = await audit('RebuildRequested');
    const [finished] = await audit('RebuildFinished');
    expect(asked.data).toMatchObject({ action_id: asked.id, target: 'requests', reason: 'Not trusted any more' });
    expect(asked.metadata.principal).toBe('anonymous');
    expect(finished.data).toMatchObject({
      action_id: asked.id,
      target: 'requests',
      result: { position: expect.any(String) },
    });
    expect(finished.metadata).toMatchObject({ principal: 'anonymous', $causationId: asked.id });
    expect(await audit('RebuildFinished')).toHaveLength(1);
  });

  it('is a conflict while one is under way, and with the same Idempotency-Key the first answer again', async () => {
    const key = { 'Idempotency-Key': 'rebuild-1' };
    const answers = [await one.api.post('/projections/requests/rebuild', {}, key)];
    expectProblem(await other.api.post('/projections/requests/rebuild'), 409, 'conflict');
    answers.push(await other.api.post('/projections/requests/rebuild', {}, key));
    expect(answers.map(({ status, headers }) => [status, headers.location, headers['idempotent-replayed']])).toEqual([
      [202, `${BASE}/projections/requests/rebuild`, undefined],
      [202, `${BASE}/projections/requests/rebuild`, 'true'],
    ]);
    expectProblem(
      await one.api.post('/projections/requests/rebuild', { reason: 'another' }, key),
      422,
      'idempotency-key-reused',
    );
    await until('it has ended', async () => (await stateOf(other.api)) === 'finished');
    expect(await audit('RebuildRequested')).toHaveLength(2);
  });

  it('of two calls at once is carried out for one', async () => {
    await until('the last one is recorded', async () => (await audit('RebuildFinished')).length === 2);
    const answers = await Promise.all([one, other].map(({ api }) => api.post('/projections/requests/rebuild')));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    await until('it has ended', async () => (await stateOf(one.api)) === 'finished');
  });

  it('goes on after a kill, and its end is recorded once', async () => {
    await until('the last one is recorded', async () => (await audit('RebuildFinished')).length === 3);
    expect((await one.api.post('/projections/requests/rebuild')).status).toBe(202);
    await one.kill();
    await until('the other carries it out', async () => (await stateOf(other.api)) === 'finished');
    await until('its end is recorded', async () => (await audit('RebuildFinished')).length === 4);
    await one.startAgain();
    expect((await one.api.get('/projections/requests/verify')).body).toMatchObject({ checked: submitted, drifted: [] });
    expect(await audit('RebuildFinished')).toHaveLength(4);
  });

  it.each(['leases', 'queue-forwarder'])('has no meaning for %s', async (name) => {
    expectProblem(await one.api.post(`/projections/${name}/rebuild`), 409, 'conflict');
    expect((await one.api.get(`/projections/${name}/rebuild`)).body).toMatchObject({ state: 'none' });
  });

  it('of an unknown projection is 404', async () => {
    expectProblem(await one.api.post('/projections/nothing/rebuild'), 404, 'not-found');
    expectProblem(await one.api.get('/projections/nothing/rebuild'), 404, 'not-found');
    expectProblem(await one.api.get('/projections/nothing/verify'), 404, 'not-found');
  });
});

describe('GET /projections/{name}/verify', () => {
  it('reports a row that was changed by hand, and nothing else', async () => {
    const [{ id, title }] = steady;
    await database.query('UPDATE requests SET title = $2 WHERE id = $1', [id, 'Changed by hand']);
    const { body } = await one.api.get('/projections/requests/verify');
    expect(body).toEqual({
      checked: submitted,
      drifted: [{ id, field: 'title', expected: title, actual: 'Changed by hand' }],
      not_listed: 0,
      could_not_check: 0,
      complete: true,
    });
    await database.query('UPDATE requests SET title = $2 WHERE id = $1', [id, title]);
    const finished = await audit('VerificationFinished');
    expect(finished.at(-1).data).toMatchObject({
      target: 'requests',
      result: { checked: submitted, drifted: 1, could_not_check: 0, complete: true },
    });
    expect(JSON.stringify(finished)).not.toContain('Changed by hand');
  });

  it('is done once at a time, and ends when its caller goes', async () => {
    const call = request(`${one.url}${BASE}/projections/requests/verify`);
    call.on('error', () => undefined);
    call.end();
    await until('it has begun', async () => {
      return (await audit('VerificationRequested')).length > (await audit('VerificationFinished')).length;
    });
    const second = await one.api.get('/projections/requests/verify');
    call.destroy();
    expectProblem(second, 409, 'conflict');
    await until('its end is recorded', async () => (await audit('VerificationFailed')).length > 0);
    expect((await audit('VerificationFailed')).at(-1).data).toMatchObject({ code: 'caller-gone' });
    expect((await one.api.get('/projections/requests/verify')).status).toBe(200);
  });

  it('is a conflict for what cannot be compared', async () => {
    expectProblem(await one.api.get('/projections/leases/verify'), 409, 'conflict');
  });
});

describe('GET /audit', () => {
  it('filters by type, principal and time, and pages', async () => {
    const all = await one.api.all('/audit?limit=3', 'after');
    expect(all.length).toBeGreaterThan(6);
    expect(brokenLink(all)).toBeNull();
    expect((await one.api.all('/audit?principal=nobody', 'after')).length).toBe(0);
    const { occurred_at } = all[2];
    const before = all.filter((it) => it.occurred_at < occurred_at);
    expect(await one.api.all(`/audit?limit=1&to=${occurred_at}`, 'after')).toEqual(before);
    expect(await one.api.all(`/audit?limit=2&from=${occurred_at}`, 'after')).toEqual(
      all.filter((it) => it.occurred_at >= occurred_at),
    );
    expectProblem(await one.api.get('/audit?type=RequestSubmitted'), 400, 'validation-failed');
  });

  it('does not mix with the events of requests', async () => {
    const types = (await one.api.get('/events?limit=1000')).body.items.map(({ type }: { type: string }) => type);
    expect(types).not.toContain('RebuildRequested');
  });
});
