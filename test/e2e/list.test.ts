/** GET /requests against a reference that filters and sorts in memory. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { BASE } from '../support/api.ts';
import { expectProblem, expectRequest, PRIORITIES, STATUSES, TYPES, WAY_TO } from '../support/contract.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/ways.ts';

type Filters = Readonly<Record<string, string>>;

const SORTS = [
  ...['-created_at', 'created_at', '-last_update', 'last_update', 'priority'],
  ...['status', '-status', 'completed_at', '-completed_at'],
] as const;
const TERMINAL = ['completed', 'failed', 'cancelled'];
const DAY_MS = 24 * 60 * 60 * 1_000;
const URGENCY = [...PRIORITIES].reverse();
const WORDS = ['Cache', 'LOGIN', 'export', 'ÄRGER', '100%', 'under_score', 'back\\slash', 'ﬁn', "O'Brien"];

describe('GET /requests', () => {
  const running = useServer();
  /** In order of submission. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
  let all: any[];

  beforeAll(async () => {
    const submitted = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const { id } = await running.api.submit({
          type: TYPES[i % 4],
          priority: PRIORITIES[(i * 7) % 4],
          title: `${WORDS[i % WORDS.length]} number ${i}`,
          description: `About ${WORDS[(i + 3) % WORDS.length]?.toLowerCase()}\nand more`,
        });
        await running.api.move(id, ...WAY_TO[STATUSES[(i * 3) % 10] ?? 'pending']);
        if (i % 5 === 0) await running.api.patch(`/requests/${id}`, { session_id: `session ${i % 3}` });
        return id;
      }),
    );
    const order = await running.api.all('/events?type=RequestSubmitted&limit=50', 'after');
    expect(order.map(({ request_id }) => request_id).sort()).toEqual([...submitted].sort());
    all = await Promise.all(order.map(({ request_id }) => running.api.request(request_id)));
    // Otherwise ties would not be tested.
    expect(new Set(all.map(({ created_at }) => created_at)).size).toBeLessThan(60);
  }, 120_000);

  function reference(filters: Filters, sort: string): unknown[] {
    const field = sort.replace('-', '');
    const found = all.filter((it) =>
      Object.entries(filters).every(([name, value]) => {
        if (name === 'status' && value.split(',').includes('open') && !TERMINAL.includes(it.status)) return true;
        if (['status', 'type', 'priority'].includes(name)) return value.split(',').includes(it[name]);
        if (name === 'created_by') return it.created_by === value;
        if (name === 'completed_after') return it.completed_at !== null && it.completed_at >= value;
        if (name === 'completed_before') return it.completed_at !== null && it.completed_at < value;
        if (name === 'session_id') return it.session_id === value;
        if (name === 'created_after') return it.created_at >= value;
        if (name === 'created_before') return it.created_at < value;
        if (name === 'updated_after') return it.last_update >= value;
        const text = `${it.title}\n${it.description}`.toLowerCase();
        return value
          .toLowerCase()
          .split(/\s+/)
          .every((word) => text.includes(word));
      }),
    );
    // Sorting is stable, so ties stay in order of submission.
    const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
    if (sort === 'priority') {
      const urgency = (it: { priority: never }) => URGENCY.indexOf(it.priority);
      return found.sort((a, b) => urgency(a) - urgency(b) || compare(a.created_at, b.created_at));
    }
    if (field === 'completed_at') {
      const ended = found.filter(({ completed_at }) => completed_at !== null);
      const open = found.filter(({ completed_at }) => completed_at === null);
      ended.sort((a, b) => compare(a.completed_at, b.completed_at));
      return sort.startsWith('-') ? [...ended.reverse(), ...open.reverse()] : [...ended, ...open];
    }
    found.sort((a, b) => compare(a[field], b[field]));
    return sort.startsWith('-') ? found.reverse() : found;
  }

  /** Of what has ended, earliest first. */
  const completions = (): string[] => all.flatMap(({ completed_at }) => completed_at ?? []).sort();

  function listOf(filters: Filters, more: Filters = {}): string {
    return `/requests?${new URLSearchParams({ ...filters, ...more }).toString()}`;
  }

  it('answers with the newest 20 first', async () => {
    const answer = await running.api.get('/requests');
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).sort()).toEqual(['items', 'next_cursor']);
    answer.body.items.forEach(expectRequest);
    expect(answer.body.items).toEqual(reference({}, '-created_at').slice(0, 20));
    expect(answer.headers).not.toHaveProperty('automation-consistency');
  });

  it.each(SORTS)('pages through everything in the order %s, ties in order of submission', async (sort) => {
    for (const limit of [1, 7, 60, 100]) {
      const items = await running.api.all(listOf({ sort, limit: String(limit) }));
      expect(items.map(({ id }) => id)).toEqual(reference({}, sort).map((it) => (it as { id: string }).id));
    }
  });

  it('answers with whole resources on every page', async () => {
    expect(await running.api.all('/requests?limit=13&sort=created_at')).toEqual(all);
  });

  describe('filtered', () => {
    it.each<[string, () => Filters]>([
      ...STATUSES.map((status) => [`by status ${status}`, () => ({ status })] as [string, () => Filters]),
      ...TYPES.map((type) => [`by type ${type}`, () => ({ type })] as [string, () => Filters]),
      ...PRIORITIES.map((priority) => [`by priority ${priority}`, () => ({ priority })] as [string, () => Filters]),
      ['by several statuses', () => ({ status: 'pending,failed,blocked' })],
      ['by several types', () => ({ type: 'bug,feature' })],
      ['by several priorities', () => ({ priority: 'low,critical' })],
      ['by the same status twice', () => ({ status: 'pending,pending' })],
      ['by all three', () => ({ status: 'pending,planning,testing', type: 'bug,research', priority: 'high,low' })],
      ['by session', () => ({ session_id: 'session 0' })],
      ['by a session nobody has', () => ({ session_id: 'session' })],
      ['from a creation on', () => ({ created_after: all[30].created_at })],
      ['up to a creation', () => ({ created_before: all[30].created_at })],
      ['between two creations', () => ({ created_after: all[10].created_at, created_before: all[40].created_at })],
      ['from an update on', () => ({ updated_after: all[20].last_update })],
      ['by all open statuses', () => ({ status: 'open' })],
      ['by open and one more status', () => ({ status: 'failed,open' })],
      ['by open statuses of a type', () => ({ status: 'open', type: 'bug,research' })],
      ['by creator', () => ({ created_by: 'anonymous' })],
      ['by a creator of nothing', () => ({ created_by: 'nobody' })],
      ['from a completion on', () => ({ completed_after: completions().at(3) ?? '' })],
      ['up to a completion', () => ({ completed_before: completions().at(3) ?? '' })],
      [
        'between two completions',
        () => ({ completed_after: completions().at(2) ?? '', completed_before: completions().at(-2) ?? '' }),
      ],
      ['by completion and an open status', () => ({ status: 'open', completed_before: '2100-01-01T00:00:00Z' })],
      ['by a word', () => ({ q: 'cache' })],
      ['by a word in another case', () => ({ q: 'CACHE' })],
      ['by a word with an umlaut in another case', () => ({ q: 'Ärger' })],
      ['by a part of a word', () => ({ q: 'ogi' })],
      ['by words of title and description', () => ({ q: 'number  login' })],
      ['by words of which one is nowhere', () => ({ q: 'number nowhere' })],
      ['by a percent sign', () => ({ q: '100%' })],
      ['by an underscore', () => ({ q: 'r_s' })],
      ['by a percent sign alone', () => ({ q: '%' })],
      ['by a backslash', () => ({ q: 'back\\s' })],
      ['by a quote', () => ({ q: "o'b" })],
      [
        'by everything at once',
        () => ({ q: 'number', type: 'bug', status: 'pending,failed', updated_after: all[0].last_update }),
      ],
    ])('%s', async (_, filters) => {
      for (const sort of ['-created_at', 'last_update', 'priority']) {
        const items = await running.api.all(listOf(filters(), { sort, limit: '5' }));
        expect(items).toEqual(reference(filters(), sort));
      }
      const counted = await running.api.get(listOf(filters(), { include_total: 'true', limit: '1' }));
      expect(counted.body.total).toBe(reference(filters(), 'created_at').length);
    });

    it.each(['status', '-status', 'completed_at', '-completed_at'])('and in the order %s', async (sort) => {
      for (const filters of [{ type: 'bug,research', q: 'number' }, { status: 'open,failed' }] as const) {
        expect(await running.api.all(listOf(filters, { sort, limit: '4' }))).toEqual(reference(filters, sort));
      }
    });

    it.each([
      ['a composed letter', 'cafe\u0301 au lait', 'CAFÉ'],
      ['a decomposed letter', 'café au lait', 'CAFE\u0301'],
      ['a letter that folds to two', 'GRÖSSE', 'größe'],
      ['two letters that one folds to', 'große Größe', 'GRÖSSE'],
      ['a letter of another form', 'ΟΔΥΣΣΕΥΣ', 'οδυσσευς'],
    ])('by %s', async (_, title, q) => {
      const { id } = await running.api.submit({ title: `number, ${title}` });
      const { body } = await running.api.get(`/requests?q=${encodeURIComponent(q)}`);
      expect(body.items.map((it: { id: string }) => it.id)).toContain(id);
      all.push(await running.api.request(id));
    });

    it('by times with an offset, to the millisecond', async () => {
      const { created_at } = all[30];
      const offset = new Date(Date.parse(created_at) + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30');
      const found = await running.api.all(listOf({ created_after: offset }));
      expect(found).toEqual(reference({ created_after: created_at }, '-created_at'));
    });

    it('without matches', async () => {
      const answer = await running.api.get('/requests?q=nowhere&include_total=true');
      expect(answer).toMatchObject({ status: 200, body: { items: [], next_cursor: null, total: 0 } });
      expect(answer.headers).not.toHaveProperty('link');
    });
  });

  describe('the total', () => {
    it('is returned only on request, and covers all pages', async () => {
      expect((await running.api.get('/requests?limit=2')).body).not.toHaveProperty('total');
      expect((await running.api.get('/requests?limit=2&include_total=false')).body).not.toHaveProperty('total');
      const first = (await running.api.get('/requests?limit=2&include_total=true')).body;
      expect(first.total).toBe(all.length);
      const second = await running.api.get(`/requests?limit=2&include_total=true&cursor=${first.next_cursor}`);
      expect(second.body.total).toBe(all.length);
    });
  });

  describe('Link and cursor', () => {
    it('lead to the next page, and are absent on the last', async () => {
      const seen = [];
      let path: string | undefined = `${BASE}/requests?limit=25&status=pending,failed,planning&sort=priority&q=number`;
      while (path !== undefined) {
        const { status, headers, body } = await running.api.send({ path });
        expect(status).toBe(200);
        seen.push(...body.items);
        const link = /^<([^>]+)>; rel="next"$/.exec(String(headers.link ?? ''));
        if (body.next_cursor === null) {
          expect(headers).not.toHaveProperty('link');
          path = undefined;
        } else {
          const next = new URL(link?.[1] ?? '', running.server.url);
          expect(next.searchParams.get('cursor')).toBe(body.next_cursor);
          path = next.pathname + next.search;
        }
      }
      expect(seen).toEqual(reference({ status: 'pending,failed,planning', q: 'number' }, 'priority'));
    });

    it('are absent if the last page is full', async () => {
      const { body } = await running.api.get(`/requests?limit=${all.length}`);
      expect(body.items).toHaveLength(all.length);
      expect(body.next_cursor).toBeNull();
    });

    it('allow another limit on the next page', async () => {
      const first = (await running.api.get('/requests?limit=10')).body;
      const second = (await running.api.get(`/requests?limit=100&cursor=${first.next_cursor}`)).body;
      expect([...first.items, ...second.items]).toEqual(reference({}, '-created_at'));
    });

    it('continue where the page ended, whatever was submitted since', async () => {
      const first = (await running.api.get('/requests?limit=30&q=number')).body;
      const { id } = await running.api.submit({ title: 'number new' });
      const rest = (await running.api.get(`/requests?limit=100&q=number&cursor=${first.next_cursor}`)).body;
      expect(rest.items.map((it: { id: string }) => it.id)).not.toContain(id);
      expect([...first.items, ...rest.items]).toEqual(reference({}, '-created_at'));
      await running.api.patch(`/requests/${id}`, { title: 'gone', description: 'gone' });
      all.push(await running.api.request(id));
    });

    it('are valid only with the same filters and order', async () => {
      const { next_cursor } = (await running.api.get('/requests?limit=2&status=pending')).body;
      for (const query of ['', '&status=failed', '&status=pending,failed', '&status=pending&type=bug']) {
        const answer = await running.api.get(`/requests?limit=2${query}&cursor=${next_cursor}`);
        expectProblem(answer, 400, 'invalid-cursor');
      }
      const other = await running.api.get(`/requests?limit=2&status=pending&sort=created_at&cursor=${next_cursor}`);
      expectProblem(other, 400, 'invalid-cursor');
      const same = await running.api.get(`/requests?status=pending&sort=-created_at&cursor=${next_cursor}`);
      expect(same.status).toBe(200);
    });

    it('are refused if a character is changed, removed or added', async () => {
      const { next_cursor: cursor } = (await running.api.get('/requests?limit=2')).body as { next_cursor: string };
      for (let at = 0; at < cursor.length; at += 1) {
        const other = cursor[at] === 'A' ? 'B' : 'A';
        const altered = cursor.slice(0, at) + other + cursor.slice(at + 1);
        const answer = await running.api.get(`/requests?cursor=${encodeURIComponent(altered)}`);
        expectProblem(answer, 400, 'invalid-cursor');
      }
      for (const altered of [cursor.slice(0, -1), cursor.slice(1), `${cursor}A`, `${cursor}=`, cursor.toUpperCase()]) {
        const answer = await running.api.get(`/requests?cursor=${encodeURIComponent(altered)}`);
        expectProblem(answer, 400, 'invalid-cursor');
      }
    });

    it.each(['0', 'null', 'W10', 'eyJhIjoxfQ', 'eyJhIjoxfQ.eyJhIjoxfQ', '....', '💥'])(
      'are refused if they are "%s"',
      async (cursor) => {
        const answer = await running.api.get(`/requests?cursor=${encodeURIComponent(cursor)}`);
        expectProblem(answer, 400, 'invalid-cursor');
      },
    );
  });

  it('reflects changes of a request', async () => {
    const { id } = await running.api.submit({ title: 'followed about', type: 'bug', priority: 'low' });
    const total = async (query: string) =>
      (await running.api.get(`/requests?include_total=true&q=followed&${query}`)).body.total;
    expect(await total('status=pending&type=bug&priority=low')).toBe(1);
    await running.api.patch(`/requests/${id}`, { status: 'implementing', priority: 'critical' });
    expect(await total('status=pending')).toBe(0);
    expect(await total('priority=low')).toBe(0);
    expect(await total('status=implementing&type=bug&priority=critical')).toBe(1);
    await running.api.patch(`/requests/${id}`, { title: 'renamed', description: 'anew' });
    expect(await total('type=bug')).toBe(0);
    expect((await running.api.get('/requests?q=RENAMED%20anew')).body.items).toEqual([await running.api.request(id)]);
    all.push(await running.api.request(id));
  });
});

