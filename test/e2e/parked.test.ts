/** Events that a consumer cannot handle, as operators and callers see them: two services on one log and one database. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectProblem, UNKNOWN_ID } from '../support/contract.ts';
import { Ends } from '../support/ends.ts';
import { cure, parkedOf, parkedRequest, POISON, poison } from '../support/poison.ts';
import { TestSchema } from '../support/schema.ts';
import { Server } from '../support/server.ts';
import { until } from '../support/until.ts';
import { prepareGround } from '../support/ways.ts';

let schema: TestSchema;
let one: Server;
let other: Server;

const ends = new Ends();
beforeAll(async () => {
  const ground = await prepareGround('node over gRPC');
  ends.add(() => ground.dispose());
  schema = new TestSchema();
  ends.add(() => schema.drop());
  const env = { ...ground.env, ...schema.env, AUTOMATION_RATE_LIMIT: 'off' };
  one = await Server.start(env);
  ends.add(() => one.dispose());
  other = await Server.start({ ...env, AUTOMATION_SECRET_FILE: `${one.dataDir}/secret` });
  ends.add(() => other.dispose());
  await poison(schema);
});
afterAll(() => ends.run());

const SECRET = 'Text that no cause may repeat';
const listed = async (server: Server, id: string) =>
  ((await server.api.all('/requests?limit=100')) as { id: string; status: string }[]).find((item) => item.id === id);

describe('an event that PostgreSQL refuses', () => {
  it('holds up the list of its own request only, and lists of others are current', async () => {
    const { request_id: id } = await parkedRequest(one.api, { description: SECRET });
    await one.api.move(id, 'planning');
    for (const server of [one, other]) {
      const free = await server.api.submit();
      await server.api.move(free.id, 'planning');
      const list = await server.api.get('/requests?limit=100');
      expect(list.headers).not.toHaveProperty('automation-consistency');
      expect(await listed(server, free.id)).toMatchObject({ status: 'planning' });
      expect(await listed(server, id)).toMatchObject({ status: 'pending' });
      // Read from its stream.
      expect(await server.api.request(id)).toMatchObject({ status: 'planning', session_id: POISON });
    }
  });

  it('is listed with its cause, what waits behind it, and what a retry would handle', async () => {
    const parked = await parkedRequest(one.api, { description: SECRET });
    await one.api.move(parked.request_id, 'planning', 'implementing');
    await until('two wait', async () => (await parkedOf(other.api, parked.request_id)).behind === 2);
    const events = await one.api.events(parked.request_id);
    const item = await parkedOf(other.api, parked.request_id);
    expect(item).toMatchObject({
      id: parked.id,
      consumer: 'requests',
      position: events[1].position,
      revision: 1,
      event_id: events[1].id,
      event_type: events[1].type,
      preview: events.slice(1).map(({ position, revision, id, type }: Record<string, unknown>) => {
        return { position, revision, event_id: id, event_type: type };
      }),
    });
    expect(item.tries[0].cause).toBe('SQLSTATE 23514, table requests, constraint no_poison');
    expect(JSON.stringify(item) + one.output + other.output).not.toContain(SECRET);
  });

  it('is tried three times by itself, and then left to an operator, and health says so everywhere', async () => {
    const { request_id: id } = await parkedRequest(one.api);
    await until('it is left', async () => (await parkedOf(one.api, id)).state === 'parked', 30_000);
    const { tries, next_try_at } = await parkedOf(one.api, id);
    expect([tries.length, next_try_at]).toEqual([3, null]);
    const total = (await one.api.all('/parked?consumer=requests')).length;
    for (const { api } of [one, other]) {
      const { body, status } = await api.get('/health');
      expect([status, body.status]).toEqual([200, 'degraded']);
      expect(body.checks.projections.requests).toMatchObject({ status: 'degraded', parked: total });
      expect(body.checks.projections.leases).toMatchObject({ status: 'ok', parked: 0 });
    }
  });

  it('fails again when it is retried too soon, at either instance, which the audit keeps', async () => {
    const { id, request_id } = await parkedRequest(one.api);
    for (const { api } of [one, other]) {
      const { body, status } = await api.post(`/parked/${id}/retry`, { reason: 'hope' });
      expect(status).toBe(200);
      expect(body).toMatchObject({ id, request_id, outcome: 'failed', cause: expect.stringContaining('23514') });
    }
    const audit = (await one.api.all('/audit', 'after')).filter(({ data }) => data.target === id);
    expect(audit.map(({ type }) => type)).toEqual([
      'RetryRequested',
      'RetryFinished',
      'RetryRequested',
      'RetryFinished',
    ]);
    expect(audit[0].data).toMatchObject({ reason: 'hope', parameters: { consumer: 'requests', request_id } });
    expect(audit[1].data.result).toMatchObject({ outcome: 'failed' });
  });

  it('is skipped for good when an operator says so, and what waits behind it is handled', async () => {
    const { id, request_id } = await parkedRequest(one.api);
    await one.api.move(request_id, 'planning');
    const key = { 'Idempotency-Key': randomUUID() };
    const skipped = await other.api.post(`/parked/${id}/skip`, { reason: 'never mind' }, key);
    expect(skipped.body).toMatchObject({ outcome: 'skipped', cause: null, event_type: 'SessionAttached' });
    expect(await listed(one, request_id)).toMatchObject({ status: 'planning', session_id: null });
    const again = await one.api.post(`/parked/${id}/skip`, { reason: 'never mind' }, key);
    expect(again.body).toEqual(skipped.body);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expectProblem(await one.api.post(`/parked/${id}/skip`, {}), 404, 'not-found');
  });
});

describe('the list of parked events', () => {
  it('comes in pages, and by consumer', async () => {
    await parkedRequest(one.api);
    const all = await one.api.all('/parked?limit=100');
    expect(all.length).toBeGreaterThan(1);
    expect((await one.api.all('/parked?limit=1')).map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    expect((await one.api.get('/parked?consumer=leases')).body).toEqual({ items: [], next_cursor: null });
    expectProblem(await one.api.get('/parked?cursor=x'), 400, 'invalid-cursor');
  });

  it.each(['retry', 'skip'])('has nothing of an unknown id to %s', async (what) => {
    expectProblem(await one.api.post(`/parked/${UNKNOWN_ID}/${what}`, {}), 404, 'not-found');
    expectProblem(await one.api.post(`/parked/nothing/${what}`, {}), 400, 'invalid-id');
  });
});

it('what is parked stays so when the lead moves, and is handled there, in order, once it can be', async () => {
  const { id, request_id } = await parkedRequest(one.api);
  await one.api.move(request_id, 'planning');
  const health = (await one.api.get('/health')).body.checks.projections.requests;
  const [leader, heir] = health.state === 'standby' ? [other, one] : [one, other];
  await leader.kill();
  await heir.api.move(request_id, 'implementing');
  const free = await heir.api.submit();
  await until('the heir leads', async () => (await listed(heir, free.id)) !== undefined);
  await until('three wait', async () => (await parkedOf(heir.api, request_id)).behind === 2);
  expect(await listed(heir, request_id)).toMatchObject({ status: 'pending', session_id: null });
  await cure(schema);
  expect((await heir.api.post(`/parked/${id}/retry`, {})).body).toMatchObject({ outcome: 'handled', cause: null });
  for (const parked of await heir.api.all('/parked')) await heir.api.post(`/parked/${parked.id}/retry`, {});
  expect(await heir.api.all('/parked')).toEqual([]);
  for (const item of await heir.api.all('/requests?session_id=poison')) {
    expect(item).toEqual(await heir.api.request(item.id));
  }
  expect(await listed(heir, request_id)).toMatchObject({ status: 'implementing', session_id: POISON });
  expect((await heir.api.get('/health')).body.checks.projections.requests).toMatchObject({ status: 'ok', parked: 0 });
});
