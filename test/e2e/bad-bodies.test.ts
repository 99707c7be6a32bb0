/** Bodies that must not get in. Each is refused with the right code, nothing is appended, and nothing of it is a fault of ours. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { BASE, SUBMISSION } from '../support/api.ts';
import { expectProblem, expectRequestAnswer } from '../support/contract.ts';
import { useServer } from '../support/ways.ts';

const running = useServer('engine in process');
let id: string;
let events: number;

beforeAll(async () => {
  ({ id } = await running.api.submit());
  events = (await running.api.all('/events?limit=1000', 'after')).length;
});

const send = (method: string, path: string, body: string | Buffer) =>
  running.api.send({ method, path: BASE + path, headers: { 'Content-Type': 'application/json' }, body });
const postRaw = (body: string | Buffer) => send('POST', '/requests', body);
const text = (name: string, value: string) => JSON.stringify({ ...SUBMISSION, [name]: value });

describe('a body that is not JSON', () => {
  const valid = JSON.stringify(SUBMISSION);

  it.each<[string, string | Buffer]>([
    ['is cut off', valid.slice(0, -1)],
    ['is cut off in a string', valid.slice(0, -5)],
    ['goes on after its end', `${valid}{}`],
    ['has a comma too many', valid.replace('}', ',}')],
    ['has single quotes', valid.replaceAll('"', "'")],
    ['has names without quotes', '{type:"bug"}'],
    ['has a comment', `/* x */${valid}`],
    ['has NaN', '{"type":NaN}'],
    ['has a raw newline in a string', '{"title":"a\nb"}'],
    ['has a raw tab in a string', '{"title":"a\tb"}'],
    ['has an unknown escape', '{"title":"\\x41"}'],
    ['has a number with a leading zero', '{"title":01}'],
    ['begins with a byte order mark', `\uFEFF${valid}`],
    ['is blank', '   '],
    ['is a lone brace', '{'],
    ['is a word', 'hello'],
    ['is a form', 'type=bug&title=x&description=y'],
    ['is not UTF-8', Buffer.concat([Buffer.from('{"title":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])],
    [
      'has UTF-8 that is too long',
      Buffer.concat([Buffer.from('{"title":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
    ],
    [
      'has UTF-8 of a surrogate',
      Buffer.concat([Buffer.from('{"title":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
    ],
    ['is UTF-16', Buffer.from(valid, 'utf16le')],
    ['has the same name twice', '{"type":"bug","type":"bug","title":"t","description":"d"}'],
    ['has the same name twice, once escaped', '{"type":"bug","\\u0074ype":"bug","title":"t","description":"d"}'],
    ['has the same name twice further in', '{"milestones":[{"id":"a","id":"b"}]}'],
    ['is 33 levels deep', `{"a":${'['.repeat(32)}${']'.repeat(32)}}`],
    ['is 20,000 lists deep', `{"title":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
    ['is 20,000 objects deep', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`],
    ['opens 100,000 lists', '['.repeat(100_000)],
  ])('%s: malformed-json', async (_, body) => {
    expectProblem(await postRaw(body), 400, 'malformed-json');
    expectProblem(await send('PATCH', `/requests/${id}`, body), 400, 'malformed-json');
  });

  it('may be 32 levels deep, and is then validated', async () => {
    const body = `{"a":${'['.repeat(31)}${']'.repeat(31)}}`;
    expectProblem(await send('PATCH', `/requests/${id}`, body), 400, 'validation-failed', ['/a']);
  });

  it.each(['[]', '[{}]', 'null', '1', '"text"', 'true'])('is %s: validation-failed', async (body) => {
    expectProblem(await postRaw(body), 400, 'validation-failed', ['']);
    expectProblem(await send('PATCH', `/requests/${id}`, body), 400, 'validation-failed', ['']);
  });
});

describe('the size of a body', () => {
  const ofSize = (bytes: number) => {
    const empty = JSON.stringify({ plan_document: '' });
    return JSON.stringify({ plan_document: 'x'.repeat(bytes - empty.length) });
  };

  it('may be 256 KiB', async () => {
    expectProblem(await send('PATCH', `/requests/${id}`, ofSize(256 * 1_024)), 400, 'validation-failed', [
      '/plan_document',
    ]);
  });

  it('may not be a byte more', async () => {
    expectProblem(await send('PATCH', `/requests/${id}`, ofSize(256 * 1_024 + 1)), 413, 'payload-too-large');
  });

  it('is limited for chunked bodies too', async () => {
    const answer = await running.api.send({
      method: 'PATCH',
      path: `${BASE}/requests/${id}`,
      headers: { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' },
      body: ofSize(300_000),
    });
    expectProblem(answer, 413, 'payload-too-large');
  });

  it('is refused even for megabytes, with an answer', async () => {
    expectProblem(await send('PATCH', `/requests/${id}`, ofSize(5_000_000)), 413, 'payload-too-large');
    expect(await running.api.get('/health')).toMatchObject({ status: 200 });
  });
});

describe('a submission', () => {
  it.each<[string, unknown]>([
    ['is missing', undefined],
    ['is null', null],
    ['is empty', ''],
    ['is blank', '   '],
    ['is blank in another way', '\u00a0\u3000'],
    ['shows nothing', '\u200d\u2063\ufe0f'],
    ['is a number', 7],
    ['is a list', ['title']],
    ['is an object', { title: 'x' }],
    ['is true', true],
    ['has 201 characters', 'x'.repeat(201)],
    ['has two lines', 'a\nb'],
    ['ends with a newline', 'a\n'],
    ['has a carriage return', 'a\rb'],
    ['has a tab', 'a\tb'],
    ['has a NUL', 'a\u0000b'],
    ['has an escape', 'a\u001b[31mb'],
    ['has a control of C1', 'a\u0085b'],
    ['has DEL', 'a\u007fb'],
    ['has a line separator', 'a\u2028b'],
    ['has a paragraph separator', 'a\u2029b'],
    ['has an override of direction', 'abc\u202ecba'],
    ['has an isolate of direction', 'a\u2066b'],
    ['has a zero-width space', 'a\u200bb'],
    ['has a word joiner', 'a\u2060b'],
    ['has a byte order mark', 'a\ufeffb'],
    ['has a lone surrogate', 'a\ud800b'],
    ['has a lone low surrogate', 'a\udc00'],
    ['has surrogates in the wrong order', '\udc00\ud800'],
    ['has a noncharacter', 'a\uffffb'],
    ['has a noncharacter of another plane', 'a\u{1fffe}b'],
  ])('is refused if the title %s', async (_, title) => {
    const answer = await running.api.post('/requests', { ...SUBMISSION, title });
    expectProblem(answer, 400, 'validation-failed', ['/title']);
  });

  it.each<[string, unknown]>([
    ['is missing', undefined],
    ['is null', null],
    ['is empty', ''],
    ['is blank', ' \n\t\n '],
    ['is a number', 7],
    ['is a list', ['x']],
    ['has 20,001 characters', 'x'.repeat(20_001)],
    ['has a NUL', 'a\u0000b'],
    ['has an escape', 'a\u001bb'],
    ['has a carriage return of its own', 'a\rb'],
    ['has a vertical tab', 'a\u000bb'],
    ['has a control of C1', 'a\u0090b'],
    ['has a lone surrogate', 'a\udfffb'],
    ['has a noncharacter', 'a\ufdd0b'],
  ])('is refused if the description %s', async (_, description) => {
    const answer = await running.api.post('/requests', { ...SUBMISSION, description });
    expectProblem(answer, 400, 'validation-failed', ['/description']);
  });

  it.each<[string, unknown]>([
    ['is missing', undefined],
    ['is null', null],
    ['is empty', ''],
    ['is unknown', 'epic'],
    ['is in another case', 'Feature'],
    ['has a space', 'feature '],
    ['is a name of the prototype', 'toString'],
    ['is __proto__', '__proto__'],
    ['is a list', ['feature']],
    ['is a number', 0],
  ])('is refused if the type %s', async (_, type) => {
    const answer = await running.api.post('/requests', { ...SUBMISSION, type });
    expectProblem(answer, 400, 'validation-failed', ['/type']);
  });

  it.each<unknown>(['', 'urgent', 'High', 1, ['low'], 'constructor'])(
    'is refused with priority %j',
    async (priority) => {
      const answer = await running.api.post('/requests', { ...SUBMISSION, priority });
      expectProblem(answer, 400, 'validation-failed', ['/priority']);
    },
  );

  it.each(['id', 'status', 'created_by', 'version', 'Title', 'constructor', 'toString', 'hasOwnProperty', 'a/b~c', ''])(
    'is refused with a field named "%s"',
    async (name) => {
      const answer = await running.api.post('/requests', { ...SUBMISSION, [name]: 'x' });
      expectProblem(answer, 400, 'validation-failed', [`/${name.replace('~', '~0').replace('/', '~1')}`]);
    },
  );

  it('is refused with __proto__, which pollutes nothing', async () => {
    const body = `{"__proto__":{"admin":true},${JSON.stringify(SUBMISSION).slice(1)}`;
    expectProblem(await postRaw(body), 400, 'validation-failed', ['/__proto__']);
    expect((await running.api.submit({ title: 'taken after __proto__' })).admin).toBeUndefined();
  });

  it('is told all faults at once', async () => {
    const answer = await running.api.post('/requests', { type: 'x', title: '', priority: 1, extra: 1, more: 2 });
    expectProblem(answer, 400, 'validation-failed', [
      ...['/type', '/title', '/description', '/priority', '/extra', '/more'],
    ]);
  });

  it.each([
    ['a newline and a tab in the description', text('description', 'a\n\tb')],
    ['joined emoji and combined letters', text('title', 'taken 👩‍👩‍👧‍👦 é')],
    ['right-to-left text without overrides', text('title', 'taken שלום')],
    ['an escaped pair of surrogates', `{"type":"bug","title":"taken \\ud83e\\udd89","description":"d"}`],
  ])('is accepted with %s', async (_, body) => {
    const taken = body.includes('taken') ? body : body.replace(SUBMISSION.title, 'taken');
    expectRequestAnswer(await postRaw(taken), 201);
  });
});

describe('a patch', () => {
  const patch = (body: unknown) => running.api.patch(`/requests/${id}`, body);
  const milestone = { id: 'm1', title: 'One', status: 'pending' };

  it.each<[string, unknown, string]>([
    ['milestones that are an object', { m1: milestone }, '/milestones'],
    ['milestones that are text', 'm1', '/milestones'],
    ['a milestone that is null', [null], '/milestones/0'],
    ['a milestone that is text', ['m1'], '/milestones/0'],
    ['a milestone in a list of its own', [[milestone]], '/milestones/0'],
    ['a milestone without an id', [{ title: 'One', status: 'pending' }], '/milestones/0/id'],
    ['a milestone without a title', [{ id: 'm1', status: 'pending' }], '/milestones/0/title'],
    ['a milestone without a status', [{ id: 'm1', title: 'One' }], '/milestones/0/status'],
    ['a milestone of an unknown status', [{ ...milestone, status: 'done' }], '/milestones/0/status'],
    ['a milestone with more fields', [milestone, { ...milestone, id: 'm2', done: true }], '/milestones/1/done'],
    ['a milestone with an id of 101 characters', [{ ...milestone, id: 'm'.repeat(101) }], '/milestones/0/id'],
    ['a milestone with a title of 201 characters', [{ ...milestone, title: 't'.repeat(201) }], '/milestones/0/title'],
    [
      'a milestone with a description of 4,001',
      [{ ...milestone, description: 'd'.repeat(4_001) }],
      '/milestones/0/description',
    ],
    ['a milestone with an empty description', [{ ...milestone, description: '' }], '/milestones/0/description'],
    ['two milestones of the same id', [milestone, { ...milestone, title: 'Two' }], '/milestones/1/id'],
    ['two milestones of the same id once trimmed', [milestone, { ...milestone, id: ' m1 ' }], '/milestones/1/id'],
    ['201 milestones', Array.from({ length: 201 }, (_, i) => ({ ...milestone, id: `m${i}` })), '/milestones'],
    ['1,500 milestones', Array.from({ length: 1_500 }, (_, i) => ({ ...milestone, id: `m${i}` })), '/milestones'],
  ])('is refused with %s', async (_, milestones, pointer) => {
    expectProblem(await patch({ milestones }), 400, 'validation-failed', [pointer]);
  });

  it.each<[string, unknown, string]>([
    ['that are a list', [], '/test_results'],
    ['that are text', 'ok', '/test_results'],
    ['in a list', [{ passed: 1, failed: 0, skipped: 0 }], '/test_results'],
    ['without skipped', { passed: 1, failed: 0 }, '/test_results/skipped'],
    ['with a negative count', { passed: -1, failed: 0, skipped: 0 }, '/test_results/passed'],
    ['with a broken count', { passed: 1.5, failed: 0, skipped: 0 }, '/test_results/passed'],
    ['with a count as text', { passed: '1', failed: 0, skipped: 0 }, '/test_results/passed'],
    ['with a count beyond all numbers', { passed: 1e300, failed: 0, skipped: 0 }, '/test_results/passed'],
    ['with a count of null', { passed: null, failed: 0, skipped: 0 }, '/test_results/passed'],
    ['with a negative duration', { passed: 1, failed: 0, skipped: 0, duration_ms: -1 }, '/test_results/duration_ms'],
    ['with more fields', { passed: 1, failed: 0, skipped: 0, flaky: 1 }, '/test_results/flaky'],
    [
      'with an address of http',
      { passed: 1, failed: 0, skipped: 0, report_url: 'http://a.example' },
      '/test_results/report_url',
    ],
    ['with an empty summary', { passed: 1, failed: 0, skipped: 0, summary: '' }, '/test_results/summary'],
  ])('is refused with test results %s', async (_, test_results, pointer) => {
    expectProblem(await patch({ test_results }), 400, 'validation-failed', [pointer]);
  });

  it.each([
    'javascript:alert(1)',
    'file:///etc/passwd',
    'http://github.com/x/pull/1',
    'ftp://github.com/x',
    'https://user@github.com/x',
    'https://user:secret@github.com/x',
    'https://github.com@evil.example/x',
    'https://127.0.0.1/x',
    'https://2130706433/x',
    'https://0x7f000001/x',
    'https://0177.0.0.1/x',
    'https://127.1/x',
    'https://[::1]/x',
    'https://[::ffff:127.0.0.1]/x',
    'https://github.com:8443/x',
    'https://github.com:80/x',
    'https:///x',
    'https://',
    'https:github.com',
    '//github.com/x',
    '/pull/1',
    'github.com/x',
    ' https://github.com/x',
    'https://github.com/x y',
    'https://github.com/x\n',
    'https://git\thub.com/x',
    'https://github.com\\@evil.example',
    'https://gïthub.com/x',
    'https://github.com/"onmouseover=1',
    'https://github.com/<script>',
    'https://github.com/%',
    `https://github.com/${'x'.repeat(2_000)}`,
    '',
    7,
    { href: 'https://github.com' },
  ])('is refused with the URL %j', async (pr_url) => {
    expectProblem(await patch({ pr_url }), 400, 'validation-failed', ['/pr_url']);
  });

  it.each<[string, unknown]>([
    ['current_phase', 'x'.repeat(201)],
    ['current_phase', 'a\nb'],
    ['current_phase', ''],
    ['session_id', 'x'.repeat(201)],
    ['session_id', 7],
    ['plan_document', 'x'.repeat(100_001)],
    ['plan_document', 'a\u0000b'],
    ['plan_document', ' \n '],
    ['error_message', 'x'.repeat(4_001)],
    ['error_message', ''],
    ['error_code', 'x'.repeat(101)],
    ['error_code', 'a\tb'],
    ['title', ''],
    ['description', ''],
    ['priority', 'urgent'],
    ['status', 'done'],
    ['status', ['planning']],
  ])('is refused with %s of %j', async (field, value) => {
    expectProblem(await patch({ [field]: value }), 400, 'validation-failed', [`/${field}`]);
  });

  it('is told all faults at once, however deep', async () => {
    const answer = await patch({
      title: '',
      colour: 'red',
      milestones: [{ id: '', title: 'T', status: 'pending' }, 7, { ...milestone, x: 1 }],
      test_results: { passed: 'x', failed: 0, skipped: -1 },
    });
    expectProblem(answer, 400, 'validation-failed', [
      ...['/title', '/colour', '/milestones/0/id', '/milestones/1', '/milestones/2/x'],
      ...['/test_results/passed', '/test_results/skipped'],
    ]);
  });

  it('is told a limited number of faults', async () => {
    const milestones = Array.from({ length: 200 }, () => ({ a: 1, b: 2, c: 3 }));
    const answer = await patch({ milestones });
    expect(answer.status).toBe(400);
    expect(answer.body.errors.length).toBeGreaterThan(0);
    expect(answer.text.length).toBeLessThan(64 * 1_024);
  });
});

