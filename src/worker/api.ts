import { readFile } from 'node:fs/promises';

/** The service answered, and refused. `code` is the contract's; `null` where something else than the service answered. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  constructor(
    readonly status: number,
    readonly code: string | null,
    /** Seconds, from `Retry-After`. */
    readonly retryAfter: number | null,
  ) {
    super(`The service answered ${status}${code === null ? '' : ` (${code})`}.`);
  }
}

/** No answer in time, or none that can be read. Whether the command took effect is unknown. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
}

/** Whether the same call may well succeed later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ApiUnreachable) return true;
  if (!(error instanceof ApiRefusal)) return false;
  return error.status >= 500 || error.status === 429 || error.status === 408 || error.code === 'conflict';
}

export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Below `/api/v1/automation`. */
  readonly path: string;
  readonly body?: unknown;
  /** Sent instead of the worker's own key. */
  readonly token?: string;
  readonly idempotencyKey?: string;
  readonly correlationId?: string | null;
  readonly signal?: AbortSignal;
}

const DEADLINE_MS = 10_000;
/** More than the largest resource the contract allows; whatever answers with more is not the service. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** The service over HTTP. Every call has a deadline of its own, from connecting to the last byte. */
export class AutomationApi {
  readonly #base: string;
  readonly #keyFile: string | null;

  constructor({ apiUrl, apiKeyFile }: { readonly apiUrl: string; readonly apiKeyFile: string | null }) {
    this.#base = `${apiUrl}/api/v1/automation`;
    this.#keyFile = apiKeyFile;
  }

  /**
   * One try.
   *
   * @returns the answer's JSON
   * @throws ApiRefusal when the service answered with an error
   * @throws ApiUnreachable when it did not answer within 10 s; the command may have taken effect all the same
   */
  async call(call: ApiCall): Promise<unknown> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    const bearer = call.token ?? (await this.#key());
    if (bearer !== null) headers.Authorization = `Bearer ${bearer}`;
    if (call.body !== undefined) headers['Content-Type'] = 'application/json';
    if (call.idempotencyKey !== undefined) headers['Idempotency-Key'] = call.idempotencyKey;
    if (call.correlationId) headers['X-Correlation-Id'] = call.correlationId;
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    const signal = call.signal ? AbortSignal.any([deadline, call.signal]) : deadline;
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.#base + call.path, {
        method: call.method,
        headers,
        signal,
        // A redirect would carry the credential to wherever it points.
        redirect: 'error',
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      });
      text = await readBounded(response);
    } catch (error) {
      call.signal?.throwIfAborted();
      if (deadline.aborted) throw new ApiUnreachable(`No answer within ${DEADLINE_MS} ms.`, { cause: error });
      throw new ApiUnreachable(`The service cannot be reached (${causeOf(error)}).`, { cause: error });
    }
    if (response.ok) return parse(text) ?? fail(response.status);
    const problem = parse(text);
    const code = isObject(problem) && typeof problem.code === 'string' ? problem.code : null;
    const retryAfter = Number(response.headers.get('retry-after') ?? NaN);
    throw new ApiRefusal(response.status, code, Number.isFinite(retryAfter) ? retryAfter : null);
  }

  /** Read for each call, so that a key can be replaced while the worker runs. */
  async #key(): Promise<string | null> {
    if (this.#keyFile === null) return null;
    const key = (await readFile(this.#keyFile, 'utf8')).trim();
    return key === '' ? null : key;
  }
}

function fail(status: number): never {
  throw new ApiUnreachable(`The answer (${status}) is no JSON: is AUTOMATION_API_URL right?`);
}

/** The system's code, which `fetch` hides in the cause of its error. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'the connection broke';
}

/** A line for the log, without the stack that one more outage does not need. Anything unexpected keeps it. */
export function logged(error: unknown): { readonly reason: string } | { readonly err: unknown } {
  return error instanceof ApiRefusal || error instanceof ApiUnreachable ? { reason: error.message } : { err: error };
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('The answer is too long.');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
