import { describe, expect, it } from '@jest/globals';
import { BASE } from '../support/api.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/ways.ts';

/** The routes of the contract that exist. */
const ROUTES: readonly (readonly [string, readonly string[]])[] = [
  ['/requests', ['get', 'post']],
  ['/requests/{id}', ['get', 'patch']],
  ['/requests/{id}/status', ['patch']],
  ['/requests/{id}/cancel', ['post']],
  ['/requests/{id}/retry', ['post']],
  ['/requests/{id}/attempts', ['get', 'post']],
  ['/requests/{id}/attempts/{attempt}/heartbeat', ['post']],
  ['/requests/{id}/attempts/{attempt}/report', ['post']],
  ['/requests/{id}/events', ['get']],
  ['/pending', ['get']],
  ['/events', ['get']],
  ['/refusals', ['get']],
  ['/audit', ['get']],
  ['/projections', ['get']],
  ['/projections/{projection}/rebuild', ['get', 'post']],
  ['/projections/{projection}/verify', ['get']],
  ['/workers', ['get']],
  ['/workers/{worker}/hello', ['post']],
  ['/me', ['get']],
  ['/keys', ['get', 'post']],
  ['/keys/{id}', ['get']],
  ['/keys/{id}/rotate', ['post']],
  ['/keys/{id}/revoke', ['post']],
  ['/health', ['get']],
];

const running = useServer();
const onNode = useServer('node over gRPC');

describe.each([
  ['engine in process', running],
  ['node over gRPC', onNode],
])('GET /health, %s', (_, on) => {
  it('is ok, and reports on each part', async () => {
    await on.api.submit();
    await until('the projection has caught up', async () => {
      const { body } = await on.api.get('/health');
      return body.checks.projections.requests.lag.events === 0;
    });
    const { status, body } = await on.api.get('/health');
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['checks', 'status', 'version']);
    expect(body.status).toBe('ok');
    expect(body.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(Object.keys(body.checks)).toEqual(
      expect.arrayContaining(['event_store', 'projections', 'queue', 'read_model']),
    );
    expect(body.checks).toMatchObject({
      event_store: { status: 'ok' },
      read_model: { status: 'ok' },
      queue: { status: 'ok', configured: false },
      projections: { requests: { state: 'live', lag: { events: 0, ms: expect.any(Number) } } },
    });
  });
});

