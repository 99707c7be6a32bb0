import { describe, expect, it } from '@jest/globals';
import { expectProblem, expectRequestAnswer } from '../support/contract.ts';
import { useServer } from '../support/ways.ts';

describe('AUTOMATION_REQUIRE_APPROVAL=true', () => {
  const running = useServer('engine in process', { AUTOMATION_REQUIRE_APPROVAL: 'true' });
  const deploy = (id: string) => running.api.patch(`/requests/${id}/status`, { status: 'deploying' });

  async function inReview(): Promise<string> {
    const { id } = await running.api.submit();
    await running.api.move(id, 'implementing', 'reviewing');
    return id;
  }

  async function block(id: string, reason: string): Promise<void> {
    expectRequestAnswer(await running.api.patch(`/requests/${id}/status`, { status: 'blocked', reason }));
  }

  it('refuses deployment, and changes nothing', async () => {
    const id = await inReview();
    const before = await running.api.request(id);
    expectProblem(await deploy(id), 409, 'approval-required');
    const patch = await running.api.patch(`/requests/${id}`, { status: 'deploying', current_phase: 'x' });
    expectProblem(patch, 409, 'approval-required');
    expect(await running.api.request(id)).toEqual(before);
  });

  const approve = async (id: string) => ({ approve: true, version: (await running.api.request(id)).version });

  it('allows deployment once the current version is approved by retry', async () => {
    const id = await inReview();
    await block(id, 'approval');
    const { version } = await running.api.request(id);
    for (const other of [version - 1, version + 1]) {
      const refused = await running.api.post(`/requests/${id}/retry`, { approve: true, version: other });
      expectProblem(refused, 412, 'version-mismatch');
      expect(refused.headers.etag).toBe(`"${version}"`);
    }
    expectRequestAnswer(await running.api.post(`/requests/${id}/retry`, { reason: 'Go.', approve: true, version }));
    await running.api.patch(`/requests/${id}`, { plan_document: '# Plan', current_phase: 'x' });
    await running.api.move(id, 'implementing', 'testing');
    expectRequestAnswer(await deploy(id));
  });

  it.each(['approval', 'question'])('is not given by answering a block of reason %s', async (reason) => {
    const id = await inReview();
    await block(id, reason);
    expectRequestAnswer(await running.api.post(`/requests/${id}/retry`, { reason: 'blue' }));
    await running.api.move(id, 'implementing', 'testing');
    expectProblem(await deploy(id), 409, 'approval-required');
  });

  it.each([{ title: 'Deploy something else' }, { description: 'Drop the tables.' }])('ends with %j', async (patch) => {
    const id = await inReview();
    await block(id, 'approval');
    expectRequestAnswer(await running.api.post(`/requests/${id}/retry`, await approve(id)));
    expectRequestAnswer(await running.api.patch(`/requests/${id}`, patch));
    await running.api.move(id, 'implementing', 'testing');
    expectProblem(await deploy(id), 409, 'approval-required');
  });

  it.each([{ approve: true }, { version: 3 }, { approve: false, version: 3 }])('is not given by %j', async (body) => {
    const id = await inReview();
    await block(id, 'approval');
    expectProblem(await running.api.post(`/requests/${id}/retry`, body), 400, 'validation-failed');
  });

  it('is not given by leaving the block', async () => {
    const id = await inReview();
    await block(id, 'approval');
    await running.api.move(id, 'reviewing');
    expectProblem(await deploy(id), 409, 'approval-required');
  });

  it('applies to agents and workers as to everyone', async () => {
    const { id } = await running.api.submit();
    const { body } = await running.api.post(`/requests/${id}/attempts`, { worker: 'dev-1' });
    for (const token of [body.attempt_token, body.agent_token]) {
      const api = running.api.bearing(token);
      await api.patch(`/requests/${id}/status`, { status: 'implementing' });
      await api.patch(`/requests/${id}/status`, { status: 'testing' });
      expectProblem(await api.patch(`/requests/${id}/status`, { status: 'deploying' }), 409, 'approval-required');
    }
  });

  it('is checked after the table of transitions', async () => {
    const { id } = await running.api.submit();
    expectProblem(await deploy(id), 409, 'illegal-transition');
  });
});
