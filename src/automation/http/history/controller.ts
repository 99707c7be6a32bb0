import { Controller, Get, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { Page } from '../../../infrastructure/http/answers.ts';
import { pageOf } from '../../../infrastructure/http/answers.ts';
import { DEFAULT_LOG_PAGE } from '../../../infrastructure/http/fields/log-page.ts';
import { HttpRoute } from '../../../infrastructure/http/http-route.ts';
import type { RequestContext } from '../../../infrastructure/http/request-context.ts';
import { Context } from '../../../infrastructure/http/request-context.ts';
import type { EventPage } from '../../queries/list-events.ts';
import { ListEvents, ListRequestEvents } from '../../queries/list-events.ts';
import { OwnRequests } from '../own-requests.ts';
import { ListEventsQuery, ListRequestEventsQuery } from './parameters.ts';
import { EventResource, eventView } from './resource.ts';

const events: Page<EventResource> = {
  items: [
    {
      position: '1024',
      request_id: '01a13b5c-7e60-7c52-9e0f-2f4c1d6f8a11',
      revision: 0,
      id: '01a13b5c-7e61-7f0d-8c5e-6d1f0a3b7c22',
      type: 'RequestSubmitted',
      schema_version: 1,
      occurred_at: '2030-01-31T09:30:00.000Z',
      data: {
        type: 'feature',
        priority: 'high',
        title: 'Add rate limiting to public endpoints',
        description: 'Limit to 100 requests/minute per IP.',
      },
      metadata: { principal: 'anonymous', call_id: '5f0c7f0a-52f5-4f6e-9f3e-0b7f2f0d9e33' },
    },
  ],
  next_cursor: null,
};

/** The event history, per request and overall. */
@ApiTags('history')
@Controller('api/v1/automation')
export class HistoryController {
  constructor(
    private readonly queries: QueryBus,
    private readonly own: OwnRequests,
  ) {}

  @Get('requests/:id/events')
  @HttpRoute({
    id: 'listRequestEvents',
    summary: 'List the events of a request',
    scopes: ['requests:read', 'audit:read', 'token:agent'],
    answers: { 200: pageOf(EventResource) },
    examples: { events },
  })
  async ofRequest(
    @Param('id') id: string,
    @Query() { after, limit = DEFAULT_LOG_PAGE, ...filters }: ListRequestEventsQuery,
    @Context() context: RequestContext,
  ): Promise<Page<EventResource>> {
    await this.own.check(context, id);
    return pageView(await this.queries.execute(new ListRequestEvents(id, filters, after ?? null, limit)));
  }

  @Get('events')
  @HttpRoute({
    id: 'listEvents',
    summary: 'List the events of all requests',
    description: 'In the order of the event log.',
    scopes: ['audit:read'],
    answers: { 200: pageOf(EventResource) },
    examples: { events },
  })
  async ofAll(@Query() { after, limit = DEFAULT_LOG_PAGE, ...filters }: ListEventsQuery): Promise<Page<EventResource>> {
    return pageView(await this.queries.execute(new ListEvents(filters, after ?? null, limit)));
  }
}

function pageView({ events, nextCursor }: EventPage): Page<EventResource> {
  return { items: events.map(eventView), next_cursor: nextCursor };
}
