import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { tagVersion } from '../../infrastructure/http/conditional.ts';
import type { Executed } from '../commands/request-streams.ts';
import { Deliveries } from '../forwarding/deliveries.ts';
import type { QueueDelivery, RequestView } from '../views/request-view.ts';
import { viewOf } from '../views/request-view.ts';

/** Sent back with a read, on any instance, it makes the read wait until it shows what was written. */
export const POSITION_HEADER = 'Automation-Position';
export const REPLAYED_HEADER = 'Idempotent-Replayed';
const CONSISTENCY_HEADER = 'Automation-Consistency';

/** Puts a request, its version and its place in the log into the answer of a command. */
@Injectable()
export class CommandAnswers {
  constructor(private readonly deliveries: Deliveries) {}

  /** `known` saves looking up what the queue was given: of a request that has only just been made it is nothing. */
  async answer(response: Response, executed: Executed, known?: QueueDelivery): Promise<RequestView> {
    const view = viewOf(executed.request, known ?? (await this.deliveries.of(executed.request.id)));
    response.setHeader('ETag', `"${view.version}"`);
    response.setHeader(POSITION_HEADER, executed.position.toString());
    if (executed.replayed) response.setHeader(REPLAYED_HEADER, 'true');
    return view;
  }
}

/** The request with its version, or nothing when the client has that version already: the status is then 304. */
export function answerWithVersion(request: Request, response: Response, view: RequestView): RequestView | undefined {
  return tagVersion(request, response, view.version) ? undefined : view;
}

/** Says when a list may be behind what its caller has written. */
export function markConsistency(response: Response, consistent: boolean): void {
  if (!consistent) response.setHeader(CONSISTENCY_HEADER, 'eventual');
}
