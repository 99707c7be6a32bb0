import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createParamDecorator } from '@nestjs/common/decorators/http/create-route-param-metadata.decorator.js';
import type { ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { JsonObject } from './json/parse-json.ts';
import type { Route } from './http-route.ts';
import { SECURITY_HEADERS } from './problems/security-headers.ts';

/** The caller. The application's principals extend it. */
export interface Principal {
  /** The name that events record. */
  readonly name: string;
}

/** Between 1 and 255 visible ASCII characters; a repeated header is joined with ", " by Node and so never matches. */
export const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/;
const MAX_CORRELATION_ID_LENGTH = 128;

/**
 * The context of a request, filled in by the checks of `configureHttp` and complete when the handler runs. It is stored on the request,
 * because asynchronous context tracking would slow down every await of the process.
 */
export class RequestContext {
  /** A UUID, generated here. */
  readonly requestId: string;
  /** `X-Correlation-Id`, or the request id. */
  readonly correlationId: string;
  /** True for a malformed `X-Correlation-Id`, which is reported only after faults of the path and the credentials. */
  readonly correlationIdIsBad: boolean;
  /** The `User-Agent` as sent. */
  readonly userAgent: string | undefined;
  /** The canonical path, without the query and with ids in lower case. Empty until a route has matched. */
  path = '';
  route: Route | undefined = undefined;
  principal: Principal | undefined = undefined;
  /** Why credentials were refused, and whose they were. For the audit only, never for the answer. */
  refusal: { readonly fault: string; readonly principal: string | null } | undefined = undefined;
  /** The negotiated media type of the answer. */
  mediaType = 'application/json';
  idempotencyKey: string | undefined = undefined;
  ifMatch: readonly number[] | '*' | undefined = undefined;
  /** From the `Automation-Position` header. */
  position: bigint | undefined = undefined;
  /** From the `Last-Event-ID` header, on routes that answer with a stream of events. */
  lastEventId: bigint | undefined = undefined;
  /** The parsed body before validation; `{}` if there is none. */
  json: JsonObject = {};
  /** The validated query, an instance of the DTO the handler takes. */
  query: object = {};

  constructor(request: IncomingMessage) {
    const sent = request.headers['x-correlation-id'] as string | undefined;
    const usable = sent !== undefined && sent.length <= MAX_CORRELATION_ID_LENGTH && VISIBLE_ASCII.test(sent);
    this.userAgent = request.headers['user-agent'];
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

/** Creates the context of a request, and sets the headers of every answer. */
export function beginRequest(request: Request, response: ServerResponse): RequestContext {
  const context = new RequestContext(request);
  request.context = context;
  for (const name in SECURITY_HEADERS) response.setHeader(name, SECURITY_HEADERS[name] ?? '');
  response.setHeader('X-Request-Id', context.requestId);
  response.setHeader('X-Correlation-Id', context.correlationId);
  return context;
}

/** Whether the request has a body, by its headers. */
export function hasBody(request: Request): boolean {
  const length = request.headers['content-length'];
  return length === undefined ? request.headers['transfer-encoding'] !== undefined : Number(length) !== 0;
}

/** Parameter decorator: the {@link RequestContext} of the call. */
export const Context = createParamDecorator(
  (_: unknown, host: ExecutionContext): RequestContext => host.switchToHttp().getRequest<Request>().context,
);
