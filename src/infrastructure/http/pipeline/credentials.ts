import type { Request } from 'express';
import { countHeader } from './header-rules.ts';
import { httpProblem } from '../problems/problem-details.ts';
import type { Problem } from '../problems/problem-details.ts';

/** The syntax of a bearer token (RFC 6750, 2.1), with a length limit far above that of real tokens. */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]{1,8192}=*)$/i;

/**
 * The bearer token of a request, or undefined if there are no credentials. Throws 401 if they are malformed, of another scheme, or sent
 * twice, since some proxies use the first of two headers and others the last.
 */
export function bearerToken(request: Request): string | undefined {
  const header = request.headers.authorization;
  if (header === undefined) return undefined;
  const match = BEARER.exec(header);
  const token = match?.[1];
  if (token === undefined || countHeader(request, 'authorization') > 1) {
    throw unauthenticated('The credentials must be one Authorization header of the form "Bearer TOKEN".');
  }
  return token;
}

/** 401 `unauthenticated`. The detail must not tell whether a token is unknown, expired or revoked. */
export function unauthenticated(detail = 'These credentials are not known.'): Problem {
  return httpProblem('unauthenticated', detail, { headers: { 'WWW-Authenticate': 'Bearer' } });
}
