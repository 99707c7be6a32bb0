import type { Request, Response } from 'express';

/** Pages load their own scripts and styles, and nothing from elsewhere. Swagger UI sets styles inline. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function securePage(response: Response): void {
  response.setHeader('Content-Security-Policy', PAGE_POLICY);
}

const ALLOWED_HEADERS =
  'Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Correlation-Id, Automation-Position, Last-Event-ID';
const EXPOSED_HEADERS =
  'ETag, Location, Link, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, X-Correlation-Id, X-Request-Id, ' +
  'Automation-Position, Automation-Consistency, Idempotent-Replayed';
const PREFLIGHT_SECONDS = 600;

/**
 * Sets the CORS headers, if some origins are allowed at all. The service uses no cookies, so `Access-Control-Allow-Credentials` is not set.
 */
export function allowOrigin(request: Request, response: Response, origins: ReadonlySet<string>): void {
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
