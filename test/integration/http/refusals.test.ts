import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectProblem } from './problems.ts';
import { startThings } from './things-app.ts';
import type { ThingsApp } from './things-app.ts';

const ID = '0190a0a0-0000-7000-8000-00000000000f';
const JSON_TYPE = { 'Content-Type': 'application/json' };
const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });

let app: ThingsApp;
beforeAll(async () => {
  app = await startThings();
});
afterAll(() => app.close());

const call = (path: string, init: RequestInit = {}): Promise<Response> => fetch(app.url + path, init);
const post = (body: string | Buffer, headers: Record<string, string> = JSON_TYPE): Promise<Response> =>
  call('/api/things', { method: 'POST', headers, body: body as string });
const patch = (headers: Record<string, string>, body = '{"name":"a"}'): Promise<Response> =>
  call(`/api/things/${ID}`, { method: 'PATCH', headers: { ...JSON_TYPE, ...headers }, body });

describe('a path', () => {
  it.each(['/', '/api/things/', '/API/things', '/api/nothing', '/api//things', `/api/things/${ID}/`, '/docsx'])(
    '%s is not found',
    async (path) => {
      await expectProblem(await call(path), 404, 'not-found');
    },
  );

  it.each(['x', '%ZZ', '%E0%A4%A', `${ID}x`, '1'])('/api/things/%s has no id', async (id) => {
    const { instance } = await expectProblem(await call(`/api/things/${id}`), 400, 'invalid-id');
    expect(URL.canParse(instance as string, app.url)).toBe(true);
  });

  it('is returned as the instance, and shortened if strange', async () => {
    const { instance } = await expectProblem(
      await call(`/api/things/${ID.toUpperCase()}?x=1`),
      400,
      'validation-failed',
    );
    expect(instance).toBe(`/api/things/${ID}`);
    const { instance: cut } = await expectProblem(await call(`//evil.example/${'a"<'.repeat(99)}`), 404, 'not-found');
    expect(cut).toMatch(/^\/evil\.example\/[\w%]{1,50}$/);
  });
});

describe('headers', () => {
  it.each(['PUT', 'DELETE', 'PROPFIND'])('%s is not allowed', async (method) => {
    const answer = await call('/api/things', { method });
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST, OPTIONS');
    await expectProblem(answer, 405, 'method-not-allowed');
  });

  it.each([
    ['text/html', '/api/things'],
    ['application/x-ndjson', '/api/things'],
    ['text/event-stream', '/api/log'],
    ['application/json;q=0', '/api/things'],
  ])('Accept: %s is not acceptable at %s', async (accept, path) => {
    await expectProblem(await call(path, { headers: { Accept: accept } }), 406, 'not-acceptable');
  });

  it.each([
    [{}],
    [{ 'Content-Type': 'text/plain' }],
    [{ 'Content-Type': 'application/x-www-form-urlencoded' }],
    [{ 'Content-Type': 'application/merge-patch+json' }],
    [{ 'Content-Type': 'application/json; charset=latin1' }],
    [{ ...JSON_TYPE, 'Content-Encoding': 'gzip' }],
    [{ ...JSON_TYPE, 'Content-Encoding': 'identity' }],
  ])('a body of %j is not supported', async (headers) => {
    await expectProblem(await post(Buffer.from('{"name":"a"}'), headers), 415, 'unsupported-media-type');
  });

  it('name the accepted patch types', async () => {
    const answer = await patch({ 'Content-Type': 'application/json-patch+json' });
    expect(answer.headers.get('accept-patch')).toBe('application/json, application/merge-patch+json');
    await expectProblem(answer, 415, 'unsupported-media-type');
  });

  it.each([
    ['If-Match', '3'],
    ['If-Match', '"3", 4'],
    ['If-Match', '"3'],
    ['If-Match', ''],
    ['If-Match', '*, *'],
    ['Idempotency-Key', ''],
    ['Idempotency-Key', 'a b'],
    ['Idempotency-Key', 'a, b'],
    ['Idempotency-Key', 'é'],
    ['Idempotency-Key', 'k'.repeat(256)],
    ['X-Correlation-Id', ''],
    ['X-Correlation-Id', 'a b'],
    ['X-Correlation-Id', 'c'.repeat(129)],
    ['Automation-Position', '-1'],
    ['Automation-Position', '0x1'],
    ['Automation-Position', '9223372036854775808'],
  ])('%s: %s is not valid', async (name, value) => {
    const { detail } = await expectProblem(await patch({ [name]: value }), 400, 'invalid-header');
    expect(detail).toMatch(name);
  });

  it.each(['nobody', 'Basic Z29vZDo=', 'Bearer', 'Bearer ', 'Bearer a b', 'Bearer unknown', 'Bearer gööd', ''])(
    'Authorization: %s is unknown',
    async (header) => {
      await expectProblem(await call('/api/things', { headers: { Authorization: header } }), 401, 'unauthenticated');
      await expectProblem(await call('/docs', { headers: { Authorization: header } }), 401, 'unauthenticated');
    },
  );
});