describe('the limits of a patch', () => {
  it('are inclusive: texts and lists of maximum length', async () => {
    const { id: own } = await running.api.submit({ title: 'taken to the limits' });
    const milestones = Array.from({ length: 200 }, (_, i) => ({
      id: `${i}`.padStart(100, 'm'),
      title: 'T'.repeat(200),
      description: 'd'.repeat(400),
      status: 'skipped',
    }));
    const lists = await running.api.patch(`/requests/${own}`, { milestones });
    expectRequestAnswer(lists);
    const texts = {
      current_phase: '🦉'.repeat(200),
      session_id: 's'.repeat(200),
      plan_document: 'é'.repeat(100_000),
      error_message: 'm'.repeat(4_000),
      error_code: 'c'.repeat(100),
      pr_url: `https://github.com/${'x'.repeat(1_981)}`,
      test_results: {
        passed: Number.MAX_SAFE_INTEGER,
        failed: 0,
        skipped: 0,
        summary: 's'.repeat(4_000),
        duration_ms: 0,
      },
    };
    const answer = await running.api.patch(`/requests/${own}`, texts);
    expectRequestAnswer(answer);
    expect(await running.api.request(own)).toMatchObject({ ...texts, milestones });
    const [listed] = (await running.api.get('/requests?q=taken%20limits')).body.items;
    expect(listed).toEqual(answer.body);
  });

  it.each([
    'https://github.com/x/pull/1',
    'https://github.com',
    'https://GitHub.com:443/A?b=c&d=%20#e',
    'https://xn--gthub-4ya.com/x',
  ])('are inclusive: the URL %s, stored as sent', async (pr_url) => {
    const { id: own } = await running.api.submit({ title: 'taken' });
    expect((await running.api.patch(`/requests/${own}`, { pr_url })).body).toMatchObject({ pr_url });
  });
});

describe('afterwards', () => {
  it('only accepted bodies were appended, and nothing failed', async () => {
    const after = await running.api.all('/events?limit=1000', 'after');
    const takenIds = after
      .filter(({ data }) => String(data.title ?? '').startsWith('taken'))
      .map((it) => it.request_id);
    expect(takenIds.length).toBeGreaterThan(0);
    expect(after.slice(events).filter(({ request_id }) => !takenIds.includes(request_id))).toEqual([]);
    expect(running.server.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
