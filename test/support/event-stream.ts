import { once } from 'node:events';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:http';
import { BASE } from './api.ts';
import { until } from './until.ts';

export interface Frame {
  readonly id: string;
  readonly event: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
  readonly data: any;
}

/** A client of Server-Sent Events that keeps what came, and can be told not to read. */
export class EventStream {
  readonly frames: Frame[] = [];
  /** All `retry` fields, in ms. */
  readonly retries: number[] = [];
  comments = 0;
  /** How the stream ended; null while it lasts. */
  ended: 'whole' | 'cut' | null = null;
  readonly #request: ClientRequest;
  readonly #response: IncomingMessage;
  #rest = '';

  private constructor(outgoing: ClientRequest, response: IncomingMessage) {
    this.#request = outgoing;
    this.#response = response;
    response.setEncoding('utf8');
    response.on('end', () => (this.ended = 'whole'));
    response.on('error', () => (this.ended ??= 'cut'));
    response.on('close', () => (this.ended ??= 'cut'));
  }

  /** Opens a stream below `/api/v1/automation`, on a connection of its own. Throws unless it is answered 200. */
  static async open(
    url: string,
    path: string,
    { headers = {}, reads = true }: { readonly headers?: OutgoingHttpHeaders; readonly reads?: boolean } = {},
  ): Promise<EventStream> {
    const outgoing = request(url + BASE + path, { headers, agent: new Agent() });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    outgoing.on('error', () => undefined);
    if (response.statusCode !== 200) {
      outgoing.destroy();
      throw new Error(`${path} was answered ${response.statusCode}.`);
    }
    const stream = new EventStream(outgoing, response);
    if (reads) stream.read();
    return stream;
  }

  get headers(): IncomingHttpHeaders {
    return this.#response.headers;
  }

  /** Begins to read. */
  read(): void {
    this.#response.on('data', (text: string) => {
      const blocks = (this.#rest + text).split('\n\n');
      this.#rest = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block);
    });
  }

  /** Waits until there are this many frames. */
  async has(count: number): Promise<readonly Frame[]> {
    await until(`${count} frames, and not ${this.frames.length}`, () => this.frames.length >= count);
    return this.frames;
  }

  close(): void {
    this.#request.destroy();
  }

  #take(block: string): void {
    const fields: Record<string, string> = {};
    for (const line of block.split('\n')) {
      const [name = '', value = ''] = line.split(/: ?(.*)/s);
      if (name === '') this.comments += 1;
      else fields[name] = value;
    }
    if (fields.retry !== undefined) this.retries.push(Number(fields.retry));
    if (fields.data === undefined) return;
    this.frames.push({ id: fields.id ?? '', event: fields.event ?? '', data: JSON.parse(fields.data) });
  }
}
