/** Who did something, by what right, with what, under which policy, and what it led to. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminKey } from '../support/admin-key.ts';
import type { Api } from '../support/api.ts';
import { expectProblem } from '../support/contract.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/ways.ts';

const adminKey = new AdminKey();
const running = useServer('engine in process', {
  ...adminKey.env,
  AUTOMATION_OWN_ONLY: 'true',
  AUTOMATION_FOUR_EYES: 'true',
  AUTOMATION_REQUIRE_APPROVAL: 'true',
  AUTOMATION_MAX_ATTEMPTS: '5',
});
const POLICY = { require_approval: true, four_eyes: true, own_only: true, max_attempts: 5 };
let admin: Api;
let submitter: Api;
let worker: Api;
let agent: Api;
let id: string;

beforeAll(async () => {
  admin = running.api.bearing(adminKey.key);
  const holder = async (role: string): Promise<Api> => {
    const { body } = await admin.post('/keys', { name: `the-${role}`, role });
    return running.api.bearing(body.key);
  };
  [submitter, worker] = [await holder('submitter'), await holder('worker')];
  const correlated = { 'X-Correlation-Id': 'ticket-"9"', 'User-Agent': `a client\tüber ${'x'.repeat(200)}` };
  id = (await submitter.post('/requests', { type: 'bug', title: 'T', description: 'D' }, correlated)).body.id;
  const mark = { kit_version: '0.1.0+1f2e', kit_sha256: 'a'.repeat(64), prompt_sha256: 'b'.repeat(64) };
  const claim = await worker.post(
    `/requests/${id}/attempts`,
    { worker: 'w', agent: mark },
    { 'X-Correlation-Id': 'c-2' },
  );
  agent = running.api.bearing(claim.body.agent_token);
  await agent.patch(`/requests/${id}`, { current_phase: 'one', session_id: 's' });
});
afterAll(() => adminKey.dispose());

describe('GET /me', () => {
  it('tells a principal its roles and scopes, and what is switched on', async () => {
    const { version } = (await admin.get('/me')).body.policy;
    expect((await submitter.get('/me')).body).toEqual({
      principal: 'the-submitter',
      roles: ['submitter'],
      scopes: ['requests:submit', 'requests:read'],
      own_only: true,
      token: null,
      policy: { version, ...POLICY },
      features: { access: 'keys', oidc: false, queue: false },
    });
    expect((await admin.get('/me')).body).toMatchObject({ roles: ['admin'], own_only: false });
    expect((await worker.get('/me')).body).toMatchObject({ roles: ['worker'], own_only: false });
  });

  it('tells a token what it belongs to', async () => {
    expect((await agent.get('/me')).body).toMatchObject({
      principal: 'the-worker',
      roles: [],
      scopes: [],
      own_only: false,
      token: { holder: 'agent', request_id: id, attempt: 1 },
    });
  });

  it('needs a credential', async () => {
    expectProblem(await running.api.get('/me'), 401, 'unauthenticated');
  });
});

describe('the events of calls', () => {
  it('say by what right they were made, with which program, and under which policy', async () => {
    const { version } = (await admin.get('/me')).body.policy;
    const [submitted, claimed, phase] = (await admin.get(`/requests/${id}/events`)).body.items;
    expect(submitted.metadata).toMatchObject({
      principal: 'the-submitter',
      scopes: ['requests:submit', 'requests:read'],
      policy: version,
      client: `a client?ber ${'x'.repeat(200)}`.slice(0, submitted.metadata.client.length),
    });
    expect(submitted.metadata.client).toMatch(/^a client\?ber x{80,90}$/);
    expect(claimed.metadata).toMatchObject({ scopes: ['requests:read', 'attempts:work'], policy: version });
    expect(claimed.data.agent).toEqual({
      kit_version: '0.1.0+1f2e',
      kit_sha256: 'a'.repeat(64),
      prompt_sha256: 'b'.repeat(64),
    });
    expect(phase.metadata).toMatchObject({ principal: 'the-worker', attempt: 1, scopes: ['token:agent'] });
    expect(phase.metadata).not.toHaveProperty('client');
  });

  it('name a policy that the audit has', async () => {
    const { version } = (await admin.get('/me')).body.policy;
    await until(
      'the policy is recorded',
      async () => (await admin.get('/audit?type=PolicyRecorded')).body.items.length > 0,
    );
    const { items } = (await admin.get('/audit?type=PolicyRecorded')).body;
    expect(items.map(({ data }: { data: unknown }) => data)).toEqual([{ version, policy: POLICY }]);
    await running.server.stop();
    await running.server.startAgain({ AUTOMATION_MAX_ATTEMPTS: '6' });
    await until('the new one is', async () => (await admin.get('/audit?type=PolicyRecorded')).body.items.length > 1);
    const changed = (await admin.get('/audit?type=PolicyRecorded')).body.items.at(-1).data;
    expect(changed.policy).toEqual({ ...POLICY, max_attempts: 6 });
    expect(changed.version).not.toBe(version);
    await running.server.stop();
    await running.server.startAgain();
    await until('it answers', async () => (await admin.get('/me')).status === 200);
    expect((await admin.get('/audit?type=PolicyRecorded')).body.items).toHaveLength(2);
  });

  it('are found by their correlation and their cause', async () => {
    const [submitted, claimed, phase, session] = (await admin.get(`/requests/${id}/events`)).body.items;
    const found = async (query: string) => (await admin.get(`/events?${query}`)).body.items;
    expect(await found(`correlation_id=${encodeURIComponent('ticket-"9"')}`)).toEqual([submitted]);
    expect(await found('correlation_id=c-2')).toEqual([claimed]);
    expect(await found(`causation_id=${phase.metadata.call_id}`)).toEqual([phase, session]);
    expect(await found('correlation_id=c-2&type=RequestSubmitted')).toEqual([]);
    for (const bad of [
      'correlation_id=',
      'causation_id=a%20b',
      `correlation_id=${'x'.repeat(129)}`,
      'causation_id=%C3%BC',
    ]) {
      expectProblem(await admin.get(`/events?${bad}`), 400, 'validation-failed', [`?${bad.split('=')[0]}`]);
    }
  });
});
