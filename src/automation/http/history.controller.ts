import { Controller, Get, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { HttpRoute } from '../../infrastructure/http/http-route.ts';
import { ListEvents, ListRequestEvents } from '../queries/list-events.ts';
import type { RequestContext } from '../../infrastructure/http/request-context.ts';
import { Context } from '../../infrastructure/http/request-context.ts';
import { OwnRequests } from './own-requests.ts';
import { ListRefusals } from '../queries/list-refusals.ts';
import { ApiRefusalListAnswer, ApiEventListAnswer, ApiRequestParam } from './documentation.ts';
import { ListEventsQuery, ListRefusalsQuery, ListRequestEventsQuery } from './queries.ts';

const DEFAULT_LIMIT = 100;

/** Looking back: what happened, in order, and who did it. */
@ApiTags('history')
@Controller('api/v1/automation')
export class HistoryController {
  constructor(
    private readonly queries: QueryBus,
    private readonly own: OwnRequests,
  ) {}

  /** The history of one request. */
  @Get('requests/:id/events')
  @HttpRoute({ scopes: ['requests:read', 'audit:read', 'token:agent'] })
  @ApiRequestParam()
  @ApiEventListAnswer()
  async ofRequest(
    @Param('id') id: string,
    @Query() { after, limit = DEFAULT_LIMIT, ...filters }: ListRequestEventsQuery,
    @Context() context: RequestContext,
  ) {
    await this.own.check(context, id);
    return this.queries.execute(new ListRequestEvents(id, filters, after ?? null, limit));
  }

  /** What was refused to whom: bad credentials, missing scopes, stale attempts, too many calls. Recorded within minutes, alike ones counted together. */
  @Get('refusals')
  @HttpRoute({ scopes: ['audit:read'] })
  @ApiRefusalListAnswer()
  refusals(@Query() { after, limit = DEFAULT_LIMIT }: ListRefusalsQuery) {
    return this.queries.execute(new ListRefusals(after ?? null, limit));
  }

  /** The history of all requests, in the order of the log. */
  @Get('events')
  @HttpRoute({ scopes: ['audit:read'] })
  @ApiEventListAnswer()
  ofAll(@Query() { after, limit = DEFAULT_LIMIT, ...filters }: ListEventsQuery) {
    return this.queries.execute(new ListEvents(filters, after ?? null, limit));
  }
}
