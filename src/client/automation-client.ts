import type { Client } from 'openapi-fetch';
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.ts';

/** A client of the HTTP API, typed from its OpenAPI document: `client.GET('/api/v1/automation/requests/{id}', …)`. */
export type AutomationClient = Client<paths>;

type Schemas = components['schemas'];
export type AutomationRequest = Schemas['RequestResource'];
export type AutomationEvent = Schemas['EventResource'];
export type AutomationAttempt = Schemas['AttemptResource'];
export type AutomationClaim = Schemas['ClaimResource'];
/** What every error holds. Decide by `code`. */
export type AutomationProblem = Schemas['ProblemResource'];

export interface AutomationClientOptions {
  /** Where the service is: `http://127.0.0.1:8000`. */
  readonly url: string;
  /** An API key or a token, asked for at each call, so that it can be replaced; null for none. */
  readonly bearer?: () => string | null | Promise<string | null>;
  /** For one call, from connecting to the last byte of the answer; 10 s when it is left out. */
  readonly deadlineMs?: number;
  /** A longer answer is broken off; 128 MiB, more than the largest page, when it is left out. */
  readonly maxAnswerBytes?: number;
}

/** No answer in time, or none of the service's. A command may have taken effect: send it again with the same `Idempotency-Key`. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

const DEADLINE_MS = 10_000;
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

/**
 * Makes a client. Each of its calls resolves to `{data, response}` or, when it was refused, `{error, response}` with `error` an
 * {@link AutomationProblem}. It follows no redirects, which would carry the credential elsewhere.
 *
 * @throws NoAnswer from each call, when there is no answer before the deadline; and the reason of the call's own `signal`, when that came
 */
export function createAutomationClient(options: AutomationClientOptions): AutomationClient {
  const { url, bearer = () => null, deadlineMs = DEADLINE_MS, maxAnswerBytes = MAX_ANSWER_BYTES } = options;
  const client = createClient<paths>({
    baseUrl: url,
    redirect: 'error',
    // Several values of a filter are separated by commas; a parameter that is repeated is refused.
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

/** The answer with all of its body, so that the deadline holds for that too, and a body without an end is let go of. */
async function fetchWhole(request: Request, deadlineMs: number, maxBytes: number): Promise<Response> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const signal = AbortSignal.any([deadline, request.signal]);
  try {
    const { status, headers, body } = await fetch(request, { signal });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw new Error('The answer is too long.');
      chunks.push(chunk);
    }
    const isEmpty = status === 204 || status === 304;
    const answer = new Response(isEmpty ? null : Buffer.concat(chunks), { status, headers });
    answer.headers.set('Content-Length', String(bytes));
    if (status >= 200 && status < 300 && bytes > 0 && !isJson(answer)) {
      throw new NoAnswer(`The answer (${status}) is no JSON: is the address right?`);
    }
    return answer;
  } catch (error) {
    request.signal.throwIfAborted();
    if (error instanceof NoAnswer) throw error;
    if (deadline.aborted) throw new NoAnswer(`No answer within ${deadlineMs} ms.`, { cause: error });
    throw new NoAnswer(`The service cannot be reached (${causeOf(error)}).`, { cause: error });
  }
}

function isJson({ headers }: Response): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/.test(headers.get('Content-Type') ?? '');
}

/** The system's code, which `fetch` hides in the cause of its error. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'the connection broke';
}
