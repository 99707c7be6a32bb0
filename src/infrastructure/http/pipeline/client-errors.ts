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
