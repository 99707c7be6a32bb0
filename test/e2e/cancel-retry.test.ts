import { describe, expect, it } from '@jest/globals';
import { expectProblem, expectRequestAnswer, STATUSES, UNKNOWN_ID, WAY_TO } from '../support/contract.ts';
import type { Status } from '../support/contract.ts';
import { useServer } from '../support/ways.ts';

describe('cancel and retry', () => {
  const running = useServer();

  async function requestIn(status: Status): Promise<{ id: string; version: number }> {
    const { id } = await running.api.submit();
    await running.api.move(id, ...WAY_TO[status]);
    return running.api.request(id);
  }

  describe('POST /requests/{id}/cancel', () => {
    it.each(STATUSES.filter((status) => !['completed', 'failed', 'cancelled'].includes(status)))(
      'cancels a request that is %s, and records the reason',
      async (status) => {
        const { id, version } = await requestIn(status);
        const answer = await running.api.post(`/requests/${id}/cancel`, { reason: 'Nobody wants it\nany more.' });
        expectRequestAnswer(answer);
        expect(answer.body).toMatchObject({ status: 'cancelled', version: version + 1 });
        expect(answer.headers['automation-position']).toMatch(/^\d+$/);
        const last = (await running.api.events(id)).at(-1);
        expect(last).toMatchObject({ type: 'RequestCancelled', data: { reason: 'Nobody wants it\nany more.' } });
      },
    );

    it.each(['completed', 'failed'] as const)('is refused if the request is %s', async (status) => {
      const before = await requestIn(status);
      const answer = await running.api.post(`/requests/${before.id}/cancel`, {});
      expectProblem(answer, 409, 'illegal-transition');
      expect(answer.body).toMatchObject({ from: status, to: 'cancelled' });
      expect(await running.api.request(before.id)).toEqual(before);
    });

    it('does nothing if it is already cancelled', async () => {
      const before = await requestIn('cancelled');
      const answer = await running.api.post(`/requests/${before.id}/cancel`, { reason: 'again' });
      expectRequestAnswer(answer);
      expect(answer.body).toEqual(before);
    });

    it('requires neither a reason nor a body', async () => {
      for (const body of [undefined, {}, { reason: null }]) {
        const { id } = await requestIn('pending');
        expectRequestAnswer(await running.api.post(`/requests/${id}/cancel`, body));
      }
    });
  });

  describe('POST /requests/{id}/retry', () => {
    it.each([
      ['failed', 1],
      ['blocked', 0],
    ] as const)('returns a %s request to pending, which counts %d', async (status, retries) => {
      const { id, version } = await requestIn(status);
      const answer = await running.api.post(`/requests/${id}/retry`, { reason: 'Use the second one.' });
      expectRequestAnswer(answer);
      expect(answer.body).toMatchObject({
        status: 'pending',
        retry_count: retries,
        version: version + 1,
        completed_at: null,
        blocked: null,
        error_message: null,
      });
      const last = (await running.api.events(id)).at(-1);
      expect(last.data).toMatchObject({ reason: 'Use the second one.' });
    });

    it.each(STATUSES.filter((status) => !['failed', 'blocked', 'pending'].includes(status)))(
      'is refused if the request is %s',
      async (status) => {
        const before = await requestIn(status);
        const answer = await running.api.post(`/requests/${before.id}/retry`, {});
        expectProblem(answer, 409, 'illegal-transition');
        expect(answer.body).toMatchObject({ from: status, to: 'pending' });
        expect(await running.api.request(before.id)).toEqual(before);
      },
    );

    it('does nothing if it is already pending', async () => {
      const before = await requestIn('pending');
      const answer = await running.api.post(`/requests/${before.id}/retry`);
      expectRequestAnswer(answer);
      expect(answer.body).toEqual(before);
    });

    it('counts each retry', async () => {
      const { id } = await requestIn('failed');
      for (let retries = 1; retries <= 3; retries += 1) {
        expect((await running.api.post(`/requests/${id}/retry`)).body).toMatchObject({ retry_count: retries });
        await running.api.move(id, 'failed');
      }
    });
  });

  describe.each(['cancel', 'retry'])('both: %s', (command) => {
    it('accepts a reason of 4,000 code points, and not one more', async () => {
      const { id } = await requestIn('blocked');
      const path = `/requests/${id}/${command}`;
      const longer = await running.api.post(path, { reason: '🦉'.repeat(4_001) });
      expectProblem(longer, 400, 'validation-failed', ['/reason']);
      expectRequestAnswer(await running.api.post(path, { reason: '🦉'.repeat(4_000) }));
    });

    it('accepts nothing but a reason', async () => {
      const { id } = await requestIn('blocked');
      const path = `/requests/${id}/${command}`;
      expectProblem(await running.api.post(path, { status: 'x' }), 400, 'validation-failed', ['/status']);
      expectProblem(await running.api.post(path, { reason: ' ' }), 400, 'validation-failed', ['/reason']);
    });

    it('answers 404 for an unknown request', async () => {
      expectProblem(await running.api.post(`/requests/${UNKNOWN_ID}/${command}`), 404, 'not-found');
    });
  });
});
