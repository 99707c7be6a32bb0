import type { Response } from 'express';
import { callerOf, idempotencyOf, REPLAYED_HEADER } from '../../access/http/caller.ts';
import type { RequestContext } from '../../infrastructure/http/request-context.ts';
import type { Call } from '../commands/decide-on-stream.ts';
import type { Actor } from '../domain/command.ts';

/** A client that sends this back with a read, to any instance, gets an answer that reflects the command. */
const POSITION_HEADER = 'Automation-Position';

/** The parts of an HTTP call that a command needs. */
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

/** Sets the headers for the position of the command's events and for a replayed answer. */
export function markExecuted(
  response: Response,
  { position, replayed }: { readonly position: bigint; readonly replayed: boolean },
): void {
  response.setHeader(POSITION_HEADER, position.toString());
  if (replayed) response.setHeader(REPLAYED_HEADER, 'true');
}
