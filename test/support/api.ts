import { Agent, request } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { ApiDocument } from './openapi.ts';

export const BASE = '/api/v1/automation';

/** An answer as received. `body` is its JSON; undefined if there is none. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
  readonly body: any;
  /** Time from the first byte of the request to the last byte of the answer, in ms. */
  readonly tookMs: number;
}

export interface Outgoing {
  readonly method?: string;
  /** Path from the server's root. */
  readonly path: string;
  /** A list sends the header several times. */
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

let document: ApiDocument | undefined;

/** Throws if the answer does not match the OpenAPI document. Skipped for a different build, which may have a different document. */
export function checkAnswer(method: string, path: string, answer: Answer): void {
  if (process.env.TEST_SERVER_PROGRAM !== undefined || !path.startsWith('/api/')) return;
  document ??= new ApiDocument();
  const faults = document.faultsOf(method, path, answer);
  if (faults.length > 0) {
    const call = `${method} ${path.slice(0, 200)} was answered ${answer.status}`;
    throw new Error(`Not as in docs/openapi.json: ${call}:\n${faults.join('\n')}\n${answer.text.slice(0, 2_000)}`);
  }
}

/** The minimum that a submission needs. */
export const SUBMISSION = {
  type: 'feature',
  title: 'Add rate limiting to public endpoints',
  description: 'Limit to 100 requests/minute per IP.',
} as const;

/** A client of the HTTP API that sends whatever it is told, valid or not. Paths are relative to `/api/v1/automation`. */
export class Api {
  readonly #url: () => string;
  readonly #headers: OutgoingHttpHeaders;
  readonly #agent: Agent;

  constructor(url: () => string, headers: OutgoingHttpHeaders = {}, agent = new Agent({ keepAlive: true })) {
    this.#url = url;
    this.#headers = headers;
    this.#agent = agent;
  }

  /** The same client with headers for every call, such as credentials. */
  with(headers: OutgoingHttpHeaders): Api {
    return new Api(this.#url, { ...this.#headers, ...headers }, this.#agent);
  }

  bearing(token: string): Api {
    return this.with({ Authorization: `Bearer ${token}` });
  }

  get(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.send({ path: BASE + path, headers });
  }

  post(path: string, body?: unknown, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.#sendJson('POST', path, body, headers);
  }

  patch(path: string, body?: unknown, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.#sendJson('PATCH', path, body, headers);
  }

  /** Submits a request. Throws if it is not accepted. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
  async submit(fields: Readonly<Record<string, unknown>> = {}): Promise<any> {
    const answer = await this.post('/requests', { ...SUBMISSION, ...fields });
    if (answer.status !== 201) throw new Error(`Not submitted: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** Returns a request by id. Throws if it is not found. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
  async request(id: string): Promise<any> {
    const answer = await this.get(`/requests/${id}`);
    if (answer.status !== 200) throw new Error(`Not found: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** Moves a request through these statuses. Throws if one is refused. */
  async move(id: string, ...statuses: readonly string[]): Promise<void> {
    for (const status of statuses) {
      const answer = await this.patch(`/requests/${id}/status`, { status });
      if (answer.status !== 200) throw new Error(`Not moved to ${status}: ${answer.status} ${answer.text}`);
    }
  }

  /** The whole history of a request. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
  async events(id: string): Promise<any[]> {
    const answer = await this.get(`/requests/${id}/events?limit=1000`);
    if (answer.status !== 200 || answer.body.next_cursor !== null) throw new Error(`${answer.status} ${answer.text}`);
    return answer.body.items;
  }

  /** All pages of a list or of the log's events, in order. `cursorName` is the parameter that takes `next_cursor`. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
  async all(path: string, cursorName: 'cursor' | 'after' = 'cursor'): Promise<any[]> {
    const items = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const more = cursor === '' ? '' : `${path.includes('?') ? '&' : '?'}${cursorName}=${encodeURIComponent(cursor)}`;
      const answer = await this.get(path + more);
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
      items.push(...answer.body.items);
      cursor = answer.body.next_cursor;
    }
    return items;
  }

  /** Sends exactly this. Rejects only if there is no answer. */
  send({ method = 'GET', path, headers = {}, body }: Outgoing): Promise<Answer> {
    const begun = performance.now();
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(this.#url());
      const outgoing = request({
        method,
        hostname,
        port,
        path,
        agent: this.#agent,
        headers: { ...this.#headers, ...headers },
      });
      outgoing.on('error', reject);
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const isJson = /^application\/(?:[\w.-]+\+)?json/.test(response.headers['content-type'] ?? '');
          const isText = /^(?:application\/(?:x-ndjson|octet-stream)|text\/plain)(?:;|$)/.test(
            response.headers['content-type'] ?? '',
          );
          const answer = {
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            body: isJson && text !== '' ? JSON.parse(text) : isText ? text : undefined,
            tookMs: performance.now() - begun,
          };
          try {
            checkAnswer(method, path, answer);
            resolve(answer);
          } catch (error) {
            reject(error instanceof Error ? error : new Error('The answer could not be checked.'));
          }
        });
      });
      outgoing.end(body);
    });
  }

  /** Closes idle connections. */
  close(): void {
    this.#agent.destroy();
  }

  #sendJson(method: string, path: string, body: unknown, headers: OutgoingHttpHeaders): Promise<Answer> {
    if (body === undefined) return this.send({ method, path: BASE + path, headers });
    return this.send({
      method,
      path: BASE + path,
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }
}
