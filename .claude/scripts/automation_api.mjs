/**
 * HTTP client for the automation service, shared by the scripts in this folder. Needs only Node 20 or newer.
 *
 * Environment:
 *   AUTOMATION_API_URL         URL of the service; http://127.0.0.1:8000 if unset
 *   AUTOMATION_REQUEST_ID      the request being worked on
 *   AUTOMATION_AGENT_TOKEN     the agent's token for this attempt; never printed
 *   AUTOMATION_API_KEY_FILE    file with an API key, for people; used if there is no token
 *   AUTOMATION_CORRELATION_ID  recorded with every change
 *   AUTOMATION_SPOOL_DIR       keeps reports while the service is unreachable; see spool.mjs
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Exit statuses, which tell the caller what to do next. */
export const EXIT = { ok: 0, unexpected: 1, usage: 2, refused: 3, unreachable: 4 };

/** Deadline of one call, from connecting to the last byte. */
const CALL_MS = 10_000;
/** Deadline of all tries of a call together, unless `--timeout` is given. */
const DEFAULT_TOTAL_MS = 60_000;
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Invalid command line. */
export class UsageError extends Error {}

/** The service refused, and a retry would be refused too. */
export class RefusedError extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message
   */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * Whether an agent's report came after its request had ended. Such a report no longer counts.
 *
 * @param {unknown} error
 */
export function isLate(error) {
  return error instanceof RefusedError && error.code === 'request-ended' && Boolean(process.env.AUTOMATION_AGENT_TOKEN);
}

/** The service did not answer in time. */
export class UnreachableError extends Error {}

/** @param {unknown} text */
export function isUuid(text) {
  return typeof text === 'string' && UUID.test(text);
}

/**
 * The id of the request: from the command line, otherwise from the environment.
 *
 * @param {string | undefined} named
 */
export function requestId(named) {
  const id = named ?? process.env.AUTOMATION_REQUEST_ID ?? '';
  if (id === '') throw new UsageError('Which request? Pass its id, or set AUTOMATION_REQUEST_ID.');
  if (!isUuid(id)) throw new UsageError('A request id is a UUID.');
  return id.toLowerCase();
}

/**
 * @param {string | undefined} text seconds, from the command line
 * @returns {number | undefined} milliseconds
 */
export function readTimeout(text) {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!(seconds >= 1 && seconds <= 3600)) throw new UsageError('--timeout takes seconds, 1 to 3600.');
  return seconds * 1000;
}

/**
 * Bodies and answers follow the service's OpenAPI document.
 *
 * @typedef {import('../../src/client/schema.ts').components['schemas']} Schemas
 * @typedef {{ status: number, etag: string | null, body: any }} Answer
 * @typedef {{ ifMatch?: string | null, key?: string, totalMs?: number | undefined }} CallOptions
 * @typedef {{ method: 'GET', path: string, body?: undefined }
 *   | { method: 'PATCH', path: `/requests/${string}`, body: Schemas['ReviseRequestBody'] }
 *   | { method: 'PATCH', path: `/requests/${string}/status`, body: Schemas['ChangeStatusBody'] }} Route
 * @typedef {Route & CallOptions} Call
 */

/**
 * Calls the service. Retries while it is unreachable or busy, with the same idempotency key, so that a change takes effect only once.
 *
 * @param {Call} call
 * @returns {Promise<Answer>}
 */
export async function callService(call) {
  const giveUpAt = performance.now() + (call.totalMs ?? DEFAULT_TOTAL_MS);
  const key = call.key ?? randomUUID();
  for (let tries = 1; ; tries += 1) {
    const left = giveUpAt - performance.now();
    const outcome = await tryCall(call, key, Math.max(1_000, Math.min(CALL_MS, left)));
    if ('answer' in outcome) return outcome.answer;
    const waitMs = Math.max(outcome.retryAfterMs, Math.min(8_000, 250 * 2 ** (tries - 1)) * (0.5 + Math.random() / 2));
    if (performance.now() + waitMs > giveUpAt) {
      const unclear =
        call.method === 'PATCH' ? ' It is unknown whether the change was recorded. It is safe to send it again.' : '';
      throw new UnreachableError(`${outcome.trouble} Tried ${tries === 1 ? 'once' : `${tries} times`}.${unclear}`);
    }
    await delay(waitMs);
  }
}

/**
 * Makes one try. Throws errors that a retry would not fix.
 *
 * @param {Call} call
 * @param {string} key
 * @param {number} limitMs
 * @returns {Promise<{ answer: Answer } | { trouble: string, retryAfterMs: number }>}
 */
