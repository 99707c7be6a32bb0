import { describe, expect, it } from '@jest/globals';
import { expectProblem, expectRequestAnswer, REASONS, TIME, UNKNOWN_ID } from '../support/contract.ts';
import { useServer } from '../support/ways.ts';

describe('details of a status change', () => {
  const running = useServer();
  const setStatus = (id: string, body: object) => running.api.patch(`/requests/${id}/status`, body);

  it('include phase, session and errors', async () => {
    const { id } = await running.api.submit();
    const body = {
      status: 'failed',
      current_phase: 'tests',
      session_id: 's-1',
      error_message: 'No.',
      error_code: 'no',
    };
    const answer = await setStatus(id, body);
    expectRequestAnswer(answer);
    expect(answer.body).toMatchObject(body);
    expect(await running.api.request(id)).toEqual(answer.body);
  });

  it('are recorded even if the status is unchanged', async () => {
    const { id } = await running.api.submit();
    await running.api.move(id, 'implementing');
    const answer = await setStatus(id, { status: 'implementing', current_phase: 'milestone 2 of 5: endpoints' });
    expect(answer.body).toMatchObject({ current_phase: 'milestone 2 of 5: endpoints', version: 2 });
  });

  it('clear phase and session with null', async () => {
    const { id } = await running.api.submit();
    await setStatus(id, { status: 'planning', current_phase: 'reading', session_id: 's-1' });
    const answer = await setStatus(id, { status: 'implementing', current_phase: null, session_id: null });
    expect(answer.body).toMatchObject({ current_phase: null, session_id: null });
  });

  it.each(REASONS)('include the reason %s of a block', async (reason) => {
    const { id } = await running.api.submit();
    await running.api.move(id, 'planning');
    const answer = await setStatus(id, { status: 'blocked', reason, error_message: 'Why?', error_code: 'c' });
    expectRequestAnswer(answer);
    expect(answer.body.blocked).toEqual({
      reason,
      message: 'Why?',
      since: answer.body.last_update,
      from_status: 'planning',
      resume_at: null,
    });
    expect(answer.body).toMatchObject({ error_message: 'Why?', error_code: 'c' });
  });

  it('default to the reason other, without a message', async () => {
    const { id } = await running.api.submit();
    const { body } = await setStatus(id, { status: 'blocked' });
    expect(body.blocked).toMatchObject({ reason: 'other', message: null, from_status: 'pending', resume_at: null });
  });

  it('include the time to resume, in UTC with milliseconds', async () => {
    const { id } = await running.api.submit();
    const { body } = await setStatus(id, { status: 'blocked', resume_at: '2099-03-01T12:30:00.5+02:00' });
    expect(body.blocked.resume_at).toBe('2099-03-01T10:30:00.500Z');
    expect((await running.api.request(id)).blocked.resume_at).toBe('2099-03-01T10:30:00.500Z');
  });

  it('update reason, time and message of a block', async () => {
    const { id } = await running.api.submit();
    await setStatus(id, { status: 'blocked', reason: 'question', error_message: 'Which one?' });
    const revised = { status: 'blocked', reason: 'approval', resume_at: '2099-01-01T00:00:00Z', error_message: 'Ok?' };
    const { body } = await setStatus(id, revised);
    expect(body.blocked).toMatchObject({
      reason: 'approval',
      message: 'Ok?',
      from_status: 'pending',
      resume_at: '2099-01-01T00:00:00.000Z',
    });
    const cleared = await setStatus(id, { status: 'blocked', resume_at: null });
    expect(cleared.body.blocked).toMatchObject({ reason: 'approval', resume_at: null });
  });

  it('append nothing if unchanged', async () => {
    const { id } = await running.api.submit();
    const block = { status: 'blocked', reason: 'budget', resume_at: '2099-01-01T00:00:00Z', error_message: 'm' };
    const first = await setStatus(id, block);
    const again = await setStatus(id, block);
    expect(again.body).toEqual(first.body);
  });

  it('keep the reason of a block if only the status is repeated', async () => {
    const { id } = await running.api.submit();
    await setStatus(id, { status: 'blocked', reason: 'budget' });
    const { body } = await setStatus(id, { status: 'blocked', current_phase: 'waiting' });
    expect(body).toMatchObject({ blocked: { reason: 'budget' }, current_phase: 'waiting' });
  });

  it.each(['reason', 'resume_at'])('do not include %s with another status', async (field) => {
    const { id } = await running.api.submit();
    const value = field === 'reason' ? 'question' : '2099-01-01T00:00:00Z';
    const answer = await setStatus(id, { status: 'planning', [field]: value });
    expectProblem(answer, 400, 'validation-failed', [`/${field}`]);
    expect(await running.api.request(id)).toMatchObject({ status: 'pending', version: 0 });
  });

  it('require the status', async () => {
    const { id } = await running.api.submit();
    expectProblem(await setStatus(id, {}), 400, 'validation-failed', ['/status']);
    expectProblem(await setStatus(id, { status: null }), 400, 'validation-failed', ['/status']);
  });

  it.each(['Pending', 'done', '', 'constructor', 'toString'])('do not accept the status "%s"', async (status) => {
    const { id } = await running.api.submit();
    expectProblem(await setStatus(id, { status }), 400, 'validation-failed', ['/status']);
  });

  it.each(['title', 'description', 'priority', 'milestones', 'pr_url'])('do not accept %s', async (field) => {
    const { id } = await running.api.submit();
    const answer = await setStatus(id, { status: 'planning', [field]: 'low' });
    expectProblem(answer, 400, 'validation-failed', [`/${field}`]);
  });

  it('are refused with 404 for an unknown request', async () => {
    expectProblem(await setStatus(UNKNOWN_ID, { status: 'planning' }), 404, 'not-found');
  });

  describe('times and counts of a status change', () => {
    it('are started by the first planning, and never again', async () => {
      const { id } = await running.api.submit();
      const first = (await setStatus(id, { status: 'planning' })).body;
      expect(first.started_at).toBe(first.last_update);
      await running.api.move(id, 'implementing', 'failed', 'pending', 'planning');
      expect(await running.api.request(id)).toMatchObject({ started_at: first.started_at });
    });

    it('are started by implementing too', async () => {
      const { id } = await running.api.submit();
      expect((await setStatus(id, { status: 'implementing' })).body.started_at).toMatch(TIME);
    });

    it('are not started by a block, a failure or a cancellation', async () => {
      for (const status of ['blocked', 'failed', 'cancelled']) {
        const { id } = await running.api.submit();
        expect((await setStatus(id, { status })).body).toMatchObject({ started_at: null, status });
      }
    });

    it.each(['completed', 'failed', 'cancelled'])('include the completion when it becomes %s', async (status) => {
      const { id } = await running.api.submit();
      await running.api.move(id, 'implementing', 'reviewing');
      const { body } = await setStatus(id, { status });
      expect(body.completed_at).toBe(body.last_update);
    });

    it('include no completion by a block', async () => {
      const { id } = await running.api.submit();
      expect((await setStatus(id, { status: 'blocked' })).body).toMatchObject({ completed_at: null });
    });

    it('lose the completion after a retry, which counts and clears the errors', async () => {
      const { id } = await running.api.submit();
      await setStatus(id, { status: 'failed', error_message: 'No.', error_code: 'no' });
      const { body } = await setStatus(id, { status: 'pending' });
      expect(body).toMatchObject({ completed_at: null, retry_count: 1, error_message: null, error_code: null });
    });

    it('do not count leaving a block as a retry, which clears the errors', async () => {
      const { id } = await running.api.submit();
      await setStatus(id, { status: 'blocked', error_message: 'Why?', error_code: 'c' });
      const { body } = await setStatus(id, { status: 'pending' });
      expect(body).toMatchObject({ retry_count: 0, error_message: null, error_code: null, blocked: null });
    });

    it.each([
      ['blocked', 'failed'],
      ['blocked', 'cancelled'],
      ['blocked', 'implementing'],
      ['blocked', 'pending'],
      ['failed', 'pending'],
    ])('clear the errors from %s to %s', async (from, to) => {
      const { id } = await running.api.submit();
      await running.api.move(id, 'implementing');
      await setStatus(id, { status: from, error_message: 'old', error_code: 'old' });
      const { body } = await setStatus(id, { status: to });
      expect(body).toMatchObject({ status: to, error_message: null, error_code: null });
      expect(await running.api.request(id)).toEqual(body);
    });

    it('keep the errors sent with the status that leaves a failure or a block', async () => {
      for (const status of ['failed', 'blocked']) {
        const { id } = await running.api.submit();
        await setStatus(id, { status, error_message: 'old', error_code: 'old' });
        const { body } = await setStatus(id, { status: 'pending', error_message: 'tried once before' });
        expect(body).toMatchObject({ status: 'pending', error_message: 'tried once before', error_code: null });
        expect(await running.api.request(id)).toEqual(body);
      }
    });

    it('keep the errors in other statuses', async () => {
      const { id } = await running.api.submit();
      await setStatus(id, { status: 'planning', error_message: 'a warning', error_code: 'w' });
      const { body } = await setStatus(id, { status: 'implementing' });
      expect(body).toMatchObject({ error_message: 'a warning', error_code: 'w' });
    });

    it('include a last update that follows every event, but no empty patch', async () => {
      const { id } = await running.api.submit();
      const first = (await running.api.patch(`/requests/${id}`, { current_phase: 'x' })).body;
      const same = (await running.api.patch(`/requests/${id}`, { current_phase: 'x' })).body;
      expect(same.last_update).toBe(first.last_update);
      const events = await running.api.events(id);
      expect(first.last_update).toBe(events.at(-1).occurred_at);
    });
  });

  it('need no approval by default, not even to deploy', async () => {
    const { id } = await running.api.submit();
    await running.api.move(id, 'implementing', 'reviewing', 'deploying', 'completed');
    expect(await running.api.request(id)).toMatchObject({ status: 'completed' });
  });
});
