/** What holds for every call: paths, methods, headers, and which fault is told first. Nothing of it depends on where the log is. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { BASE, SUBMISSION } from '../support/api.ts';
import { expectProblem, expectRequestAnswer, UNKNOWN_ID, UUID } from '../support/contract.ts';
import { sendRaw } from '../support/raw.ts';
import { useServer } from '../support/ways.ts';

const running = useServer('engine in process');
const JSON_TYPE = { 'Content-Type': 'application/json' };
let id: string;

beforeAll(async () => {
  ({ id } = await running.api.submit());
});

/** Every route below the base, with its methods. */
const ROUTES: readonly (readonly [string, string])[] = [
  ['/requests', 'GET, HEAD, POST, OPTIONS'],
  ['/requests/{id}', 'GET, HEAD, PATCH, OPTIONS'],
  ['/requests/{id}/status', 'PATCH, OPTIONS'],
  ['/requests/{id}/cancel', 'POST, OPTIONS'],
  ['/requests/{id}/retry', 'POST, OPTIONS'],
  ['/requests/{id}/attempts', 'GET, HEAD, POST, OPTIONS'],
  ['/requests/{id}/attempts/1/heartbeat', 'POST, OPTIONS'],
  ['/requests/{id}/attempts/1/report', 'POST, OPTIONS'],
  ['/requests/{id}/events', 'GET, HEAD, OPTIONS'],
  ['/pending', 'GET, HEAD, OPTIONS'],
  ['/events', 'GET, HEAD, OPTIONS'],
  ['/health', 'GET, HEAD, OPTIONS'],
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'];
const methodsOf = (text: string | undefined): string[] => (text ?? '').split(/\s*,\s*/).sort();

describe('methods', () => {
  it.each(ROUTES)('of %s are %s, as OPTIONS says', async (path, allowed) => {
    const answer = await running.api.send({ method: 'OPTIONS', path: BASE + path.replace('{id}', id) });
    expect(answer).toMatchObject({ status: 204, text: '' });
    expect(methodsOf(answer.headers.allow)).toEqual(methodsOf(allowed));
    expect(answer.headers['x-correlation-id']).toBeTruthy();
  });

  it.each(ROUTES)('of %s are %s, any other answers 405', async (path, allowed) => {
    for (const method of METHODS.filter((it) => !methodsOf(allowed).includes(it))) {
      const answer = await running.api.send({ method, path: BASE + path.replace('{id}', id) });
      expect(methodsOf(answer.headers.allow)).toEqual(methodsOf(allowed));
      if (method === 'HEAD') expect(answer).toMatchObject({ status: 405, text: '' });
      else expectProblem(answer, 405, 'method-not-allowed');
    }
  });

  it.each(ROUTES.filter(([, allowed]) => allowed.includes('HEAD')))(
    'of %s include HEAD, which is GET without a body',
    async (path) => {
      const target = BASE + path.replace('{id}', id);
      const get = await running.api.send({ path: target });
      const head = await running.api.send({ method: 'HEAD', path: target });
      expect(head).toMatchObject({ status: get.status, text: '' });
      expect(head.headers['content-type']).toBe(get.headers['content-type']);
    },
  );
});

describe('paths', () => {
  it.each([
    '//',
    '/api',
    '/api/v1',
    BASE,
    `${BASE}/`,
    `${BASE}/request`,
    `${BASE}/requests/`,
    `${BASE}/Requests`,
    `/API/v1/automation/requests`,
    `${BASE}//requests`,
    `${BASE}/pending/`,
    `${BASE}/PENDING`,
    `${BASE}/health/`,
    `${BASE}/events/`,
    `${BASE}/requests/${UNKNOWN_ID}/`,
    `${BASE}/requests/${UNKNOWN_ID}/Status`,
    `${BASE}/requests/${UNKNOWN_ID}/unknown`,
    `${BASE}/requests/${UNKNOWN_ID}/attempts/`,
    `${BASE}/requests/../health`,
    `${BASE}/requests;x=1`,
    `${BASE}/%72equests`,
    `/api/v2/automation/requests`,
    '/requests',
    '/favicon.ico',
  ])('%s answers 404', async (path) => {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      expectProblem(await running.api.send({ method, path }), 404, 'not-found');
    }
  });

  it('answers an endless path', async () => {
    const answer = await running.api.send({ path: `${BASE}/${'x'.repeat(8_000)}` });
    expectProblem(answer, 404, 'not-found');
    expect(answer.text.length).toBeLessThan(1_000);
  });

  it('quotes little of what was sent', async () => {
    const secret = 'canary'.repeat(20);
    for (const answer of [
      await running.api.send({ path: `${BASE}/${secret}` }),
      await running.api.get(`/requests/${secret}`),
      await running.api.get(`/requests?${secret}=1`),
      await running.api.get(`/requests?status=${secret}`),
      await running.api.post('/requests', { [secret]: 1 }),
      await running.api.post('/requests', { ...SUBMISSION, type: secret }),
      await running.api.post('/requests', SUBMISSION, { 'Content-Type': `text/${secret}` }),
      await running.api.post('/requests', SUBMISSION, { Accept: `text/${secret}` }),
    ]) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.text).not.toContain(secret.slice(0, 65));
    }
  });
});

