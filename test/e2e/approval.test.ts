import { describe, expect, it } from '@jest/globals';
import { expectProblem, expectRequestAnswer } from '../support/contract.ts';
import { useServer, WAYS } from '../support/ways.ts';

describe.each(WAYS)('AUTOMATION_REQUIRE_APPROVAL=true, %s', (way) => {
  const running = useServer(way, { AUTOMATION_REQUIRE_APPROVAL: 'true' });
  const deploy = (id: string) => running.api.patch(`/requests/${id}/status`, { status: 'deploying' });

  async function inReview(): Promise<string> {
    const { id } = await running.api.submit();
    await running.api.move(id, 'implementing', 'reviewing');
    return id;
  }

  async function block(id: string, reason: string): Promise<void> {
    expectRequestAnswer(await running.api.patch(`/requests/${id}/status`, { status: 'blocked', reason }));
  }

  it('refuses to deploy, and changes nothing', async () => {
    const id = await inReview();
    const before = await running.api.request(id);
    expectProblem(await deploy(id), 409, 'approval-required');
    const patch = await running.api.patch(`/requests/${id}`, { status: 'deploying', current_phase: 'x' });
    expectProblem(patch, 409, 'approval-required');
    expect(await running.api.request(id)).toEqual(before);
  });

  it('lets it deploy after somebody has answered a block for approval by a retry', async () => {
    const id = await inReview();
    await block(id, 'approval');
    expectRequestAnswer(await running.api.post(`/requests/${id}/retry`, { reason: 'Go ahead.' }));
    await running.api.move(id, 'implementing', 'testing');
    expectRequestAnswer(await deploy(id));
  });

  it('is not answered by the retry of another block', async () => {
    const id = await inReview();
    await block(id, 'question');
    await running.api.post(`/requests/${id}/retry`);
    await running.api.move(id, 'implementing', 'testing');
    expectProblem(await deploy(id), 409, 'approval-required');
  });

  it('is not answered by going back from the block', async () => {
    const id = await inReview();
    await block(id, 'approval');
    await running.api.move(id, 'reviewing');
    expectProblem(await deploy(id), 409, 'approval-required');
  });

  it('holds for agents and workers as for everyone', async () => {
    const { id } = await running.api.submit();
    const { body } = await running.api.post(`/requests/${id}/attempts`, { worker: 'dev-1' });
    for (const token of [body.attempt_token, body.agent_token]) {
      const api = running.api.bearing(token);
      await api.patch(`/requests/${id}/status`, { status: 'implementing' });
      await api.patch(`/requests/${id}/status`, { status: 'testing' });
      expectProblem(await api.patch(`/requests/${id}/status`, { status: 'deploying' }), 409, 'approval-required');
    }
  });

  it('comes after the table of transitions', async () => {
    const { id } = await running.api.submit();
    expectProblem(await deploy(id), 409, 'illegal-transition');
  });
});

describe('without AUTOMATION_REQUIRE_APPROVAL', () => {
  const running = useServer('engine in process');

  it('deploys without being asked', async () => {
    const { id } = await running.api.submit();
    await running.api.move(id, 'implementing', 'reviewing', 'deploying', 'completed');
  });
});
