import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** An HTTP/2 frame (RFC 9113, section 4.1), as far as the faults need it. */
interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly bytes: Buffer;
}

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const END_STREAM = 1;

/** A client's connection through the proxy. */
class Connection {
  /** Streams on which the server has begun an answer but not ended it. */
  readonly open = new Set<number>();
  readonly withheld = new Set<number>();
  frozen = false;
  readonly client: Socket;
  readonly server: Socket;
  #rest: Buffer = Buffer.alloc(0);

  constructor(client: Socket, server: Socket) {
    this.client = client;
    this.server = server;
  }

  /** Complete frames from the server. A partial frame waits for its rest. */
  *frames(chunk: Buffer): Generator<Frame> {
    let bytes = Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= 9) {
      const length = 9 + bytes.readUIntBE(0, 3);
      if (bytes.length < length) break;
      const frame = bytes.subarray(0, length);
      yield { type: frame.readUInt8(3), flags: frame.readUInt8(4), streamId: frame.readUInt32BE(5), bytes: frame };
      bytes = bytes.subarray(length);
    }
    this.#rest = bytes;
  }

  follow({ type, flags, streamId }: Frame): void {
    if (type === HEADERS) this.open.add(streamId);
    const ends = (type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0;
    if (ends || type === RST_STREAM) this.open.delete(streamId);
  }

  destroy(): void {
    this.client.destroy();
    this.server.destroy();
  }
}

/** A proxy between a client and a local HTTP/2 server, which does to connections what networks do. */
export class TcpProxy {
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  /** Accepts connections and passes nothing on. */
  #silent = false;
  #cutNextReply = false;
  cuts = 0;

  private constructor(targetPort: number) {
    this.#server = createServer((client) => {
      this.#accept(client, targetPort);
    });
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Number of connected clients. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Streams on which an answer has begun but not ended. */
  get openStreams(): number {
    return [...this.#connections].reduce((sum, { open }) => sum + open.size, 0);
  }

  /** From now on new connections are silent; open ones are not affected. */
  set silent(silent: boolean) {
    this.#silent = silent;
  }

  /** From now on open connections pass nothing on, in either direction. */
  freezeOpen(): void {
    for (const connection of this.#connections) connection.frozen = true;
  }

  /** Cuts the connection instead of passing on the server's next answer. */
  cutNextReply(): void {
    this.#cutNextReply = true;
  }

  /** Loses what the server sends on the streams that are open now, and nothing else. */
  withholdOpenStreams(): void {
    for (const connection of this.#connections) {
      for (const stream of connection.open) connection.withheld.add(stream);
    }
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #accept(client: Socket, targetPort: number): void {
    const server = connect(targetPort, '127.0.0.1');
    const connection = new Connection(client, server);
    connection.frozen = this.#silent;
    this.#connections.add(connection);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        // A frozen connection does not tell one end that the other has closed.
        if (!connection.frozen) other.destroy();
        if (client.destroyed && server.destroyed) this.#connections.delete(connection);
      });
    }
    client.on('data', (chunk) => {
      if (!connection.frozen) server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (!connection.frozen) this.#passOn(connection, chunk);
    });
  }

  #passOn(connection: Connection, chunk: Buffer): void {
    for (const frame of connection.frames(chunk)) {
      connection.follow(frame);
      if (frame.type === DATA && connection.withheld.has(frame.streamId)) continue;
      if (this.#cutNextReply && (frame.type === DATA || frame.type === HEADERS)) {
        this.#cutNextReply = false;
        this.cuts += 1;
        connection.destroy();
        return;
      }
      connection.client.write(frame.bytes);
    }
  }
}
