import { declarationOf } from '../http-route.ts';
import type { Route } from '../http-route.ts';
import { isUuid, lineFault } from '../fields/field-rules.ts';
import { echo, httpProblem } from '../problems/problem-details.ts';
import type { Problem } from '../problems/problem-details.ts';

/** The result of a lookup: the routes at the path by method, the values of its parameters, and its canonical spelling. */
export interface Match {
  readonly place: Place;
  readonly params: Record<string, string>;
  readonly path: string;
}

interface Place {
  readonly methods: Map<string, Route>;
  /** The `Allow` header. */
  allow: string;
}

interface Node {
  readonly literals: Map<string, Node>;
  parameter: { readonly name: string; readonly kind: ParameterKind; readonly node: Node } | undefined;
  place: Place | undefined;
}

const METHOD_ORDER = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The parts of Express's router that are read here. */
export interface ExpressLayer {
  readonly route?: {
    readonly path: unknown;
    readonly methods: Record<string, boolean>;
    readonly stack: readonly { readonly handle: object }[];
  };
  readonly handle: Route['dispatch'];
}

/**
 * Every route of the application, read from the router once it is complete. Unlike the router it distinguishes 404 from 405, matches paths
 * exactly as written, and checks ids before anything else.
 */
export class RouteTable {
  readonly routes: readonly Route[];
  readonly #root = emptyNode();
  readonly #kinds: Readonly<Record<string, ParameterKind>>;

  readonly #pages: readonly string[];

  /** `pages` are path prefixes left to the router. Throws if any other route has no `@HttpRoute`. */
  constructor(
    layers: readonly ExpressLayer[],
    kinds: Readonly<Record<string, ParameterKind>>,
    pages: readonly string[],
  ) {
    this.#kinds = kinds;
    this.#pages = pages;
    this.routes = layers.flatMap((layer) => (isPage(pages, layer.route?.path) ? [] : routesOf(layer)));
    for (const route of this.routes) this.#add(route);
  }

