/** Statistics, as callers see them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminKey } from '../support/admin-key.ts';
import type { Api } from '../support/api.ts';
import { expectProblem } from '../support/contract.ts';
import { withKey } from '../support/keys.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/ways.ts';

const admin = new AdminKey();
const running = useServer('engine in process', { ...admin.env, AUTOMATION_OWN_ONLY: 'true' });
let api: Api;
let ann: Api;
/** What the first request was when it was completed. */
let completed: { created_at: string; completed_at: string };
afterAll(() => admin.dispose());

async function claim(id: string): Promise<void> {
  expect((await api.post(`/requests/${id}/attempts`, { worker: 'dev-1' })).status).toBe(201);
}
const report = (id: string, attempt: number, sent: object) =>
  api.post(`/requests/${id}/attempts/${attempt}/report`, sent);

beforeAll(async () => {
  api = running.api.bearing(admin.key);
  ann = (await withKey(running.server, 'submitter', 'ann')).api;
  const first = await api.submit({ type: 'bug', priority: 'high' });
  await claim(first.id);
  await api.move(first.id, 'implementing', 'reviewing');
  await until('time has passed', () => Date.now() > Date.parse(first.created_at) + 20);
  await api.move(first.id, 'completed');
  completed = await api.request(first.id);
  await report(first.id, 1, { outcome: 'succeeded', cost_usd: 1.5, num_turns: 10 });
  const second = await api.submit();
  await claim(second.id);
  await api.post(`/requests/${second.id}/attempts/1/heartbeat`, { cost_usd: 2, num_turns: 7 });
  await report(second.id, 1, { outcome: 'failed', error_code: 'tests-failed', cost_usd: 0.5 });
  await api.post(`/requests/${second.id}/retry`);
  await claim(second.id);
  await ann.submit({ type: 'research' });
});

describe('GET /stats', () => {
  it('counts what happened, and what was just written', async () => {
    const { status, body } = await api.get('/stats');
    const day = completed.created_at.slice(0, 10);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      by_status: { completed: 1, planning: 1, pending: 1 },
      by_type: { bug: 1, feature: 1, research: 1 },
      by_priority: { high: 1, medium: 2 },
      by_repository: {},
      by_label: {},
      attempts: { started: 3, by_outcome: { succeeded: 1, failed: 1, live: 1 }, failed_by_code: { 'tests-failed': 1 } },
      cost_usd: 3.5,
      turns: 17,
    });
    // Unless the day ended meanwhile.
    const [today] = body.throughput;
    if (body.throughput.length === 1) expect(today).toEqual({ day, created: 3, completed: 1, failed: 1 });
  });

  it('measures the lead time and the time in each status', async () => {
    const { body } = await api.get('/stats');
    const seconds = (Date.parse(completed.completed_at) - Date.parse(completed.created_at)) / 1_000;
    expect(body.lead_time.p50).toBeCloseTo(seconds, 6);
    expect(body.lead_time.p90).toBeCloseTo(seconds, 6);
    expect(Object.keys(body.time_in_status).sort()).toEqual([
      ...['failed', 'implementing', 'pending', 'planning', 'reviewing'],
    ]);
    expect(body.time_in_status.reviewing.p50).toBeGreaterThan(0);
  });

  it('counts every write that it follows', async () => {
    for (let n = 1; n <= 5; n += 1) {
      await api.submit({ type: 'refactor' });
      expect((await api.get('/stats')).body.by_type.refactor).toBe(n);
    }
  });

  it('of another time counts nothing', async () => {
    const { body } = await api.get('/stats?from=2020-01-01T00:00:00Z&to=2020-12-31T00:00:00Z');
    expect(body).toEqual({
      ...{ from: '2020-01-01T00:00:00.000Z', to: '2020-12-31T00:00:00.000Z', by_status: {}, by_type: {} },
      ...{ by_priority: {}, by_repository: {}, by_label: {}, lead_time: { p50: null, p90: null } },
      ...{ time_in_status: {}, throughput: [], attempts: { started: 0, by_outcome: {}, failed_by_code: {} } },
      ...{ cost_usd: 0, turns: 0 },
    });
  });

  it('ends before `to`', async () => {
    const from = new Date(Date.parse(completed.created_at) - 60_000).toISOString();
    const { body } = await api.get(`/stats?from=${from}&to=${completed.created_at}`);
    expect(body.by_type).toEqual({});
    const after = new Date(Date.parse(completed.created_at) + 1).toISOString();
    expect((await api.get(`/stats?from=${completed.created_at}&to=${after}`)).body.by_type).toEqual({ bug: 1 });
  });

  it('of a repository or a label counts nothing, since no request has one', async () => {
    expect((await api.get('/stats?repository=acme/shop')).body.by_type).toEqual({});
    expect((await api.get('/stats?label=a,b')).body).toMatchObject({ cost_usd: 0, throughput: [] });
    expect((await api.get('/stats?label=a,-&repository=-')).body.by_type).toMatchObject({ bug: 1 });
  });

  it('shows those who may only see their own requests nothing else', async () => {
    const { body } = await ann.get('/stats');
    expect(body).toMatchObject({
      by_type: { research: 1 },
      lead_time: { p50: null, p90: null },
      time_in_status: {},
      attempts: { started: 0 },
      cost_usd: 0,
    });
    expect(body.by_status).toEqual({ pending: 1 });
    expect(body.throughput).toEqual([expect.objectContaining({ created: 1, completed: 0, failed: 0 })]);
  });

  it.each([
    ['from', 'yesterday'],
    ['to', '2026-01-01'],
    ['repository', ''],
    ['limit', '1'],
  ])('refuses %s=%s', async (name, value) => {
    expectProblem(await api.get(`/stats?${name}=${value}`), 400, 'validation-failed', [`?${name}`]);
  });

  it.each([
    'from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z',
    'from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z',
    'from=2020-01-01T00:00:00Z',
    'to=0001-01-01T00:00:00Z',
    'from=9999-12-31T23:59:59Z',
  ])('refuses the time of %s', async (query) => {
    expectProblem(await api.get(`/stats?${query}`), 400, 'validation-failed', ['?from']);
  });
});
