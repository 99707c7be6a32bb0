import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';
import { hasBody, VISIBLE_ASCII } from '../request-context.ts';
import { echo, httpProblem } from '../problems/problem-details.ts';
import type { Problem } from '../problems/problem-details.ts';
import { positionOf } from '../fields/query-rules.ts';
import type { RequestContext } from '../request-context.ts';

export interface RequestTarget {
  /** As sent, without the query; never decoded. */
  readonly path: string;
  /** Without the question mark; empty for a target without a query. */
  readonly query: string;
  /** Only for the absolute form. Takes precedence over the Host header (RFC 9112, 3.2.2). */
  readonly authority: string | undefined;
}

const ABSOLUTE_FORM = /^https?:\/\/([^/?]*)(.*)$/i;

/** Parses the target in the request line. Anything but a path or an absolute URL gives an empty path, which does not exist. */
export function readTarget(request: Request): RequestTarget {
  const { url } = request;
  if (url.startsWith('/')) return split(url, undefined);
  const match = ABSOLUTE_FORM.exec(url);
  return match === null ? split('', undefined) : split(match[2] ?? '', match[1]);
}

function split(url: string, authority: string | undefined): RequestTarget {
  const mark = url.indexOf('?');
  return mark < 0
    ? { path: url, query: '', authority }
    : { path: url.slice(0, mark), query: url.slice(mark + 1), authority };
}

const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/**
 * Throws 400 `invalid-header` unless an HTTP/1.1 request names exactly one host, and with `loopbackOnly` 403 `forbidden` unless that is a
 * loopback host. This stops DNS rebinding: a page whose host name was made to resolve to 127.0.0.1 sends that name.
 */
export function checkHost(request: Request, target: RequestTarget, loopbackOnly: boolean): void {
  const { host } = request.headers;
  if (host === undefined ? request.httpVersion !== '1.0' : countHeader(request, 'host') > 1) {
    throw httpProblem('invalid-header', 'Exactly one Host header is required.');
  }
  if (!loopbackOnly) return;
  const named = [host ?? '', ...(target.authority === undefined ? [] : [target.authority])];
  if (named.every((name) => LOOPBACK_HOST.test(name))) return;
  throw httpProblem(
    'forbidden',
    'Without API keys this server answers only to the hosts localhost, 127.0.0.1 and [::1].',
  );
}

/**
 * Returns 403 for calls by pages of other origins, through a browser on this machine, while no credentials are needed. Other ports of this
 * machine count as other origins, since they may serve pages too. Preflights and links to our pages are allowed. Programs other than
 * browsers send none of these headers.
 */
export function checkOrigin(request: Request, origins: ReadonlySet<string>): Problem | undefined {
  const { origin, host, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
  if (request.method === 'OPTIONS' || (origin !== undefined && origins.has(origin))) return undefined;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  // The browser sets this header, and scripts cannot change it. Older browsers only send the origin.
  const isOurs =
    site === undefined
      ? origin === undefined || origin.toLowerCase() === `http://${host?.toLowerCase()}`
      : site === 'same-origin' || site === 'none' || (isRead && mode === 'navigate');
  if (isOurs) return undefined;
  return httpProblem(
    'forbidden',
    'Without API keys, pages of other origins may not call, except those in AUTOMATION_CORS_ORIGINS.',
  );
}

/** The syntax of a bearer token (RFC 6750, 2.1), with a length limit far above that of real tokens. */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]{1,8192}=*)$/i;

/**
 * The bearer token of a request, or undefined if there are no credentials. Throws 401 if they are malformed, of another scheme, or sent
 * twice, since some proxies use the first of two headers and others the last.
 */
export function bearerToken(request: Request): string | undefined {
  const header = request.headers.authorization;
  if (header === undefined) return undefined;
  const match = BEARER.exec(header);
  const token = match?.[1];
  if (token === undefined || countHeader(request, 'authorization') > 1) {
    throw unauthenticated('The credentials must be one Authorization header of the form "Bearer TOKEN".');
  }
  return token;
}

/** 401 `unauthenticated`. The detail must not tell whether a token is unknown, expired or revoked. */
export function unauthenticated(detail = 'These credentials are not known.'): Problem {
  return httpProblem('unauthenticated', detail, { headers: { 'WWW-Authenticate': 'Bearer' } });
}

