import type { Server } from 'node:http';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Express, NextFunction, Request, Response } from 'express';
import { allowOrigin, answerPreflight, securePage } from './answer-headers.ts';
import { answerClientErrors, Drain, noteExchange } from './connections.ts';
import { parseQuery } from '../fields/query-string.ts';
import { Faults, readInto } from '../fields/validation.ts';
import {
  bearerToken,
  checkFieldCount,
  checkHost,
  checkOrigin,
  readHeaders,
  readTarget,
  takesBody,
} from './request-head.ts';
import { readJsonObject, sendJson } from '../json/json-body.ts';
import { Problem } from '../problems/problem-details.ts';
import { ProblemFilter } from '../problems/problem-filter.ts';
import { ProblemWriter } from '../problems/problem-writer.ts';
import type { ProblemWriterOptions } from '../problems/problem-writer.ts';
import { beginRequest } from '../request-context.ts';
import type { Principal } from '../request-context.ts';
import { PAGE_ROUTE, RouteTable, routeFor } from './route-table.ts';
import type { ExpressLayer, ParameterKind } from './route-table.ts';
import type { Route } from '../http-route.ts';
import { SERVER_LIMITS, limitServer } from './server-limits.ts';
import type { ServerLimits } from './server-limits.ts';

export interface HttpOptions {
  readonly problems: ProblemWriterOptions;
  /** Whether only host names of this machine are answered. */
  readonly loopbackOnly: boolean | (() => boolean);
  /** The kinds of path parameters, by name. */
  readonly parameters: Readonly<Record<string, ParameterKind>>;
  /** Path prefixes of public pages that are not controller routes, such as `/docs`. GET and HEAD only. */
  readonly pages: readonly string[];
  /** Identifies the caller. `token` is undefined without credentials. A problem, returned or thrown, refuses the call. */
  readonly authenticate: (token: string | undefined, request: Request) => Answer<Principal>;
  /** Checks whether the principal may call the route. A problem, returned or thrown, refuses the call. */
  readonly authorize: (route: Route, principal: Principal, request: Request) => Answer<undefined>;
  /**
   * Checks the caller's rate limit. `principal` is undefined if its credentials were refused. A problem refuses the call.
   */
  readonly limit?: (principal: Principal | undefined, request: Request, response: Response) => Problem | undefined;
  /** Origins whose pages may call from browsers. Defaults to none. */
  readonly corsOrigins?: readonly string[];
  readonly limits?: ServerLimits;
}

type Answer<T> = T | Problem | Promise<T | Problem>;

/** The HTTP layer, for the rest of the process. */
export interface HttpLayer {
  /** All routes. Call after `app.init()`. Throws if a route lacks its declaration. */
  routes(): readonly Route[];
  /** Aborted when the server begins to shut down. Endless answers must then end. */
  readonly draining: AbortSignal;
  /** The number of requests in progress. */
  inFlight(): number;
  /** Stops serving within `limitMs`; see {@link Drain.run}. Call it before `app.close()`. */
  drain(limitMs: number): Promise<number>;
}

/**
 * Installs all checks that run before a handler, and error handling. Call it before `app.init()`, on an application created with
 * `bodyParser: false`. Middleware and pages added later only receive requests for `pages`.
 */
export function configureHttp(app: NestExpressApplication, options: HttpOptions): HttpLayer {
  const express: Express = app.getHttpAdapter().getInstance();
  const server: Server = app.getHttpServer();
  const writer = new ProblemWriter(options.problems);
  const drain = new Drain();
  const { loopbackOnly: only } = options;
  const origins: ReadonlySet<string> = new Set(options.corsOrigins);
  const loopbackOnly = typeof only === 'function' ? only : (): boolean => only;
  let built: RouteTable | undefined;
  const table = (): RouteTable => (built ??= new RouteTable(layersOf(express), options.parameters, options.pages));

  app.disable('x-powered-by');
  app.set('etag', false);
  // Express would parse the query leniently, on every access.
  Object.defineProperty(express.request, 'query', { get: validatedQuery });
  // Express would answer `If-None-Match: *` with 304, even for resources without a version.
  Object.defineProperty(express.request, 'fresh', { get: () => false });
  Object.defineProperty(express.response, 'json', { value: sendJson });
  app.use(admit);
  app.useGlobalFilters(new ProblemFilter(writer));
  limitServer(server, options.limits ?? SERVER_LIMITS);
  answerClientErrors(server, writer);
  return {
    routes: () => table().routes,
    draining: drain.signal,
    inFlight: () => drain.inFlight,
    drain: (limitMs) => drain.run(server, limitMs),
  };

  /** Returns a problem for malformed credentials too, so that they count as refused ones. */
  function identify(request: Request): Answer<Principal> {
    try {
      return options.authenticate(bearerToken(request), request);
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  }

  /** Reports the first fault. The order of the steps is part of the contract. */
  async function admit(request: Request, response: Response, next: NextFunction): Promise<void> {
    const context = beginRequest(request, response);
    try {
      noteExchange(request, response);
      drain.admit(response);
      checkFieldCount(request);
      const target = readTarget(request);
      if (origins.size > 0) allowOrigin(request, response, origins);
      const isOpen = loopbackOnly();
      checkHost(request, target, isOpen);
      if (isOpen) granted(checkOrigin(request, origins));

      // The path, and the ids in it
      const match = table().find(target.path);
      context.path = match.path;
      request.params = match.params;

      // The method
      if (request.method === 'OPTIONS') {
        answerPreflight(request, response, match.place.allow);
        response.setHeader('Allow', match.place.allow).status(204).end();
        return;
      }
      const route = routeFor(match, request.method);
      context.route = route;
      if (route === PAGE_ROUTE) securePage(response);

      // Credentials
      const identified = identify(request);
      const caller = identified instanceof Promise ? await identified : identified;
      const isRefused = caller instanceof Problem;
      // Refused credentials count on every route, or uncounted ones could be used to guess them.
      if (!route.isUncounted || isRefused) granted(options.limit?.(isRefused ? undefined : caller, request, response));
      context.principal = granted(caller);
      const verdict = options.authorize(route, context.principal, request);
      granted(verdict instanceof Promise ? await verdict : verdict);

      // Headers, then the body, then fields
      readHeaders(request, context, route.produces);
      if (takesBody(request.method)) context.json = await readJsonObject(request, response);
      readFields(request, route, target.query);

      // The handler reports all further faults: 404, idempotency key, preconditions, status
      route.dispatch(request, response, next);
    } catch (error) {
      writer.send(request, response, error);
    }
  }
}

/**
 * Validates the query and the body against the classes that the handler takes, and reports the faults of both together. A route without
 * a query or body class accepts no fields there. Throws 400 `validation-failed`.
 */
export function readFields(request: Request, route: Route, query: string): void {
  const { context } = request;
  const faults = new Faults();
  if (query !== '' || route.query !== undefined) {
    context.query = readInto(route.query, parseQuery(query, faults), '?', faults);
  }
  if (takesBody(request.method)) request.body = readInto(route.body, context.json, '/', faults);
  faults.throwIfAny();
}

function granted<T>(answer: T | Problem): T {
  if (answer instanceof Problem) throw answer;
  return answer;
}

function validatedQuery(this: Request): object {
  return this.context.query;
}

function layersOf(express: Express): readonly ExpressLayer[] {
  return (express.router as unknown as { stack: readonly ExpressLayer[] }).stack;
}