describe('the query of GET /requests', () => {
  const running = useServer('engine in process');

  it('accepts ten distinct words, and no more', async () => {
    const ten = 'a b c d e f g h i ß';
    expect((await running.api.get(`/requests?q=${encodeURIComponent(`${ten} A ss SS ${ten}`)}`)).status).toBe(200);
    const answer = await running.api.get(`/requests?q=${encodeURIComponent(`${ten} k`)}`);
    expectProblem(answer, 400, 'validation-failed');
    expect(answer.body.errors).toEqual([{ pointer: '?q', detail: 'must have at most 10 different words' }]);
  });

  it('ends a page of long requests before its limit, and continues after it', async () => {
    const ids = [];
    for (let n = 0; n < 12; n += 1) {
      const { id } = await running.api.submit({ title: `long ${n}` });
      await running.api.patch(`/requests/${id}`, { plan_document: 'ü'.repeat(100_000) });
      ids.push(id);
    }
    const first = await running.api.get('/requests?q=long&sort=created_at&limit=100&include_total=true');
    expect(first.body.items.length).toBeGreaterThan(0);
    expect(first.body.items.length).toBeLessThan(12);
    expect(first.body.total).toBe(12);
    expect(first.headers.link).toContain(encodeURIComponent(first.body.next_cursor));
    for (const limit of [1, 5, 100]) {
      const items = await running.api.all(`/requests?q=long&sort=created_at&limit=${limit}`);
      expect(items.map((it) => it.id)).toEqual(ids);
    }
    expect((await running.api.get('/pending?limit=100')).body.items.length).toBeLessThan(12);
  });

  it.each([
    ['an unknown parameter', 'colour=red', '?colour'],
    ['an unknown parameter in another case', 'Status=pending', '?Status'],
    ['an unknown parameter of the prototype', '__proto__=1', '?__proto__'],
    ['an empty parameter', 'status=', '?status'],
    ['a parameter without a value', 'status', '?status'],
    ['an empty limit', 'limit=', '?limit'],
    ['a repeated parameter', 'limit=1&limit=1', '?limit'],
    ['a repeated list', 'status=pending&status=failed', '?status'],
    ['a parameter in brackets', 'status[]=pending', '?status[]'],
    ['a nested parameter', 'status[a]=pending', '?status[a]'],
    ['garbage escapes', 'q=%ZZ', '?q'],
    ['escapes that are not UTF-8', 'q=%FF', '?q'],
    ['an unknown status', 'status=done', '?status'],
    ['a status in another case', 'status=Pending', '?status'],
    ['an empty item of a list', 'status=pending,', '?status'],
    ['a space in a list', 'status=pending,+failed', '?status'],
    ['an unknown type', 'type=epic', '?type'],
    ['an unknown priority', 'priority=urgent', '?priority'],
    ['a name of the prototype as a type', 'type=constructor', '?type'],
    ['an unknown order', 'sort=title', '?sort'],
    ['an order in another direction', 'sort=-priority', '?sort'],
    ['two orders', 'sort=created_at,priority', '?sort'],
    ['an order as SQL', 'sort=created_at;drop%20table%20requests', '?sort'],
    ['limit 0', 'limit=0', '?limit'],
    ['limit -1', 'limit=-1', '?limit'],
    ['limit 101', 'limit=101', '?limit'],
    ['limit 1e2', 'limit=1e2', '?limit'],
    ['limit 0x10', 'limit=0x10', '?limit'],
    ['limit 1.0', 'limit=1.0', '?limit'],
    ['limit +1', 'limit=%2B1', '?limit'],
    ['limit with a space', 'limit=1%20', '?limit'],
    ['limit in other digits', 'limit=%D9%A1', '?limit'],
    ['a limit beyond all numbers', 'limit=99999999999999999999', '?limit'],
    ['a word of 201 characters', `q=${'w'.repeat(201)}`, '?q'],
    ['a blank search', 'q=%20', '?q'],
    ['a NUL in the search', 'q=a%00b', '?q'],
    ['a date without a time', 'created_after=2026-01-01', '?created_after'],
    ['a time without an offset', 'created_after=2026-01-01T00:00:00', '?created_after'],
    ['a day that is none', 'created_before=2026-02-30T00:00:00Z', '?created_before'],
    ['a number for a time', 'updated_after=1767225600', '?updated_after'],
    ['an unescaped plus in a time', 'updated_after=2026-01-01T00:00:00+02:00', '?updated_after'],
    ['yes', 'include_total=yes', '?include_total'],
    ['1', 'include_total=1', '?include_total'],
    ['TRUE', 'include_total=TRUE', '?include_total'],
    ['a session of 201 characters', `session_id=${'s'.repeat(201)}`, '?session_id'],
    ['a session of two lines', 'session_id=a%0Ab', '?session_id'],
  ])('is refused with %s', async (_, query, pointer) => {
    expectProblem(await running.api.get(`/requests?${query}`), 400, 'validation-failed', [pointer]);
  });

  it('is told all faults at once', async () => {
    const answer = await running.api.get('/requests?limit=0&status=done&colour=red&sort=');
    expectProblem(answer, 400, 'validation-failed', ['?limit', '?status', '?colour', '?sort']);
  });

  it.each([
    ['limits 1 and 100', 'limit=1', 'limit=100'],
    ['leading zeros', 'limit=007', 'limit=0100'],
    ['a search of 200 code points', `q=${encodeURIComponent('🦉'.repeat(200))}`, 'q=%E2%82%AC'],
    ['times of RFC 3339', 'created_after=2026-01-01T00:00:00.123456Z', 'created_before=2026-01-01t00:00:00z'],
    ['escaped commas and pluses', 'status=pending%2Cfailed', 'updated_after=2026-01-01T00:00:00%2B02:00'],
  ])('is accepted with %s', async (_, ...queries) => {
    for (const query of queries) expect(await running.api.get(`/requests?${query}`)).toMatchObject({ status: 200 });
  });
});

