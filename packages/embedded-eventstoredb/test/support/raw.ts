import { connect, constants } from 'node:http2';
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';

/** The result of a gRPC call: the raw body, with headers and trailers together. */
export type RawAnswer = { readonly body: Buffer; readonly headers: IncomingHttpHeaders };

/** Raw gRPC over HTTP/2, for requests that no client sends. */
export class RawConnection {
  readonly #session: ClientHttp2Session;

  constructor(port: number) {
    this.#session = connect(`http://127.0.0.1:${port}`);
  }

  /** Sends these bytes as the body and half-closes; resolves when the server has answered. */
  call(path: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      });
      const chunks: Buffer[] = [];
      let seen: IncomingHttpHeaders = {};
      stream.on('response', (response) => (seen = { ...seen, ...response }));
      stream.on('trailers', (trailers) => (seen = { ...seen, ...trailers }));
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        resolve({ body: Buffer.concat(chunks), headers: seen });
      });
      stream.on('error', reject);
      stream.end(body);
    });
  }

  /** Begins a call and resets it before it is answered. */
  giveUp(path: string): Promise<void> {
    return new Promise((resolve) => {
      const stream = this.#session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
      stream.on('error', () => undefined);
      stream.on('close', resolve);
      stream.close(constants.NGHTTP2_CANCEL);
    });
  }

  close(): void {
    this.#session.close();
  }
}

/** One message with its header. */
export function framed(message: Uint8Array, compressed = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
