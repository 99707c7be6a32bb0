import type { Scope } from '../../access/scopes.ts';
import { SCOPES } from '../../access/scopes.ts';
import type { Principal, RequestContext } from '../../infrastructure/http/request-context.ts';
import type { IdempotencyKey } from '../../event-sourcing/idempotency.ts';
import { idempotencyKey } from '../../event-sourcing/idempotency.ts';
import type { Call } from '../commands/decide-on-stream.ts';
import type { Actor } from '../domain/command.ts';
import type { AttemptToken } from './attempt-tokens.ts';

/**
 * What a route can be opened by: a scope of a principal, or the token of an attempt on the request itself. `token:worker` and
 * `token:agent` are the tokens that a claim hands out.
 */
export type Opening = Scope | `token:${AttemptToken['holder']}`;

/** Who calls, as far as this service is concerned. */
export interface Caller extends Principal {
  readonly scopes: ReadonlySet<Scope>;
  /** The token it came with, if it came with one. Its principal is the one that claimed. */
  readonly token: AttemptToken | null;
  /** It came with a credential, and a good one. */
  readonly isAuthenticated: boolean;
}

/** The principal of every call while there are no API keys. */
export const ANONYMOUS: Caller = { name: 'anonymous', scopes: new Set(SCOPES), token: null, isAuthenticated: false };

/** Who comes without a credential where one is needed: what is open to everyone is open to it too. */
export const NOBODY: Caller = { name: 'anonymous', scopes: new Set(), token: null, isAuthenticated: false };

/** The caller of a request that has passed the checks before its handler. */
export function callerOf(context: RequestContext): Caller {
  return context.principal as Caller;
}

/** What a command needs to know of the call. */
export function callOf(context: RequestContext): Call {
  const { name, token, scopes } = callerOf(context);
  const actor: Actor = token
    ? { principal: name, role: token.holder, attempt: token.attempt }
    : { principal: name, role: 'caller', ...(scopes.has('admin') ? { isAdmin: true } : {}) };
  return {
    actor,
    callId: context.requestId,
    correlationId: context.correlationId,
    ifMatch: context.ifMatch,
    idempotency: idempotencyOf(context),
  };
}

/** What the `Idempotency-Key` of the call stands for, if it has one. */
export function idempotencyOf(context: RequestContext): IdempotencyKey | undefined {
  const { idempotencyKey: key, route, path, json } = context;
  if (key === undefined) return undefined;
  return idempotencyKey({ principal: callerOf(context).name, method: route?.method ?? '', path, key, body: json });
}
