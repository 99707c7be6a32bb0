import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HttpRoute } from '../http-route.ts';
import { Problem } from '../problems/problem-details.ts';
import { RouteTable, routeFor } from './route-table.ts';
import type { ExpressLayer, Match } from './route-table.ts';

/** Required rules that these tests do not check. */
const DOCUMENTED = { id: 'thing', summary: 'Do a thing', answers: {} } as const;

class Handlers {
  @HttpRoute({ ...DOCUMENTED, scopes: ['use'] })
  any(): void {
    // Only the declaration is read.
  }
}

const dispatch = (): void => undefined;
const layer = (
  method: string,
  path: string,
  handle: object = Object.getOwnPropertyDescriptor(Handlers.prototype, 'any')?.value as object,
): ExpressLayer => ({
  route: { path, methods: { [method]: true }, stack: [{ handle }] },
  handle: dispatch,
});
const KINDS = { id: 'uuid', n: 'number', name: 'name' } as const;
const table = (...layers: ExpressLayer[]): RouteTable => new RouteTable(layers, KINDS, ['/docs']);

const things = (): RouteTable =>
  table(
    { handle: dispatch },
    layer('get', '/api/things'),
    layer('post', '/api/things'),
    layer('get', '/api/things/:id'),
    layer('patch', '/api/things/:id'),
    layer('get', '/api/things/newest'),
    layer('get', '/api/things/:id/parts/:n'),
    layer('post', '/api/kinds/:name/rebuild'),
  );
const ID = '0190a0a0-0000-7000-8000-00000000000f';

const outcome = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
};
const find = (path: string): Match => things().find(path);