describe('the order of faults', () => {
  /** Each request has all the faults that the ones after it have, and one more that comes first. */
  it('is path, method, credentials, headers, body, fields', async () => {
    const worst = { method: 'POST', headers: { Authorization: 'Bearer no', Accept: 'text/html' }, body: '[' };
    await expectProblem(await call('/api/nothing?x', { ...worst, method: 'DELETE' }), 404, 'not-found');
    await expectProblem(await call('/api/things/x?x', { ...worst, method: 'DELETE' }), 400, 'invalid-id');
    await expectProblem(await call('/api/things?x', { ...worst, method: 'DELETE' }), 405, 'method-not-allowed');
    await expectProblem(await call('/api/things?x', worst), 401, 'unauthenticated');
    const reader = { ...worst, headers: { ...worst.headers, ...bearer('reader') } };
    await expectProblem(await call('/api/things?x', reader), 403, 'forbidden');
    const good = { ...worst, headers: { ...worst.headers, ...bearer('good'), ...JSON_TYPE } };
    await expectProblem(await call('/api/things?x', good), 406, 'not-acceptable');
    const acceptable = { ...good, headers: { ...bearer('good'), ...JSON_TYPE, 'If-Match': '3' } };
    await expectProblem(await call('/api/things?x', acceptable), 400, 'invalid-header');
    const wellHeaded = { ...good, headers: { ...bearer('good'), ...JSON_TYPE } };
    await expectProblem(await call('/api/things?x', wellHeaded), 400, 'malformed-json');
    await expectProblem(await call('/api/things?x', { ...wellHeaded, body: '{}' }), 400, 'validation-failed');
  });
});

describe('an error', () => {
  it('of the domain keeps its code and details, which override nothing', async () => {
    const answer = await call('/api/fail/domain');
    expect(answer.headers.get('etag')).toBe('"7"');
    const problem = await expectProblem(answer, 409, 'wrong-colour');
    expect(problem).toMatchObject({ detail: 'Not that colour.', from: 'red', to: 'green', allowed: ['blue'] });
  });

  it('of a required store says when to retry', async () => {
    await expectProblem(await call('/api/fail/store'), 503, 'store-unavailable');
  });

  it('of the framework keeps its status and drops its text', async () => {
    await expectProblem(await call('/api/fail/framework'), 404, 'not-found');
    await expectProblem(await call('/api/fail/framework-400'), 400, 'validation-failed');
  });

  it.each(['nobody-foresaw', 'nothing', 'unmapped'])(
    '(%s) that is unexpected is logged and not shown',
    async (name) => {
      const logged: Record<string, unknown> = { 'nobody-foresaw': expect.any(Error), unmapped: expect.any(Error) };
      const answer = await call(`/api/fail/${name}`);
      expect(answer.headers.has('etag')).toBe(false);
      const { request_id } = await expectProblem(answer, 500, 'internal-error');
      expect(app.internalErrors.at(-1)).toEqual([request_id, logged[name]]);
    },
  );

  it('in the middle of an answer closes the connection', async () => {
    await expect(call('/api/fail/midway').then((answer) => answer.text())).rejects.toThrow();
  });
});