  /** Throws 404 `not-found`, or 400 `invalid-id` if only a parameter is malformed. */
  find(path: string): Match {
    if (isPage(this.#pages, path)) return PAGE;
    const params: Record<string, string> = {};
    const segments = path.split('/');
    const place = segments[0] === '' ? walk(this.#root, segments, 1, params) : undefined;
    if (place === undefined) throw notFound();
    return { place, params, path: segments.join('/') };
  }

  #add(route: Route): void {
    let node = this.#root;
    for (const segment of route.path.split('/').slice(1)) node = this.#child(node, segment, route);
    node.place ??= { methods: new Map(), allow: '' };
    if (node.place.methods.has(route.method)) throw new Error(`${route.method} ${route.path} is declared twice.`);
    node.place.methods.set(route.method, route);
    const methods = new Set([...node.place.methods.keys(), 'OPTIONS']);
    if (methods.has('GET')) methods.add('HEAD');
    node.place.allow = METHOD_ORDER.filter((method) => methods.has(method)).join(', ');
  }

  #child(node: Node, segment: string, route: Route): Node {
    if (!segment.startsWith(':')) {
      if (!/^[\w.-]+$/.test(segment)) throw new Error(`The path ${route.path} can only have plain segments.`);
      const child = node.literals.get(segment) ?? emptyNode();
      node.literals.set(segment, child);
      return child;
    }
    const name = segment.slice(1);
    const kind = this.#kinds[name];
    if (kind === undefined) throw new Error(`Nothing says what the parameter ${name} of ${route.path} holds.`);
    node.parameter ??= { name, kind, node: emptyNode() };
    if (node.parameter.name !== name) throw new Error(`${route.path} calls a parameter other than its neighbours.`);
    return node.parameter.node;
  }
}

/** The route for a method; HEAD uses the GET route. Throws 405 with `Allow`. */
export function routeFor(match: Match, method: string): Route {
  const { methods, allow } = match.place;
  const route = methods.get(method === 'HEAD' ? 'GET' : method);
  if (route !== undefined) return route;
  throw httpProblem('method-not-allowed', `${echo(method)} is not allowed here, only ${allow}.`, {
    headers: { Allow: allow },
  });
}

/** Matches the segments from `index` on. Writes parameters to `params` and their canonical form back to `segments`. */
function walk(node: Node, segments: string[], index: number, params: Record<string, string>): Place | undefined {
  const segment = segments[index];
  if (segment === undefined) return node.place;
  const literal = node.literals.get(segment);
  const place = literal === undefined ? undefined : walk(literal, segments, index + 1, params);
  if (place !== undefined || node.parameter === undefined || segment === '') return place;
  const { name, kind, node: child } = node.parameter;
  const below = walk(child, segments, index + 1, params);
  if (below === undefined) return undefined;
  const value = parameterOf(kind, segment);
  if (value === undefined) throw kind === 'name' ? notFound() : invalidId(kind);
  params[name] = value;
  segments[index] = encodeURIComponent(value);
  return below;
}

/** The route of all pages: GET for everyone, in any media type, dispatched by the router. */
export const PAGE_ROUTE: Route = {
  method: 'GET',
  path: '',
  id: 'page',
  summary: '',
  answers: {},
  scopes: [],
  produces: [],
  body: undefined,
  query: undefined,
  dispatch: (_request, _response, next) => next(),
};
const PAGE: Match = {
  place: { methods: new Map([['GET', PAGE_ROUTE]]), allow: 'GET, HEAD, OPTIONS' },
  params: {},
  path: '',
};

function isPage(pages: readonly string[], path: unknown): boolean {
  return (
    typeof path === 'string' && pages.some((page) => path === page || (page !== '/' && path.startsWith(`${page}/`)))
  );
}

function routesOf(layer: ExpressLayer): Route[] {
  if (layer.route === undefined) return [];
  const { path, methods, stack } = layer.route;
  const declaration = stack[0] && declarationOf(stack[0].handle);
  if (declaration === undefined || typeof path !== 'string') {
    throw new Error(`The route ${String(path)} declares no rules (@HttpRoute).`);
  }
  const produces = declaration.produces ?? ['application/json'];
  return Object.keys(methods).map((method) => ({
    ...declaration,
    method: method.toUpperCase(),
    path,
    produces,
    dispatch: layer.handle,
  }));
}

function emptyNode(): Node {
  return { literals: new Map(), parameter: undefined, place: undefined };
}

function notFound(): Problem {
  return httpProblem('not-found', 'There is nothing at this path.');
}

const INVALID: Readonly<Record<Exclude<ParameterKind, 'name'>, string>> = {
  uuid: 'The id in the path must be a UUID.',
  number: 'The number in the path must be an integer from 0 to 999999999.',
  line: 'The name in the path must be one line of 1 to 200 characters.',
};

function invalidId(kind: Exclude<ParameterKind, 'name'>): Problem {
  return httpProblem('invalid-id', INVALID[kind]);
}

/**
 * The kind of a path parameter: a UUID; an integer from 0 to 999999999; a name of 1 to 64 letters, digits or `_.-`; or a line of 1 to 200
 * code points, percent-encoded.
 */
export type ParameterKind = 'uuid' | 'number' | 'name' | 'line';

const CANONICAL_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NUMBER = /^(?:0|[1-9]\d{0,8})$/;
const NAME = /^[\w.-]{1,64}$/;
const MAX_LINE = 200;

/** The decoded value of a parameter, with UUIDs in lower case; undefined if it is malformed. */
function parameterOf(kind: ParameterKind, segment: string): string | undefined {
  if (kind === 'uuid' && CANONICAL_UUID.test(segment)) return segment;
  const text = segment.includes('%') ? decoded(segment) : segment;
  switch (kind) {
    case 'uuid':
      return isUuid(text) ? text.toLowerCase() : undefined;
    case 'number':
      return NUMBER.test(text) ? text : undefined;
    case 'name':
      return NAME.test(text) ? text : undefined;
    case 'line':
      return lineFault(text, MAX_LINE) === undefined && text.trim() === text ? text : undefined;
  }
}

/** Empty for invalid escapes, which no kind of parameter accepts. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return '';
  }
}
