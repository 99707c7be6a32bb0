import type { Request, Response } from 'express';
import { httpProblem } from '../problems/problem-details.ts';
import type { Problem } from '../problems/problem-details.ts';
import { SECURITY_HEADERS } from '../problems/security-headers.ts';

/** Pages load their own scripts and styles, and nothing from elsewhere. Swagger UI sets styles inline. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function secure(response: Response): void {
  for (const name in SECURITY_HEADERS) response.setHeader(name, SECURITY_HEADERS[name] ?? '');
}

export function securePage(response: Response): void {
  response.setHeader('Content-Security-Policy', PAGE_POLICY);
}

const ALLOWED_HEADERS =
  'Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Correlation-Id, Automation-Position, Last-Event-ID';
const EXPOSED_HEADERS =
  'ETag, Location, Link, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, X-Correlation-Id, X-Request-Id, ' +
  'Automation-Position, Automation-Consistency, Idempotent-Replayed';
const PREFLIGHT_SECONDS = 600;

/** Sets the CORS headers for allowed origins. The service uses no cookies, so `Access-Control-Allow-Credentials` is not set. */
export function allowOrigin(request: Request, response: Response, origins: ReadonlySet<string>): void {
  if (origins.size === 0) return;
  response.setHeader('Vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !origins.has(origin)) return;
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Expose-Headers', EXPOSED_HEADERS);
  // These origins are allowed by name.
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
}

/** Sets the remaining headers of the answer to a preflight, for an allowed origin. */
export function answerPreflight(request: Request, response: Response, allow: string): void {
  if (!response.hasHeader('Access-Control-Allow-Origin')) return;
  if (request.headers['access-control-request-method'] === undefined) return;
  response.setHeader('Access-Control-Allow-Methods', allow);
  response.setHeader('Access-Control-Allow-Headers', ALLOWED_HEADERS);
  response.setHeader('Access-Control-Max-Age', String(PREFLIGHT_SECONDS));
}

/**
 * Returns 403 for calls by pages of other origins, through a browser on this machine, while no credentials are needed. Other ports of this
 * machine count as other origins, since they may serve pages too. Preflights and links to our pages are allowed. Programs other than
 * browsers send none of these headers.
 */
export function checkOrigin(request: Request, origins: ReadonlySet<string>): Problem | undefined {
  const { origin, host, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
  if (request.method === 'OPTIONS' || (origin !== undefined && origins.has(origin))) return undefined;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  // The browser sets this header, and scripts cannot change it. Older browsers only send the origin.
  const isOurs =
    site === undefined
      ? origin === undefined || origin.toLowerCase() === `http://${host?.toLowerCase()}`
      : site === 'same-origin' || site === 'none' || (isRead && mode === 'navigate');
  if (isOurs) return undefined;
  return httpProblem(
    'forbidden',
    'Without API keys, pages of other origins may not call, except those in AUTOMATION_CORS_ORIGINS.',
  );
}
