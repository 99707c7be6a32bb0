import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { STREAM } from '../../../infrastructure/http/answers.ts';
import type { StoredEvent } from '../../../infrastructure/event-store/event-store.ts';
import { HttpRoute } from '../../../infrastructure/http/http-route.ts';
import { EventFeed } from '../../feeds/event-feed.ts';
import type { FeedFilters } from '../../feeds/event-feed.ts';
import { EVENT_STREAM, frame, LiveStream } from '../../feeds/live-stream.ts';
import { Readers } from '../../feeds/readers.ts';
import { OwnRequests } from '../own-requests.ts';
import { StreamRights } from '../stream-rights.ts';
import { StreamEventsQuery, StreamRequestEventsQuery } from './parameters.ts';
import { eventView, submitted } from './resource.ts';

const DESCRIPTION =
  'Server-Sent Events: first what was recorded after `Last-Event-ID`, or else `after`, then each event as it is recorded, without gap or repeat. `id` is the position, `event` the type, and `data` the event as JSON. A comment comes after 15 s without an event. The stream ends with the event `end` if the credential is no longer valid. A client that does not read is disconnected, and can go on after the last event it has.';

const STREAMS = {
  [EVENT_STREAM]: { description: 'Server-Sent Events.', example: frame(1024n, submitted.type, submitted) },
};

/** The event history, as it goes on. */
@ApiTags('history')
@Controller('api/v1/automation')
export class EventStreamsController {
  constructor(
    private readonly feed: EventFeed,
    private readonly readers: Readers,
    private readonly rights: StreamRights,
    private readonly own: OwnRequests,
  ) {}

  @Get('events/stream')
  @HttpRoute({
    id: 'streamEvents',
    summary: 'Follow the events of all requests',
    description: DESCRIPTION,
    scopes: ['audit:read'],
    produces: [EVENT_STREAM],
    answers: { 200: STREAM },
    streams: STREAMS,
  })
  async ofAll(
    @Query() { after, ...filters }: StreamEventsQuery,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<undefined> {
    await this.#stream(filters, after, request, response);
  }

  @Get('requests/:id/events/stream')
  @HttpRoute({
    id: 'streamRequestEvents',
    summary: 'Follow the events of a request',
    description: DESCRIPTION,
    scopes: ['requests:read', 'audit:read', 'token:agent'],
    produces: [EVENT_STREAM],
    answers: { 200: STREAM },
    streams: STREAMS,
  })
  async ofRequest(
    @Param('id') id: string,
    @Query() { after, ...filters }: StreamRequestEventsQuery,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<undefined> {
    await this.own.check(request.context, id);
    await this.feed.check(null, id);
    await this.#stream({ ...filters, request_id: id }, after, request, response);
  }

  async #stream(
    filters: FeedFilters,
    after: bigint | undefined,
    request: Request,
    response: Response,
  ): Promise<undefined> {
    const begin = request.context.lastEventId ?? after ?? null;
    await this.feed.check(begin);
    const signal = this.readers.admit(request.context, response);
    const isWanted = this.feed.matcher(filters);
    const stream = new LiveStream({
      response,
      follower: this.feed.open(begin, filters.request_id),
      framesOf: ({ events }) => framesOf(events, isWanted),
      lost: this.rights.watch(request, filters.request_id),
    });
    await this.readers.run(stream, signal);
  }
}

function* framesOf(events: readonly StoredEvent[], isWanted: (event: StoredEvent) => boolean): Generator<string> {
  for (const event of events) if (isWanted(event)) yield frameOf(event);
}

/** Events are shared by all who follow the log, so each is encoded once. */
const frames = new WeakMap<StoredEvent, string>();

function frameOf(event: StoredEvent): string {
  let text = frames.get(event);
  if (text === undefined) frames.set(event, (text = frame(event.position, event.type, eventView(event))));
  return text;
}
