import type { Principal, RequestContext } from '../../infrastructure/http/request-context.ts';
import { idempotencyKey } from '../commands/idempotency.ts';
import type { Call } from '../commands/request-stream.ts';
import type { Actor } from '../domain/command.ts';
import type { AttemptToken } from './attempt-tokens.ts';

/** What a route can be opened by: a scope of a principal, or the token of an attempt on the request itself. */
export const SCOPES = [
  'requests:submit',
  'requests:read',
  'requests:manage',
  'attempts:work',
  'audit:read',
  'admin',
] as const;
export type Scope = (typeof SCOPES)[number];
/** `token:worker` and `token:agent`: the tokens that a claim hands out. */
export type Opening = Scope | `token:${AttemptToken['holder']}`;

/** Who calls, as far as this service is concerned. */
export interface Caller extends Principal {
  readonly scopes: ReadonlySet<Scope>;
  /** The token it came with, if it came with one. Its principal is the one that claimed. */
  readonly token: AttemptToken | null;
}

/** The principal of every call while no API keys are configured. */
export const ANONYMOUS: Caller = { name: 'anonymous', scopes: new Set(SCOPES), token: null };

/** The caller of a request that has passed the checks before its handler. */
export function callerOf(context: RequestContext): Caller {
  return context.principal as Caller;
}

/** What a command needs to know of the call. */
export function callOf(context: RequestContext): Call {
  const { name, token } = callerOf(context);
  const { idempotencyKey: key, route } = context;
  const method = route?.method ?? '';
  const actor: Actor = token
    ? { principal: name, role: token.holder, attempt: token.attempt }
    : { principal: name, role: 'caller' };
  return {
    actor,
    callId: context.requestId,
    correlationId: context.correlationId,
    ifMatch: context.ifMatch,
    idempotency:
      key === undefined
        ? undefined
        : idempotencyKey({ principal: name, method, path: context.path, key, body: context.json }),
  };
}
