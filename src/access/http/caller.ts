import type { Scope } from '../scopes.ts';
import { SCOPES } from '../scopes.ts';
import type { Principal, RequestContext } from '../../infrastructure/http/request-context.ts';
import type { IdempotencyKey } from '../../event-sourcing/idempotency.ts';
import { idempotencyKey } from '../../event-sourcing/idempotency.ts';
import type { AttemptToken } from './attempt-tokens.ts';

/**
 * What grants access to a route: a scope of a principal, or the token of an attempt on the request itself. `token:worker` and
 * `token:agent` are the tokens that a claim returns.
 */
export type Opening = Scope | `token:${AttemptToken['holder']}`;

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

/** What events record about the call, other than those of requests. */
export function recordedCallOf(context: RequestContext): {
  readonly principal: string;
  readonly callId: string;
  readonly correlationId: string;
  readonly idempotency: IdempotencyKey | undefined;
} {
  const { requestId: callId, correlationId } = context;
  return { principal: callerOf(context).name, callId, correlationId, idempotency: idempotencyOf(context) };
}
