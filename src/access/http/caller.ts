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

/** Who calls, and what it may do. */
export interface Caller extends Principal {
  readonly scopes: ReadonlySet<Scope>;
  /** The token it came with, if any. Its principal is the one that claimed. */
  readonly token: AttemptToken | null;
  /** It came with a valid credential. */
  readonly isAuthenticated: boolean;
}

/** The principal of every call while there are no API keys. */
export const ANONYMOUS: Caller = { name: 'anonymous', scopes: new Set(SCOPES), token: null, isAuthenticated: false };

/** The principal of calls without a credential once there are API keys: only routes that are open to everyone are open to it. */
export const NOBODY: Caller = { name: 'anonymous', scopes: new Set(), token: null, isAuthenticated: false };

/** The caller of a request that has passed the checks before its handler. */
export function callerOf(context: RequestContext): Caller {
  return context.principal as Caller;
}

/** On the answer to a command that was carried out before, with the same `Idempotency-Key`. */
export const REPLAYED_HEADER = 'Idempotent-Replayed';

/** What the `Idempotency-Key` of the call stands for, if it has one. */
export function idempotencyOf(context: RequestContext): IdempotencyKey | undefined {
  const { idempotencyKey: key, route, path, json } = context;
  if (key === undefined) return undefined;
  return idempotencyKey({ principal: callerOf(context).name, method: route?.method ?? '', path, key, body: json });
}
