import type { Request } from 'express';
import { countHeader } from './header-rules.ts';
import { httpProblem } from '../problems/problem-details.ts';
import type { RequestTarget } from './request-target.ts';

const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/**
 * Throws 400 `invalid-header` unless an HTTP/1.1 request names exactly one host, and with `loopbackOnly` 403 `forbidden` unless that is a
 * loopback host. This stops DNS rebinding: a page whose host name was made to resolve to 127.0.0.1 sends that name.
 */
export function checkHost(request: Request, target: RequestTarget, loopbackOnly: boolean): void {
  const { host } = request.headers;
  if (host === undefined ? request.httpVersion !== '1.0' : countHeader(request, 'host') > 1) {
    throw httpProblem('invalid-header', 'Exactly one Host header is required.');
  }
  if (!loopbackOnly) return;
  const named = [host ?? '', ...(target.authority === undefined ? [] : [target.authority])];
  if (named.every((name) => LOOPBACK_HOST.test(name))) return;
  throw httpProblem(
    'forbidden',
    'Without API keys this server answers only to the hosts localhost, 127.0.0.1 and [::1].',
  );
}
