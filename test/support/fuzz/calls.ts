import type { OutgoingHttpHeaders } from 'node:http';
import type { Outgoing } from '../api.ts';
import type { ApiDocument } from '../openapi.ts';
import type { Dice } from './dice.ts';
import { randomUuid, SchemaValues } from './from-schema.ts';
import { HEADERS, hostileBody, QUERY_VALUES, SEGMENTS } from './hostile.ts';

/** Ids of what exists on the server, for use in calls. */
export interface Known {
  /** New ones replace old ones, so that there are always some that can still change. */
  readonly ids: string[];
  readonly tokens: readonly string[];
  readonly keyIds: string[];
}

export interface FuzzCall extends Outgoing {
  readonly method: string;
  /** The operation it was made from. */
  readonly operationId: string;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the document as it comes
type Json = any;

/** Makes a call from the document, and more often than not breaks it in one place. */
export function makeCall(api: ApiDocument, dice: Dice, known: Known): FuzzCall {
  const { document } = api;
  const values = new SchemaValues(document, dice);
  const { method, path } = dice.pick(api.operations.filter((it) => !isEndless(it.responses)));
  const operation: Json = document.paths[path][method.toLowerCase()];
  const parameters: Json[] = (operation.parameters ?? []).map((it: Json) => resolve(document, it));
  const isHostile = dice.chance(0.6);
  const wrong = (share: number): boolean => isHostile && dice.chance(share);

  const ids = path.includes('/keys/') ? known.keyIds : known.ids;
  let target = path.replace('{id}', dice.chance(0.9) ? dice.pick(ids) : randomUuid(dice));
  target = target.replace('{attempt}', dice.chance(0.85) ? '1' : String(dice.between(0, 9)));
  target = target.replace(/\{(\w+)\}/g, (whole, name: string) => dice.pick(PARTS[name] ?? [whole]));
  if (wrong(0.15)) target = hostilePath(dice, target);
  const query = queryOf(
    parameters.filter((it) => it.in === 'query'),
    dice,
    values,
    wrong,
  );
  if (query.length > 0) target += `?${query.join('&')}`;

  const headers: OutgoingHttpHeaders = {};
  for (const { name } of parameters.filter((it) => it.in === 'header')) {
    if (dice.chance(name === 'If-Match' ? 0.15 : 0.3)) headers[name] = GOOD_HEADERS[name];
  }
  // Few keys, so that they are repeated with the same body and with different ones.
  if (headers['Idempotency-Key']) headers['Idempotency-Key'] = `key-${dice.between(0, 500)}`;
  if (known.tokens.length > 0 && dice.chance(0.1)) headers.Authorization = `Bearer ${dice.pick(known.tokens)}`;

  let body: string | Buffer | undefined;
  const content: Json = operation.requestBody?.content;
  if (content) {
    const [type, media] = dice.pick(Object.entries<Json>(content));
    const json = values.value(media.schema) as Record<string, unknown>;
    headers['Content-Type'] = type;
    body = wrong(0.6) ? hostileBody(dice, json) : JSON.stringify(json);
  } else if (wrong(0.05)) body = '{"a":1}';
  if (wrong(0.35)) hostileHeaders(dice, headers);
  // Node sends the body of a GET or HEAD without its length, as if it were the next request.
  if (body !== undefined && headers['Transfer-Encoding'] === undefined)
    headers['Content-Length'] = Buffer.byteLength(body);
  const called = wrong(0.05)
    ? dice.pick(['PUT', 'DELETE', 'HEAD', 'OPTIONS', 'POST', 'PATCH', 'GET', 'PROPFIND'])
    : method;
  return {
    method: called,
    path: target,
    headers,
    operationId: operation.operationId,
    ...(body === undefined ? {} : { body }),
  };
}

/** A stream of events does not end. */
export function isEndless(responses: Readonly<Record<string, Json>>): boolean {
  return Object.values(responses).some(({ content }) => content?.['text/event-stream'] !== undefined);
}

function queryOf(
  parameters: readonly Json[],
  dice: Dice,
  values: SchemaValues,
  wrong: (share: number) => boolean,
): string[] {
  const query: string[] = [];
  for (const { name, schema } of dice.some(parameters, 0.25)) {
    const value = values.value(schema);
    query.push(`${name}=${wrong(0.4) ? dice.pick(QUERY_VALUES) : encodeURIComponent(wellFormed(value))}`);
  }
  if (wrong(0.08))
    query.push(
      dice.pick(['unknown=1', 'a', '=', '&', '__proto__[a]=1', 'limit[]=1', query[0] ?? 'limit=1&limit=2', '%00=1']),
    );
  return query;
}

function wellFormed(value: unknown): string {
  return (Array.isArray(value) ? value.join(',') : String(value)).toWellFormed();
}

function hostilePath(dice: Dice, path: string): string {
  const segments = path.split('/');
  switch (dice.between(0, 3)) {
    case 0:
      return dice.pick([
        `${path}/`,
        path.toUpperCase(),
        `/${path}`,
        path.replace('/', '//'),
        `${path}%2f`,
        `${path};a=b`,
      ]);
    case 1:
      return [...segments, dice.pick(SEGMENTS)].join('/');
    default:
      segments[dice.between(4, segments.length - 1)] = dice.pick(SEGMENTS);
      return segments.join('/');
  }
}

/** Values of the other parts of paths, most of which name something. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  version: ['0', '0', '1', '99'],
  projection: ['requests', 'requests', 'stats', 'nothing'],
  worker: ['dev%201', 'ci'],
  level: ['0', '1', 'entries', '64'],
  first: ['000.p', '000', 'x000'],
  second: ['1', '3', '000'],
  third: ['1', '000.p'],
};

/** The document has no examples for headers. */
const GOOD_HEADERS: Readonly<Record<string, string>> = {
  'X-Correlation-Id': 'build-4711',
  'Idempotency-Key': 'key',
  'If-Match': '"0"',
  'If-None-Match': '"0"',
  'Automation-Position': '1024',
};

function hostileHeaders(dice: Dice, headers: OutgoingHttpHeaders): void {
  for (let count = dice.between(1, 2); count > 0; count -= 1) {
    const [name, values] = dice.pick(Object.entries(HEADERS));
    headers[name] =
      dice.chance(0.1) && name !== 'Host' && name !== 'Transfer-Encoding' ? [...values.slice(0, 2)] : dice.pick(values);
  }
  if (dice.chance(0.03)) for (let i = 0; i < 150; i += 1) headers[`X-${i}`] = 'a';
}

function resolve(document: Json, node: Json): Json {
  if (!node.$ref) return node;
  return node.$ref
    .slice(2)
    .split('/')
    .reduce((at: Json, name: string) => at[name], document);
}