const JSON_TYPE = 'application/json';
const JSON_TYPES = [JSON_TYPE];
const PATCH_TYPES = [JSON_TYPE, 'application/merge-patch+json'];

/** An entity tag of a list, which may have empty members (RFC 9110, 8.8.3 and 5.6.1). */
const TAG_IN_LIST = /[ \t]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")?[ \t]*(?:,|$)/gy;
const STRONG_VERSION = /^"(0|[1-9]\d{0,15})"$/;

/** Header fields of one request. Clients and proxies usually send about twenty. */
export const MAX_HEADER_FIELDS = 100;

/** Throws 431 `headers-too-large` if there are more than {@link MAX_HEADER_FIELDS}. Node would silently drop further ones. */
export function checkFieldCount(request: IncomingMessage): void {
  if (request.rawHeaders.length <= 2 * MAX_HEADER_FIELDS) return;
  throw httpProblem('headers-too-large', `There are more than ${MAX_HEADER_FIELDS} header fields.`);
}

/** How often a header was sent. Of repeated headers such as `Authorization`, Node silently keeps only the first. */
export function countHeader(request: IncomingMessage, name: string): number {
  const { rawHeaders } = request;
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const sent = rawHeaders[index];
    if (sent?.length === name.length && sent.toLowerCase() === name) count += 1;
  }
  return count;
}

/** Checks the headers of a request and stores their values in the context. Throws 400, 406 or 415. */
export function readHeaders(request: Request, context: RequestContext, produced: readonly string[]): void {
  const { headers, method } = request;
  if (context.correlationIdIsBad) throw invalid('X-Correlation-Id', 'must be 1 to 128 visible ASCII characters');
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
    throw invalid('Expect', 'can only be 100-continue');
  }
  const mediaType = negotiate(headers.accept, produced);
  if (mediaType === undefined) {
    throw httpProblem('not-acceptable', `This can only be answered as ${produced.join(' or ')}.`);
  }
  context.mediaType = mediaType;
  if (takesBody(method)) {
    if (hasBody(request)) checkContent(request);
    context.ifMatch = parseIfMatch(headers['if-match']);
    context.idempotencyKey = parseIdempotencyKey(headers['idempotency-key']);
  }
  context.position = parsePosition('Automation-Position', headers['automation-position']);
  if (produced.includes('text/event-stream')) {
    context.lastEventId = parsePosition('Last-Event-ID', headers['last-event-id']);
  }
}

/** True for methods that take a body. Node discards the body of other methods. */
export function takesBody(method: string): boolean {
  return method === 'POST' || method === 'PATCH' || method === 'PUT' || method === 'DELETE';
}

function checkContent(request: Request): void {
  const { headers, method } = request;
  const types = method === 'PATCH' ? PATCH_TYPES : JSON_TYPES;
  const type = headers['content-type'];
  if (type === undefined || !isUtf8Of(type, types) || countHeader(request, 'content-type') > 1) {
    const sent = type === undefined ? 'without a Content-Type' : `as ${echo(type)}`;
    throw httpProblem('unsupported-media-type', `The body came ${sent}; it must be ${types.join(' or ')}, in UTF-8.`, {
      headers: method === 'PATCH' ? { 'Accept-Patch': types.join(', ') } : {},
    });
  }
  if (headers['content-encoding'] !== undefined) {
    throw httpProblem('unsupported-media-type', 'The body must not have a Content-Encoding.', {
      headers: { 'Accept-Encoding': 'identity' },
    });
  }
  const transfer = headers['transfer-encoding'];
  if (transfer !== undefined && transfer.toLowerCase() !== 'chunked') {
    throw invalid('Transfer-Encoding', 'can only be chunked');
  }
}

/**
 * The versions in an `If-Match` header. Unknown versions and weak tags match nothing (RFC 9110, 13.1.1). Throws 400 if it is neither `*`
 * nor a list of entity tags.
 */
function parseIfMatch(header: string | undefined): readonly number[] | '*' | undefined {
  if (header === undefined || header === '*') return header;
  const tags = entityTags(header);
  if (tags === null) throw invalid('If-Match', 'must be * or entity tags as they come in ETag');
  return tags.flatMap((tag) => {
    const version = STRONG_VERSION.exec(tag)?.[1];
    return version === undefined ? [] : [Number(version)];
  });
}

