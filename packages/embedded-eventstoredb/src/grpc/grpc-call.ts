import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import { setImmediate as turn } from 'node:timers/promises';
import { FrameParser, frame } from './frames.ts';
import { Code, GrpcError } from './grpc-error.ts';

/** A call whose unsent answers reach this many bytes is congested: produce no more until it drained. */
const CONGESTED_BYTES = 256 * 1024;

const RESPONSE_HEADERS = { ':status': 200, 'content-type': 'application/grpc', 'grpc-accept-encoding': 'identity' };

/**
 * One gRPC call over one HTTP/2 stream. Messages sent in one turn of the event loop leave in one piece, which is
 * what makes many small messages cheap. It ends once, with `end` or `fail`, or closes when the client goes away.
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
    // A stream that the client resets reports an error of its own, which says nothing that `close` does not say.
    stream.on('error', () => undefined);
    stream.on('close', () => {
      this.#closed = true;
      this.#unsent = [];
      for (const listener of this.#onClosed.splice(0)) listener();
    });
  }

  /** The port the client connected to. */
  get localPort(): number {
    return this.#stream.session?.socket.localPort ?? 0;
  }

  /** Address and port of the client. */
  get peer(): string {
    const socket = this.#stream.session?.socket;
    return socket ? `${socket.remoteAddress ?? ''}:${socket.remotePort ?? ''}` : '';
  }

  /** False once the call ended on either side: there is nobody left to answer. */
  get isOpen(): boolean {
    return !this.#ended && !this.#closed;
  }

  /** A header's text; undefined when absent. */
  header(name: string): string | undefined {
    const value = this.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /** Calls back once, when the call is over, however it ended. */
  onClosed(listener: () => void): void {
    if (this.#closed) listener();
    else this.#onClosed.push(listener);
  }

  /** Hands over messages as they arrive, then says that the client half-closed. Call `pause` to hold them back. */
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
   * Whether the client still stands by a request that it has ended. One that gives up in the middle, at its deadline, looks the
   * same at first: Node's HTTP/2 client ends the body, and resets the stream in another write. The answer to a ping comes
   * behind that. Costs a round trip, so it is for requests of which a part does harm.
   */
  async isMeant(): Promise<boolean> {
    const { session } = this.#stream;
    if (!session || session.destroyed) return false;
    await answered(session);
    // What came with the answer is handled in this turn.
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
    // Runs when the promises of this turn have settled: the answers of one commit leave together.
    process.nextTick(() => {
      this.#flush();
    });
  }

  get isCongested(): boolean {
    return this.#unsentBytes + this.#stream.writableLength >= CONGESTED_BYTES;
  }

  /** Settles when everything sent so far was taken by the connection, or the call is over. */
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

  /** Ends the call with an error; one that is no GrpcError becomes UNKNOWN. */
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

  /** The client may still be sending: what comes is dropped, and the stream is closed from this side. */
  #letGo(): void {
    const stream = this.#stream;
    stream.resume();
    if (!stream.readableEnded) setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
  }
}

/** Pings that are about to be sent: one serves all calls of a connection that ask for it in the same turn. */
const pings = new WeakMap<Http2Session, Promise<void>>();

/** Settles when the client has answered a ping, or is gone. */
function answered(session: Http2Session): Promise<void> {
  const shared = pings.get(session);
  if (shared) return shared;
  const answer = new Promise<void>((resolve) => {
    setImmediate(() => {
      pings.delete(session);
      // Called without an answer too, once the connection is gone.
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
