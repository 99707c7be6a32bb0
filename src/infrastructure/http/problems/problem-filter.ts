import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { ProblemWriter } from './problem-writer.ts';

/** Turns every exception of a handler into a problem. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #writer: ProblemWriter;

  constructor(writer: ProblemWriter) {
    this.#writer = writer;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.#writer.send(http.getRequest<Request>(), http.getResponse<Response>(), error);
  }
}
