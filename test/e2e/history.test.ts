import { beforeAll, describe, expect, it } from '@jest/globals';
import { applyPatch } from '../../src/infrastructure/http/json/testing/apply-patch.ts';
import { expectProblem, expectRequestAnswer, TIME, UNKNOWN_ID, UUID } from '../support/contract.ts';
import { brokenLink } from '../support/hash-chain.ts';
import { until } from '../support/until.ts';
import { useServer, WAYS } from '../support/ways.ts';

describe.each(WAYS)('history, %s', (way) => {
  const running = useServer(way);
  let id: string;
  /** What each command answered, oldest first. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
  const answered: any[] = [];

  beforeAll(async () => {
    const note = async (answer: Promise<{ body: unknown }>): Promise<void> => {
      answered.push((await answer).body);
      const { last_update } = answered.at(-1);
      await until('the clock ticks', () => Date.now() > Date.parse(last_update) + 1);
    };
    await running.api.submit({ title: 'of somebody else' });
    await note(running.api.post('/requests', { type: 'bug', title: 'Grüße', description: 'é 👩‍👩‍👧‍👦 \n"quoted"' }));
    id = answered[0].id;
    await note(
      running.api.patch(`/requests/${id}`, { title: 'Another', priority: 'high' }, { 'X-Correlation-Id': 'c-1' }),
    );
    const claim = await running.api.post(`/requests/${id}/attempts`, { worker: 'dev-1', session_id: 's' });
    await note(Promise.resolve({ body: claim.body.request }));
    const agent = running.api.bearing(claim.body.agent_token);
    await note(
      agent.patch(`/requests/${id}`, {
        milestones: [{ id: 'm', title: 'M', status: 'pending' }],
        plan_document: '# Plan',
        test_results: { passed: 1, failed: 0, skipped: 0, duration_ms: 1.5e-7 },
      }),
    );
    await note(agent.patch(`/requests/${id}/status`, { status: 'blocked', reason: 'question', error_message: 'Q?' }));
    await note(running.api.post(`/requests/${id}/retry`, { reason: 'A.' }));
    await note(
      running.api.post(`/requests/${id}/attempts/1/report`, { outcome: 'failed', usage: { b: 1, a: [1e21] } }),
    );
    await note(running.api.post(`/requests/${id}/cancel`));
    await running.api.submit({ title: 'of somebody else' });
  });

  describe('GET /requests/{id}/events', () => {
    it('returns every event of the request in order, in full', async () => {
      const { status, body } = await running.api.get(`/requests/${id}/events`);
      expect(status).toBe(200);
      expect(body.next_cursor).toBeNull();
      expect(body.items.map((it: { type: string }) => it.type)).toEqual([
        'RequestSubmitted',
        'RequestDetailsRevised',
        'RequestClaimed',
        'PlanAttached',
        'MilestonesPlanned',
        'TestResultsRecorded',
        'RequestBlocked',
        'RequestRequeued',
        'AttemptReportedLate',
        'RequestCancelled',
      ]);
      let position = -1n;
      body.items.forEach((event: Record<string, never>, revision: number) => {
        expect(event).toMatchObject({
          position: expect.stringMatching(/^\d+$/),
          revision,
          id: expect.stringMatching(UUID),
          schema_version: 1,
          occurred_at: expect.stringMatching(TIME),
          data: expect.any(Object),
          metadata: expect.any(Object),
        });
        expect(BigInt(event.position ?? '')).toBeGreaterThan(position);
        position = BigInt(event.position ?? '');
      });
      expect(body.items[0].data).toMatchObject({ title: 'Grüße', description: 'é 👩‍👩‍👧‍👦 \n"quoted"', type: 'bug' });
    });

    it("names each event's cause, call and correlation", async () => {
      const events = await running.api.events(id);
      for (const { metadata } of events) {
        expect(metadata).toMatchObject({
          principal: 'anonymous',
          call_id: expect.any(String),
          $correlationId: expect.any(String),
          $causationId: expect.any(String),
        });
      }
      expect(events[1].metadata).toMatchObject({ $correlationId: 'c-1' });
      expect(events.map(({ metadata }) => metadata.attempt ?? null)).toEqual([
        ...[null, null, null],
        ...[1, 1, 1, 1],
        ...[null, null, null],
      ]);
    });

    it('names the call by the request id its caller got', async () => {
      const answer = await running.api.patch(`/requests/${(await running.api.submit()).id}`, { title: 'x' });
      const { metadata } = (await running.api.events(answer.body.id)).at(-1);
      expect(metadata.call_id).toBe(answer.headers['x-request-id']);
    });

    it('is a chain of hashes from the first event to the last', async () => {
      const events = await running.api.events(id);
      expect(events[0].metadata.previous_hash).toBeNull();
      expect(brokenLink(events)).toBeNull();
    });

    it('is a chain that breaks if anything is changed, removed or swapped', async () => {
      const events = await running.api.events(id);
      const changed = structuredClone(events);
      changed[4].data.milestones[0].title = 'm';
      expect(brokenLink(changed)).toBe(4);
      const owned = structuredClone(events);
      owned[2].metadata.principal = 'somebody';
      expect(brokenLink(owned)).toBe(2);
      expect(brokenLink(events.toSpliced(3, 1))).toBe(3);
      expect(brokenLink([events[1], events[0], ...events.slice(2)])).toBe(0);
    });

    it('pages by position', async () => {
      const events = await running.api.events(id);
      for (const limit of [1, 3, 10]) {
        expect(await running.api.all(`/requests/${id}/events?limit=${limit}`, 'after')).toEqual(events);
      }
      const after = await running.api.get(`/requests/${id}/events?after=${events[4].position}`);
      expect(after.body.items).toEqual(events.slice(5));
      const past = await running.api.get(`/requests/${id}/events?after=${events.at(-1).position}`);
      expect(past.body).toEqual({ items: [], next_cursor: null });
      const between = await running.api.get(`/requests/${id}/events?after=${BigInt(events[4].position) - 1n}`);
      expect(between.body.items).toEqual(events.slice(4));
      expect((await running.api.get(`/requests/${id}/events?after=0`)).body.items.slice(-9)).toEqual(events.slice(-9));
    });

    it('has a cursor exactly if there is more', async () => {
      const { body: page } = await running.api.get(`/requests/${id}/events?limit=4`);
      const events = await running.api.events(id);
      expect(page.next_cursor).toBe(events[3].position);
      expect((await running.api.get(`/requests/${id}/events?limit=${events.length}`)).body.next_cursor).toBeNull();
      expect(
        (await running.api.get(`/requests/${id}/events?limit=${events.length - 1}`)).body.next_cursor,
      ).not.toBeNull();
    });

    it('can be filtered by one type, or several', async () => {
      const events = await running.api.events(id);
      const one = await running.api.get(`/requests/${id}/events?type=RequestBlocked`);
      expect(one.body.items).toEqual(events.filter(({ type }) => type === 'RequestBlocked'));
      const two = await running.api.all(
        `/requests/${id}/events?type=RequestSubmitted,RequestCancelled&limit=1`,
        'after',
      );
      expect(two).toEqual([events[0], events.at(-1)]);
      const none = await running.api.get(`/requests/${id}/events?type=DeploymentStarted`);
      expect(none.body).toEqual({ items: [], next_cursor: null });
    });

    it('accepts the id in any case', async () => {
      const { body } = await running.api.get(`/requests/${id.toUpperCase()}/events?limit=1000`);
      expect(body.items).toEqual(await running.api.events(id));
    });

    it('answers 404 for an unknown request', async () => {
      expectProblem(await running.api.get(`/requests/${UNKNOWN_ID}/events`), 404, 'not-found');
      expectProblem(await running.api.get(`/requests/${UNKNOWN_ID}/events?after=5`), 404, 'not-found');
    });
  });

  describe('GET /events', () => {
    const inOrder = (events: { position: string }[]) =>
      events.every(({ position }, i) => i === 0 || BigInt(position) > BigInt(events[i - 1]?.position ?? 0));

    it('returns the events of all requests in log order', async () => {
      const events = await running.api.all('/events?limit=5', 'after');
      expect(inOrder(events)).toBe(true);
      const ofRequest = events.filter(({ request_id }) => request_id === id);
      expect(ofRequest.map(({ request_id: _, ...rest }) => rest)).toEqual(
        (await running.api.events(id)).map(({ request_id: _, ...rest }) => rest),
      );
      expect(new Set(events.map(({ request_id }) => request_id)).size).toBeGreaterThanOrEqual(3);
      expect((await running.api.get('/events?limit=1000')).body).toEqual({ items: events, next_cursor: null });
    });

    it('can be filtered by request', async () => {
      const events = await running.api.all('/events', 'after');
      const expected = events.filter(({ request_id }) => request_id === id);
      expect(await running.api.all(`/events?request_id=${id}&limit=3`, 'after')).toEqual(expected);
      expect(await running.api.all(`/events?request_id=${id.toUpperCase()}`, 'after')).toEqual(expected);
      expect((await running.api.get(`/events?request_id=${UNKNOWN_ID}`)).body).toEqual({
        items: [],
        next_cursor: null,
      });
    });

    it('can be filtered by type', async () => {
      const events = await running.api.all('/events', 'after');
      expect(await running.api.all('/events?type=RequestSubmitted&limit=2', 'after')).toEqual(
        events.filter(({ type }) => type === 'RequestSubmitted'),
      );
    });

    it('can be filtered by time, from inclusive to exclusive', async () => {
      const events = await running.api.all('/events', 'after');
      const from = events[3].occurred_at;
      const to = events.at(-2).occurred_at;
      expect(await running.api.all(`/events?from=${from}&to=${to}&limit=4`, 'after')).toEqual(
        events.filter(({ occurred_at }) => occurred_at >= from && occurred_at < to),
      );
    });

    it('can be filtered by principal', async () => {
      const events = await running.api.all('/events', 'after');
      expect(await running.api.all('/events?principal=anonymous&limit=7', 'after')).toEqual(events);
      expect((await running.api.get('/events?principal=somebody')).body).toEqual({ items: [], next_cursor: null });
    });

    it('combines all filters', async () => {
      const events = await running.api.events(id);
      const query = `request_id=${id}&type=RequestCancelled,RequestClaimed&principal=anonymous&from=${events[3].occurred_at}`;
      const { body } = await running.api.get(`/events?${query}&after=${events[0].position}`);
      expect(body.items.map((it: { type: string }) => it.type)).toEqual(['RequestCancelled']);
    });

    it('shows writers what they just wrote', async () => {
      const before = (await running.api.all('/events', 'after')).at(-1).position;
      const { id: newest } = await running.api.submit();
      const { body } = await running.api.get(`/events?after=${before}`);
      expect(body.items.map((it: { request_id: string }) => it.request_id)).toEqual([newest]);
    });

    it.each([
      ['after', '-1'],
      ['after', '1.5'],
      ['after', 'abc'],
      ['after', '0x10'],
      ['after', '99999999999999999999999'],
      ['limit', '0'],
      ['limit', '1001'],
      ['type', 'Nonsense'],
      ['type', 'requestsubmitted'],
      ['request_id', 'x'],
      ['from', 'yesterday'],
      ['to', '2026-01-01'],
      ['cursor', 'x'],
    ])('refuses %s=%s', async (name, value) => {
      expectProblem(await running.api.get(`/events?${name}=${value}`), 400, 'validation-failed', [`?${name}`]);
    });

    it('accepts positions beyond 2^53', async () => {
      const { body } = await running.api.get('/events?after=9007199254740993');
      expect(body).toEqual({ items: [], next_cursor: null });
    });
  });

  describe('GET /events as NDJSON', () => {
    const exported = async (query = '') => {
      const answer = await running.api.get(`/events${query}`, { Accept: 'application/x-ndjson' });
      expect(answer.headers['content-type']).toBe('application/x-ndjson');
      expect(answer.text === '' || answer.text.endsWith('\n')).toBe(true);
      return answer.text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as object);
    };

    it('returns every event, one a line, however many there are', async () => {
      const events = await running.api.all('/events?limit=5', 'after');
      expect(await exported()).toEqual(events);
      expect(await exported(`?after=${events[4].position}`)).toEqual(events.slice(5));
      expect(await exported(`?after=${events.at(-1).position}`)).toEqual([]);
    });

    it('takes the filters of the list', async () => {
      const events = await running.api.events(id);
      expect(await exported(`?request_id=${id}`)).toEqual(events);
      expect(await exported(`?request_id=${id}&type=RequestCancelled`)).toEqual([events.at(-1)]);
      expect(await exported('?principal=somebody')).toEqual([]);
    });

    it('takes no limit', async () => {
      const answer = await running.api.get('/events?limit=5', { Accept: 'application/x-ndjson' });
      expectProblem(answer, 400, 'validation-failed', ['?limit']);
    });

    it('has only a head for HEAD', async () => {
      const path = '/api/v1/automation/events';
      const answer = await running.api.send({ method: 'HEAD', path, headers: { Accept: 'application/x-ndjson' } });
      expect(answer).toMatchObject({ status: 200, text: '' });
    });
  });

  describe('GET /requests/{id}?version', () => {
    it('returns the request as each command returned it', async () => {
      for (const then of answered) {
        const answer = await running.api.get(`/requests/${id}?version=${then.version}`);
        expectRequestAnswer(answer);
        expect(answer.body).toEqual(then);
      }
    });

    it('knows every intermediate version', async () => {
      const { version } = await running.api.request(id);
      for (let n = 0; n <= version; n += 1) {
        const answer = await running.api.get(`/requests/${id}?version=${n}`);
        expectRequestAnswer(answer);
        expect(answer.headers.etag).toBe(`"${n}"`);
      }
    });

    it('is unknown beyond the last event', async () => {
      const { version } = await running.api.request(id);
      expectProblem(await running.api.get(`/requests/${id}?version=${version + 1}`), 404, 'not-found');
      expectProblem(await running.api.get(`/requests/${id}?version=9007199254740991`), 404, 'not-found');
    });

    it('answers 304 to a caller that has that version', async () => {
      const answer = await running.api.get(`/requests/${id}?version=1`, { 'If-None-Match': '"1"' });
      expect(answer).toMatchObject({ status: 304, text: '' });
      expect(answer.headers.etag).toBe('"1"');
    });

    it.each(['-1', '1.0', '1e0', 'x', '', '99999999999999999999'])('is refused for "%s"', async (version) => {
      const answer = await running.api.get(`/requests/${id}?version=${version}`);
      expectProblem(answer, 400, 'validation-failed', ['?version']);
    });
  });

  describe('GET /requests/{id}/versions/{n}/diff', () => {
    it('returns the patches that lead from nothing to every version', async () => {
      const { version } = await running.api.request(id);
      let patched: unknown = null;
      for (let n = 0; n <= version; n += 1) {
        const { status, body, headers } = await running.api.get(`/requests/${id}/versions/${n}/diff`);
        expect([status, headers['content-type']]).toEqual([200, 'application/json-patch+json']);
        patched = applyPatch(patched, body);
        expect(patched).toEqual((await running.api.get(`/requests/${id}?version=${n}`)).body);
      }
    });

    it('begins with the whole request', async () => {
      const { body } = await running.api.get(`/requests/${id}/versions/0/diff`);
      expect(body).toEqual([{ op: 'add', path: '', value: answered[0] }]);
    });

    it('names only what the event changed', async () => {
      const { body } = await running.api.get(`/requests/${id}/versions/1/diff`);
      expect(body.map((it: { path: string }) => it.path).sort()).toEqual([
        '/last_update',
        '/priority',
        '/title',
        '/version',
      ]);
    });

    it.each([
      ['application/json', 'application/json; charset=utf-8'],
      ['application/json-patch+json', 'application/json-patch+json'],
      ['application/*;q=0.5', 'application/json-patch+json'],
    ])('answers Accept: %s with %s', async (Accept, type) => {
      const answer = await running.api.get(`/requests/${id}/versions/0/diff`, { Accept });
      expect([answer.status, answer.headers['content-type']]).toEqual([200, type]);
    });

    it('is unknown beyond the last event, and for an unknown request', async () => {
      const { version } = await running.api.request(id);
      expectProblem(await running.api.get(`/requests/${id}/versions/${version + 1}/diff`), 404, 'not-found');
      expectProblem(await running.api.get(`/requests/${UNKNOWN_ID}/versions/0/diff`), 404, 'not-found');
    });

    it.each(['-1', '1.0', '01', 'x', '9999999999'])('refuses version %s', async (n) => {
      expectProblem(await running.api.get(`/requests/${id}/versions/${n}/diff`), 400, 'invalid-id');
    });
  });

  describe('GET /requests/{id}?as_of', () => {
    it('returns the request after the last event up to that time', async () => {
      for (const then of answered) {
        const answer = await running.api.get(`/requests/${id}?as_of=${then.last_update}`);
        expectRequestAnswer(answer);
        expect(answer.body).toEqual(then);
      }
    });

    it('returns the previous state a millisecond earlier', async () => {
      for (const [i, then] of answered.entries()) {
        if (i === 0) continue;
        const earlier = new Date(Date.parse(then.last_update) - 1).toISOString();
        expect((await running.api.get(`/requests/${id}?as_of=${earlier}`)).body).toEqual(answered[i - 1]);
      }
    });

    it('is unknown before the submission', async () => {
      const before = new Date(Date.parse(answered[0].created_at) - 1).toISOString();
      expectProblem(await running.api.get(`/requests/${id}?as_of=${before}`), 404, 'not-found');
    });

    it('returns the newest state for the future, and accepts an offset', async () => {
      const answer = await running.api.get(`/requests/${id}?as_of=2099-01-01T00:00:00%2B01:00`);
      expect(answer.body).toEqual(answered.at(-1));
    });

    it.each(['yesterday', '2026-01-01', '1767225600', '2026-13-01T00:00:00Z', ''])(
      'is refused for "%s"',
      async (time) => {
        const answer = await running.api.get(`/requests/${id}?as_of=${time}`);
        expectProblem(answer, 400, 'validation-failed', ['?as_of']);
      },
    );

    it('is refused together with a version', async () => {
      const answer = await running.api.get(`/requests/${id}?version=0&as_of=2099-01-01T00:00:00Z`);
      expectProblem(answer, 400, 'validation-failed');
    });

    it('answers 404 for an unknown request', async () => {
      expectProblem(await running.api.get(`/requests/${UNKNOWN_ID}?version=0`), 404, 'not-found');
      expectProblem(await running.api.get(`/requests/${UNKNOWN_ID}?as_of=2099-01-01T00:00:00Z`), 404, 'not-found');
    });
  });
});
