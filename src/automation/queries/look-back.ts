import { Inject } from '@nestjs/common';
import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import { CONFIG } from '../../config.ts';
import type { Config } from '../../config.ts';
import type { EventStore } from '../../infrastructure/event-store/event-store.ts';
import { EVENT_STORE } from '../../infrastructure/tokens.ts';
import { RequestNotFound } from '../domain/errors.ts';
import { evolve } from '../domain/evolve.ts';
import type { Instant, Request } from '../domain/request.ts';
import { decodeEvent, streamOf } from '../events/codec.ts';
import type { RequestView } from './request-view.ts';
import { NOT_QUEUED, viewOf } from './request-view.ts';

/** A moment in the life of a request: after the event of this revision, or after the last event at or before this time. */
export type Moment = { readonly version: number } | { readonly asOf: Instant };

/** A request as it was. What the queue was given is no event, and so not part of it. */
export class LookBack extends Query<RequestView> {
  constructor(
    readonly id: string,
    readonly moment: Moment,
  ) {
    super();
  }
}

const CHUNK = 1_000;

/** Folds the stream up to the moment. Throws `RequestNotFound` when the request did not exist yet, or never reached that version. */
@QueryHandler(LookBack)
export class LookBackHandler implements IQueryHandler<LookBack> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async execute({ id, moment }: LookBack): Promise<RequestView> {
    const request = await this.#foldUntil(streamOf(this.config.streamCategory, id), moment);
    if (!request || ('version' in moment && request.version !== moment.version)) throw new RequestNotFound();
    return viewOf(request, NOT_QUEUED);
  }

  async #foldUntil(stream: string, moment: Moment): Promise<Request | null> {
    let request: Request | null = null;
    for (let from = 0; ; from += CHUNK) {
      const events = await this.store.readStream({ stream, from, maxCount: CHUNK });
      for (const stored of events) {
        const { event } = decodeEvent(stored);
        const isLater = 'version' in moment ? event.revision > moment.version : event.occurred_at > moment.asOf;
        if (isLater) return request;
        request = evolve(request, event);
      }
      if (events.length < CHUNK) return request;
    }
  }
}
