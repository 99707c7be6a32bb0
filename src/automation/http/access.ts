import type { Request } from 'express';
import { unauthenticated } from '../../infrastructure/http/credentials.ts';
import type { Problem } from '../../infrastructure/http/problem-details.ts';
import { httpProblem } from '../../infrastructure/http/problem-details.ts';
import type { Route } from '../../infrastructure/http/route-table.ts';
import type { Signer } from '../../infrastructure/security/signing.ts';
import { readToken } from './attempt-tokens.ts';
import type { Caller, Opening, Scope } from './caller.ts';
import { ANONYMOUS, SCOPES } from './caller.ts';

/** Who calls: the holder of an attempt's token, or anybody, as long as there are no API keys. Any other credential is unknown. */
export function authenticate(signer: Signer, token: string | undefined): Caller | Problem {
  if (token === undefined) return ANONYMOUS;
  const attemptToken = readToken(signer, token);
  if (!attemptToken) return unauthenticated();
  return { name: attemptToken.claimedBy, scopes: new Set(), token: attemptToken };
}

/** Whether the caller may call the route. A token opens what belongs to its own request and attempt, and nothing else. */
export function authorize(route: Route, caller: Caller, request: Request): Problem | undefined {
  if (route.scopes.length === 0) return undefined;
  const openings = route.scopes as readonly Opening[];
  if (caller.token) {
    const { holder, requestId, attempt } = caller.token;
    const names = /\/requests\/([^/]+)(?:\/attempts\/(\d+))?/.exec(request.context.path);
    const isOwn = names?.[1] === requestId && (names[2] === undefined || Number(names[2]) === attempt);
    if (isOwn && openings.includes(`token:${holder}`)) return undefined;
    return httpProblem('forbidden', 'This token is for one attempt on one request, and does not open this.');
  }
  if (openings.some((opening) => caller.scopes.has(opening as Scope))) return undefined;
  const missing = openings.filter((opening) => (SCOPES as readonly string[]).includes(opening));
  return httpProblem('forbidden', `This needs the scope ${missing.join(' or ')}.`, {
    extras: { missing_scope: missing[0] },
  });
}
