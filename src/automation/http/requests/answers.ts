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

/** Answers a command with the request as it is after it. */
@Injectable()
export class CommandAnswers {
  constructor(private readonly deliveries: Deliveries) {}

  /** `known` saves the lookup of what was sent to the queue: of a new request, nothing was. */
  async answer(response: Response, executed: Executed, known?: QueueDelivery): Promise<RequestResource> {
    const { request } = executed;
    response.setHeader('ETag', `"${request.version}"`);
    markExecuted(response, executed);
    return requestView(foundInStream(request, known ?? (await this.deliveries.of(request.id))));
  }
}

/** The request with its version as `ETag`, or nothing when the client has that version: the status is then 304. */
export function answerWithVersion(
  request: Request,
  response: Response,
  found: FoundRequest,
): RequestResource | undefined {
  return tagVersion(request, response, found.request.version) ? undefined : requestView(found);
}

/** Tells the caller when a list may not show its latest writes yet. */
export function markConsistency(response: Response, consistent: boolean): void {
  if (!consistent) response.setHeader(CONSISTENCY_HEADER, 'eventual');
}
