import { describe, expect, it } from '@jest/globals';
import { BASE, SUBMISSION } from '../support/api.ts';
import { expectProblem, expectRequestAnswer, PRIORITIES, TYPES, UUID } from '../support/contract.ts';
import { useServer } from '../support/ways.ts';

describe('POST /requests', () => {
  const running = useServer();

  it('answers 201 with the resource, its location and its version', async () => {
    const before = Date.now();
    const answer = await running.api.post('/requests', { ...SUBMISSION, priority: 'high' });
    expectRequestAnswer(answer, 201);
    const { id, created_at } = answer.body;
    expect(answer.body).toEqual({
      id: expect.stringMatching(UUID),
      type: 'feature',
      priority: 'high',
      title: SUBMISSION.title,
      description: SUBMISSION.description,
      status: 'pending',
      blocked: null,
      current_phase: null,
      session_id: null,
      attempt: 0,
      milestones: [],
      plan_document: null,
      pr_url: null,
      branch: null,
      commit: null,
      delivery: null,
      test_results: null,
      error_message: null,
      error_code: null,
      retry_count: 0,
      created_at,
      started_at: null,
      completed_at: null,
      last_update: created_at,
      created_by: 'anonymous',
      queued_at: null,
      queue_message_id: null,
      version: 0,
      truncated: false,
    });
    expect(Date.parse(created_at)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(created_at)).toBeLessThanOrEqual(Date.now());
    expect(answer.headers.etag).toBe('"0"');
    expect(new URL(answer.headers.location ?? '', running.server.url).pathname).toBe(`${BASE}/requests/${id}`);
    expect(answer.headers['automation-position']).toMatch(/^\d+$/);
  });

  it('names the same resource in Location', async () => {
    const { headers, body } = await running.api.post('/requests', SUBMISSION);
    const { pathname } = new URL(headers.location ?? '', running.server.url);
    const found = await running.api.send({ path: pathname });
    expectRequestAnswer(found);
    expect(found.body).toEqual(body);
  });

  it.each(TYPES)('accepts the type %s', async (type) => {
    expect(await running.api.submit({ type })).toMatchObject({ type });
  });

  it.each(PRIORITIES)('accepts the priority %s', async (priority) => {
    expect(await running.api.submit({ priority })).toMatchObject({ priority });
  });

  it('defaults to the priority medium', async () => {
    expect(await running.api.submit()).toMatchObject({ priority: 'medium' });
  });

  it('trims the title, and keeps inner spaces', async () => {
    expect(await running.api.submit({ title: '  a  b  ' })).toMatchObject({ title: 'a  b' });
  });

  it('counts the title and the description in code points', async () => {
    const [title, description] = ['🦉'.repeat(200), '🦉'.repeat(20_000)];
    const { id } = await running.api.submit({ title, description });
    expect(await running.api.request(id)).toMatchObject({ title, description });
    const longer = await running.api.post('/requests', {
      ...SUBMISSION,
      title: `${title}🦉`,
      description: `${description}🦉`,
    });
    expectProblem(longer, 400, 'validation-failed', ['/description', '/title']);
  });

  it('stores the description unchanged, except that CR LF becomes LF', async () => {
    const description = '  # Heading\r\n\r\n\tindented\n\n  end \n';
    const { id } = await running.api.submit({ description });
    expect(await running.api.request(id)).toMatchObject({ description: '  # Heading\n\n\tindented\n\n  end \n' });
  });

  it.each([
    ['quotes and markup', `'; DROP TABLE requests; -- "<script>alert(1)</script>" $(reboot) \`id\` %s %00 \\u0000 \\`],
    ['scripts of the world', 'Grüße, żółć, привет, שלום, مرحبا, 你好, नमस्ते, 👩‍👩‍👧‍👦, é'],
    ['names that mean something to JavaScript', '__proto__ constructor toString null undefined NaN'],
  ])('stores %s unchanged', async (_, text) => {
    const { id } = await running.api.submit({ title: text, description: text });
    expect(await running.api.request(id)).toMatchObject({ title: text, description: text });
  });

  it("uses the caller's correlation id, or generates one", async () => {
    const sent = await running.api.post('/requests', SUBMISSION, { 'X-Correlation-Id': 'from-the-caller:1' });
    expect(sent.headers['x-correlation-id']).toBe('from-the-caller:1');
    const made = await running.api.post('/requests', SUBMISSION);
    expect(made.headers['x-correlation-id']).toMatch(/./);
    expect(made.headers['x-correlation-id']).not.toBe(sent.headers['x-correlation-id']);
  });

  it('requires type, title and description, and reports each that is missing', async () => {
    expectProblem(await running.api.post('/requests', {}), 400, 'validation-failed', [
      '/description',
      '/title',
      '/type',
    ]);
    expectProblem(await running.api.post('/requests'), 400, 'validation-failed', ['/description', '/title', '/type']);
  });

  it('stores nothing of a refused submission', async () => {
    const before = await running.api.get('/requests?include_total=true&limit=1');
    await running.api.post('/requests', { ...SUBMISSION, priority: 'urgent' });
    const after = await running.api.get('/requests?include_total=true&limit=1');
    expect(after.body).toEqual(before.body);
  });
});
