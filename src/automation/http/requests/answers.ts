import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { tagVersion } from '../../../infrastructure/http/conditional.ts';
import type { Executed } from '../../commands/request-streams.ts';
import type { QueueDelivery } from '../../forwarding/deliveries.ts';
import { Deliveries } from '../../forwarding/deliveries.ts';
import type { FoundRequest } from '../../queries/found-request.ts';
import { foundInStream } from '../../queries/found-request.ts';
import { markExecuted } from '../call.ts';
import type { RequestResource } from './resource.ts';
import { requestView } from './resource.ts';

const CONSISTENCY_HEADER = 'Automation-Consistency';

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
