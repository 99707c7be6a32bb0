import type { Response } from 'express';
import { callerOf, idempotencyOf, REPLAYED_HEADER } from '../../access/http/caller.ts';
import type { RequestContext } from '../../infrastructure/http/request-context.ts';
import type { Call } from '../commands/decide-on-stream.ts';
import type { Actor } from '../domain/command.ts';

/** Sent back with a read, to any instance, it makes the read wait for what the command wrote. */
const POSITION_HEADER = 'Automation-Position';

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

/** Puts the position of what a command wrote into its answer, and whether it is the answer to an earlier call. */
export function markExecuted(
  response: Response,
  { position, replayed }: { readonly position: bigint; readonly replayed: boolean },
): void {
  response.setHeader(POSITION_HEADER, position.toString());
  if (replayed) response.setHeader(REPLAYED_HEADER, 'true');
}
