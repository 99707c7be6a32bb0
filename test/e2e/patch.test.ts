import { describe, expect, it } from '@jest/globals';
import { BASE } from '../support/api.ts';
import { expectProblem, expectRequestAnswer, UNKNOWN_ID } from '../support/contract.ts';
import { useServer } from '../support/ways.ts';

const MILESTONES = [
  { id: 'm1', title: 'Middleware', description: 'Token bucket.\nPer IP.', status: 'completed' },
  { id: 'm2', title: 'Tests', status: 'in_progress' },
];
const TEST_RESULTS = {
  passed: 12,
  failed: 1,
  skipped: 0,
  duration_ms: 3_401.5,
  summary: '12 of 13\n',
  report_url: 'https://ci.example.com/runs/7?tab=tests#failed',
};

describe('PATCH /requests/{id}', () => {
  const running = useServer();

  it.each([
    ['title', 'Another title'],
    ['description', 'Another\ndescription'],
    ['priority', 'critical'],
    ['status', 'planning'],
    ['current_phase', 'milestone 2 of 5: endpoints'],
    ['session_id', 'a1b2c3'],
    ['milestones', MILESTONES],
    ['plan_document', '# Plan\n\n1. Middleware\n'],
    ['pr_url', 'https://github.com/example/backend/pull/7'],
    ['test_results', TEST_RESULTS],
    ['error_message', 'Something\nwent wrong'],
    ['error_code', 'agent-failed'],
  ])('changes only %s, with one event', async (field, value) => {
    const before = await running.api.submit();
    const answer = await running.api.patch(`/requests/${before.id}`, { [field]: value });
    expectRequestAnswer(answer);
    const { last_update, started_at } = answer.body;
    expect(answer.body).toEqual({
      ...before,
      [field]: value,
      last_update,
      started_at: field === 'status' ? last_update : null,
      version: 1,
    });
    expect(started_at === null || last_update >= before.last_update).toBe(true);
    expect(answer.headers['automation-position']).toMatch(/^\d+$/);
    expect(await running.api.request(before.id)).toEqual(answer.body);
    expect(await running.api.events(before.id)).toHaveLength(2);
  });

  it('changes any number of fields in one append', async () => {
    const { id } = await running.api.submit();
    const patch = {
      title: 'Another title',
      priority: 'low',
      status: 'implementing',
      current_phase: 'phase',
      session_id: 'session',
      milestones: MILESTONES,
      plan_document: 'plan',
      pr_url: 'https://example.com/pull/1',
      test_results: TEST_RESULTS,
    };
    const answer = await running.api.patch(`/requests/${id}`, patch);
    expectRequestAnswer(answer);
    expect(answer.body).toMatchObject(patch);
    const events = await running.api.events(id);
    expect(answer.body.version).toBe(events.length - 1);
    // One call, so one cause and one time.
    expect(new Set(events.slice(1).map(({ metadata }) => metadata.call_id)).size).toBe(1);
    expect(new Set(events.slice(1).map(({ occurred_at }) => occurred_at)).size).toBe(1);
  });

  it('applies all of a patch or nothing', async () => {
    const before = await running.api.submit();
    const refused = await running.api.patch(`/requests/${before.id}`, { title: 'Another', status: 'deploying' });
    expectProblem(refused, 409, 'illegal-transition');
    expect(refused.body).toMatchObject({ from: 'pending', to: 'deploying' });
    expect(await running.api.request(before.id)).toEqual(before);
    expect(await running.api.events(before.id)).toHaveLength(1);
  });

  it.each(['current_phase', 'session_id', 'plan_document', 'pr_url', 'test_results', 'error_message', 'error_code'])(
    'clears %s with null',
    async (field) => {
      const { id } = await running.api.submit();
      const values: Record<string, unknown> = { test_results: TEST_RESULTS, pr_url: 'https://example.com/1' };
      await running.api.patch(`/requests/${id}`, { [field]: values[field] ?? 'x' });
      const cleared = await running.api.patch(`/requests/${id}`, { [field]: null });
      expectRequestAnswer(cleared);
      expect(cleared.body).toMatchObject({ [field]: null, version: 2 });
      expect(await running.api.request(id)).toEqual(cleared.body);
    },
  );

  it.each(['title', 'description', 'priority', 'status', 'milestones'])('cannot clear %s', async (field) => {
    const { id } = await running.api.submit();
    const answer = await running.api.patch(`/requests/${id}`, { [field]: null });
    expectProblem(answer, 400, 'validation-failed', [`/${field}`]);
  });

  it('clears the milestones with an empty list', async () => {
    const { id } = await running.api.submit();
    await running.api.patch(`/requests/${id}`, { milestones: MILESTONES });
    expect((await running.api.patch(`/requests/${id}`, { milestones: [] })).body).toMatchObject({ milestones: [] });
  });

  it('replaces milestones and test results as a whole', async () => {
    const { id } = await running.api.submit();
    await running.api.patch(`/requests/${id}`, { milestones: MILESTONES, test_results: TEST_RESULTS });
    const milestones = [{ id: 'm1', title: 'Middleware', status: 'completed' }];
    const test_results = { passed: 13, failed: 0, skipped: 0 };
    const answer = await running.api.patch(`/requests/${id}`, { milestones, test_results });
    expect(answer.body.milestones).toEqual(milestones);
    expect(answer.body.test_results).toEqual(test_results);
    const found = await running.api.request(id);
    expect(found.milestones).toEqual(milestones);
    expect(found.test_results).toEqual(test_results);
  });

  it('keeps the order of milestones, and notices a changed one', async () => {
    const { id } = await running.api.submit();
    await running.api.patch(`/requests/${id}`, { milestones: MILESTONES });
    const milestones = [...MILESTONES].reverse();
    const answer = await running.api.patch(`/requests/${id}`, { milestones });
    expect(answer.body).toMatchObject({ milestones, version: 2 });
  });

  it.each([
    ['nothing', {}],
    ['what is so already', { title: 'Same', priority: 'medium', status: 'pending' }],
    ['what is so already once trimmed', { title: '  Same ' }],
    ['null where there is nothing', { plan_document: null, pr_url: null, test_results: null, error_code: null }],
    ['no milestones where there are none', { milestones: [] }],
  ])('appends nothing for a patch of %s', async (_, patch) => {
    const before = await running.api.submit({ title: 'Same' });
    const answer = await running.api.patch(`/requests/${before.id}`, patch);
    expectRequestAnswer(answer);
    expect(answer.body).toEqual(before);
    expect(answer.headers['automation-position']).toMatch(/^\d+$/);
    expect(await running.api.events(before.id)).toHaveLength(1);
  });

  it('appends nothing for a repeated patch, whatever the order of its members', async () => {
    const { id } = await running.api.submit();
    const first = await running.api.patch(`/requests/${id}`, { milestones: MILESTONES, test_results: TEST_RESULTS });
    const reversed = (object: object) => Object.fromEntries(Object.entries(object).reverse());
    const again = await running.api.patch(`/requests/${id}`, {
      test_results: reversed(TEST_RESULTS),
      milestones: MILESTONES.map(reversed),
    });
    expect(again.body).toEqual(first.body);
    expect(again.headers.etag).toBe(first.headers.etag);
  });

  it('treats no body as an empty patch', async () => {
    const before = await running.api.submit();
    const answer = await running.api.patch(`/requests/${before.id}`);
    expectRequestAnswer(answer);
    expect(answer.body).toEqual(before);
  });

  it('is accepted as application/merge-patch+json too', async () => {
    const { id } = await running.api.submit();
    const type = { 'Content-Type': 'application/merge-patch+json' };
    const answer = await running.api.patch(`/requests/${id}`, { current_phase: 'merged' }, type);
    expectRequestAnswer(answer);
    expect(answer.body).toMatchObject({ current_phase: 'merged' });
  });

  it.each(['completed', 'failed', 'cancelled', 'blocked'])('is accepted in the status %s', async (status) => {
    const { id } = await running.api.submit({ type: 'research' });
    await running.api.move(id, 'planning', status);
    const answer = await running.api.patch(`/requests/${id}`, { title: 'Another', pr_url: 'https://example.com/1' });
    expectRequestAnswer(answer);
    expect(answer.body).toMatchObject({ title: 'Another', pr_url: 'https://example.com/1', status });
  });

  it('writes the error message of a blocked request into the block too', async () => {
    const { id } = await running.api.submit();
    const blocked = await running.api.patch(`/requests/${id}`, { status: 'blocked', error_message: 'Which database?' });
    expect(blocked.body).toMatchObject({
      error_message: 'Which database?',
      blocked: { reason: 'other', message: 'Which database?', from_status: 'pending', resume_at: null },
    });
    const again = await running.api.patch(`/requests/${id}`, { error_message: 'Which schema?' });
    expect(again.body).toMatchObject({ error_message: 'Which schema?', blocked: { message: 'Which schema?' } });
    const cleared = await running.api.patch(`/requests/${id}`, { error_message: null });
    expect(cleared.body).toMatchObject({ error_message: null, blocked: { message: null } });
  });

  it('accepts the id in any case', async () => {
    const { id } = await running.api.submit();
    const answer = await running.api.patch(`/requests/${id.toUpperCase()}`, { current_phase: 'x' });
    expectRequestAnswer(answer);
    expect(answer.body.id).toBe(id);
  });

  it('answers 404 for an unknown request', async () => {
    expectProblem(await running.api.patch(`/requests/${UNKNOWN_ID}`, { title: 'x' }), 404, 'not-found');
  });

  it.each([
    'id',
    'type',
    'blocked',
    'attempt',
    'retry_count',
    'created_at',
    'started_at',
    'completed_at',
    'last_update',
    'created_by',
    'queued_at',
    'queue_message_id',
    'version',
    'reason',
    'resume_at',
  ])('refuses %s', async (field) => {
    const before = await running.api.submit();
    const answer = await running.api.patch(`/requests/${before.id}`, { [field]: before[field] ?? null });
    expectProblem(answer, 400, 'validation-failed', [`/${field}`]);
  });

  describe('with If-Match', () => {
    it('is accepted at the named version', async () => {
      const { id } = await running.api.submit();
      const answer = await running.api.patch(`/requests/${id}`, { current_phase: 'x' }, { 'If-Match': '"0"' });
      expectRequestAnswer(answer);
      expect(answer.headers.etag).toBe('"1"');
    });

    it('answers 412 with the current ETag at another version, and changes nothing', async () => {
      const { id } = await running.api.submit();
      await running.api.patch(`/requests/${id}`, { current_phase: 'first' });
      for (const [path, method] of [
        [`/requests/${id}`, 'PATCH'],
        [`/requests/${id}/status`, 'PATCH'],
        [`/requests/${id}/cancel`, 'POST'],
        [`/requests/${id}/attempts`, 'POST'],
      ] as const) {
        const bodies: Record<string, unknown> = { status: { status: 'planning' }, attempts: { worker: 'w' } };
        const refused = await running.api.send({
          method,
          path: BASE + path,
          headers: { 'Content-Type': 'application/json', 'If-Match': '"0"' },
          body: JSON.stringify(bodies[path.split('/').at(-1) ?? ''] ?? {}),
        });
        expectProblem(refused, 412, 'version-mismatch');
        expect(refused.headers.etag).toBe('"1"');
      }
      expect(await running.api.request(id)).toMatchObject({ version: 1, current_phase: 'first' });
    });

    it('answers 412 even if nothing would change', async () => {
      const { id } = await running.api.submit();
      const refused = await running.api.patch(`/requests/${id}`, {}, { 'If-Match': '"5"' });
      expectProblem(refused, 412, 'version-mismatch');
      expect(refused.headers.etag).toBe('"0"');
    });

    it('is always accepted with *', async () => {
      const { id } = await running.api.submit();
      expectRequestAnswer(await running.api.patch(`/requests/${id}`, { current_phase: 'x' }, { 'If-Match': '*' }));
    });

    it('lets one of two writers with the same version win', async () => {
      const { id } = await running.api.submit();
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          running.api.patch(`/requests/${id}`, { current_phase: `writer ${i}` }, { 'If-Match': '"0"' }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(7).fill(412)]);
      expect(await running.api.request(id)).toMatchObject({ version: 1 });
    });
  });
});