async function tryCall(call, key, limitMs) {
  const base = serviceUrl();
  const headers = headersOf(call, key);
  const signal = AbortSignal.timeout(Math.ceil(limitMs));
  let response;
  let text;
  try {
    response = await fetch(`${base}/api/v1/automation${call.path}`, {
      method: call.method,
      headers,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      // A redirect would carry the token to wherever it points.
      redirect: 'error',
      signal,
    });
    text = await readBounded(response);
  } catch (error) {
    const what = signal.aborted
      ? `did not answer within ${Math.round(limitMs / 1000)} s`
      : `is unreachable (${causeOf(error)})`;
    return { trouble: `The service at ${base} ${what}.`, retryAfterMs: 0 };
  }
  const body = parse(text);
  if (response.ok && body !== undefined) {
    return { answer: { status: response.status, etag: response.headers.get('etag'), body } };
  }
  const code = typeof body?.code === 'string' ? body.code : `http-${response.status}`;
  if (
    response.status === 429 ||
    response.status === 503 ||
    code === 'conflict' ||
    (response.status >= 500 && code.startsWith('http-'))
  ) {
    const seconds = Number(response.headers.get('retry-after') ?? 0);
    return {
      trouble: `The service at ${base} is busy or unavailable (${code}).`,
      retryAfterMs: Number.isFinite(seconds) ? Math.min(seconds, 30) * 1000 : 0,
    };
  }
  if (response.ok)
    throw new RefusedError(response.status, code, `${base} answers, but it is not the automation service.`);
  throw new RefusedError(response.status, code, explain(response.status, code, body));
}

export function serviceUrl() {
  const url = (process.env.AUTOMATION_API_URL || 'http://127.0.0.1:8000').replace(/\/+$/, '');
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new UsageError('AUTOMATION_API_URL must be a URL such as http://127.0.0.1:8000.');
  return url;
}

/**
 * @param {Call} call
 * @param {string} key
 */
function headersOf(call, key) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json' };
  const token = credential();
  if (token) headers.Authorization = `Bearer ${token}`;
  if (call.method === 'PATCH') {
    headers['Content-Type'] = 'application/json';
    headers['Idempotency-Key'] = key;
  }
  if (call.ifMatch) headers['If-Match'] = call.ifMatch;
  const correlationId = process.env.AUTOMATION_CORRELATION_ID;
  if (correlationId && /^[\x21-\x7e]{1,128}$/.test(correlationId)) headers['X-Correlation-Id'] = correlationId;
  return headers;
}

function credential() {
  if (process.env.AUTOMATION_AGENT_TOKEN) return process.env.AUTOMATION_AGENT_TOKEN;
  const file = process.env.AUTOMATION_API_KEY_FILE;
  if (!file) return '';
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new UsageError('The file named by AUTOMATION_API_KEY_FILE cannot be read.');
  }
}

/** @param {Response} response */
async function readBounded(response) {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('The response is too long.');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * @param {string} text
 * @returns {any} undefined if it is not a JSON object
 */
function parse(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @param {unknown} error */
function causeOf(error) {
  const cause = /** @type {{ cause?: { code?: unknown, message?: unknown } }} */ (error)?.cause;
  return String(cause?.code ?? cause?.message ?? 'the connection broke');
}

/**
 * Words a refusal: what the service says, and what to do about it.
 *
 * @param {number} status
 * @param {string} code
 * @param {any} problem
 */
function explain(status, code, problem) {
  const lines = [
    `Refused (${status} ${code}): ${typeof problem?.detail === 'string' ? problem.detail : 'no reason given.'}`,
  ];
  if (Array.isArray(problem?.errors)) {
    for (const { pointer, detail } of problem.errors) lines.push(`  ${pointer}: ${detail}`);
  }
  if (Array.isArray(problem?.missing)) for (const what of problem.missing) lines.push(`  missing: ${what}`);
  if (code === 'stale-attempt')
    lines.push('This attempt is over. Stop working on the request: nothing you do counts any more.');
  return lines.join('\n');
}

/**
 * Runs a script. Prints errors to stderr in full sentences and sets the exit status.
 *
 * @param {() => Promise<void>} main
 * @param {string} usage
 */
export async function runScript(main, usage) {
  if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
    process.stdout.write(usage);
    return;
  }
  try {
    await main();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof UsageError || isParseError(error)) {
      process.stderr.write(`${message}\nSee --help.\n`);
      process.exitCode = EXIT.usage;
      return;
    }
    process.stderr.write(`${message}\n`);
    if (error instanceof RefusedError) process.exitCode = EXIT.refused;
    else if (error instanceof UnreachableError) process.exitCode = EXIT.unreachable;
    else process.exitCode = EXIT.unexpected;
  }
}

/** @param {unknown} error */
function isParseError(error) {
  return String(/** @type {{ code?: unknown }} */ (error)?.code ?? '').startsWith('ERR_PARSE_ARGS');
}
