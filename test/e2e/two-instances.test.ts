/** Two services on one log and one database. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectProblem } from '../support/contract.ts';
import { Ends } from '../support/ends.ts';
import { TestSchema } from '../support/schema.ts';
import { Server } from '../support/server.ts';
import { until } from '../support/until.ts';
import { prepareGround } from '../support/ways.ts';

describe('two instances', () => {
  let one: Server;
  let other: Server;

  const ends = new Ends();
  beforeAll(async () => {
    const ground = await prepareGround('node over gRPC');
    ends.add(() => ground.dispose());
    const schema = new TestSchema();
    ends.add(() => schema.drop());
    const env = { ...ground.env, ...schema.env };
    one = await Server.start(env);
    ends.add(() => one.dispose());
    other = await Server.start({ ...env, AUTOMATION_SECRET_FILE: `${one.dataDir}/secret` });
    ends.add(() => other.dispose());
  });
  afterAll(() => ends.run());

  it('find by id what was written at the other', async () => {
    for (let i = 0; i < 20; i += 1) {
      const submitted = await one.api.submit();
      expect(await other.api.request(submitted.id)).toEqual(submitted);
    }
  });

  it('list what was written at the other, given its position', async () => {
    for (let i = 0; i < 10; i += 1) {
      const [writer, reader] = i % 2 === 0 ? [one, other] : [other, one];
      const { id } = await writer.api.submit();
      const patched = await writer.api.patch(`/requests/${id}`, { session_id: `s${i}` });
      const position = { 'Automation-Position': String(patched.headers['automation-position']) };
      expect((await reader.api.get(`/requests/${id}`, position)).body).toEqual(patched.body);
      const listed = await reader.api.get(`/requests?session_id=s${i}`, position);
      expect(listed.headers).not.toHaveProperty('automation-consistency');
      expect(listed.body.items).toEqual([patched.body]);
    }
  });

  it('never answer by id with what they knew before the other wrote', async () => {
    const { id } = await one.api.submit();
    // Both keep the request in memory.
    await one.api.patch(`/requests/${id}`, { session_id: 'one' });
    await other.api.patch(`/requests/${id}`, { session_id: 'other' });
    for (let i = 0; i < 10; i += 1) {
      const [writer, reader] = i % 2 === 0 ? [one, other] : [other, one];
      const patched = await writer.api.patch(`/requests/${id}`, { session_id: `s${i}` });
      const position = { 'Automation-Position': String(patched.headers['automation-position']) };
      expect((await reader.api.get(`/requests/${id}`, position)).body).toEqual(patched.body);
      await until('it is found without the position too', async () => {
        return (await reader.api.request(id)).session_id === `s${i}`;
      });
    }
  });

  it('decide on what the other wrote', async () => {
    const { id } = await one.api.submit();
    await one.api.move(id, 'implementing');
    await other.api.move(id, 'reviewing');
    await one.api.move(id, 'completed');
    expectProblem(
      await other.api.patch(`/requests/${id}/status`, { status: 'implementing' }),
      409,
      'illegal-transition',
    );
    expect(await one.api.events(id)).toHaveLength(4);
  });

  it('let one of two workers win', async () => {
    for (let i = 0; i < 10; i += 1) {
      const { id } = await one.api.submit();
      const answers = await Promise.all(
        [one, other, one, other].map(({ api }, n) => api.post(`/requests/${id}/attempts`, { worker: `w${n}` })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    }
  });

  it('tell a worker with its heartbeat what was done to its request at the other', async () => {
    const { id } = await one.api.submit();
    expect((await one.api.post(`/requests/${id}/attempts`, { worker: 'w' })).status).toBe(201);
    const beat = async () => (await one.api.post(`/requests/${id}/attempts/1/heartbeat`, {})).body.directives;
    expect(await beat()).toEqual([]);
    await other.api.post(`/requests/${id}/cancel`, {});
    expect(await beat()).toEqual(['cancel']);
  });

  it('append one event per success when both write the same request at once', async () => {
    const { id } = await one.api.submit();
    const phases = Array.from({ length: 40 }, (_, i) => `phase ${i}`);
    const answers = await Promise.all(
      phases.map((current_phase, i) => (i % 2 ? one : other).api.patch(`/requests/${id}`, { current_phase })),
    );
    for (const answer of answers.filter(({ status }) => status !== 200)) expectProblem(answer, 409, 'conflict');
    const succeeded = phases.filter((_, i) => answers[i]?.status === 200);
    const events = await one.api.events(id);
    expect(
      events
        .slice(1)
        .map(({ data }) => data.current_phase)
        .sort(),
    ).toEqual(succeeded.sort());
  });

  it('continue when one is killed: the other takes over in under 10 s', async () => {
    await one.kill();
    const begun = Date.now();
    const { id } = await other.api.submit({ title: 'after the kill' });
    expect(await other.api.request(id)).toMatchObject({ id });
    await until('the list has it', async () => {
      const { status, headers, body } = await other.api.get('/requests?q=after+the+kill');
      return status === 200 && !('automation-consistency' in headers) && body.items.length === 1;
    });
    expect(Date.now() - begun).toBeLessThan(10_000);
    await one.startAgain();
    expect(await one.api.request(id)).toMatchObject({ title: 'after the kill' });
  });
});
