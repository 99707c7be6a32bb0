import { createSecureServer, createServer } from 'node:http2';
import type { Http2SecureServer, Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Code, GrpcError } from './grpc-error.ts';
import { GrpcCall } from './grpc-call.ts';

/** Serves one method: reads from the call, answers and ends it. If it throws or rejects, the call ends with that error. */
export type Handler = (call: GrpcCall) => void | Promise<void>;

export type GrpcServerOptions = {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** PEM texts; plain HTTP/2 if undefined. */
  readonly tls: { readonly certificate: string | Buffer; readonly key: string | Buffer } | undefined;
  readonly maxMessageBytes: number;
  /** Full method names, `/package.Service/Method`. */
  readonly handlers: ReadonlyMap<string, Handler>;
  /** Runs before every known method; throws a GrpcError to refuse the call. */
  readonly admit: (call: GrpcCall, method: string) => void;
};

const WINDOW_BYTES = 1024 * 1024;

const HTTP2_OPTIONS = {
  // Every commit wakes every subscription. Calls beyond the limit wait in the client until others have ended.
  settings: { initialWindowSize: WINDOW_BYTES, enablePush: false, maxConcurrentStreams: 1_000 },
  // Node's limits suit browsers. A client that abandons a read resets its stream, and may do so a thousand times a second.
  maxSessionMemory: Number.MAX_SAFE_INTEGER,
  streamResetBurst: 1_000_000,
  streamResetRate: 1_000_000,
  // One ping per turn in which requests end, until the client has answered it.
  maxOutstandingPings: 1_000_000,
};

/** gRPC over HTTP/2: routes calls to handlers, and tracks open calls and connections for an orderly shutdown. */
export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #server: Http2Server | Http2SecureServer;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #calls = new Set<GrpcCall>();
  #refusal: GrpcError | undefined;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    this.#server = options.tls
      ? createSecureServer({ ...HTTP2_OPTIONS, cert: options.tls.certificate, key: options.tls.key })
      : createServer(HTTP2_OPTIONS);
    this.#server.on('session', (session: ServerHttp2Session) => {
      this.#addSession(session);
    });
    this.#server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      this.#addCall(stream, headers);
    });
    // A failed handshake or a lost connection concerns only its client.
    this.#server.on('sessionError', () => undefined);
    this.#server.on('tlsClientError', () => undefined);
  }

  /** Listens and resolves to the port. Rejects with the system's error if the address is not available. */
  listen(): Promise<number> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** From now on every new call fails with this error, and new connections are not accepted. */
  refuse(error: GrpcError): void {
    this.#refusal ??= error;
    this.#server.close();
  }

  /** Ends every open call with the error, then closes all connections; those still open after `limitMs` are destroyed. */
  async close(error: GrpcError, limitMs: number): Promise<void> {
    this.refuse(error);
    for (const call of this.#calls) call.fail(error);
    const closed = Promise.all([...this.#sessions].map(closeSession));
    const { promise: limit, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    await Promise.race([closed, limit]);
    clearTimeout(timer);
    for (const session of this.#sessions) session.destroy();
  }

  #addSession(session: ServerHttp2Session): void {
    if (this.#refusal) {
      session.destroy();
      return;
    }
    this.#sessions.add(session);
    session.setLocalWindowSize(4 * WINDOW_BYTES);
    session.on('close', () => this.#sessions.delete(session));
    session.on('error', () => undefined);
  }

  #addCall(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    if (!headers['content-type']?.startsWith('application/grpc')) {
      stream.respond({ ':status': 415 }, { endStream: true });
      return;
    }
    const call = new GrpcCall(stream, headers, this.#options.maxMessageBytes);
    this.#calls.add(call);
    call.onClosed(() => this.#calls.delete(call));
    void this.#serve(call, headers[':path'] ?? '');
  }

  async #serve(call: GrpcCall, method: string): Promise<void> {
    try {
      if (this.#refusal) throw this.#refusal;
      const handler = this.#options.handlers.get(method);
      if (!handler) throw new GrpcError(Code.UNIMPLEMENTED, `Method ${method} is not implemented`);
      this.#options.admit(call, method);
      await handler(call);
    } catch (error) {
      call.fail(error);
    }
  }
}

function closeSession(session: ServerHttp2Session): Promise<void> {
  return new Promise((resolve) => {
    if (session.destroyed) resolve();
    session.once('close', resolve);
    session.close();
  });
}