describe('Accept', () => {
  it.each([
    ['application/json'],
    ['*/*'],
    ['application/*'],
    ['text/html, application/json;q=0.1'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
    ['APPLICATION/JSON'],
    ['application/json; charset=utf-8'],
  ])('%s gets JSON', async (Accept) => {
    const answer = await running.api.get(`/requests/${id}`, { Accept });
    expectRequestAnswer(answer);
  });

  it.each([
    ['text/html'],
    ['application/xml'],
    ['application/json;q=0'],
    ['application/json;q=0, text/*'],
    ['image/*'],
  ])('%s gets 406', async (Accept) => {
    for (const path of [`/requests/${id}`, '/requests', '/pending', '/health', '/events']) {
      expectProblem(await running.api.get(path, { Accept }), 406, 'not-acceptable');
    }
    expectProblem(await running.api.post('/requests', SUBMISSION, { Accept }), 406, 'not-acceptable');
  });
});

describe('Content-Type', () => {
  it.each([
    ['application/json'],
    ['application/json; charset=utf-8'],
    ['application/json;charset="UTF-8"'],
    ['Application/JSON'],
  ])('%s is accepted', async (type) => {
    const answer = await running.api.post('/requests', SUBMISSION, { 'Content-Type': type });
    expect(answer.status).toBe(201);
  });

  it.each([
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
    ['application/json; charset=iso-8859-1'],
    ['application/json; charset=utf-16'],
    ['application/xml'],
    ['application/problem+json'],
    ['application/merge-patch+json'],
    ['application/jsonp'],
    ['application/json, text/plain'],
    ['json'],
    ['*/*'],
  ])('%s is 415 for POST', async (type) => {
    const answer = await running.api.post('/requests', SUBMISSION, { 'Content-Type': type });
    expectProblem(answer, 415, 'unsupported-media-type');
  });

  it('application/json-patch+json is 415 for PATCH', async () => {
    const type = { 'Content-Type': 'application/json-patch+json' };
    expectProblem(await running.api.patch(`/requests/${id}`, {}, type), 415, 'unsupported-media-type');
  });

  it('missing with a body answers 415', async () => {
    const body = JSON.stringify(SUBMISSION);
    const answer = await running.api.send({ method: 'POST', path: `${BASE}/requests`, body });
    expectProblem(answer, 415, 'unsupported-media-type');
  });

  it('is not required without a body', async () => {
    const answer = await running.api.send({ method: 'POST', path: `${BASE}/requests/${id}/retry` });
    expectRequestAnswer(answer);
  });

  it.each([['gzip'], ['br'], ['identity'], ['']])('with Content-Encoding "%s" is 415', async (encoding) => {
    const answer = await running.api.post('/requests', SUBMISSION, { 'Content-Encoding': encoding });
    expectProblem(answer, 415, 'unsupported-media-type');
  });
});

describe('headers of commands', () => {
  it.each([
    ['W/"0"', 412],
    ['"7", W/"0"', 412],
    ['""', 412],
    ['"x"', 412],
    ['"-1"', 412],
    ['"00"', 412],
    ['"99999999999999999999"', 412],
    ['0', 400],
    ['"0', 400],
    ['"0", 1', 400],
    ['*, "0"', 400],
    ['', 400],
  ])('If-Match: %s is refused', async (tag, status) => {
    for (const [method, path, body] of [
      ['PATCH', `/requests/${id}`, '{"status":"planning"}'],
      ['PATCH', `/requests/${id}/status`, '{"status":"planning"}'],
      ['POST', `/requests/${id}/cancel`, '{}'],
      ['POST', `/requests/${id}/attempts`, '{"worker":"w"}'],
    ]) {
      const answer = await running.api.send({
        method: method ?? '',
        path: `${BASE}${path}`,
        headers: { ...JSON_TYPE, 'If-Match': tag },
        body: body ?? '',
      });
      expectProblem(answer, status, status === 412 ? 'version-mismatch' : 'invalid-header');
    }
  });

  it.each([
    ['with a space inside', 'a b'],
    ['with a letter beyond ASCII', 'é'],
    ['of 256 characters', 'k'.repeat(256)],
    ['that is empty', ''],
  ])('an Idempotency-Key %s is refused', async (_, key) => {
    const answer = await running.api.post('/requests', SUBMISSION, { 'Idempotency-Key': key });
    expectProblem(answer, 400, 'invalid-header');
  });

  it('an Idempotency-Key sent twice is refused', async () => {
    const answer = await running.api.post('/requests', SUBMISSION, { 'Idempotency-Key': ['a', 'b'] });
    expectProblem(answer, 400, 'invalid-header');
  });

  it.each([['-1'], ['1.5'], ['x'], [''], ['0x1'], ['99999999999999999999999']])(
    'Automation-Position: %s is refused',
    async (position) => {
      const answer = await running.api.get('/requests', { 'Automation-Position': position });
      expectProblem(answer, 400, 'invalid-header');
    },
  );
});

describe('X-Correlation-Id', () => {
  it('of the caller is returned with every answer, and stored with the events', async () => {
    const headers = { 'X-Correlation-Id': 'order/66:7' };
    const created = await running.api.post('/requests', SUBMISSION, headers);
    for (const answer of [
      created,
      await running.api.get('/health', headers),
      await running.api.get('/nowhere', headers),
      await running.api.post('/requests', {}, headers),
      await running.api.get(`/requests/${UNKNOWN_ID}`, headers),
      await running.api.send({ method: 'OPTIONS', path: `${BASE}/requests`, headers }),
      await running.api.get(`/requests/${created.body.id}`, { ...headers, 'If-None-Match': '"0"' }),
    ]) {
      expect(answer.headers['x-correlation-id']).toBe('order/66:7');
    }
    expect((await running.api.events(created.body.id))[0].metadata.$correlationId).toBe('order/66:7');
  });

  it('is generated if missing, and is the same in answer and events', async () => {
    const { headers, body } = await running.api.post('/requests', SUBMISSION);
    expect((await running.api.events(body.id))[0].metadata.$correlationId).toBe(headers['x-correlation-id']);
  });

  it.each([
    ['with a space', 'a b'],
    ['that is endless', 'x'.repeat(300)],
    ['with a letter beyond ASCII', 'é'],
  ])('%s is refused, and not echoed', async (_, sent) => {
    const answer = await running.api.get('/health', { 'X-Correlation-Id': sent });
    expectProblem(answer, 400, 'invalid-header');
    expect(answer.headers['x-correlation-id']).toMatch(UUID);
  });
});

describe('the Host', () => {
  it.each([['localhost'], ['127.0.0.1'], ['[::1]'], ['LOCALHOST'], ['localhost:9']])('%s is answered', async (Host) => {
    expect(await running.api.get('/health', { Host })).toMatchObject({ status: 200 });
  });

  it.each([
    ['evil.example'],
    ['localhost.evil.example'],
    ['evil.example:8000'],
    ['127.0.0.1.nip.io'],
    ['0.0.0.0'],
    ['127.0.0.2'],
    ['localhost:x'],
    ['user@localhost'],
    ['::1'],
    ['[::2]'],
  ])('"%s" is 403', async (Host) => {
    for (const path of [`${BASE}/health`, `${BASE}/requests`, '/docs', '/openapi.json']) {
      expectProblem(await running.api.send({ path, headers: { Host } }), 403, 'forbidden');
    }
    const submission = await running.api.post('/requests', SUBMISSION, { Host });
    expectProblem(submission, 403, 'forbidden');
  });

  it('of an absolute target takes precedence', async () => {
    const line = (host: string) => `GET http://${host}${BASE}/health HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    expect(await sendRaw(running.server.url, line('evil.example'))).toMatchObject({ status: 403 });
    expect(await sendRaw(running.server.url, line('localhost'))).toMatchObject({ status: 200 });
  });

  it('is required exactly once', async () => {
    const start = `GET ${BASE}/health HTTP/1.1\r\n`;
    expect(await sendRaw(running.server.url, `${start}\r\n`)).toMatchObject({ status: 400 });
    expect(await sendRaw(running.server.url, `${start}Host:\r\n\r\n`)).toMatchObject({ status: 403 });
    const twice = await sendRaw(running.server.url, `${start}Host: localhost\r\nHost: localhost\r\n\r\n`);
    expect(twice).toMatchObject({ status: 400 });
    expect(JSON.parse(twice.body)).toMatchObject({ code: 'invalid-header' });
  });
});

describe('the first fault', () => {
  const bad = {
    Authorization: 'Bearer unknown',
    Accept: 'text/html',
    'Content-Type': 'text/plain',
    'If-Match': 'garbage',
  };
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries({ ...bad, ...JSON_TYPE }).filter(([name]) => !names.includes(name)));
  const send = (method: string, path: string, headers: Record<string, string>, body: string) =>
    running.api.send({ method, path: BASE + path, headers: { ...headers, 'Content-Length': body.length }, body });

  it('is the path, before the method', async () => {
    expectProblem(await send('DELETE', '/nowhere', bad, '{'), 404, 'not-found');
    expectProblem(await send('DELETE', '/requests/x', bad, '{'), 400, 'invalid-id');
  });

  it('is the method, before the credentials', async () => {
    expectProblem(await send('DELETE', `/requests/${id}`, bad, '{'), 405, 'method-not-allowed');
  });

  it('is the credentials, before headers', async () => {
    expectProblem(await send('PATCH', `/requests/${id}`, bad, '{'), 401, 'unauthenticated');
  });

  it('is missing rights, before headers', async () => {
    const { id: other } = await running.api.submit();
    const { body } = await running.api.post(`/requests/${other}/attempts`, { worker: 'w' });
    const headers = { ...bad, Authorization: `Bearer ${body.agent_token}` };
    expectProblem(await send('PATCH', `/requests/${id}`, headers, '{'), 403, 'forbidden');
  });

  it('is headers, before the body', async () => {
    const body = '{"title":';
    expectProblem(await send('PATCH', `/requests/${id}`, without('Authorization'), body), 406, 'not-acceptable');
    const headers = without('Authorization', 'Accept');
    expectProblem(await send('PATCH', `/requests/${id}`, headers, body), 400, 'invalid-header');
    const typed = { 'Content-Type': 'text/plain' };
    expectProblem(await send('PATCH', `/requests/${id}`, typed, 'x'.repeat(300_000)), 415, 'unsupported-media-type');
  });

  it('is the body, before its fields and the query', async () => {
    const answer = await send('PATCH', `/requests/${UNKNOWN_ID}?x=1`, JSON_TYPE, '{"title":"",');
    expectProblem(answer, 400, 'malformed-json');
  });

  it('is fields, before the unknown request', async () => {
    const answer = await send('PATCH', `/requests/${UNKNOWN_ID}`, JSON_TYPE, '{"title":""}');
    expectProblem(answer, 400, 'validation-failed', ['/title']);
  });

  it('is fields of query and body together', async () => {
    const answer = await send('PATCH', `/requests/${id}?x=1`, JSON_TYPE, '{"title":""}');
    expectProblem(answer, 400, 'validation-failed', ['/title', '?x']);
  });

  it('is a query even if none is accepted', async () => {
    for (const [method, path] of [
      ['POST', '/requests'],
      ['POST', `/requests/${id}/retry`],
      ['PATCH', `/requests/${id}/status`],
      ['GET', '/health'],
    ] as const) {
      const answer = await send(method, `${path}?dry_run=true`, JSON_TYPE, JSON.stringify(SUBMISSION));
      expect(answer.body).toMatchObject({ status: 400, code: 'validation-failed' });
      expect(answer.body.errors).toContainEqual({ pointer: '?dry_run', detail: expect.any(String) });
    }
  });

  it('is the unknown request, before its version', async () => {
    const headers = { ...JSON_TYPE, 'If-Match': '"7"' };
    expectProblem(await send('PATCH', `/requests/${UNKNOWN_ID}`, headers, '{"title":"x"}'), 404, 'not-found');
  });

  it('is the version, before the status', async () => {
    const headers = { ...JSON_TYPE, 'If-Match': '"7"' };
    const answer = await send('PATCH', `/requests/${id}`, headers, '{"status":"completed"}');
    expectProblem(answer, 412, 'version-mismatch');
  });

  it('is the size of a body, before its content', async () => {
    const answer = await send('PATCH', `/requests/${id}`, JSON_TYPE, `{"x":${'['.repeat(300_000)}`);
    expectProblem(answer, 413, 'payload-too-large');
  });
});

describe('malformed HTTP', () => {
  it.each([
    ['garbage', 'garbage\r\n\r\n', 400],
    ['a header without a colon', `GET / HTTP/1.1\r\nHost localhost\r\n\r\n`, 400],
    ['headers of 20 KB', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    [
      'two lengths',
      `POST ${BASE}/requests HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
      400,
    ],
    [
      'a length and chunks',
      `POST ${BASE}/requests HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
  ])('gets a problem: %s', async (_, bytes, status) => {
    const answer = await sendRaw(running.server.url, bytes);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(answer.body)).toMatchObject({ status, code: expect.any(String) });
    expect(await running.api.get('/health')).toMatchObject({ status: 200 });
  });

  it('gets an answer if the body never arrives, while others are served', async () => {
    const start = `POST ${BASE}/requests HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{`;
    const stalled = sendRaw(running.server.url, start, { limitMs: 20_000 });
    expect(await running.api.get('/health')).toMatchObject({ status: 200 });
    const answer = await stalled;
    expect(answer.status).toBe(408);
    expect(JSON.parse(answer.body)).toMatchObject({ status: 408 });
  });
});
