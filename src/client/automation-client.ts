import type { Client } from 'openapi-fetch';
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.ts';

/** A typed client for the HTTP API, generated from its OpenAPI document: `client.GET('/api/v1/automation/requests/{id}', …)`. */
export type AutomationClient = Client<paths>;

type Schemas = components['schemas'];
export type AutomationRequest = Schemas['RequestResource'];
export type AutomationEvent = Schemas['EventResource'];
export type AutomationAttempt = Schemas['AttemptResource'];
export type AutomationClaim = Schemas['ClaimResource'];
/** The body of every error response. Branch on `code`. */
export type AutomationProblem = Schemas['ProblemResource'];

export interface AutomationClientOptions {
  /** Base URL of the service, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Returns the API key or token, or null for none. Called for every request, so the credential can be rotated. */
  readonly bearer?: () => string | null | Promise<string | null>;
  /** Deadline of one call in ms, from connecting to the last byte of the response. Defaults to 10,000. */
  readonly deadlineMs?: number;
  /** Longer responses are aborted. Defaults to 128 MiB, more than the largest page. */
  readonly maxAnswerBytes?: number;
}

/** No response in time, or one that is not from the service. A command may have taken effect: retry it with the same `Idempotency-Key`. */
export class NoAnswer extends Error {
  override readonly name: string = 'NoAnswer';
}

/** A success that is not JSON: something other than the service answered. */
export class NotTheService extends NoAnswer {
  override readonly name = 'NotTheService';
}

const DEADLINE_MS = 10_000;
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

/**
 * Creates a client. Each call resolves to `{data, response}`, or to `{error, response}` if the service refused it, where `error` is an
 * {@link AutomationProblem}. Redirects are not followed, because they would carry the credential elsewhere.
 *
 * @throws NoAnswer from a call, if there is no response before the deadline; or the abort reason of the call's own `signal`
 */
export function createAutomationClient(options: AutomationClientOptions): AutomationClient {
  const { url, bearer = () => null, deadlineMs = DEADLINE_MS, maxAnswerBytes = MAX_ANSWER_BYTES } = options;
  const client = createClient<paths>({
    baseUrl: url,
    redirect: 'error',
    // The service expects comma-separated values and refuses repeated parameters.
    querySerializer: { array: { style: 'form', explode: false } },
    fetch: (request) => fetchWhole(request, deadlineMs, maxAnswerBytes),
  });
  client.use({
    async onRequest({ request }) {
      if (!request.headers.has('Accept')) request.headers.set('Accept', 'application/json');
      if (request.headers.has('Authorization')) return;
      const token = await bearer();
      if (token !== null) request.headers.set('Authorization', `Bearer ${token}`);
    },
  });
  return client;
}

/** Reads the whole body before returning, so that the deadline and the size limit cover it too. */
async function fetchWhole(request: Request, deadlineMs: number, maxBytes: number): Promise<Response> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const signal = AbortSignal.any([deadline, request.signal]);
  try {
    const { status, headers, body } = await fetch(request, { signal });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw new Error('The response is too long.');
      chunks.push(chunk);
    }
    const isEmpty = status === 204 || status === 304;
    const answer = new Response(isEmpty ? null : Buffer.concat(chunks), { status, headers });
    answer.headers.set('Content-Length', String(bytes));
    if (status >= 200 && status < 300 && bytes > 0 && !isJson(answer)) {
      throw new NotTheService(`The response (${status}) is not JSON. Is the URL right?`);
    }
    return answer;
  } catch (error) {
    request.signal.throwIfAborted();
    if (error instanceof NoAnswer) throw error;
    if (deadline.aborted) throw new NoAnswer(`No answer within ${deadlineMs} ms.`, { cause: error });
    throw new NoAnswer(`The service is unreachable (${causeOf(error)}).`, { cause: error });
  }
}

function isJson({ headers }: Response): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/.test(headers.get('Content-Type') ?? '');
}

/** The system's error code, which `fetch` hides in the cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'the connection broke';
}
