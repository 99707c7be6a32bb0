/** What the tokens of an attempt open, and what they do not. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Api } from '../support/api.ts';
import { BASE, SUBMISSION } from '../support/api.ts';
import { expectProblem, expectRequestAnswer } from '../support/contract.ts';
import { useServer } from '../support/ways.ts';

describe('tokens', () => {
  const running = useServer();
  let id: string;
  let worker: Api;
  let agent: Api;

  async function claim(type = 'feature'): Promise<void> {
    ({ id } = await running.api.submit({ type }));
    await claimAgain();
  }

  async function claimAgain(): Promise<void> {
    const { body } = await running.api.post(`/requests/${id}/attempts`, { worker: 'dev-1' });
    worker = running.api.bearing(body.attempt_token);
    agent = running.api.bearing(body.agent_token);
  }

  beforeEach(() => claim());

  describe("the worker's", () => {
    it('may read its request', async () => {
      expectRequestAnswer(await worker.get(`/requests/${id}`));
      expectRequestAnswer(await worker.get(`/requests/${id.toUpperCase()}`));
    });

    it('may use both patches', async () => {
      expectRequestAnswer(await worker.patch(`/requests/${id}`, { current_phase: 'x', title: 'Another' }));
      expectRequestAnswer(await worker.patch(`/requests/${id}/status`, { status: 'implementing' }));
    });

    it('may report its attempt', async () => {
      expectRequestAnswer(await worker.post(`/requests/${id}/attempts/1/report`, { outcome: 'released' }));
    });

    it('may do nothing else', async () => {
      for (const [method, path] of [
        ['GET', `/requests/${id}/events`],
        ['GET', `/requests/${id}/attempts`],
        ['POST', `/requests/${id}/attempts`],
        ['POST', `/requests/${id}/cancel`],
        ['POST', `/requests/${id}/retry`],
        ['POST', `/requests/${id}/attempts/2/report`],
        ['POST', '/requests'],
        ['GET', '/requests'],
        ['GET', '/pending'],
        ['GET', '/events'],
      ] as const) {
        expectProblem(await worker.send({ method, path: BASE + path }), 403, 'forbidden');
      }
      expect(await running.api.request(id)).toMatchObject({ status: 'planning', version: 1 });
    });

    it('may not read another request', async () => {
      const other = await running.api.submit();
      expectProblem(await worker.get(`/requests/${other.id}`), 403, 'forbidden');
      expectProblem(await worker.patch(`/requests/${other.id}`, { title: 'x' }), 403, 'forbidden');
      expectProblem(await worker.patch(`/requests/${other.id}/status`, { status: 'failed' }), 403, 'forbidden');
      expectProblem(await worker.post(`/requests/${other.id}/attempts/1/report`, {}), 403, 'forbidden');
      expect(await running.api.request(other.id)).toEqual(other);
    });
  });

  describe("the agent's", () => {
    it('may read its request and its events', async () => {
      expectRequestAnswer(await agent.get(`/requests/${id}`));
      expect(await agent.get(`/requests/${id}/events`)).toMatchObject({ status: 200 });
    });

    it('may use both patches for its work', async () => {
      expectRequestAnswer(await agent.patch(`/requests/${id}/status`, { status: 'implementing', current_phase: 'x' }));
      const work = {
        milestones: [{ id: 'm1', title: 'One', status: 'pending' }],
        plan_document: 'plan',
        pr_url: 'https://example.com/1',
        test_results: { passed: 1, failed: 0, skipped: 0 },
        session_id: 's-1',
      };
      expectRequestAnswer(await agent.patch(`/requests/${id}`, work));
      expect(await running.api.request(id)).toMatchObject(work);
    });

    it.each([{ title: 'Another' }, { description: 'Another' }, { priority: 'critical' }])(
      'may not change its orders: %j',
      async (patch) => {
        const before = await running.api.request(id);
        expectProblem(await agent.patch(`/requests/${id}`, patch), 403, 'forbidden');
        // Not even to what they are.
        expectProblem(await agent.patch(`/requests/${id}`, { title: before.title }), 403, 'forbidden');
        expect(await running.api.request(id)).toEqual(before);
      },
    );

    it.each(['pending', 'cancelled'])('may not move it to %s', async (status) => {
      await running.api.move(id, 'failed');
      expectProblem(await agent.patch(`/requests/${id}/status`, { status }), 403, 'forbidden');
      expectProblem(await agent.patch(`/requests/${id}`, { status }), 403, 'forbidden');
      expect(await running.api.request(id)).toMatchObject({ status: 'failed' });
    });

    it('may block it, and not unblock it', async () => {
      expectRequestAnswer(await agent.patch(`/requests/${id}/status`, { status: 'blocked', reason: 'question' }));
      for (const status of ['planning', 'failed', 'pending', 'cancelled']) {
        expectProblem(await agent.patch(`/requests/${id}/status`, { status }), 403, 'forbidden');
      }
      expect(await running.api.request(id)).toMatchObject({ status: 'blocked' });
    });

    it('may do nothing else', async () => {
      for (const [method, path] of [
        ['GET', `/requests/${id}/attempts`],
        ['POST', `/requests/${id}/attempts`],
        ['POST', `/requests/${id}/attempts/1/report`],
        ['POST', `/requests/${id}/cancel`],
        ['POST', `/requests/${id}/retry`],
        ['POST', '/requests'],
        ['GET', '/requests'],
        ['GET', '/pending'],
        ['GET', '/events'],
      ] as const) {
        expectProblem(await agent.send({ method, path: BASE + path }), 403, 'forbidden');
      }
    });

    it('may not read another request', async () => {
      const other = await running.api.submit();
      expectProblem(await agent.get(`/requests/${other.id}`), 403, 'forbidden');
      expectProblem(await agent.patch(`/requests/${other.id}`, { current_phase: 'x' }), 403, 'forbidden');
    });
  });

  describe('evidence, when the agent completes', () => {
    const done = { passed: 3, failed: 0, skipped: 1 };
    const complete = (api: Api) => api.patch(`/requests/${id}/status`, { status: 'completed' });

    it('requires test results', async () => {
      await agent.patch(`/requests/${id}/status`, { status: 'reviewing' });
      expectProblem(await complete(agent), 409, 'evidence-missing');
      await agent.patch(`/requests/${id}`, { test_results: done });
      expectRequestAnswer(await complete(agent));
    });

    it('allows no failed test', async () => {
      await agent.patch(`/requests/${id}/status`, { status: 'reviewing' });
      await agent.patch(`/requests/${id}`, { test_results: { ...done, failed: 1 } });
      expectProblem(await complete(agent), 409, 'evidence-missing');
      expect(await running.api.request(id)).toMatchObject({ status: 'reviewing' });
    });

    it.each(['pending', 'in_progress', 'failed'])('allows no milestone that is %s', async (status) => {
      await agent.patch(`/requests/${id}/status`, { status: 'reviewing' });
      const milestones = ['completed', 'skipped', status].map((status, i) => ({ id: `m${i}`, title: 'M', status }));
      await agent.patch(`/requests/${id}`, { test_results: done, milestones });
      expectProblem(await complete(agent), 409, 'evidence-missing');
      const fewer = { milestones: milestones.slice(0, 2) };
      expectProblem(await agent.patch(`/requests/${id}`, fewer), 403, 'forbidden');
      expectProblem(await agent.patch(`/requests/${id}`, { ...fewer, status: 'completed' }), 403, 'forbidden');
      const skipped = milestones.map((it, i) => (i === 2 ? { ...it, status: 'skipped' } : it));
      await agent.patch(`/requests/${id}`, { milestones: skipped });
      expectRequestAnswer(await complete(agent));
    });

    it('may come in the same patch', async () => {
      await agent.patch(`/requests/${id}/status`, { status: 'reviewing' });
      const answer = await agent.patch(`/requests/${id}`, { status: 'completed', test_results: done });
      expectRequestAnswer(answer);
      expect(answer.body).toMatchObject({ status: 'completed' });
    });

    it('of tests is not required for research, that of milestones is', async () => {
      await claim('research');
      await agent.patch(`/requests/${id}`, { milestones: [{ id: 'm', title: 'M', status: 'pending' }] });
      expectProblem(await complete(agent), 409, 'evidence-missing');
      await agent.patch(`/requests/${id}`, { milestones: [{ id: 'm', title: 'M', status: 'completed' }] });
      expectRequestAnswer(await complete(agent));
    });

    it('is checked after the table of transitions', async () => {
      expectProblem(await complete(agent), 409, 'illegal-transition');
    });

    it('is required only from the agent', async () => {
      await running.api.move(id, 'reviewing');
      expectRequestAnswer(await complete(worker));
      await claim();
      await running.api.move(id, 'reviewing', 'completed');
    });
  });

  describe('of an ended attempt', () => {
    it.each(['its report', 'a return to pending'])('change nothing after %s', async (end) => {
      if (end === 'its report') await worker.post(`/requests/${id}/attempts/1/report`, { outcome: 'released' });
      else await running.api.move(id, 'failed', 'pending');
      const before = await running.api.request(id);
      for (const api of [worker, agent]) {
        expectProblem(await api.patch(`/requests/${id}`, { current_phase: 'late' }), 409, 'stale-attempt');
        expectProblem(await api.patch(`/requests/${id}`, {}), 409, 'stale-attempt');
        expectProblem(await api.patch(`/requests/${id}/status`, { status: 'planning' }), 409, 'stale-attempt');
      }
      expect(await running.api.request(id)).toEqual(before);
    });

    it('change nothing while a later attempt is live', async () => {
      const [oldWorker, oldAgent] = [worker, agent];
      await running.api.move(id, 'failed', 'pending');
      await claimAgain();
      for (const api of [oldWorker, oldAgent]) {
        expectProblem(await api.patch(`/requests/${id}/status`, { status: 'failed' }), 409, 'stale-attempt');
      }
      expectRequestAnswer(await agent.patch(`/requests/${id}/status`, { status: 'implementing' }));
      // Its report may come late.
      expectRequestAnswer(await oldWorker.post(`/requests/${id}/attempts/1/report`, { outcome: 'failed' }));
      expect(await running.api.request(id)).toMatchObject({ status: 'implementing', attempt: 2 });
    });

    it('can still read', async () => {
      await running.api.move(id, 'failed', 'pending');
      expectRequestAnswer(await worker.get(`/requests/${id}`));
      expectRequestAnswer(await agent.get(`/requests/${id}`));
    });

    it('are reported as stale before version and status are checked', async () => {
      await running.api.move(id, 'failed', 'pending');
      const answer = await agent.patch(`/requests/${id}/status`, { status: 'testing' }, { 'If-Match': '"77"' });
      expectProblem(answer, 409, 'stale-attempt');
    });
  });

  it.each([['completed'], ['failed'], ['cancelled']] as const)(
    'let the worker finish its report once it is %s, and the agent change nothing',
    async (end) => {
      await running.api.move(id, 'implementing', 'reviewing', end);
      const patch = { pr_url: 'https://example.com/1' };
      expectProblem(await agent.patch(`/requests/${id}`, patch), 409, 'request-ended');
      expectRequestAnswer(await worker.patch(`/requests/${id}`, patch));
    },
  );

  it('let an agent neither set the time to resume nor change the block of another', async () => {
    const block = (its: object) => agent.patch(`/requests/${id}/status`, { status: 'blocked', ...its });
    expectProblem(await block({ reason: 'usage_limit', resume_at: '2020-01-01T00:00:00Z' }), 403, 'forbidden');
    expectRequestAnswer(await block({ reason: 'question', error_message: 'Which colour?' }));
    expectProblem(await block({ reason: 'approval' }), 403, 'forbidden');
    expectProblem(await block({ resume_at: '2020-01-01T00:00:00Z' }), 403, 'forbidden');
    expectRequestAnswer(await block({ error_message: 'Which colour, please?' }));

    await running.api.move(id, 'planning');
    await running.api.patch(`/requests/${id}/status`, { status: 'blocked', error_message: 'Held.' });
    expectProblem(await block({ error_message: 'Go on.' }), 403, 'forbidden');
    expectProblem(await agent.patch(`/requests/${id}`, { error_message: 'Go on.' }), 403, 'forbidden');
    expect(await running.api.request(id)).toMatchObject({ blocked: { message: 'Held.' } });
  });

  it('show agent and worker the history of the request', async () => {
    for (const api of [agent, worker]) expectRequestAnswer(await api.get(`/requests/${id}?version=0`));
    expect((await agent.get(`/requests/${id}/events`)).status).toBe(200);
  });

  it("are recorded in events as the claimer's, with the attempt", async () => {
    await agent.patch(`/requests/${id}`, { current_phase: 'x' });
    const events = await running.api.events(id);
    expect(events.at(-1).metadata).toMatchObject({ principal: 'anonymous', attempt: 1 });
    expect(events[0].metadata).not.toHaveProperty('attempt');
  });

  describe('that are malformed', () => {
    const bearer = 'Bearer 0123456789abcdef0123456789abcdef';

    it('are 401 on every route, with the way to authenticate', async () => {
      for (const path of ['/requests', '/pending', '/events', `/requests/${id}`, '/health']) {
        const answer = await running.api.get(path, { Authorization: bearer });
        expectProblem(answer, 401, 'unauthenticated');
        expect(answer.headers['www-authenticate']).toMatch(/^Bearer\b/);
      }
      expectProblem(await running.api.post('/requests', SUBMISSION, { Authorization: bearer }), 401, 'unauthenticated');
    });

    it.each([
      ['another scheme', 'Basic YWxhZGRpbjpvcGVuc2VzYW1l'],
      ['a token without a scheme', '0123456789abcdef'],
      ['a scheme without a token', 'Bearer'],
      ['two tokens', 'Bearer a b'],
      ['an empty header', ''],
    ])('are 401: %s', async (_, Authorization) => {
      expectProblem(await running.api.get('/requests', { Authorization }), 401, 'unauthenticated');
    });

    it('are 401 when sent twice', async () => {
      const answer = await running.api.get('/requests', { Authorization: [bearer, bearer] });
      expectProblem(answer, 401, 'unauthenticated');
    });

    it('are 401 when a character of a real one is changed, removed or added', async () => {
      const { body } = await running.api.submit().then((request) => {
        return running.api.post(`/requests/${request.id}/attempts`, { worker: 'dev-1' });
      });
      const token: string = body.attempt_token;
      const middle = Math.floor(token.length / 2);
      const other = token[middle] === 'A' ? 'B' : 'A';
      for (const altered of [
        token.slice(0, middle) + other + token.slice(middle + 1),
        token.slice(0, -1),
        `${token}A`,
        body.agent_token.slice(0, 4) + token.slice(4),
      ]) {
        const answer = await running.api.bearing(altered).get(`/requests/${body.request.id}`);
        expectProblem(answer, 401, 'unauthenticated');
        expect(answer.text).not.toContain(altered);
      }
      expectRequestAnswer(await running.api.bearing(token).get(`/requests/${body.request.id}`));
    });
  });
});
