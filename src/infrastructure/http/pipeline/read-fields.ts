import type { Request } from 'express';
import { Faults } from '../fields/faults.ts';
import { takesBody } from './header-rules.ts';
import { parseQuery } from '../fields/query-string.ts';
import type { Route } from '../http-route.ts';
import { readInto } from '../fields/validation.ts';

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
