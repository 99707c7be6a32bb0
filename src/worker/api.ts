import { readFile } from 'node:fs/promises';
import type { AttemptReport } from '../automation/domain/request.ts';
import type {
  AutomationAttempt,
  AutomationClaim,
  AutomationClient,
  AutomationRequest,
} from '../client/automation-client.ts';
import { createAutomationClient, NoAnswer } from '../client/automation-client.ts';
import type { components } from '../client/schema.ts';
import type { Standing } from './capacity.ts';

/** The service answered with an error. `code` is the API's error code; null when something other than the service answered. */
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

/** No answer in time, or an unreadable one. Whether the command took effect is unknown. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
}

/** Whether the same call may succeed later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ApiUnreachable) return true;
  if (!(error instanceof ApiRefusal)) return false;
  return error.status >= 500 || error.status === 429 || error.status === 408 || error.code === 'conflict';
}

/** A worker's sign of life. */
export interface Hello extends Standing {
  readonly version: string;
  /** Names of the repositories it serves; empty when it serves only requests that name none. */
  readonly repositories: readonly string[];
}

/** Options of every call. */
export interface ApiCallOptions {
  /** Sent instead of the worker's own key. */
  readonly token?: string;
  readonly idempotencyKey?: string;
  readonly correlationId?: string | null;
  readonly signal?: AbortSignal;
}

const BASE = '/api/v1/automation';
const DEADLINE_MS = 10_000;
/** Larger than any resource of the API; a longer answer does not come from the service. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** HTTP client for the service. Every call has a deadline of 10 s, from connecting to the last byte. */
export class AutomationApi {
  readonly #client: AutomationClient;

