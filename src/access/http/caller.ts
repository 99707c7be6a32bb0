import type { Request, Response } from 'express';
import type { IdempotencyKey } from '../../event-sourcing/idempotency.ts';
import { idempotencyKey } from '../../event-sourcing/idempotency.ts';
import type { Route } from '../../infrastructure/http/http-route.ts';
import type { HttpOptions } from '../../infrastructure/http/pipeline/configure-http.ts';
import { unauthenticated } from '../../infrastructure/http/pipeline/request-head.ts';
import type { Problem } from '../../infrastructure/http/problems/problem-details.ts';
import { httpProblem } from '../../infrastructure/http/problems/problem-details.ts';
import type { Principal, RequestContext } from '../../infrastructure/http/request-context.ts';
import type { Signer } from '../../infrastructure/security/signing.ts';
import type { Access, Identified } from '../access.ts';
import type { Scope } from '../scopes.ts';
import { SCOPES } from '../scopes.ts';
import type { AttemptToken } from './attempt-tokens.ts';
import { looksLikeToken, readToken } from './attempt-tokens.ts';
import { credentialsUnavailable } from './problems.ts';

/**
 * What grants access to a route: a scope of a principal, or the token of an attempt on the request itself. `token:worker` and
 * `token:agent` are the tokens that a claim returns; `token:any` is either, of whatever request.
 */
export type Opening = Scope | `token:${AttemptToken['holder'] | 'any'}`;

/** The caller and its permissions. */
export interface Caller extends Principal {
  readonly scopes: ReadonlySet<Scope>;
  /** The attempt token of the call; null for other credentials. The principal is then the one that claimed the attempt. */
  readonly token: AttemptToken | null;
  /** Whether it presented a valid credential. */
  readonly isAuthenticated: boolean;
}

/** Caller without a credential while there are no API keys. It has all scopes. */
export const ANONYMOUS: Caller = { name: 'anonymous', scopes: new Set(SCOPES), token: null, isAuthenticated: false };

/** Caller without a credential otherwise. It may only call public routes. */
export const NOBODY: Caller = { name: 'anonymous', scopes: new Set(), token: null, isAuthenticated: false };

/** The caller of a request. Call it in handlers only, after authentication. */
export function callerOf(context: RequestContext): Caller {
  return context.principal as Caller;
}

/** Header of an answer to a command that was executed before with the same `Idempotency-Key`. */
export const REPLAYED_HEADER = 'Idempotent-Replayed';

/** The idempotency key of a call, bound to its principal and content; undefined without the header. */
export function idempotencyOf(context: RequestContext): IdempotencyKey | undefined {
  const { idempotencyKey: key, route, path, json } = context;
  if (key === undefined) return undefined;
  return idempotencyKey({ principal: callerOf(context).name, method: route?.method ?? '', path, key, body: json });
}

const MAX_CLIENT = 100;

/** By what right and with which program a call was made, as its events record it. */
export interface Means {
  /** Scopes of the credential, or `token:worker` or `token:agent`. */
  readonly scopes: readonly Opening[];
  /** The `User-Agent`: at most 100 characters of printable ASCII. */
  readonly client?: string;
}

export function meansOf(context: RequestContext): Means {
  const { scopes, token } = callerOf(context);
  const client = context.userAgent
    ?.slice(0, MAX_CLIENT)
    .replace(/[^\x20-\x7e]+/g, '?')
    .trim();
  return { scopes: token ? [`token:${token.holder}`] : [...scopes], ...(client ? { client } : {}) };
}

/** What events record about the call, other than those of requests. */
export interface RecordedCall extends Means {
  readonly principal: string;
  readonly callId: string;
  readonly correlationId: string;
  readonly idempotency: IdempotencyKey | undefined;
}

export function recordedCallOf(context: RequestContext): RecordedCall {
  const { requestId: callId, correlationId } = context;
  const principal = callerOf(context).name;
  return { principal, callId, correlationId, idempotency: idempotencyOf(context), ...meansOf(context) };
}

/** The checks of every request that depend on its caller. `isLocal`: the service listens on this machine only. */
export function callerChecks({
  access,
  signer,
  limits,
  isLocal,
}: {
  readonly access: Access;
  readonly signer: Signer;
  /** Counts the calls of each caller. */
  readonly limits: { take(caller: Caller | undefined, request: Request, response: Response): Problem | undefined };
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
    if (openings.includes('token:any')) return undefined;
    if (isOwn(caller.token, request) && openings.includes(`token:${caller.token.holder}`)) return undefined;
    return httpProblem('forbidden', 'This token is only valid for one attempt of one request.');
  }
  if (openings.some((opening) => caller.scopes.has(opening as Scope))) return undefined;
  return scopeMissing(openings.filter((opening) => (SCOPES as readonly string[]).includes(opening)));
}

/** Throws 403 if the caller lacks the scope, which a part of a route needs. */
export function requireScope(context: RequestContext, scope: Scope): void {
  if (!callerOf(context).scopes.has(scope)) throw scopeMissing([scope]);
}

function scopeMissing(anyOf: readonly string[]): Problem {
  return httpProblem('forbidden', `The scope ${anyOf.join(' or ')} is required.`, {
    extras: { missing_scope: anyOf[0] },
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