/** Null if the list is empty, or has a member that is not an entity tag. */
function entityTags(list: string): readonly string[] | null {
  const members = [...list.matchAll(TAG_IN_LIST)];
  const isWhole = members.reduce((length, [member]) => length + member.length, 0) === list.length;
  const tags = members.flatMap(([, tag]) => tag ?? []);
  return isWhole && tags.length > 0 ? tags : null;
}

function parseIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined || (typeof header === 'string' && VISIBLE_ASCII.test(header))) return header;
  throw invalid('Idempotency-Key', 'must be 1 to 255 visible ASCII characters, sent once');
}

function parsePosition(name: string, header: string | string[] | undefined): bigint | undefined {
  if (header === undefined) return undefined;
  const position = positionOf(header);
  if (position !== undefined) return position;
  throw invalid(name, 'must be a position as it came in an answer, in decimal digits');
}

function invalid(name: string, rule: string): Problem {
  return httpProblem('invalid-header', `The header ${name} ${rule}.`);
}

/** One range of an `Accept` header: `type/subtype`, `type/*` or `*` + `/*`, with its weight. Other parameters are ignored. */
const RANGE = /^([\w!#$%&'*+.^`|~-]+)\/([\w!#$%&'*+.^`|~-]+)[ \t]*((?:;.*)?)$/s;
const WEIGHT = /;[ \t]*q[ \t]*=[ \t]*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*(?:;|$)/i;

/**
 * Chooses one of the media types that a route produces, by the `Accept` header (RFC 9110, 12.5.1); undefined if none is acceptable. The
 * highest weight wins, then the most specific range, then the order of `produced`. Empty if the route names no media types: it accepts any.
 */
export function negotiate(accept: string | undefined, produced: readonly string[]): string | undefined {
  if (accept === undefined || accept === '*/*' || accept === '') return produced[0] ?? '';
  if (produced.length === 0) return '';
  if (produced.includes(accept)) return accept;
  const ranges = accept.split(',').map(parseRange);
  let best: { type: string; weight: number; exactness: number } | undefined;
  for (const type of produced) {
    let weight = 0;
    let exactness = -1;
    for (const range of ranges) {
      // The most specific range decides, so that `application/json;q=0, */*` refuses JSON.
      const found = range === undefined ? -1 : exactnessOf(range.name, type);
      if (range !== undefined && found > exactness) [exactness, weight] = [found, range.weight];
    }
    if (weight === 0) continue;
    if (best === undefined || weight > best.weight || (weight === best.weight && exactness > best.exactness)) {
      best = { type, weight, exactness };
    }
  }
  return best?.type;
}

function parseRange(text: string): { name: string; weight: number } | undefined {
  const match = RANGE.exec(text.trim());
  if (match === null) return undefined;
  const parameters = match[3] ?? '';
  const name = `${match[1]}/${match[2]}`.toLowerCase();
  if (!/;[ \t]*q[ \t]*=/i.test(parameters)) return { name, weight: 1 };
  const weight = WEIGHT.exec(parameters);
  return weight === null ? undefined : { name, weight: Number(weight[1]) };
}

function exactnessOf(range: string, type: string): number {
  if (range === type) return 2;
  if (range === '*/*') return 0;
  return range.endsWith('/*') && type.startsWith(range.slice(0, -1)) ? 1 : -1;
}

const CONTENT_TYPE = /^([\w.+-]+\/[\w.+-]+)[ \t]*((?:;.*)?)$/s;
const PARAMETER = /;[ \t]*(?:([\w-]+)=("[^"\\]*"|[^\s;"]+)[ \t]*)?/y;

/** True for a `Content-Type` of one of these media types whose charset is UTF-8 or missing. */
export function isUtf8Of(contentType: string, types: readonly string[]): boolean {
  if (contentType === JSON_TYPE) return types.includes(JSON_TYPE);
  const match = CONTENT_TYPE.exec(contentType);
  if (match === null || !types.includes((match[1] ?? '').toLowerCase())) return false;
  return hasOnlyUtf8(match[2] ?? '');
}

function hasOnlyUtf8(parameters: string): boolean {
  let charsets = 0;
  PARAMETER.lastIndex = 0;
  while (PARAMETER.lastIndex < parameters.length) {
    const match = PARAMETER.exec(parameters);
    if (match === null) return false;
    if (match[1]?.toLowerCase() !== 'charset') continue;
    if (match[2]?.replaceAll('"', '').toLowerCase() !== 'utf-8') return false;
    charsets += 1;
  }
  return charsets <= 1;
}