describe('a path', () => {
  it.each([
    ['/api/things', '/api/things', {}],
    ['/api/things/newest', '/api/things/newest', {}],
    [`/api/things/${ID}`, `/api/things/${ID}`, { id: ID }],
    [`/api/things/${ID.toUpperCase()}`, `/api/things/${ID}`, { id: ID }],
    [`/api/things/%30${ID.slice(1)}`, `/api/things/${ID}`, { id: ID }],
    [`/api/things/${ID.toUpperCase()}/parts/10`, `/api/things/${ID}/parts/10`, { id: ID, n: '10' }],
    ['/api/kinds/a.b-c_1/rebuild', '/api/kinds/a.b-c_1/rebuild', { name: 'a.b-c_1' }],
  ])('%s is found as %s', (path, canonical, params) => {
    expect(find(path)).toMatchObject({ path: canonical, params });
  });

  it.each([
    ...['', '/', '/api', '/api/', '/Api/things', '/api/Things', '/api/things/', '//api/things', '/api//things'],
    ...['/api/%74hings', '/api/things/newest/', `/api/things/${ID}/`, `/api/things/${ID}/part`, '/api/things/%ZZ/x'],
    ...['api/things', '/api/things/Newest/x', `/api/things/${ID}/parts/1/2`, '/api/kinds//rebuild', '/docsx'],
    ...[
      '/api/kinds/a%2Fb/rebuild',
      '/api/kinds/%/rebuild',
      '/api/kinds/ü/rebuild',
      `/api/kinds/${'a'.repeat(65)}/rebuild`,
    ],
    ...['/__proto__', '/constructor', '/api/__proto__'],
  ])('%s is not found', (path) => {
    expect(outcome(() => find(path))).toBe('not-found');
  });

  it.each([
    ...[
      'x',
      '1',
      'Newest',
      '%',
      '%ZZ',
      '%FF',
      '..',
      `${ID}0`,
      ID.slice(1),
      `{${ID}}`,
      `${ID}%00`,
      `${ID}%2F`,
      ID.replaceAll('-', ''),
    ],
    ...['null', 'undefined', '%20'],
  ])('/api/things/%s has no id', (id) => {
    const act = (): unknown => find(`/api/things/${id}`);
    expect(act).toThrow(expect.objectContaining({ code: 'invalid-id', detail: 'The id in the path must be a UUID.' }));
  });

  it.each(['-1', '1.5', '01', '1e2', '0x1', 'one', '', '9999999999', '+1', '%201'])('part %j is not a number', (n) => {
    expect(outcome(() => find(`/api/things/${ID}/parts/${n}`))).toBe(n === '' ? 'not-found' : 'invalid-id');
  });

  it('reports a bad number', () => {
    const act = (): unknown => find(`/api/things/${ID}/parts/x`);
    expect(act).toThrow(
      expect.objectContaining({ detail: 'The number in the path must be an integer from 0 to 999999999.' }),
    );
  });

  it('is checked before a bad id in it', () => {
    expect(outcome(() => find('/api/things/x/unknown'))).toBe('not-found');
  });

  it('never fails in another way', () => {
    const segment = fc.oneof(
      fc.constantFrom('api', 'things', ':id', ID, '%', '%2e', '..', '', '__proto__'),
      fc.webPath(),
    );
    fc.assert(
      fc.property(fc.array(segment), (segments) => {
        const found = outcome(() => find(`/${segments.join('/')}`));
        expect(found instanceof Object || found === 'not-found' || found === 'invalid-id').toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a method', () => {
  it('is allowed where declared, HEAD like GET', () => {
    expect(routeFor(find('/api/things'), 'POST')).toMatchObject({
      method: 'POST',
      path: '/api/things',
      scopes: ['use'],
    });
    expect(routeFor(find('/api/things'), 'HEAD')).toMatchObject({ method: 'GET' });
  });

  it.each([
    ['/api/things', 'DELETE', 'GET, HEAD, POST, OPTIONS'],
    [`/api/things/${ID}`, 'POST', 'GET, HEAD, PATCH, OPTIONS'],
    ['/api/kinds/a/rebuild', 'HEAD', 'POST, OPTIONS'],
    ['/api/kinds/a/rebuild', 'get', 'POST, OPTIONS'],
    ['/docs', 'POST', 'GET, HEAD, OPTIONS'],
  ])('%s refuses %s and offers %s', (path, method, allow) => {
    const act = (): unknown => routeFor(find(path), method);
    expect(act).toThrow(expect.objectContaining({ status: 405, headers: { Allow: allow } }));
    expect(find(path).place.allow).toBe(allow);
  });
});

describe('pages', () => {
  it.each(['/docs', '/docs/', '/docs/swagger-ui.css', '/docs/%'])('have %s', (path) => {
    expect(routeFor(find(path), 'GET').scopes).toEqual([]);
  });
});

describe('a table', () => {
  it('refuses a route that declares no rules', () => {
    expect(() => table(layer('get', '/open', () => undefined))).toThrow(/declares no rules/);
    expect(() => table(layer('get', '/docs/x', () => undefined))).not.toThrow();
  });

  it('refuses paths it could not match exactly', () => {
    expect(() => table(layer('get', '/files/*path'))).toThrow(/plain segments/);
    expect(() => table(layer('get', '/files/a*'))).toThrow(/plain segments/);
    const pattern = { ...layer('get', '/'), route: { ...layer('get', '/').route, path: /a/ } } as ExpressLayer;
    expect(() => table(pattern)).toThrow(/declares no rules/);
    expect(() => table(layer('get', '/things/:other'))).toThrow(/other/);
    expect(() => table(layer('get', '/things/:id'), layer('get', '/things/:n/x'))).toThrow(/neighbours/);
    expect(() => table(layer('get', '/things'), layer('get', '/things'))).toThrow(/twice/);
  });

  it('knows the media types of each route', () => {
    expect(things().routes).toHaveLength(7);
    expect(things().routes[1]).toMatchObject({
      method: 'POST',
      path: '/api/things',
      scopes: ['use'],
      produces: ['application/json'],
      dispatch,
    });
  });

  it('does not list pages', () => {
    const pages = new RouteTable([layer('get', '/docs/x'), layer('get', '/about')], KINDS, ['/docs', '/about']);
    expect(pages.routes).toEqual([]);
  });

  it('tries a parameter if the literal segment leads nowhere', () => {
    const both = table(layer('get', '/a/b/c'), layer('get', '/a/:name/d'));
    expect(both.find('/a/b/d').params).toEqual({ name: 'b' });
  });
});
