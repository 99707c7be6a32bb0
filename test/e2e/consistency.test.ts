/** A client that got a 2xx sees its effect in whatever it asks next, and of many at once nothing is lost and nothing doubled. */
import { describe, expect, it } from '@jest/globals';
import { SUBMISSION } from '../support/api.ts';
import { expectProblem, TYPES } from '../support/contract.ts';
import { brokenLink } from '../support/hash-chain.ts';
import { useServer, WAYS } from '../support/ways.ts';

describe.each(WAYS)('consistency, %s', (way) => {
  const running = useServer(way);

  it('makes each of 100 concurrent submissions one request, one event, and listed at once', async () => {
    const word = `burst${Date.now()}`;
    const ids = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const type = TYPES[i % 4];
        const { id } = await running.api.submit({ title: `${word} number ${i}`, type });
        const [found, events, ...lists] = await Promise.all([
          running.api.get(`/requests/${id}`),
          running.api.get(`/requests/${id}/events`),
          // Long pages and searches are limited per caller, so only some of the hundred ask for one.
          ...(i % 10 === 0 ? [running.api.get(`/pending?limit=100&type=${type}`)] : []),
          ...(i % 10 === 5 ? [running.api.get(`/requests?limit=100&q=${word}%20number%20${i}`)] : []),
        ]);
        expect(found).toMatchObject({ status: 200, body: { id, version: 0 } });
        for (const { status, headers, body } of lists) {
          expect(status).toBe(200);
          expect(headers).not.toHaveProperty('automation-consistency');
          expect(body.items.map((it: { id: string }) => it.id)).toContain(id);
        }
        expect(events.body.items).toHaveLength(1);
        return id as string;
      }),
    );
    expect(new Set(ids).size).toBe(100);
    const listed = await running.api.get(`/requests?limit=100&include_total=true&q=${word}`);
    expect(listed.body.total).toBe(100);
    expect(listed.body.items.map((it: { id: string }) => it.id).sort()).toEqual([...ids].sort());
    const log = await running.api.all('/events?limit=1000', 'after');
    expect(log.filter(({ data }) => String(data.title).startsWith(word))).toHaveLength(100);
  });

  it('makes each successful one of 50 concurrent patches one event, and the others change nothing', async () => {
    const { id } = await running.api.submit();
    const phases = Array.from({ length: 50 }, (_, i) => `phase ${i}`);
    const answers = await Promise.all(
      phases.map((current_phase) => running.api.patch(`/requests/${id}`, { current_phase })),
    );
    const succeeded = phases.filter((_, i) => answers[i]?.status === 200);
    for (const answer of answers.filter(({ status }) => status !== 200)) expectProblem(answer, 409, 'conflict');
    expect(succeeded.length).toBeGreaterThan(0);
    const events = await running.api.events(id);
    expect(
      events
        .slice(1)
        .map(({ data }) => data.current_phase)
        .sort(),
    ).toEqual(succeeded.sort());
    expect(brokenLink(events)).toBeNull();
    // Each answer is the state after its own event.
    for (const { body } of answers.filter(({ status }) => status === 200)) {
      expect(events[body.version].data.current_phase).toBe(body.current_phase);
    }
    const now = await running.api.request(id);
    expect(now).toMatchObject({ version: events.length - 1, current_phase: events.at(-1).data.current_phase });
    expect((await running.api.get('/requests?limit=100')).body.items).toContainEqual(now);
  });

  it('loses none of several concurrent changes to different fields', async () => {
    const { id } = await running.api.submit();
    const patches = [
      { title: 'Another' },
      { priority: 'low' },
      { status: 'planning' },
      { current_phase: 'phase' },
      { session_id: 'session' },
      { plan_document: 'plan' },
      { pr_url: 'https://example.com/1' },
      { test_results: { passed: 1, failed: 0, skipped: 0 } },
    ];
    const answers = await Promise.all(patches.map((patch) => running.api.patch(`/requests/${id}`, patch)));
    const taken = patches.filter((_, i) => answers[i]?.status === 200);
    expect(await running.api.request(id)).toMatchObject({ ...Object.assign({}, ...taken), version: taken.length });
  });

  it('records one event for a status set concurrently', async () => {
    const { id } = await running.api.submit();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => running.api.patch(`/requests/${id}/status`, { status: 'implementing' })),
    );
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: { version: 1 } });
    expect(await running.api.events(id)).toHaveLength(2);
  });

  it('shows writers each of their changes in lists', async () => {
    const { id } = await running.api.submit({ title: 'again and again' });
    for (let i = 0; i < 25; i += 1) {
      const { body } = await running.api.patch(`/requests/${id}`, { session_id: `turn ${i}` });
      const { body: page, headers } = await running.api.get(`/requests?session_id=turn+${i}`);
      expect(headers).not.toHaveProperty('automation-consistency');
      expect(page.items).toEqual([body]);
    }
  });

  describe('Automation-Position', () => {
    it('grows with every write', async () => {
      const { headers: first } = await running.api.post('/requests', SUBMISSION);
      const { headers: second } = await running.api.post('/requests', SUBMISSION);
      expect(BigInt(String(second['automation-position']))).toBeGreaterThan(
        BigInt(String(first['automation-position'])),
      );
    });

    it('sent back with a read, guarantees the write is seen', async () => {
      const { headers, body } = await running.api.post('/requests', { ...SUBMISSION, title: 'held' });
      const position = { 'Automation-Position': String(headers['automation-position']) };
      for (const path of ['/requests', '/requests?q=held', '/requests?sort=-last_update']) {
        const answer = await running.api.get(path, position);
        expect(answer.headers).not.toHaveProperty('automation-consistency');
        expect(answer.body.items).toContainEqual(body);
      }
      expect((await running.api.get(`/requests/${body.id}`, position)).body).toEqual(body);
    });

    it('that is not written yet makes a list wait for a second and then fail', async () => {
      const position = { 'Automation-Position': '9007199254740993' };
      for (const path of ['/requests', '/pending']) {
        const answer = await running.api.get(path, position);
        expect(answer).toMatchObject({ status: 200, headers: { 'automation-consistency': 'eventual' } });
        expect(answer.tookMs).toBeGreaterThan(900);
        expect(answer.tookMs).toBeLessThan(3_000);
      }
    });
  });
});
