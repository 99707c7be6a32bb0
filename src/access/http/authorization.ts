import type { Request } from 'express';
import type { Access, Identified } from '../access.ts';
import type { Scope } from '../scopes.ts';
import { SCOPES } from '../scopes.ts';
import { unauthenticated } from '../../infrastructure/http/pipeline/request-head.ts';
import type { Problem } from '../../infrastructure/http/problems/problem-details.ts';
import { httpProblem } from '../../infrastructure/http/problems/problem-details.ts';
import type { Route } from '../../infrastructure/http/http-route.ts';
import type { HttpOptions } from '../../infrastructure/http/pipeline/configure-http.ts';
import type { Signer } from '../../infrastructure/security/signing.ts';
import { looksLikeToken, readToken } from './attempt-tokens.ts';
import type { CallLimits } from './call-limits.ts';
import type { Caller, Opening } from './caller.ts';
import { ANONYMOUS, NOBODY } from './caller.ts';
import { credentialsUnavailable } from './problems.ts';

/** The checks of every request that depend on its caller. `isLocal`: the service listens on this machine only. */
export function callerChecks({
  access,
  signer,
  limits,
  isLocal,
}: {
  readonly access: Access;
  readonly signer: Signer;
  readonly limits: CallLimits;
  readonly isLocal: boolean;
}): Pick<HttpOptions, 'loopbackOnly' | 'authenticate' | 'limit' | 'authorize'> {
  return {
    loopbackOnly: () => access.isOpen || (!access.isKnown && isLocal),
    authenticate: (token, request) => authenticate({ access, signer }, token, request),
    limit: (principal, request, response) => limits.take(principal as Caller | undefined, request, response),
    authorize: (route, principal, request) => authorize(access, route, principal as Caller, request),
  };
}

/** Identifies the caller by its attempt token or credential. Without one it is {@link ANONYMOUS} or {@link NOBODY}. Returns 401 or 503. */
export function authenticate(
  { access, signer }: { readonly access: Access; readonly signer: Signer },
  token: string | undefined,
  request: Request,
): Caller | Problem | Promise<Caller | Problem> {
  if (token === undefined) return access.isOpen ? ANONYMOUS : NOBODY;
  if (looksLikeToken(token)) {
    const attemptToken = readToken(signer, token);
    if (!attemptToken) return refuse({ name: null, scopes: null, fault: 'bad-attempt-token' }, request);
    return { name: attemptToken.claimedBy, scopes: NO_SCOPES, token: attemptToken, isAuthenticated: true };
  }
  const identified = access.identify(token);
  return identified instanceof Promise
    ? identified.then((it) => callerOrProblem(it, request))
    : callerOrProblem(identified, request);
}

/**
 * Returns 401, 403 or 503 unless the caller may call the route. An attempt token only grants access to its own request and attempt.
 */
export function authorize(access: Access, route: Route, caller: Caller, request: Request): Problem | undefined {
  if (route.scopes.length === 0) return undefined;
  if (!caller.isAuthenticated && caller.scopes.size === 0) {
    request.context.refusal = { fault: 'no-credential', principal: null };
    if (!access.isKnown) return credentialsUnavailable('event-store-unavailable');
    return unauthenticated('A credential is required, as "Authorization: Bearer KEY".');
  }
  const openings = route.scopes as readonly Opening[];
  if (caller.token) {
    if (isOwn(caller.token, request) && openings.includes(`token:${caller.token.holder}`)) return undefined;
    return httpProblem('forbidden', 'This token is only valid for one attempt of one request.');
  }
  if (openings.some((opening) => caller.scopes.has(opening as Scope))) return undefined;
  const missing = openings.filter((opening) => (SCOPES as readonly string[]).includes(opening));
  return httpProblem('forbidden', `The scope ${missing.join(' or ')} is required.`, {
    extras: { missing_scope: missing[0] },
  });
}

const NO_SCOPES: ReadonlySet<Scope> = new Set();

function callerOrProblem(identified: Identified, request: Request): Caller | Problem {
  if (identified.fault !== null) return refuse(identified, request);
  return { name: identified.name, scopes: identified.scopes, token: null, isAuthenticated: true };
}

/** Records the reason. The caller only learns that the credential is not accepted. */
function refuse(identified: Extract<Identified, { scopes: null }>, request: Request): Problem {
  request.context.refusal = { fault: identified.fault, principal: identified.name };
  if (!identified.unavailable) return unauthenticated();
  const isStore = identified.fault === 'keys-not-known';
  return credentialsUnavailable(isStore ? 'event-store-unavailable' : 'identity-provider-unavailable');
}

function isOwn({ requestId, attempt }: NonNullable<Caller['token']>, request: Request): boolean {
  const names = /\/requests\/([^/]+)(?:\/attempts\/(\d+))?/.exec(request.context.path);
  return names?.[1] === requestId && (names[2] === undefined || Number(names[2]) === attempt);
}