describe('the documentation', () => {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
  const document = async (): Promise<any> => (await running.api.send({ path: '/openapi.json' })).body;

  it('/docs is a page, with everything it needs', async () => {
    const page = await running.api.send({ path: '/docs' });
    expect(page).toMatchObject({ status: 200 });
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    const links = [...page.text.matchAll(/(?:href|src)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(links.length).toBeGreaterThan(2);
    for (const link of links) {
      const { origin, pathname } = new URL(link, `${running.server.url}/docs`);
      // Nothing is loaded from elsewhere.
      expect(origin).toBe(running.server.url);
      expect(await running.api.send({ path: pathname })).toMatchObject({ status: 200 });
    }
  });

  it('/ shows a browser what this is, with links', async () => {
    const index = await running.api.send({ path: '/', headers: { Accept: 'text/html,*/*;q=0.8' } });
    expect(index).toMatchObject({ status: 200 });
    expect(index.headers['content-type']).toMatch(/^text\/html/);
    expect(index.text).toContain(`curl -X POST ${running.server.url}${BASE}/requests`);
    const links = [...index.text.matchAll(/href="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(links).toEqual(['/docs', '/openapi.json', `${BASE}/health`, '/docs/problems']);
    for (const path of links) expect(await running.api.send({ path })).toMatchObject({ status: 200 });
  });

  it('/ tells programs the same in JSON', async () => {
    const { status, body } = await running.api.send({ path: '/' });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { api: BASE, docs: '/docs', problems: '/docs/problems' },
    });
  });

  it('/ escapes the name of the host', async () => {
    const index = await running.api.send({
      path: '/',
      headers: { Accept: 'text/html', Host: '"><script>alert(1)</script>' },
    });
    expect(index.text).not.toContain('<script>alert');
  });

  it('/docs sends no empty headers', async () => {
    const { components } = await document();
    for (const [name, parameter] of Object.entries<object>(components.parameters)) {
      expect({ name, filled: Object.keys(parameter).filter((key) => /example|default/.test(key)) }).toEqual({
        name,
        filled: [],
      });
      expect(parameter).not.toMatchObject({ required: true });
    }
  });

  it('/docs folds error responses, and has a title', async () => {
    const [page, init] = await Promise.all(
      ['/docs', '/docs/swagger-ui-init.js'].map((path) => running.api.send({ path })),
    );
    expect(page?.text).toContain('<title>Automation backend: API</title>');
    expect(init?.text).toContain('wrapComponents');
  });

  it('/openapi.json is OpenAPI 3.1, and has every route', async () => {
    const { openapi, info, paths } = await document();
    expect(openapi).toMatch(/^3\.1\./);
    expect(info.version).toBe((await running.api.get('/health')).body.version);
    for (const [path, methods] of ROUTES) {
      expect(Object.keys(paths[BASE + path] ?? {}).sort()).toEqual([...methods]);
    }
    // And no route that is not there.
    for (const [path, operations] of Object.entries<object>(paths)) {
      const target = path.replace(/\{id\}/g, '01900000-0000-7000-8000-000000000000').replace(/\{\w+\}/g, '1');
      const { headers } = await running.api.send({ method: 'OPTIONS', path: target });
      for (const method of Object.keys(operations)) expect(headers.allow).toContain(method.toUpperCase());
    }
  });

  it('resolves every reference', async () => {
    const openapi = await document();
    const references = [...JSON.stringify(openapi).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(references.length).toBeGreaterThan(0);
    for (const reference of new Set(references)) {
      const target = reference.split('/').reduce((node, name) => node?.[name], openapi);
      expect({ reference, isThere: target !== undefined }).toEqual({ reference, isThere: true });
    }
  });

  it("uses only keywords of OpenAPI 3.1's JSON Schema", async () => {
    // Null is a type there, and `nullable` says nothing.
    expect(JSON.stringify(await document())).not.toContain('"nullable"');
  });

  it('describes the resource', async () => {
    const { components } = await document();
    const request = await running.api.submit();
    const schema = components.schemas.RequestResource;
    expect(Object.keys(schema.properties).sort()).toEqual(Object.keys(request).sort());
    expect([...schema.required].sort()).toEqual(Object.keys(request).sort());
  });

  it('describes the parameters of each query', async () => {
    const { paths } = await document();
    const names = (path: string) =>
      paths[BASE + path].get.parameters
        .filter((it: { in: string }) => it.in === 'query')
        .map((it: { name: string }) => it.name)
        .sort();
    expect(names('/requests')).toEqual(
      ['status', 'type', 'priority', 'q', 'created_after', 'created_before', 'updated_after', 'completed_after']
        .concat('completed_before', 'created_by', 'session_id', 'sort', 'limit', 'cursor', 'include_total', 'as_of')
        .sort(),
    );
    expect(names('/pending')).toEqual(['limit', 'type']);
    expect(names('/requests/{id}')).toEqual(['as_of', 'version']);
    expect(names('/requests/{id}/events')).toEqual(['after', 'limit', 'type']);
    expect(names('/events')).toEqual(
      ['after', 'from', 'limit', 'principal', 'request_id', 'to', 'type', 'correlation_id', 'causation_id'].sort(),
    );
  });

  it('explains each problem at the URL of its type', async () => {
    const { body } = await running.api.get('/nowhere');
    const { pathname } = new URL(body.type, running.server.url);
    const page = await running.api.send({ path: pathname });
    expect(page).toMatchObject({ status: 200 });
    expect(page.text).toContain('not-found');
  });

  it.each(['/', '/docs', '/openapi.json'])('%s allows no other method, and requires no credentials', async (path) => {
    expect(await running.api.send({ method: 'POST', path })).toMatchObject({ status: 405 });
    expect(await running.api.send({ method: 'HEAD', path })).toMatchObject({ status: 200, text: '' });
  });
});
