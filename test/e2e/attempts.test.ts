import { describe, expect, it } from '@jest/globals';
import {
  expectProblem,
  expectRequest,
  expectRequestAnswer,
  STATUSES,
  TIME,
  UNKNOWN_ID,
  WAY_TO,
} from '../support/contract.ts';
import { useServer } from '../support/ways.ts';

const ATTEMPT_FIELDS = [
  'attempt',
  'branch',
  'commit',
  'cost_usd',
  'delivers',
  'delivery',
  'duration_ms',
  'ended_at',
  'error_code',
  'error_message',
  'exit_code',
  'lease_expires_at',
  'num_turns',
  'outcome',
  'resume_at',
  'session_id',
  'started_at',
  'usage',
  'worker',
];

describe('attempts', () => {
  const running = useServer();
  const claim = (id: string, body: object = { worker: 'dev-1' }) => running.api.post(`/requests/${id}/attempts`, body);
  const report = (id: string, attempt: number, body: object) =>
    running.api.post(`/requests/${id}/attempts/${attempt}/report`, body);
  const attemptsOf = async (id: string) => (await running.api.get(`/requests/${id}/attempts`)).body.items;

  async function claimed(type = 'feature'): Promise<string> {
    const { id } = await running.api.submit({ type });
    expect(await claim(id)).toMatchObject({ status: 201 });
    return id;
  }

  describe('a claim', () => {
    it('moves the request to planning and returns what the worker and its agent need', async () => {
      const { id } = await running.api.submit();
      const before = Date.now();
      const answer = await claim(id, { worker: 'dev-1', session_id: 's-1', lease_seconds: 600 });
      expect(answer.status).toBe(201);
      expect(Object.keys(answer.body).sort()).toEqual([
        'agent_token',
        'attempt',
        'attempt_token',
        'deliver',
        'lease_expires_at',
        'request',
      ]);
      const { attempt, request, attempt_token, agent_token, lease_expires_at } = answer.body;
      expectRequest(request);
      expect(attempt).toBe(1);
      expect(request).toMatchObject({ id, status: 'planning', attempt: 1, session_id: 's-1', version: 1 });
      expect(request.started_at).toBe(request.last_update);
      expect(answer.headers.etag).toBe('"1"');
      expect(answer.headers['automation-position']).toMatch(/^\d+$/);
      expect(lease_expires_at).toMatch(TIME);
      expect(Date.parse(lease_expires_at) - before).toBeGreaterThanOrEqual(600_000);
      expect(Date.parse(lease_expires_at) - Date.now()).toBeLessThanOrEqual(600_000);
      for (const token of [attempt_token, agent_token]) expect(token).toMatch(/^[A-Za-z0-9\-._~+/]{32,}=*$/);
      expect(attempt_token).not.toBe(agent_token);
      expect(await running.api.request(id)).toEqual(request);
    });

    it("is one event, with the worker's name and no token", async () => {
      const { id } = await running.api.submit();
      const { body } = await claim(id, { worker: 'dev-1', lease_seconds: 15 });
      const events = await running.api.events(id);
      expect(events).toHaveLength(2);
      expect(events[1]).toMatchObject({ type: 'RequestClaimed', data: { attempt: 1, worker: 'dev-1' } });
      const text = JSON.stringify(events);
      expect(text).not.toContain(body.attempt_token);
      expect(text).not.toContain(body.agent_token);
    });

    it('has a lease of two minutes by default', async () => {
      const { id } = await running.api.submit();
      const { body } = await claim(id);
      expect(Date.parse(body.lease_expires_at) - Date.parse(body.request.last_update)).toBe(120_000);
    });

    it('keeps the session of the request if it names none', async () => {
      const { id } = await running.api.submit();
      await running.api.patch(`/requests/${id}`, { session_id: 'before' });
      expect((await claim(id)).body.request).toMatchObject({ session_id: 'before' });
    });

    it('is refused while another attempt is live', async () => {
      const id = await claimed();
      const before = await running.api.request(id);
      expectProblem(await claim(id, { worker: 'dev-2' }), 409, 'already-claimed');
      await running.api.move(id, 'implementing');
      expectProblem(await claim(id, { worker: 'dev-1' }), 409, 'already-claimed');
      expect(await attemptsOf(id)).toHaveLength(1);
      expect(before.attempt).toBe(1);
    });

    it('is refused as already claimed while the attempt is live, even after the request has ended', async () => {
      const id = await claimed();
      await running.api.move(id, 'cancelled');
      expectProblem(await claim(id), 409, 'already-claimed');
    });

    it.each(STATUSES.filter((status) => status !== 'pending'))(
      'is refused when the request is %s without an attempt',
      async (status) => {
        const { id } = await running.api.submit();
        await running.api.move(id, ...WAY_TO[status]);
        expectProblem(await claim(id), 409, 'not-claimable');
        expect(await running.api.request(id)).toMatchObject({ status, attempt: 0 });
      },
    );

    it('is won by one of many concurrent workers', async () => {
      const { id } = await running.api.submit();
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => claim(id, { worker: `dev-${i}` })));
      const won = answers.filter(({ status }) => status === 201);
      expect(won).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 201)) {
        expectProblem(answer, 409, 'already-claimed');
      }
      const [attempt, ...more] = await attemptsOf(id);
      expect(more).toEqual([]);
      expect(attempt.worker).toBe(`dev-${answers.indexOf(won[0] as never)}`);
    });

    it.each([
      ['no worker', {}, '/worker'],
      ['a blank worker', { worker: ' ' }, '/worker'],
      ['a worker of two lines', { worker: 'a\nb' }, '/worker'],
      ['a worker that is no text', { worker: 7 }, '/worker'],
      ['a worker of 201 characters', { worker: 'w'.repeat(201) }, '/worker'],
      ['a lease that is too short', { worker: 'w', lease_seconds: 14 }, '/lease_seconds'],
      ['a lease that is too long', { worker: 'w', lease_seconds: 3_601 }, '/lease_seconds'],
      ['a lease that is not whole', { worker: 'w', lease_seconds: 20.5 }, '/lease_seconds'],
      ['a lease as text', { worker: 'w', lease_seconds: '60' }, '/lease_seconds'],
      ['an empty session', { worker: 'w', session_id: '' }, '/session_id'],
      ['a field nobody knows', { worker: 'w', attempt: 3 }, '/attempt'],
    ])('is refused with %s', async (_, body, pointer) => {
      const { id } = await running.api.submit();
      expectProblem(await claim(id, body), 400, 'validation-failed', [pointer]);
      expect(await running.api.request(id)).toMatchObject({ status: 'pending', attempt: 0 });
    });

    it.each([15, 3_600])('may ask for a lease of %d seconds', async (lease_seconds) => {
      const { id } = await running.api.submit();
      expect(await claim(id, { worker: 'w', lease_seconds })).toMatchObject({ status: 201 });
    });

    it('answers 404 for an unknown request', async () => {
      expectProblem(await claim(UNKNOWN_ID), 404, 'not-found');
    });
  });

  describe('a report of', () => {
    it.each(['implementing', 'reviewing'])('success leaves a request that is %s blocked', async (status) => {
      const id = await claimed();
      await running.api.move(id, 'implementing', ...(status === 'implementing' ? [] : [status]));
      const answer = await report(id, 1, { outcome: 'succeeded' });
      expectRequestAnswer(answer);
      expect(answer.body).toMatchObject({
        status: 'blocked',
        error_message: expect.stringContaining('the agent ended without finishing'),
        blocked: {
          reason: 'other',
          message: expect.stringContaining('the agent ended without finishing'),
          from_status: status,
        },
      });
    });

    it.each(['succeeded', 'failed', 'blocked', 'released'])('%s does not change an ended request', async (outcome) => {
      for (const way of [['implementing', 'reviewing', 'completed'], ['cancelled'], ['failed']]) {
        const id = await claimed();
        await running.api.move(id, ...way);
        const before = await running.api.request(id);
        const { body } = await report(id, 1, { outcome, error_message: 'late', error_code: 'late' });
        expect(body).toMatchObject({ ...before, last_update: body.last_update, version: body.version });
        expect(await attemptsOf(id)).toMatchObject([{ outcome, error_message: 'late' }]);
      }
    });

    it('failure fails the request with its errors', async () => {
      const id = await claimed();
      const { headers, body } = await report(id, 1, {
        outcome: 'failed',
        error_code: 'exit-1',
        error_message: 'It broke.',
      });
      expect(headers['automation-position']).toMatch(/^\d+$/);
      expect(body).toMatchObject({
        status: 'failed',
        error_code: 'exit-1',
        error_message: 'It broke.',
        retry_count: 0,
      });
      expect(body.completed_at).toBe(body.last_update);
    });

    it.each([
      ['a reason as the code', { error_code: 'usage_limit' }, 'usage_limit'],
      ['another code', { error_code: 'no-disk' }, 'other'],
      ['no code', {}, 'other'],
    ])('a block, with %s, blocks the request', async (_, fields, reason) => {
      const id = await claimed();
      const resume_at = '2099-01-01T00:00:00.000Z';
      const { body } = await report(id, 1, { outcome: 'blocked', error_message: 'Later.', resume_at, ...fields });
      expect(body).toMatchObject({
        status: 'blocked',
        blocked: { reason, message: 'Later.', from_status: 'planning', resume_at },
        error_message: 'Later.',
        error_code: 'error_code' in fields ? fields.error_code : null,
      });
    });

    it('a release returns the request to pending for the next claim, and is not a retry', async () => {
      const id = await claimed();
      const { body } = await report(id, 1, { outcome: 'released' });
      expect(body).toMatchObject({ status: 'pending', retry_count: 0, attempt: 1 });
      const again = await claim(id, { worker: 'dev-2' });
      expect(again.body).toMatchObject({ attempt: 2, request: { attempt: 2, status: 'planning' } });
      expect(await attemptsOf(id)).toMatchObject([
        { attempt: 1, worker: 'dev-1', outcome: 'released' },
        { attempt: 2, worker: 'dev-2', outcome: null },
      ]);
    });

    it.each(['released', 'succeeded'])('%s leaves a blocked request unchanged', async (outcome) => {
      const id = await claimed();
      await running.api.patch(`/requests/${id}/status`, { status: 'blocked', reason: 'question', error_message: 'Q?' });
      const { body } = await report(id, 1, { outcome });
      expect(body).toMatchObject({ status: 'blocked', blocked: { reason: 'question', message: 'Q?' } });
      expect(await attemptsOf(id)).toMatchObject([{ outcome }]);
    });

    it('failure fails a blocked request', async () => {
      const id = await claimed();
      await running.api.move(id, 'blocked');
      const { body } = await report(id, 1, { outcome: 'failed', error_message: 'It broke.' });
      expect(body).toMatchObject({ status: 'failed', error_message: 'It broke.', blocked: null });
    });

    it('is recorded with every figure', async () => {
      const id = await claimed();
      const figures = {
        error_code: 'exit-1',
        error_message: 'It broke.',
        exit_code: 1,
        duration_ms: 61_000.25,
        num_turns: 42,
        cost_usd: 1.375,
        usage: { input_tokens: 12_345, nested: { cache: [1, 2, 3] } },
      };
      expectRequestAnswer(await report(id, 1, { outcome: 'failed', ...figures }));
      const [attempt] = await attemptsOf(id);
      expect(attempt).toMatchObject({ outcome: 'failed', ...figures, resume_at: null });
      expect(attempt.ended_at).toMatch(TIME);
    });

    it('the live attempt ends it, which no other status does', async () => {
      const id = await claimed();
      await running.api.move(id, 'blocked', 'planning', 'implementing', 'failed');
      expect(await attemptsOf(id)).toMatchObject([{ outcome: null, ended_at: null }]);
      await running.api.post(`/requests/${id}/retry`);
      expect(await attemptsOf(id)).toMatchObject([{ outcome: 'released', ended_at: expect.stringMatching(TIME) }]);
    });

    it('an attempt released by a retry is late: it is recorded, and changes no state', async () => {
      const id = await claimed();
      await running.api.move(id, 'failed', 'pending');
      const before = await running.api.request(id);
      const { status, body } = await report(id, 1, { outcome: 'failed', error_message: 'late', cost_usd: 2 });
      expect(status).toBe(200);
      expect(body).toEqual({ ...before, version: before.version + 1, last_update: body.last_update });
      expect((await running.api.events(id)).at(-1)).toMatchObject({ data: { attempt: 1, outcome: 'failed' } });
      // And once more: nothing at all.
      const again = await report(id, 1, { outcome: 'failed', error_message: 'late', cost_usd: 2 });
      expect(again.body).toEqual(body);
    });

    it('an older attempt does not change the live one', async () => {
      const id = await claimed();
      await running.api.move(id, 'failed', 'pending');
      expect((await claim(id)).body.attempt).toBe(2);
      const { body } = await report(id, 1, { outcome: 'succeeded' });
      expect(body).toMatchObject({ status: 'planning', attempt: 2 });
      expect(await attemptsOf(id)).toMatchObject([{ outcome: 'released' }, { outcome: null }]);
    });

    it.each([
      ['as it was', { outcome: 'failed', error_message: 'first' }],
      ['changed', { outcome: 'succeeded', error_message: 'second' }],
    ])('the same attempt, repeated %s, changes nothing', async (_, again) => {
      const id = await claimed();
      const first = await report(id, 1, { outcome: 'failed', error_message: 'first' });
      const second = await report(id, 1, again);
      expectRequestAnswer(second);
      expect(second.body).toEqual(first.body);
      expect(second.headers.etag).toBe(first.headers.etag);
    });

    it.each([0, 2, 999_999])('attempt %d, which does not exist, answers 404', async (attempt) => {
      const id = await claimed();
      expectProblem(await report(id, attempt, { outcome: 'failed' }), 404, 'not-found');
    });

    it.each(['-1', '01', '1.0', 'one', '1e0', '0x1'])(
      'attempt "%s", which is not a number, is refused',
      async (attempt) => {
        const id = await claimed();
        const answer = await running.api.post(`/requests/${id}/attempts/${attempt}/report`, { outcome: 'failed' });
        expectProblem(answer, 400, 'invalid-id');
      },
    );

    it.each([
      ['no outcome', {}, '/outcome'],
      ['an outcome nobody knows', { outcome: 'lost' }, '/outcome'],
      [
        'a time to resume at that goes with no block',
        { outcome: 'failed', resume_at: '2099-01-01T00:00:00Z' },
        '/resume_at',
      ],
      ['a time that is none', { outcome: 'blocked', resume_at: 'tomorrow' }, '/resume_at'],
      ['turns that are not whole', { outcome: 'failed', num_turns: 1.5 }, '/num_turns'],
      ['negative costs', { outcome: 'failed', cost_usd: -1 }, '/cost_usd'],
      ['a duration as text', { outcome: 'failed', duration_ms: '1' }, '/duration_ms'],
      ['usage that is a list', { outcome: 'failed', usage: [] }, '/usage'],
      ['usage above 8 KiB', { outcome: 'failed', usage: { text: 'x'.repeat(8 * 1_024) } }, '/usage'],
      ['usage with a NUL in it', { outcome: 'failed', usage: { text: 'a\u0000b' } }, '/usage'],
      ['a code of 101 characters', { outcome: 'failed', error_code: 'c'.repeat(101) }, '/error_code'],
      ['a message of 4,001 characters', { outcome: 'failed', error_message: 'm'.repeat(4_001) }, '/error_message'],
    ])('it is refused with %s', async (_, body, pointer) => {
      const id = await claimed();
      expectProblem(await report(id, 1, body), 400, 'validation-failed', [pointer]);
      expect(await attemptsOf(id)).toMatchObject([{ outcome: null }]);
    });
  });

  describe('the list', () => {
    it('is empty before the first claim', async () => {
      const { id } = await running.api.submit();
      const answer = await running.api.get(`/requests/${id}/attempts`);
      expect(answer).toMatchObject({ status: 200, body: { items: [] } });
    });

    it('has every field of a live attempt', async () => {
      const { id } = await running.api.submit();
      const { body } = await claim(id, { worker: 'dev-1', session_id: 's-1', lease_seconds: 60 });
      const [attempt] = await attemptsOf(id);
      expect(Object.keys(attempt).sort()).toEqual(ATTEMPT_FIELDS);
      expect(attempt).toMatchObject({
        attempt: 1,
        worker: 'dev-1',
        session_id: 's-1',
        started_at: body.request.last_update,
        ended_at: null,
        lease_expires_at: body.lease_expires_at,
        outcome: null,
        error_code: null,
      });
    });

    it('answers 404 for an unknown request', async () => {
      expectProblem(await running.api.get(`/requests/${UNKNOWN_ID}/attempts`), 404, 'not-found');
    });
  });
});
