import { afterAll, describe, expect, it } from '@jest/globals';
import { AdminKey } from '../support/admin-key.ts';
import type { Api } from '../support/api.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/ways.ts';

const HELLO = { version: '1.2.3', repositories: ['acme/shop'], state: 'idle' } as const;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
async function worker(api: Api, name: string): Promise<any> {
  const { status, body } = await api.get('/workers');
  expect(status).toBe(200);
  return body.items.find((it: { name: string }) => it.name === name);
}

describe('workers', () => {
  const running = useServer('engine in process');

  it('are listed as of their last hello', async () => {
    const { api } = running;
    expect(await api.post('/workers/dev-1/hello', HELLO)).toMatchObject({ status: 204, text: '' });
    expect(await worker(api, 'dev-1')).toEqual({
      name: 'dev-1',
      ...HELLO,
      reason: null,
      until: null,
      last_seen_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    const paused = { ...HELLO, state: 'paused', reason: 'usage_limit', until: '2040-01-01T02:00:00+02:00' };
    await api.post('/workers/dev-1/hello', paused);
    expect(await worker(api, 'dev-1')).toMatchObject({ ...paused, until: '2040-01-01T00:00:00.000Z' });
    await api.post('/workers/dev-1/hello', { ...HELLO, reason: null, until: null });
    expect(await worker(api, 'dev-1')).toMatchObject({ state: 'idle', reason: null, until: null });
  });

  it('can have any name that a claim accepts', async () => {
    const name = 'dev 1/b: "größe" 100%';
    expect(await running.api.post(`/workers/${encodeURIComponent(name)}/hello`, HELLO)).toMatchObject({ status: 204 });
    expect(await worker(running.api, name)).toMatchObject({ state: 'idle' });
  });

  it('are also known by their claims and heartbeats alone', async () => {
    const { api } = running;
    const { id } = await api.submit();
    await api.post(`/requests/${id}/attempts`, { worker: 'silent-1' });
    await until('the claim shows', async () => (await worker(api, 'silent-1'))?.state === 'working');
    expect(await worker(api, 'silent-1')).toMatchObject({ version: null, repositories: [], state: 'working' });
    await api.post(`/requests/${id}/attempts/1/report`, { outcome: 'failed' });
    await until('the end of its attempt shows', async () => (await worker(api, 'silent-1')).state === 'idle');
  });

  it('show in health while paused, with the reason', async () => {
    const { api } = running;
    await api.post('/workers/dev-2/hello', { ...HELLO, state: 'paused', reason: 'account', until: null });
    const { body } = await api.get('/health');
    expect(body).toMatchObject({
      status: 'degraded',
      checks: { workers: { status: 'degraded', paused: [{ name: 'dev-2', reason: 'account', until: null }] } },
    });
    await api.post('/workers/dev-2/hello', HELLO);
    expect((await api.get('/health')).body.checks.workers).toMatchObject({ status: 'ok', paused: [] });
  });

  it.each([
    ['no version', { repositories: [], state: 'idle' }, '/version'],
    ['an unknown state', { ...HELLO, state: 'gone' }, '/state'],
    ['a repository that is a URL', { ...HELLO, repositories: ['https://example.org/a.git'] }, '/repositories'],
    ['a repository twice', { ...HELLO, repositories: ['a', 'a'] }, '/repositories'],
    ['repositories that are no list', { ...HELLO, repositories: 'a' }, '/repositories'],
    ['a reason of two lines', { ...HELLO, reason: 'a\nb' }, '/reason'],
    ['an unknown field', { ...HELLO, extra: 1 }, '/extra'],
  ])('say hello, but not with %s', async (_, hello, pointer) => {
    const answer = await running.api.post('/workers/refused/hello', hello);
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation-failed', errors: [{ pointer }] } });
    expect(await worker(running.api, 'refused')).toBeUndefined();
  });

  it.each(['%20', '%00', '%E2%80%AE', 'a'.repeat(201), '%ff'])('the name %j is refused', async (name) => {
    expect(await running.api.post(`/workers/${name}/hello`, HELLO)).toMatchObject({
      status: 400,
      body: { code: 'invalid-id' },
    });
  });
});

describe('a submitter who sees only their own requests', () => {
  const admin = new AdminKey();
  const running = useServer('engine in process', { ...admin.env, AUTOMATION_OWN_ONLY: 'true' });

  afterAll(() => admin.dispose());

  it('does not see the workers', async () => {
    const { body } = await running.api.bearing(admin.key).post('/keys', { name: 'sub', role: 'submitter' });
    expect(await running.api.bearing(body.key).get('/workers')).toMatchObject({ status: 403 });
    expect(await running.api.bearing(admin.key).get('/workers')).toMatchObject({ status: 200 });
  });
});
