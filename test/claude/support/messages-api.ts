import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a scripted model sees when it is asked: the whole conversation up to now, as the CLI sent it. */
export interface Turn {
  /** How often the model has answered in this conversation before. */
  readonly index: number;
  /** All that the CLI told it as text, the expanded command included, oldest first. */
  readonly told: readonly string[];
  readonly results: readonly ToolResult[];
  /** Names of the tools it may call. */
  readonly tools: readonly string[];
  readonly system: string;
  readonly model: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a tool call came to. */
export interface ToolResult {
  readonly text: string;
  readonly isError: boolean;
}

/** What the model answers: words, calls of tools (or both), an error of the API, a page of what stands before it, or nothing at all. */
export type Reply =
  | { readonly text?: string; readonly calls?: readonly ToolCall[] }
  | {
      readonly status: number;
      readonly error: string;
      readonly message: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly status: number; readonly html: string }
  | 'hang';

export interface ToolCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A model, as a function of the conversation. */
export type Script = (turn: Turn) => Reply | Promise<Reply>;

/**
 * A stand-in for the Messages API on the loopback address, which answers as a script says. Claude Code itself is the real one: it sends
 * its real prompts here, and really runs the tools that the script calls.
 */
export class MessagesApi {
  /** Every turn that was asked for, in order. */
  readonly turns: Turn[] = [];
  /** Every request's method and path. */
  readonly paths: string[] = [];
  readonly url: string;
  /** What is asked from now on. A test gives its own. */
  script: Script = () => ({ text: 'There is nothing to do.' });
  /** What a script threw: a test that fails because of it should say so. */
  readonly mistakes: unknown[] = [];
  readonly #server: Server;
  #calls = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<MessagesApi> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const api = new MessagesApi(server);
    server.on('request', (request, response) => {
      void api.#answer(request, response);
    });
    return api;
  }

  /** Forgets what was asked until now. */
  reset(script: Script): void {
    this.script = script;
    this.turns.length = 0;
    this.paths.length = 0;
    this.mistakes.length = 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.paths.push(`${request.method} ${request.url}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method !== 'POST' || !request.url?.startsWith('/v1/messages?')) {
      response.writeHead(404).end();
      return;
    }
    let reply: Reply;
    try {
      const turn = readTurn(JSON.parse(Buffer.concat(chunks).toString('utf8')), request.headers);
      this.turns.push(turn);
      reply = await this.script(turn);
    } catch (error) {
      this.mistakes.push(error);
      reply = { text: `The script of the test is wrong: ${String(error)}` };
    }
    if (reply === 'hang') return;
    this.#calls += 1;
    if ('html' in reply) {
      response.writeHead(reply.status, { 'content-type': 'text/html' }).end(reply.html);
      return;
    }
    if ('status' in reply) {
      response.writeHead(reply.status, {
        'content-type': 'application/json',
        'request-id': `req_${this.#calls}`,
        ...reply.headers,
      });
      response.end(JSON.stringify({ type: 'error', error: { type: reply.error, message: reply.message } }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': `req_${this.#calls}` });
    response.end(messageEvents(reply, this.#calls, this.turns.at(-1)?.model ?? ''));
  }
}

function messageEvents(
  { text = '', calls = [] }: { readonly text?: string; readonly calls?: readonly ToolCall[] },
  number: number,
  model: string,
): string {
  const id = `msg_${String(number).padStart(8, '0')}`;
  const blocks = [
    ...(text === '' && calls.length > 0
      ? []
      : [{ start: { type: 'text', text: '' }, delta: { type: 'text_delta', text } }]),
    ...calls.map(({ name, input }, index) => ({
      start: { type: 'tool_use', id: `toolu_${number}_${index}`, name, input: {} },
      delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) },
    })),
  ];
  const usage = { input_tokens: 100, output_tokens: 20, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const message = { id, type: 'message', role: 'assistant', model, content: [], stop_reason: null, usage };
  return [
    { type: 'message_start', message },
    ...blocks.flatMap(({ start, delta }, index) => [
      { type: 'content_block_start', index, content_block: start },
      { type: 'content_block_delta', index, delta },
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason: calls.length > 0 ? 'tool_use' : 'end_turn' }, usage },
    { type: 'message_stop' },
  ]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('');
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the CLI's body, read as it comes
function readTurn(body: any, headers: Turn['headers']): Turn {
  const blocks = body.messages.flatMap((message: { role: string; content: unknown }) =>
    (typeof message.content === 'string'
      ? [{ type: 'text', text: message.content }]
      : (message.content as object[])
    ).map((block) => ({ role: message.role, ...block })),
  );
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  const of = (wanted: (block: any) => boolean): any[] => blocks.filter(wanted);
  return {
    index: body.messages.filter(({ role }: { role: string }) => role === 'assistant').length,
    told: of(({ role, type }) => role !== 'assistant' && type === 'text').map(({ text }) => text),
    results: of(({ type }) => type === 'tool_result').map(({ content, is_error }) => ({
      text: typeof content === 'string' ? content : content.map(({ text = '' }: { text?: string }) => text).join('\n'),
      isError: is_error === true,
    })),
    tools: (body.tools ?? []).map(({ name }: { name: string }) => name),
    system: (body.system ?? []).map(({ text }: { text: string }) => text).join('\n'),
    model: body.model,
    headers,
  };
}
