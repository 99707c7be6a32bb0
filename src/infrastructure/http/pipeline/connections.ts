import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Request, Response } from 'express';
import { httpProblem } from '../problems/problem-details.ts';
import type { Problem } from '../problems/problem-details.ts';
import type { ProblemWriter } from '../problems/problem-writer.ts';

interface Exchange {
  readonly request: Request;
  readonly response: Response;
}

/** The latest request of each connection, which a parser error either belongs to or follows. */
const newest = new WeakMap<Socket, Exchange>();

/** Remembers the latest request of a connection. Must be called for every request. */
export function noteExchange(request: Request, response: Response): void {
  newest.set(request.socket, { request, response });
}

/**
 * Sends problems for requests that Node's parser or timers refuse, as long as the client still listens. Requests with `Expect`, which Node
 * would answer itself, go through the application.
 */
export function answerClientErrors(server: Server, writer: ProblemWriter): void {
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('clientError', (error: ParserError, stream) => {
    const socket = stream as Socket;
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const last = newest.get(socket);
    if (error.code === 'HPE_CLOSED_CONNECTION') {
      // Bytes after the last request of the connection: the client only waits for the answer to that request.
      if (last === undefined || last.response.closed) socket.destroySoon();
      else last.response.once('close', () => socket.destroySoon());
      return;
    }
    const problem = problemOf(error.code);
    if (last === undefined || last.response.closed) {
      socket.end(answerTo(error, writer.bytes(problem, randomUUID())), () => socket.destroy());
    } else if (last.request.complete) {
      // The error is in the bytes after this request. Its answer goes out first, or the client would mistake the error for it.
      last.response.once('close', () =>
        socket.end(answerTo(error, writer.bytes(problem, randomUUID())), () => socket.destroy()),
      );
    } else {
      if (!last.response.headersSent) last.response.setHeader('Connection', 'close');
      last.response.once('finish', () => socket.destroySoon());
      writer.send(last.request, last.response, problem);
    }
  });
}

/** Without the body if the unreadable request is a HEAD, whose client would mistake the body for another answer. */
function answerTo({ rawPacket }: ParserError, answer: string): string {
  const isHead = rawPacket?.subarray(0, 5).toString('latin1') === 'HEAD ';
  return isHead ? answer.slice(0, answer.indexOf('\r\n\r\n') + 4) : answer;
}

/** Node's parser adds the bytes at which it stopped. */
interface ParserError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer;
}

function problemOf(code = ''): Problem {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return httpProblem('request-timeout', 'The request did not arrive in time.');
    case 'HPE_HEADER_OVERFLOW':
      return httpProblem('headers-too-large', 'The header fields are larger than this server takes.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return httpProblem('payload-too-large', 'The chunk extensions are larger than this server takes.');
    default:
      return httpProblem('invalid-header', 'This is not valid HTTP.');
  }
}

/**
 * Counts the requests in progress and takes the server out of service. The framework's own `close` waits forever for a client that
 * stalls in the middle of an upload.
 */
export class Drain {
  readonly #abort = new AbortController();
  #inFlight = 0;
  #onIdle: (() => void) | undefined;

  /** Aborted when draining begins. Endless answers, such as event streams, must end then. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Counts a request until its answer has been sent or its client has disconnected. Throws 503 `shutting-down` once draining has begun. */
  admit(response: Response): void {
    this.#inFlight += 1;
    response.once('close', this.#leave);
    if (!this.#abort.signal.aborted) return;
    response.setHeader('Connection', 'close');
    throw httpProblem('shutting-down', 'The server is shutting down. Try again shortly.');
  }

  readonly #leave = (): void => {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#onIdle?.();
  };

  /**
   * Stops accepting connections, closes idle ones, lets requests in progress finish for up to `limitMs`, and closes every
   * connection. Returns how many requests were cut off. Further calls return the same promise.
   */
  run(server: Server, limitMs: number): Promise<number> {
    this.#result ??= this.#run(server, limitMs);
    return this.#result;
  }

  #result: Promise<number> | undefined;

  async #run(server: Server, limitMs: number): Promise<number> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.#abort.abort();
    let timer: NodeJS.Timeout | undefined;
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
        timer = setTimeout(resolve, limitMs);
      });
    }
    clearTimeout(timer);
    const cut = this.#inFlight;
    // The remaining connections are idle, or their time is up.
    server.closeAllConnections();
    await closed;
    return cut;
  }
}
