import type { Request, Response } from 'express';
import { HttpException } from '@nestjs/common';
import { HTTP_PROBLEMS, MAX_ECHO_LENGTH, PROBLEM_MEDIA_TYPE, Problem } from './problem-details.ts';
import { httpProblem, problemBody, problemBytes, validationFailed } from './problem-details.ts';
import type { ProblemType } from './problem-details.ts';
import { endWithBodyUnread, mustCloseAfter } from './lingering-close.ts';
import { hasBody } from '../request-context.ts';

export interface ProblemWriterOptions {
  /** Absolute URI to which a problem's code is appended. The result should be the URL of its documentation. */
  readonly typeBase: string;
  /** Problem types of the application's errors, by their `code`. */
  readonly types: Readonly<Record<string, ProblemType>>;
  /** Statuses after which the connection is closed, so that refused clients do not hold connections. */
  readonly closesAfter?: readonly number[];
  /** Called with unexpected errors, which the client only sees as 500 `internal-error`. */
  readonly onInternalError: (error: unknown, requestId: string) => void;
  /** Called with each problem before it is sent in answer to a request. */
  readonly onProblem?: (problem: Problem, request: Request) => void;
}

/** Converts errors to problem answers. All problem answers are written here. */
export class ProblemWriter {
  readonly #typeBase: string;
  readonly #types: ReadonlyMap<string, ProblemType>;
  readonly #onInternalError: ProblemWriterOptions['onInternalError'];
  readonly #onProblem: ProblemWriterOptions['onProblem'];
  readonly #closesAfter: readonly number[];

  constructor(options: ProblemWriterOptions) {
    this.#closesAfter = options.closesAfter ?? [];
    this.#typeBase = options.typeBase;
    this.#types = new Map<string, ProblemType>([...Object.entries(HTTP_PROBLEMS), ...Object.entries(options.types)]);
    this.#onInternalError = options.onInternalError;
    this.#onProblem = options.onProblem;
  }

  /** Sends the problem. If an answer has already begun, the connection is closed instead, as the only remaining signal. */
  send(request: Request, response: Response, error: unknown): void {
    const context = request.context;
    const problem = this.#problemOf(error, context.requestId);
    this.#onProblem?.(problem, request);
    if (response.writableEnded || response.destroyed) return;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const instance = context.path === '' ? shortInstance(request.originalUrl) : context.path;
    const body = problemBody(problem, this.#typeBase, { requestId: context.requestId, instance });
    // Headers that a handler set for a success do not belong on a problem.
    for (const name of SUCCESS_HEADERS) response.removeHeader(name);
    response.statusCode = problem.status;
    response.setHeader('Content-Type', PROBLEM_MEDIA_TYPE);
    response.setHeader('Content-Length', Buffer.byteLength(body));
    response.setHeader('Cache-Control', 'no-store');
    for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
    const closes = this.#closesAfter.includes(problem.status);
    if (mustCloseAfter(request) || (closes && !request.complete && hasBody(request))) {
      endWithBodyUnread(request, response, body);
      return;
    }
    if (closes) response.setHeader('Connection', 'close');
    response.end(body);
  }

  /** The response as text, for a connection on which no request could be parsed. */
  bytes(problem: Problem, requestId: string): string {
    return problemBytes(problem, this.#typeBase, requestId);
  }

  #problemOf(error: unknown, requestId: string): Problem {
    if (error instanceof Problem) return error;
    const known = this.#ofApplication(error) ?? this.#ofFramework(error);
    if (known !== undefined) return known;
    this.#onInternalError(error, requestId);
    return httpProblem('internal-error', 'Something went wrong on our side. The request id helps to find out what.');
  }

  /** Matched by code only: an error's class and message are not part of its contract. */
  #ofApplication(error: unknown): Problem | undefined {
    if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
    const { code, message, details } = error as { code: unknown; message?: unknown; details?: unknown };
    if (typeof code !== 'string') return undefined;
    const type = this.#types.get(code);
    if (type === undefined) return undefined;
    const { status, title, headers } = type;
    // Messages of server errors may name internal services and their addresses, so they are not sent.
    const mayTell = typeof message === 'string' && message !== '' && status < 500;
    const detail = mayTell ? message : `${title}.`;
    const extras = typeof details === 'object' && details !== null ? { ...details } : {};
    return new Problem({ code, detail, extras, status, title, headers: headers?.(error) ?? {} });
  }

  /** Errors of the framework keep their status, but not their message, which may repeat parts of the request. */
  #ofFramework(error: unknown): Problem | undefined {
    if (!(error instanceof HttpException)) return undefined;
    const status = error.getStatus();
    if (status === 400) return validationFailed([{ pointer: '', detail: 'could not be read' }]);
    const found = Object.entries(HTTP_PROBLEMS).find(([, type]) => type.status === status && status < 500);
    if (found === undefined) return undefined;
    const [code, { title }] = found;
    return new Problem({ status, code, title, detail: `${title}.` });
  }
}

const SUCCESS_HEADERS = ['Content-Encoding', 'Content-Disposition', 'ETag', 'Last-Modified', 'Link', 'Location'];

/** The requested path as a short URI reference that cannot be read as another host. */
function shortInstance(url: string): string {
  const end = url.search(/[?#]/);
  const path = `/${(end < 0 ? url : url.slice(0, end)).replace(/^[/\\]+/, '')}`;
  return path.slice(0, MAX_ECHO_LENGTH).replace(/[^\w\-.~!$&'()*+,;=:@/]/g, '_');
}
