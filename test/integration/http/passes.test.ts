import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UUID } from './problems.ts';
import { calls, startThings } from './things-app.ts';
import type { ThingsApp } from './things-app.ts';

const ID = '0190a0a0-0000-7000-8000-00000000000f';
const JSON_TYPE = { 'Content-Type': 'application/json' };

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

describe('an accepted call', () => {
  it('reaches the handler as an instance of its class, with its context', async () => {
    const answer = await post('{"name":" a ","parts":[{"id":"p"}]}', { ...JSON_TYPE, 'X-Correlation-Id': 'trace-1' });
    expect([answer.status, await answer.json()]).toEqual([201, { name: 'a', parts: [{ id: 'p' }] }]);
    expect(answer.headers.get('x-correlation-id')).toBe('trace-1');
    expect(answer.headers.get('x-request-id')).toMatch(UUID);
    const { body, context } = calls.at(-1) ?? {};
    expect(body?.constructor.name).toBe('ThingBody');
    expect(context).toMatchObject({
      correlationId: 'trace-1',
      requestId: answer.headers.get('x-request-id'),
      path: '/api/things',
      principal: { name: 'good' },
      json: { name: ' a ', parts: [{ id: 'p' }] },
    });
  });

  it('gets no header that names the software, and no automatic ETag', async () => {
    const { headers } = await call('/api/things');
    for (const name of ['x-powered-by', 'etag', 'server']) expect(headers.has(name)).toBe(false);
    expect(headers.get('x-correlation-id')).toBe(headers.get('x-request-id'));
  });

  it('has ids in lower case, whatever the case sent', async () => {
    const written = `%30${ID.slice(1).toUpperCase()}`;
    const answer = await call(`/api/things/${written}/poke`, {
      method: 'POST',
      headers: { 'Automation-Position': '12' },
    });
    expect(await answer.json()).toEqual({ id: ID, path: `/api/things/${ID}/poke`, position: '12' });
  });

  it('may be HEAD, which is GET without a body, or OPTIONS', async () => {
    const head = await call(`/api/things/${ID}`, { method: 'HEAD' });
    const { length } = JSON.stringify({ id: ID });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, String(length), '']);
    const options = await call(`/api/things/${ID}`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow'), await options.text()]).toEqual([
      204,
      'GET, HEAD, PATCH, OPTIONS',
      '',
    ]);
    expect(options.headers.get('x-request-id')).toMatch(UUID);
  });

  it('gets 304 if the caller has the version', async () => {
    const known = await call(`/api/things/${ID}`, { headers: { 'If-None-Match': '"2", W/"3"' } });
    expect([known.status, known.headers.get('etag'), await known.text()]).toEqual([304, '"3"', '']);
    const other = await call(`/api/things/${ID}`, { headers: { 'If-None-Match': '"2"' } });
    expect([other.status, other.headers.get('etag')]).toEqual([200, '"3"']);
  });

  it('gets a full answer if nothing has a version', async () => {
    const answer = await call('/api/things', { headers: { 'If-None-Match': '*' } });
    expect([answer.status, await answer.json()]).toEqual([200, {}]);
  });

  it('gets the media type it asked for', async () => {
    const answer = await call('/api/log', { headers: { Accept: 'application/x-ndjson' } });
    expect(await answer.json()).toEqual({ mediaType: 'application/x-ndjson' });
  });

  it.each([
    ['"0"', [0]],
    ['"12"', [12]],
    ['"3", "4"', [3, 4]],
    ['W/"3", "three", "03"', []],
    ['*', '*'],
  ])('reads If-Match %s', async (header, value) => {
    expect(await (await patch({ 'If-Match': header })).json()).toMatchObject({ if_match: value });
  });

  it('gets pages without credentials, in their own media type', async () => {
    const page = await call('/docs', { headers: { Accept: 'text/html' } });
    expect([page.status, await page.text()]).toEqual([200, '<p>docs']);
  });

  it('may be a merge patch, in UTF-8, with an idempotency key', async () => {
    const headers = {
      'Content-Type': 'application/merge-patch+json; charset=UTF-8',
      'Idempotency-Key': '~'.repeat(255),
    };
    const answer = await patch(headers, '{"name":"ü"}');
    expect(await answer.json()).toMatchObject({ body: { name: 'ü' }, key: headers['Idempotency-Key'] });
  });

  it('needs no body if all fields are optional, and no type without a body', async () => {
    expect(
      (await call(`/api/things/${ID}/poke`, { method: 'POST', headers: { 'Content-Type': 'text/plain' } })).status,
    ).toBe(200);
    expect((await call(`/api/things/${ID}/poke`, { method: 'POST', headers: JSON_TYPE, body: '{}' })).status).toBe(200);
  });
});
