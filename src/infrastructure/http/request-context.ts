import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { JsonObject } from './json/json-reader.ts';
import type { Route } from './http-route.ts';

/** Who calls. The application's own principals carry more. */
export interface Principal {
  /** The name that events record. */
  readonly name: string;
}

/** Between 1 and 255 visible ASCII characters; a repeated header is joined with ", " by Node and so never matches. */
export const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/;
const MAX_CORRELATION_ID_LENGTH = 128;

/**
 * What is known about one request, filled in as it passes the checks of `configureHttp`; a handler finds all of it there.
 * It travels on the request itself: asynchronous context tracking would cost every await of the process.
 */
export class RequestContext {
  /** A UUID, generated here. */
  readonly requestId: string;
  /** `X-Correlation-Id`, or the request id. */
  readonly correlationId: string;
  /** A bad `X-Correlation-Id` is answered only after faults of the path and the credentials. */
  readonly correlationIdIsBad: boolean;
  /** The path in its one canonical spelling: no query, ids in lower case. Empty until a route has recognised it. */
  path = '';
  route: Route | undefined = undefined;
  principal: Principal | undefined = undefined;
  /** Why credentials were refused, and whose they were: for the audit, never for the answer. */
  refusal: { readonly fault: string; readonly principal: string | null } | undefined = undefined;
  /** The media type to answer with, of those the route produces. */
  mediaType = 'application/json';
  idempotencyKey: string | undefined = undefined;
  ifMatch: readonly number[] | '*' | undefined = undefined;
  /** From the `Automation-Position` header. */
  position: bigint | undefined = undefined;
  /** The body as it was sent, before validation; `{}` without one. */
  json: JsonObject = {};
  /** The validated query, an instance of the DTO the handler takes. */
  query: object = {};

  constructor(request: IncomingMessage) {
    const sent = request.headers['x-correlation-id'] as string | undefined;
    const usable = sent !== undefined && sent.length <= MAX_CORRELATION_ID_LENGTH && VISIBLE_ASCII.test(sent);
    this.requestId = randomUUID();
    this.correlationId = usable ? sent : this.requestId;
    this.correlationIdIsBad = sent !== undefined && !usable;
  }
}

declare module 'express-serve-static-core' {
  interface Request {
    context: RequestContext;
  }
}

/** Gives a request its context, and its answer the headers with both ids. */
export function beginRequest(request: Request, response: ServerResponse): RequestContext {
  const context = new RequestContext(request);
  request.context = context;
  response.setHeader('X-Request-Id', context.requestId);
  response.setHeader('X-Correlation-Id', context.correlationId);
  return context;
}

/** Parameter decorator: the {@link RequestContext} of the call. */
export const Context = createParamDecorator(
  (_: unknown, host: ExecutionContext): RequestContext => host.switchToHttp().getRequest<Request>().context,
);
