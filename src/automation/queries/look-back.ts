import { Inject } from '@nestjs/common';
import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import { CONFIG } from '../../config.ts';
import type { Config } from '../../config.ts';
import type { EventStore } from '../../infrastructure/event-store/event-store.ts';
import { StreamTruncatedError } from '../../infrastructure/event-store/event-store.ts';
import { EVENT_STORE } from '../../infrastructure/tokens.ts';
import { RequestNotFound } from '../domain/errors.ts';
import type { Instant } from '../domain/request.ts';
import { streamOf } from '../../event-sourcing/streams.ts';
import { replay } from '../events/replay.ts';
import { NOT_QUEUED } from '../forwarding/deliveries.ts';
import type { FoundRequest } from './found-request.ts';
import { foundInStream } from './found-request.ts';

/** A moment in the history of a request: after the event with this revision, or after the last event at or before this time. */
export type Moment = { readonly version: number } | { readonly asOf: Instant };

/** A past state of a request. Without queue messages, since they are not events. */
export class LookBack extends Query<FoundRequest> {
  constructor(
    readonly id: string,
    readonly moment: Moment,
  ) {
    super();
  }
}

/**
 * Folds the stream up to the moment. Throws `RequestNotFound` if the request did not exist yet, never reached that version, or its history
 * is missing.
 */
@QueryHandler(LookBack)
export class LookBackHandler implements IQueryHandler<LookBack> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async execute({ id, moment }: LookBack): Promise<FoundRequest> {
    const request = await replay(this.store, streamOf(this.config.streamCategory, id), ({ revision, occurred_at }) =>
      'version' in moment ? revision <= moment.version : occurred_at <= moment.asOf,
    ).catch((error: unknown) => {
      if (error instanceof StreamTruncatedError) return null;
      throw error;
    });
    if (!request || ('version' in moment && request.version !== moment.version)) throw new RequestNotFound();
    return foundInStream(request, NOT_QUEUED);
  }
}
