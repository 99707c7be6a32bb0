import { STATUS_CODES } from 'node:http';
import { SECURITY_HEADERS } from './security-headers.ts';

/** A fault in a request. `pointer` is a JSON Pointer, or `?name` for a query parameter. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

export interface ProblemType {
  readonly status: number;
  /** The same for all occurrences. */
  readonly title: string;
  /** Headers of the answer that depend on the error. */
  readonly headers?: (error: unknown) => Readonly<Record<string, string>>;
}

/** The problems of HTTP itself; the application passes its own to `configureHttp`. */
export const HTTP_PROBLEMS = {
  'validation-failed': { status: 400, title: 'Validation failed' },
  'malformed-json': { status: 400, title: 'Malformed JSON in the body' },
  'invalid-id': { status: 400, title: 'Malformed id in the path' },
  'invalid-header': { status: 400, title: 'Invalid header' },
  unauthenticated: { status: 401, title: 'Authentication required' },
  forbidden: { status: 403, title: 'Permission denied' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'not-acceptable': { status: 406, title: 'No acceptable representation' },
  'request-timeout': { status: 408, title: 'Request timed out' },
  'payload-too-large': { status: 413, title: 'Request body too large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'rate-limited': { status: 429, title: 'Rate limit exceeded' },
  'headers-too-large': { status: 431, title: 'Request headers too large' },
  'internal-error': { status: 500, title: 'Internal error' },
  'shutting-down': { status: 503, title: 'Server shutting down' },
} as const satisfies Record<string, ProblemType>;

export type HttpProblemCode = keyof typeof HTTP_PROBLEMS;

/** `Retry-After` of problems that do not set it themselves, in seconds. */
const RETRY_AFTER_SECONDS = 2;

/** Maximum length of client text repeated in an answer, in UTF-16 units. */
export const MAX_ECHO_LENGTH = 64;

export interface ProblemInit {
  readonly status: number;
  readonly title: string;
  readonly code: string;
  /** Describes this occurrence, for people. Must not repeat more than {@link MAX_ECHO_LENGTH} units of the request. */
  readonly detail: string;
  /** Additional members of the answer, such as `errors`. They never override the standard members. */
  readonly extras?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A problem answer (RFC 9457). May be thrown anywhere while a request is handled. It is expected, so it has no stack trace. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly extras: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(init: ProblemInit) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(init.detail);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'Problem';
    this.status = init.status;
    this.code = init.code;
    this.title = init.title;
    this.detail = init.detail;
    this.extras = init.extras ?? {};
    const mayPass = init.status === 503 || init.status === 429;
    this.headers = mayPass ? { 'Retry-After': String(RETRY_AFTER_SECONDS), ...init.headers } : (init.headers ?? {});
  }
}

export function httpProblem(
  code: HttpProblemCode,
  detail: string,
  more: { extras?: Readonly<Record<string, unknown>>; headers?: Readonly<Record<string, string>> } = {},
): Problem {
  return new Problem({ code, detail, ...HTTP_PROBLEMS[code], ...more });
}

export function validationFailed(errors: readonly Fault[]): Problem {
  const detail = errors.length === 1 ? 'One value is not valid.' : `${errors.length} values are not valid.`;
  return httpProblem('validation-failed', detail, { extras: { errors } });
}

/** Identifies the request of an answer. */
export interface ProblemOccurrence {
  readonly requestId: string;
  /** URI reference of the requested resource. */
  readonly instance: string;
}

/** The body of the answer as JSON text. The problem's type URI is `typeBase` followed by its code. */
export function problemBody(problem: Problem, typeBase: string, occurrence: ProblemOccurrence): string {
  return JSON.stringify({
    ...problem.extras,
    type: typeBase + problem.code,
    title: problem.title,
    status: problem.status,
    detail: problem.detail,
    instance: occurrence.instance,
    code: problem.code,
    request_id: occurrence.requestId,
  });
}

/** The whole HTTP response as text for a raw socket, when there is no response object. Sets `Connection: close`. */
export function problemBytes(problem: Problem, typeBase: string, requestId: string): string {
  const body = problemBody(problem, typeBase, { requestId, instance: `urn:uuid:${requestId}` });
  const headers: Record<string, string> = {
    'Content-Type': PROBLEM_MEDIA_TYPE,
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    ...SECURITY_HEADERS,
    'X-Request-Id': requestId,
    'X-Correlation-Id': requestId,
    ...problem.headers,
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** Shortens client text so that it may be repeated in an answer. */
export function echo(text: string): string {
  return text.length <= MAX_ECHO_LENGTH ? text : `${text.slice(0, MAX_ECHO_LENGTH - 1)}…`;
}
