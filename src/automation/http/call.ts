import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { callerOf, idempotencyOf, meansOf, REPLAYED_HEADER } from '../../access/http/caller.ts';
import type { RequestContext } from '../../infrastructure/http/request-context.ts';
import { tagVersion } from '../../infrastructure/http/conditional.ts';
import type { Call } from '../commands/decide-on-stream.ts';
import type { Executed } from '../commands/request-streams.ts';
import type { Actor } from '../domain/command.ts';
import type { QueueDelivery } from '../forwarding/deliveries.ts';
import { Deliveries } from '../forwarding/deliveries.ts';
import type { FoundRequest } from '../queries/found-request.ts';
import { foundInStream } from '../queries/found-request.ts';
import type { RequestResource } from './requests/resource.ts';
import { requestView } from './requests/resource.ts';

/** A client that sends this back with a read, to any instance, gets an answer that reflects the command. */
const POSITION_HEADER = 'Automation-Position';
const CONSISTENCY_HEADER = 'Automation-Consistency';

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
    ...meansOf(context),
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

/** Answers a command with the request as the command left it. */
@Injectable()
export class CommandAnswers {
  constructor(private readonly deliveries: Deliveries) {}

  /** Pass `known` to skip the lookup of the queue message, such as for a new request, which has none. */
  async answer(response: Response, executed: Executed, known?: QueueDelivery): Promise<RequestResource> {
    const { request } = executed;
    response.setHeader('ETag', `"${request.version}"`);
    markExecuted(response, executed);
    return requestView(foundInStream(request, known ?? (await this.deliveries.of(request.id))));
  }
}

/** Returns the request with its version as `ETag`, or nothing (status 304) if the client already has that version. */
export function answerWithVersion(
  request: Request,
  response: Response,
  found: FoundRequest,
): RequestResource | undefined {
  return tagVersion(request, response, found.request.version) ? undefined : requestView(found);
}

/** Tells the caller that a list may not reflect its latest writes yet. */
export function markConsistency(response: Response, consistent: boolean): void {
  if (!consistent) response.setHeader(CONSISTENCY_HEADER, 'eventual');
}