describe('GET /requests?as_of', () => {
  const running = useServer();
  let time: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
  let then: any[];

  beforeAll(async () => {
    const ids: string[] = [];
    for (const title of ['One', 'Two', 'Three', 'Four']) ids.push((await running.api.submit({ title })).id);
    const milestones = [{ id: 'm', title: 'M', description: 'First', status: 'pending' }];
    await running.api.patch(`/requests/${ids[0]}`, { milestones, plan_document: 'A plan' });
    then = await running.api.all('/requests');
    time =
      then
        .map(({ last_update }) => last_update as string)
        .sort()
        .at(-1) ?? '';
    await until('time has passed', () => Date.now() > Date.parse(time) + 1);
    await running.api.submit({ title: 'Later' });
    await running.api.patch(`/requests/${ids[0]}`, {
      ...{ title: 'Other', description: 'Other', plan_document: null },
      milestones: [{ ...milestones[0], status: 'completed' }],
    });
    await running.api.patch(`/requests/${ids[0]}`, { milestones: [] });
    await running.api.move(ids[1] ?? '', 'cancelled');
  });

  it('is the list of then, on all pages, with its total', async () => {
    expect(await running.api.all(`/requests?as_of=${time}&limit=1`)).toEqual(then);
    expect(await running.api.all('/requests')).not.toEqual(then);
    const { body } = await running.api.get(`/requests?as_of=${time}&include_total=true&limit=2&status=pending`);
    expect(body).toMatchObject({ total: 4, next_cursor: expect.any(String) });
  });

  it('finds the words of then', async () => {
    const titles = async (query: string) =>
      (await running.api.all(`/requests?${query}`)).map(({ title }: { title: string }) => title);
    expect(await titles(`q=other&as_of=${time}`)).toEqual([]);
    expect(await titles(`q=one&as_of=${time}`)).toEqual(['One']);
    expect(await titles('q=other')).toEqual(['Other']);
  });

  it('is now what it is without a time', async () => {
    const now = await running.api.all('/requests');
    await until('time has passed', () => Date.now() > Math.max(...now.map((it) => Date.parse(it.last_update))));
    expect(await running.api.all(`/requests?as_of=${new Date().toISOString()}`)).toEqual(now);
  });

  it('has cursors for this time alone', async () => {
    const { next_cursor: cursor } = (await running.api.get(`/requests?as_of=${time}&limit=1`)).body;
    const other = new Date(Date.parse(time) - 1).toISOString();
    for (const query of ['', `&as_of=${other}`]) {
      expectProblem(await running.api.get(`/requests?limit=1&cursor=${cursor}${query}`), 400, 'invalid-cursor');
    }
    const { next_cursor: live } = (await running.api.get('/requests?limit=1')).body;
    expectProblem(await running.api.get(`/requests?as_of=${time}&cursor=${live}`), 400, 'invalid-cursor');
  });

  it('goes back as far as health says, and not into the future', async () => {
    const { as_of_from: from } = (await running.api.get('/health')).body.checks.read_model;
    expect(Date.now() - Date.parse(from)).toBeGreaterThanOrEqual(400 * DAY_MS);
    const early = new Date(Date.parse(from) - DAY_MS).toISOString();
    const answer = await running.api.get(`/requests?as_of=${early}`);
    expectProblem(answer, 400, 'validation-failed', ['?as_of']);
    expect(Date.parse(answer.body.errors[0].detail.replace('must not be before ', ''))).toBeGreaterThanOrEqual(
      Date.parse(from),
    );
    const future = new Date(Date.now() + DAY_MS).toISOString();
    expectProblem(await running.api.get(`/requests?as_of=${future}`), 400, 'validation-failed', ['?as_of']);
  });
});