  constructor({ apiUrl, apiKeyFile }: { readonly apiUrl: string; readonly apiKeyFile: string | null }) {
    this.#client = createAutomationClient({
      url: apiUrl,
      bearer: () => readKey(apiKeyFile),
      deadlineMs: DEADLINE_MS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    });
  }

  /**
   * Claims a request. Does not retry; that is up to the caller.
   *
   * @throws ApiRefusal when the service answered with an error
   * @throws ApiUnreachable when it did not answer within 10 s; the command may still have taken effect
   */
  claim(id: string, body: Bodies['ClaimRequestBody'], options: ApiCallOptions): Promise<AutomationClaim> {
    return this.#answer(options, (init) =>
      this.#client.POST(`${BASE}/requests/{id}/attempts`, { ...init, params: { path: { id } }, body }),
    );
  }

  /** The attempts on a request, oldest first. One try, as {@link claim}. */
  async attempts(id: string, options: ApiCallOptions = {}): Promise<readonly AutomationAttempt[]> {
    const { items } = await this.#answer(options, (init) =>
      this.#client.GET(`${BASE}/requests/{id}/attempts`, { ...init, params: { path: { id } } }),
    );
    return items;
  }

  /** Renews the lease of an attempt. One try, as {@link claim}. */
  heartbeat(id: string, attempt: number, body: Bodies['HeartbeatBody'], options: ApiCallOptions): Promise<Heartbeat> {
    return this.#answer(options, (init) =>
      this.#client.POST(`${BASE}/requests/{id}/attempts/{attempt}/heartbeat`, {
        ...init,
        params: { path: { id, attempt } },
        body,
      }),
    );
  }

  /** Reports how an attempt ended. One try, as {@link claim}. */
  report(id: string, attempt: number, body: AttemptReport, options: ApiCallOptions): Promise<AutomationRequest> {
    return this.#answer(options, (init) =>
      this.#client.POST(`${BASE}/requests/{id}/attempts/{attempt}/report`, {
        ...init,
        params: { path: { id, attempt } },
        body,
      }),
    );
  }

  /** Fetches a request. One try, as {@link claim}. */
  request(id: string, options: ApiCallOptions = {}): Promise<AutomationRequest> {
    return this.#answer(options, (init) =>
      this.#client.GET(`${BASE}/requests/{id}`, { ...init, params: { path: { id } } }),
    );
  }

  /** Merges a patch into a request. One try, as {@link claim}. */
  patch(id: string, body: Bodies['ReviseRequestBody'], options: ApiCallOptions = {}): Promise<AutomationRequest> {
    return this.#answer(options, (init) =>
      this.#client.PATCH(`${BASE}/requests/{id}`, { ...init, params: { path: { id } }, body }),
    );
  }

  /** Lists claimable requests, most urgent first. `limit` is 1 to 100. One try, as {@link claim}. */
  async pending(limit: number, options: ApiCallOptions = {}): Promise<readonly AutomationRequest[]> {
    const { items } = await this.#answer(options, (init) =>
      this.#client.GET(`${BASE}/pending`, { ...init, params: { query: { limit } } }),
    );
    return items;
  }

  /**
   * Lists a page of 100 pending requests in the same order. A null cursor means the first page; a null `next_cursor` means the last.
   * Some of the requests may not be claimable. One try, as {@link claim}.
   */
  async pendingPage(
    cursor: string | null,
    options: ApiCallOptions = {},
  ): Promise<{ readonly items: readonly AutomationRequest[]; readonly next_cursor: string | null }> {
    const query = {
      status: ['pending' as const],
      sort: 'priority' as const,
      limit: 100,
      ...(cursor === null ? {} : { cursor }),
    };
    return this.#answer(options, (init) => this.#client.GET(`${BASE}/requests`, { ...init, params: { query } }));
  }

  /** Sends a worker's sign of life. One try, as {@link claim}. */
  async hello(name: string, body: Hello, options: ApiCallOptions = {}): Promise<void> {
    await this.#send(options, (init) =>
      this.#client.POST(`${BASE}/workers/{worker}/hello`, {
        ...init,
        params: { path: { worker: name } },
        body: { ...body, repositories: [...body.repositories] },
      }),
    );
  }

  async #answer<T>(options: ApiCallOptions, send: (init: Init) => Promise<FetchResult<T>>): Promise<T> {
    const { data, response } = await this.#send(options, send);
    if (data === undefined || data === null) throw notJson(response.status);
    return data;
  }

  async #send<T>(options: ApiCallOptions, send: (init: Init) => Promise<FetchResult<T>>): Promise<FetchResult<T>> {
    const { token, idempotencyKey, correlationId, signal } = options;
    let result: FetchResult<T>;
    try {
      result = await send({
        headers: {
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...(idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey }),
          ...(correlationId ? { 'X-Correlation-Id': correlationId } : {}),
        },
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof NoAnswer) throw new ApiUnreachable(error.message, { cause: error.cause });
      if (error instanceof SyntaxError) throw notJson(200);
      throw error;
    }
    const { error: problem, response } = result;
    if (response.ok) return result;
    const code = isObject(problem) && typeof problem.code === 'string' ? problem.code : null;
    const retryAfter = Number(response.headers.get('retry-after') ?? NaN);
    throw new ApiRefusal(response.status, code, Number.isFinite(retryAfter) ? retryAfter : null);
  }
}

type Bodies = components['schemas'];
type Heartbeat = components['schemas']['HeartbeatResource'];

interface Init {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

interface FetchResult<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** Reads the key for each call, so that it can be rotated while the worker runs. */
async function readKey(file: string | null): Promise<string | null> {
  if (file === null) return null;
  const key = (await readFile(file, 'utf8')).trim();
  return key === '' ? null : key;
}

function notJson(status: number): ApiUnreachable {
  return new ApiUnreachable(`The answer (${status}) is not JSON: check AUTOMATION_API_URL.`);
}

/** Log fields for an error: only the message for expected API errors, and the whole error with its stack otherwise. */
export function logged(error: unknown): { readonly reason: string } | { readonly err: unknown } {
  return error instanceof ApiRefusal || error instanceof ApiUnreachable ? { reason: error.message } : { err: error };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
