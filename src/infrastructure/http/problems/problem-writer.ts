import type { Request, Response } from 'express';
import { HttpException } from '@nestjs/common';
import { HTTP_PROBLEMS, MAX_ECHO_LENGTH, PROBLEM_MEDIA_TYPE, Problem } from './problem-details.ts';
import { httpProblem, problemBody, problemBytes, validationFailed } from './problem-details.ts';
import type { ProblemType } from './problem-details.ts';
import { endWithBodyUnread, hasBody, mustCloseAfter } from './lingering-close.ts';

export interface ProblemWriterOptions {
  /** An absolute URI to which a problem's code is appended; the result should lead to its documentation. */
  readonly typeBase: string;
  /** What the errors of the application answer with, by the `code` they carry. */
  readonly types: Readonly<Record<string, ProblemType>>;
  /** Statuses after which the connection ends too, so that who is refused does not hold one. */
  readonly closesAfter?: readonly number[];
  /** Told of what nobody foresaw, which the client only learns as 500 `internal-error`. */
  readonly onInternalError: (error: unknown, requestId: string) => void;
  /** Told of every refusal that is about to be answered. */
  readonly onProblem?: (problem: Problem, request: Request) => void;
}

/** Turns whatever was thrown into an answer. Every answer that refuses something is written here, and nowhere else. */
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

  /** Answers, unless the answer has begun: then the connection is cut, which is all that is left to tell the client. */
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
    // What a handler had prepared for a success must not stay on the refusal.
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

  /** The answer for a connection on which no request could be made out. */
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

  /** Matched on the code alone: neither class nor message of an error is a contract. */
  #ofApplication(error: unknown): Problem | undefined {
    if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
    const { code, message, details } = error as { code: unknown; message?: unknown; details?: unknown };
    if (typeof code !== 'string') return undefined;
    const type = this.#types.get(code);
    if (type === undefined) return undefined;
    const { status, title, headers } = type;
    // What went wrong between us and a service behind us says where that is and what speaks to it: a matter for the log.
    const mayTell = typeof message === 'string' && message !== '' && status < 500;
    const detail = mayTell ? message : `${title}.`;
    const extras = typeof details === 'object' && details !== null ? { ...details } : {};
    return new Problem({ code, detail, extras, status, title, headers: headers?.(error) ?? {} });
  }

  /** The framework's own refusals keep their status; their texts are left out, for they repeat what was sent. */
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

/** A URI reference that names what was asked for, cut short, and with nothing in it that could be read as another host. */
function shortInstance(url: string): string {
  const end = url.search(/[?#]/);
  const path = `/${(end < 0 ? url : url.slice(0, end)).replace(/^[/\\]+/, '')}`;
  return path.slice(0, MAX_ECHO_LENGTH).replace(/[^\w\-.~!$&'()*+,;=:@/]/g, '_');
}
