import { describe, expect, it } from '@jest/globals';
import { attemptsOf } from '../support/attempts.ts';
import { expectProblem, expectRequestAnswer } from '../support/contract.ts';
import { useServer } from '../support/ways.ts';

const COMMIT = 'f2ca1bb6c7e907d06dafe4687e579fce76b37e4e';
const PR = 'https://git.example/acme/api/pull/9';
const DONE = { status: 'completed', test_results: { passed: 3, failed: 0, skipped: 0 } };

describe('completed means delivered', () => {
  const running = useServer('engine in process');

  /** A request whose attempt delivers, and whose agent is in review. */
  async function reviewed(claim: object = { delivers: true }) {
    const { id } = await running.api.submit();
    const { body } = await running.api.post(`/requests/${id}/attempts`, { worker: 'dev-1', ...claim });
    const agent = running.api.bearing(body.agent_token);
    const worker = running.api.bearing(body.attempt_token);
    for (const status of ['implementing', 'reviewing']) {
      expectRequestAnswer(await agent.patch(`/requests/${id}/status`, { status }));
    }
    const report = (its: object, attempt = 1) => running.api.post(`/requests/${id}/attempts/${attempt}/report`, its);
    const deliverer = () => running.api.post(`/requests/${id}/attempts`, { worker: 'dev-2', delivers: true });
    return { id, path: `/requests/${id}`, agent, worker, report, deliverer, claim: body };
  }

  it('completion is claimed by the agent and completed by a report with the delivery', async () => {
    const { id, path, agent, worker, report, claim } = await reviewed();
    expect(claim.deliver).toBeNull();
    const claimed = await agent.patch(path, DONE);
    expectRequestAnswer(claimed);
    expect(claimed.body).toMatchObject({ status: 'reviewing', delivery: { state: 'claimed', attempt: 1 } });

    const again = await agent.patch(path, DONE);
    expect(again.body.version).toBe(claimed.body.version);
    expectProblem(await agent.patch(path, { current_phase: 'x' }), 409, 'request-ended');
    expect((await worker.get(path)).body.delivery).toMatchObject({ state: 'claimed' });

    const delivery = { branch: `automation/${id}`, commit: COMMIT, pr_url: PR };
    const reported = await report({ outcome: 'succeeded', exit_code: 1, delivery });
    expectRequestAnswer(reported);
    const delivered = { state: 'delivered', attempt: 1, ...delivery, reason: null };
    expect(reported.body).toMatchObject({
      status: 'completed',
      branch: delivery.branch,
      commit: COMMIT,
      pr_url: PR,
      delivery: delivered,
    });
    expect((await report({ outcome: 'succeeded', delivery })).body.version).toBe(reported.body.version);
    expect(await running.api.request(id)).toEqual(reported.body);
    const { items } = (
      await running.api.get('/requests', { 'Automation-Position': reported.headers['automation-position'] ?? '' })
    ).body;
    expect(items).toContainEqual(reported.body);
    expect(await attemptsOf(running.api, id)).toMatchObject([{ delivers: true, commit: COMMIT, delivery: delivered }]);
    const { body: before } = await running.api.get(`${path}?version=${claimed.body.version}`);
    expect(before.delivery).toEqual(claimed.body.delivery);
  });

  it('undelivered work blocks the request, survives, and is completed by its delivery', async () => {
    const { path, agent, report, deliverer } = await reviewed();
    await agent.patch(path, DONE);
    const undelivered = { commit: COMMIT, ref: 'refs/automation/x/attempt-1', why: 'The remote refused.' };
    const resume_at = '2099-01-01T00:00:00.000Z';
    const { body } = await report({ outcome: 'blocked', delivery: { undelivered }, resume_at });
    expect(body).toMatchObject({
      status: 'blocked',
      blocked: { reason: 'dependency', message: 'The remote refused.', resume_at },
      error_code: 'delivery-failed',
      branch: null,
      delivery: { state: 'undelivered', commit: COMMIT, reason: 'The remote refused.' },
    });
    expectRequestAnswer(await running.api.post(`${path}/retry`));
    expectProblem(await running.api.post(`${path}/attempts`, { worker: 'dev-2' }), 409, 'not-claimable');
    const claimed = await deliverer();
    expect(claimed.body.deliver).toEqual({ commit: COMMIT, ref: undelivered.ref, approved: false });
    const done = await report({ outcome: 'succeeded', delivery: { branch: 'automation/x', commit: COMMIT } }, 2);
    expect(done.body).toMatchObject({ status: 'completed', commit: COMMIT });
  });

  it('held work is delivered once its commit is approved', async () => {
    const { path, agent, report, deliverer } = await reviewed();
    await agent.patch(path, DONE);
    const undelivered = { commit: COMMIT, ref: 'refs/x', why: 'It changes CI.' };
    const { body } = await report({ outcome: 'blocked', error_code: 'approval', delivery: { undelivered } });
    expect(body.blocked).toMatchObject({ reason: 'approval', message: 'It changes CI.' });
    expectRequestAnswer(await running.api.post(`${path}/retry`, { approve: true, version: body.version }));
    expect((await deliverer()).body.deliver).toMatchObject({ commit: COMMIT, approved: true });
  });

  it('a report without a delivery does not complete a claimed request', async () => {
    const { path, agent, report } = await reviewed();
    await agent.patch(path, DONE);
    const { body } = await report({ outcome: 'succeeded' });
    expect(body).toMatchObject({ status: 'blocked', blocked: { reason: 'other' }, delivery: { state: 'claimed' } });
  });

  it('work that three workers cannot find is left to a person', async () => {
    const { path, agent, report, deliverer } = await reviewed();
    await agent.patch(path, DONE);
    await report({ outcome: 'released', error_code: 'worker-stopped' });
    for (const attempt of [2, 3, 4]) {
      expect((await deliverer()).body.deliver).toMatchObject({ commit: null });
      await report({ outcome: 'released', error_code: 'work-elsewhere' }, attempt);
    }
    expect((await running.api.get(path)).body.blocked).toMatchObject({ reason: 'worker_lost' });
    const { body } = await running.api.post(`${path}/retry`);
    expect(body).toMatchObject({ status: 'pending', delivery: null });
  });

  it('without `delivers`, agents complete requests, and change nothing afterwards', async () => {
    const { path, agent, worker } = await reviewed({});
    const { body } = await agent.patch(path, DONE);
    expect(body).toMatchObject({ status: 'completed', delivery: null });
    for (const late of [DONE, { pr_url: PR }, {}]) expectProblem(await agent.patch(path, late), 409, 'request-ended');
    expectRequestAnswer(await worker.patch(path, { pr_url: PR }));
  });

  it.each<[object, string]>([
    [{}, '/delivery'],
    [{ branch: 'b' }, '/delivery/commit'],
    [{ commit: COMMIT }, '/delivery/branch'],
    [{ nothing: false }, '/delivery/nothing'],
    [{ nothing: true, branch: 'b', commit: COMMIT }, '/delivery'],
    [{ undelivered: { commit: COMMIT, ref: 'r' } }, '/delivery/undelivered/why'],
    [{ branch: 'b', commit: COMMIT, pr_url: 'http://git.example/1' }, '/delivery/pr_url'],
  ])('the delivery %j is refused', async (delivery, pointer) => {
    const { report } = await reviewed();
    const answer = await report({ outcome: 'succeeded', delivery });
    expectProblem(answer, 400, 'validation-failed');
    expect(answer.body.errors).toEqual([{ pointer, detail: expect.any(String) }]);
  });

  it('null for an optional member equals its absence', async () => {
    const submission = { type: 'bug', title: 'A bug', description: 'It is.', priority: null };
    const { body } = await running.api.post('/requests', submission);
    expect(body.priority).toBe('medium');
    const claim = { worker: 'dev-1', lease_seconds: null, session_id: null, delivers: null };
    expect((await running.api.post(`/requests/${body.id}/attempts`, claim)).status).toBe(201);
    const report = { outcome: 'released', error_code: null, usage: null, delivery: null, resume_at: null };
    expectRequestAnswer(await running.api.post(`/requests/${body.id}/attempts/1/report`, report));
    const milestones = [{ id: 'm1', title: 'One', status: 'pending', description: null }];
    expect((await running.api.patch(`/requests/${body.id}`, { milestones })).body.milestones[0]).not.toHaveProperty(
      'description',
    );
    expectProblem(await running.api.patch(`/requests/${body.id}`, { title: null }), 400, 'validation-failed');
  });

  it('an attempt that has used up its budget can still report', async () => {
    const { path, agent, worker, report } = await reviewed();
    const plan = (n: number) => `${n} ${'x'.repeat(99_990)}`;
    let refused = null;
    for (let n = 0; n < 200 && !refused; n += 1) {
      const answer = await agent.patch(path, { plan_document: plan(n) });
      if (answer.status !== 200) refused = answer;
    }
    expectProblem(refused ?? (await agent.get(path)), 409, 'attempt-budget');
    expectProblem(await worker.patch(path, { status: 'testing', plan_document: plan(999) }), 409, 'attempt-budget');
    expectRequestAnswer(await agent.patch(`${path}/status`, { status: 'testing', current_phase: 'still here' }));
    expectRequestAnswer(await running.api.patch(path, { plan_document: plan(1000) }));
    expectRequestAnswer(await report({ outcome: 'released' }));
  });
});
