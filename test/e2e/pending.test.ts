import { beforeAll, describe, expect, it } from '@jest/globals';
import { expectProblem, expectRequest, PRIORITIES, TYPES } from '../support/contract.ts';
import { useServer } from '../support/ways.ts';

describe('GET /pending', () => {
  const running = useServer();
  const urgency = [...PRIORITIES].reverse();
  /** In the order of a worker. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
  let waiting: any[];

  beforeAll(async () => {
    const submitted = [];
    for (let i = 0; i < 24; i += 1) {
      submitted.push(await running.api.submit({ type: TYPES[i % 4], priority: PRIORITIES[(i * 3 + 1) % 4] }));
    }
    for (const { id } of submitted.splice(0, 3)) await running.api.move(id, 'implementing');
    waiting = submitted.sort((a, b) => urgency.indexOf(a.priority) - urgency.indexOf(b.priority));
  });

  it('returns what waits for a worker, most urgent first, then oldest', async () => {
    const answer = await running.api.get('/pending?limit=100');
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body)).toEqual(['items']);
    expect(answer.headers).not.toHaveProperty('link');
    answer.body.items.forEach(expectRequest);
    expect(answer.body.items).toEqual(waiting);
  });

  it('returns 20 by default', async () => {
    expect((await running.api.get('/pending')).body.items).toEqual(waiting.slice(0, 20));
  });

  it('returns as many as asked for', async () => {
    expect((await running.api.get('/pending?limit=1')).body.items).toEqual(waiting.slice(0, 1));
  });

  it.each([['bug'], ['bug,research']])('returns only type %s on request', async (type) => {
    const expected = waiting.filter((it) => type.split(',').includes(it.type));
    expect((await running.api.get(`/pending?limit=100&type=${type}`)).body.items).toEqual(expected);
  });

  it('drops a claimed request at once, and lists it again once released', async () => {
    const [first] = waiting;
    const ids = async () => (await running.api.get('/pending?limit=100')).body.items.map((it: { id: string }) => it.id);
    await running.api.post(`/requests/${first.id}/attempts`, { worker: 'dev-1' });
    expect(await ids()).not.toContain(first.id);
    await running.api.post(`/requests/${first.id}/attempts/1/report`, { outcome: 'released' });
    expect((await ids())[0]).toBe(first.id);
  });

  it.each([
    ['cursor', 'x'],
    ['status', 'pending'],
    ['sort', 'created_at'],
    ['q', 'x'],
    ['include_total', 'true'],
    ['priority', 'low'],
  ])('refuses %s', async (name, value) => {
    expectProblem(await running.api.get(`/pending?${name}=${value}`), 400, 'validation-failed', [`?${name}`]);
  });

  it.each(['0', '101', '-1', 'x'])('refuses a limit of %s', async (limit) => {
    expectProblem(await running.api.get(`/pending?limit=${limit}`), 400, 'validation-failed', ['?limit']);
  });
});
