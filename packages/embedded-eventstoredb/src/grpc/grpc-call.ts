import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import { setImmediate as turn } from 'node:timers/promises';
import { FrameParser, frame } from './frames.ts';
import { Code, GrpcError } from './grpc-error.ts';

/** A call with this many unsent bytes is congested: produce no more until it has drained. */
const CONGESTED_BYTES = 256 * 1024;

const RESPONSE_HEADERS = { ':status': 200, 'content-type': 'application/grpc', 'grpc-accept-encoding': 'identity' };

/**
 * A gRPC call on an HTTP/2 stream. Messages sent in one turn of the event loop are written together, which makes many
 * small messages cheap. A call ends once, with `end` or `fail`, or closes when the client disconnects.
 */
export class GrpcCall {
  readonly headers: IncomingHttpHeaders;
  readonly #stream: ServerHttp2Stream;
  readonly #parser: FrameParser;
  readonly #onClosed: (() => void)[] = [];
  #unsent: Buffer[] = [];
  #unsentBytes = 0;
  #flushing = false;
  #ended = false;
  #closed = false;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, maxMessageBytes: number) {
    this.headers = headers;
    this.#stream = stream;
    const encoding = headers['grpc-encoding'];
    this.#parser = new FrameParser(maxMessageBytes, typeof encoding === 'string' ? encoding : undefined);
    // A reset by the client emits an error, which adds nothing to `close`.
    stream.on('error', () => undefined);
    stream.on('close', () => {
      this.#closed = true;
      this.#unsent = [];
      for (const listener of this.#onClosed.splice(0)) listener();
    });
  }

  /** The local port of the connection. */
  get localPort(): number {
    return this.#stream.session?.socket.localPort ?? 0;
  }

  /** Address and port of the client. */
  get peer(): string {
    const socket = this.#stream.session?.socket;
    return socket ? `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}` : '';
  }

  /** False once the call has ended on either side, so nobody is left to answer. */
  get isOpen(): boolean {
    return !this.#ended && !this.#closed;
  }

  /** A header's value; undefined if it is missing. */
  header(name: string): string | undefined {
    const value = this.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /** Calls `listener` once, when the call is over, however it ended. */
  onClosed(listener: () => void): void {
    if (this.#closed) listener();
    else this.#onClosed.push(listener);
  }

  /** Passes on messages as they arrive, and calls `onEnd` when the client half-closes. Use `pause` to hold them back. */
  receive(onMessage: (message: Buffer) => void, onEnd: () => void): void {
    this.#stream.on('data', (chunk: Buffer) => {
      if (!this.isOpen) return;
      try {
        for (const message of this.#parser.push(chunk)) onMessage(message);
      } catch (error) {
        this.fail(error);
      }
    });
    this.#stream.on('end', () => {
      if (this.#parser.hasRest) this.fail(new GrpcError(Code.INTERNAL, 'The last message was cut short'));
      else onEnd();
    });
  }

  /**
   * Whether the client still wants a request that it has ended. A client that cancels half-way, for example at its
   * deadline, looks the same at first: Node's HTTP/2 client ends the body and resets the stream in a later write. The
   * answer to a ping arrives after that. Costs a round trip, so use it only if executing part of a request does harm.
   */
  async isMeant(): Promise<boolean> {
    const { session } = this.#stream;
    if (!session || session.destroyed) return false;
    await answered(session);
    // Whatever arrived together with the ping's answer is handled in this turn.
    await turn();
    return this.isOpen && !this.#stream.aborted;
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  send(message: Buffer): void {
    if (!this.isOpen) return;
    this.#unsent.push(message);
    this.#unsentBytes += message.length;
    if (this.#flushing) return;
    this.#flushing = true;
    // Runs after the promises of this turn have settled, so that the answers of one commit are sent together.
    process.nextTick(() => {
      this.#flush();
    });
  }

  get isCongested(): boolean {
    return this.#unsentBytes + this.#stream.writableLength >= CONGESTED_BYTES;
  }

  /** Resolves when the connection has taken everything sent so far, or the call is over. */
  drained(): Promise<void> {
    this.#flush();
    if (this.#closed || !this.#stream.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#stream.off('drain', done);
        this.#stream.off('close', done);
        resolve();
      };
      this.#stream.on('drain', done);
      this.#stream.on('close', done);
    });
  }

  /** Ends the call with status OK. */
  end(): void {
    this.#finish({ 'grpc-status': '0' });
  }

  /** Ends the call with an error. Errors other than GrpcError become UNKNOWN. */
  fail(error: unknown): void {
    const known = error instanceof GrpcError ? error : new GrpcError(Code.UNKNOWN, describe(error));
    this.#finish(known.toHeaders());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#unsent.length === 0 || this.#closed) return;
    const messages = this.#unsent;
    this.#unsent = [];
    this.#unsentBytes = 0;
    this.#respond();
    this.#stream.write(frame(messages));
  }

  #respond(): void {
    if (!this.#stream.headersSent) this.#stream.respond(RESPONSE_HEADERS, { waitForTrailers: true });
  }

  #finish(status: Record<string, string>): void {
    if (!this.isOpen) return;
    this.#flush();
    this.#ended = true;
    const stream = this.#stream;
    if (!stream.headersSent) {
      stream.respond({ ...RESPONSE_HEADERS, ...status }, { endStream: true });
      this.#letGo();
      return;
    }
    stream.on('wantTrailers', () => {
      stream.sendTrailers(status);
      this.#letGo();
    });
    stream.end();
  }

  /** Discards what the client may still send, and closes the stream from this side. */
  #letGo(): void {
    const stream = this.#stream;
    stream.resume();
    if (!stream.readableEnded) setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
  }
}

/** Pending pings: one ping serves all calls of a connection that ask for it in the same turn. */
const pings = new WeakMap<Http2Session, Promise<void>>();

/** Resolves when the client has answered a ping, or has disconnected. */
function answered(session: Http2Session): Promise<void> {
  const shared = pings.get(session);
  if (shared) return shared;
  const answer = new Promise<void>((resolve) => {
    setImmediate(() => {
      pings.delete(session);
      // The callback also runs without an answer once the connection is gone.
      if (
        session.destroyed ||
        !session.ping(() => {
          resolve();
        })
      )
        resolve();
    });
  });
  pings.set(session, answer);
  return answer;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
