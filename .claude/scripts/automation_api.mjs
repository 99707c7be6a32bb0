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
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs, createAutomationClient, NoAnswer, NotTheService } from './automation-client.mjs';

/** Exit statuses, which tell the caller what to do next. */
export const EXIT = { ok: 0, unexpected: 1, usage: 2, refused: 3, unreachable: 4 };

/** Deadline of one call, from connecting to the last byte. */
const CALL_MS = 10_000;
/** Deadline of all tries of a call together, unless `--timeout` is given. */
const DEFAULT_TOTAL_MS = 60_000;
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
export const REQUEST = '/api/v1/automation/requests/{id}';
/** Delays between tries, in ms. */
const DELAYS = { firstMs: 250, mostMs: 8_000 };
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

/**
 * @param {unknown} text
 * @returns {text is string}
 */
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
 * @typedef {import('../../src/client/automation-client.ts').AutomationClient} Client
 * @typedef {import('../../src/client/schema.ts').components['schemas']} Schemas
 * @typedef {{ headers: Record<string, string> }} Init
 */

/**
 * @template T
 * @typedef {{ data?: T, error?: unknown, response: Response }} Result
 */

/**
 * Calls the service. Retries while it is unreachable or busy. A change has an idempotency key, so that it takes effect only once.
 *
 * @template T
 * @param {(client: Client, init: Init) => Promise<Result<T>>} send makes one try
 * @param {{ ifMatch?: string | null, key?: string, totalMs?: number | undefined }} [options]
 * @returns {Promise<{ etag: string | null, body: T }>}
 */
export async function callService(send, { ifMatch = null, key, totalMs = DEFAULT_TOTAL_MS } = {}) {
  const giveUpAt = performance.now() + totalMs;
  const init = { headers: headersOf(ifMatch, key) };
  for (let tries = 1; ; tries += 1) {
    const left = giveUpAt - performance.now();
    const outcome = await tryCall(send, init, Math.max(1_000, Math.min(CALL_MS, left)));
    if ('answer' in outcome) return outcome.answer;
    const waitMs = Math.max(outcome.retryAfterMs, backoffMs(tries, DELAYS));
    if (performance.now() + waitMs > giveUpAt) {
      const unclear =
        key === undefined ? '' : ' It is unknown whether the change was recorded. It is safe to send it again.';
      throw new UnreachableError(`${outcome.trouble} Tried ${tries === 1 ? 'once' : `${tries} times`}.${unclear}`);
    }
    await delay(waitMs);
  }
}

/**
 * @param {string} id
 * @param {number | undefined} totalMs
 */
export async function fetchRequest(id, totalMs) {
  return callService((client, init) => client.GET(REQUEST, { ...init, params: { path: { id } } }), { totalMs });
}

/**
 * Makes one try. Throws errors that a retry would not fix.
 *
 * @template T
 * @param {(client: Client, init: Init) => Promise<Result<T>>} send
 * @param {Init} init
 * @param {number} limitMs
 * @returns {Promise<{ answer: { etag: string | null, body: T } } | { trouble: string, retryAfterMs: number }>}
 */
async function tryCall(send, init, limitMs) {
  const url = serviceUrl();
  const client = createAutomationClient({
    url,
    bearer: credential,
    deadlineMs: Math.ceil(limitMs),
    maxAnswerBytes: MAX_ANSWER_BYTES,
  });
  let result;
  try {
    result = await send(client, init);
  } catch (error) {
    if (error instanceof NotTheService || error instanceof SyntaxError)
      throw new RefusedError(200, 'not-the-service', `${url} answers, but it is not the automation service.`);
    if (error instanceof NoAnswer) return { trouble: `${url}: ${error.message}`, retryAfterMs: 0 };
    throw error;
  }
  const { data, response } = result;
  if (data !== undefined) return { answer: { etag: response.headers.get('etag'), body: data } };
  const problem = /** @type {Record<string, unknown>} */ (Object(result.error));
  const code = typeof problem.code === 'string' ? problem.code : `http-${response.status}`;
  if (
    response.status === 429 ||
    response.status === 503 ||
    code === 'conflict' ||
    (response.status >= 500 && code.startsWith('http-'))
  ) {
    const seconds = Number(response.headers.get('retry-after') ?? 0);
    return {
      trouble: `The service at ${url} is busy or unavailable (${code}).`,
      retryAfterMs: Number.isFinite(seconds) ? Math.min(seconds, 30) * 1000 : 0,
    };
  }
  throw new RefusedError(response.status, code, explain(response.status, code, problem));
}

export function serviceUrl() {
  const url = (process.env.AUTOMATION_API_URL || 'http://127.0.0.1:8000').replace(/\/+$/, '');
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new UsageError('AUTOMATION_API_URL must be a URL such as http://127.0.0.1:8000.');
  return url;
}

/**
 * @param {string | null} ifMatch
 * @param {string | undefined} key
 */
function headersOf(ifMatch, key) {
  const correlationId = process.env.AUTOMATION_CORRELATION_ID;
  return {
    ...(key === undefined ? {} : { 'Idempotency-Key': key }),
    ...(ifMatch === null ? {} : { 'If-Match': ifMatch }),
    ...(correlationId && /^[\x21-\x7e]{1,128}$/.test(correlationId) ? { 'X-Correlation-Id': correlationId } : {}),
  };
}

function credential() {
  if (process.env.AUTOMATION_AGENT_TOKEN) return process.env.AUTOMATION_AGENT_TOKEN;
  const file = process.env.AUTOMATION_API_KEY_FILE;
  if (!file) return null;
  try {
    return readFileSync(file, 'utf8').trim() || null;
  } catch {
    throw new UsageError('The file named by AUTOMATION_API_KEY_FILE cannot be read.');
  }
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
