import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A bare connection, for what no HTTP client would send. */
export class RawConnection {
  #received = '';
  #closed = false;
  readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => (this.#received += bytes.toString('latin1')));
    socket.on('close', () => (this.#closed = true));
    socket.on('error', () => undefined);
  }

  static async open(port: number, localAddress = '127.0.0.1'): Promise<RawConnection> {
    const connection = new RawConnection(connect({ port, host: '127.0.0.1', localAddress }));
    await once(connection.socket, 'connect');
    return connection;
  }

  send(...parts: (string | Buffer)[]): void {
    for (const part of parts) this.socket.write(part);
  }

  /** The next answer on the connection; `hasBody` is false for an answer to HEAD. Throws when it is closed without one. */
  async answer(hasBody = true): Promise<RawAnswer> {
    for (;;) {
      const parsed = parse(this.#received, hasBody);
      if (parsed !== undefined) {
        this.#received = this.#received.slice(parsed.length);
        return parsed.answer;
      }
      if (this.#closed) throw new Error(`Closed after ${JSON.stringify(this.#received.slice(0, 500))}`);
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]);
    }
  }

  /** Resolves when the server has closed it, with whatever came beyond the answers taken. */
  async closed(): Promise<string> {
    if (!this.#closed) await once(this.socket, 'close');
    return this.#received;
  }
}

function parse(text: string, hasBody: boolean): { answer: RawAnswer; length: number } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const bodyLength = hasBody ? Number(headers['content-length'] ?? 0) : 0;
  const length = end + 4 + bodyLength;
  if (text.length < length) return undefined;
  const body = Buffer.from(text.slice(end + 4, length), 'latin1').toString('utf8');
  return { answer: { status: Number(first.split(' ')[1]), headers, body }, length };
}
