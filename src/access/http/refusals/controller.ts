import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Page } from '../../../infrastructure/http/answers.ts';
import { pageOf } from '../../../infrastructure/http/answers.ts';
import { DEFAULT_LOG_PAGE, LogPageQuery } from '../../../infrastructure/http/fields/log-page.ts';
import { HttpRoute } from '../../../infrastructure/http/http-route.ts';
import { inTurn } from '../../../infrastructure/event-store/log-readers.ts';
import { RefusalHistory } from '../../refusal-history.ts';
import { RefusalsResource, refusalsView } from './resource.ts';

const refusals: Page<RefusalsResource> = {
  items: [
    {
      position: '2048',
      from: '2030-01-31T09:30:00.000Z',
      until: '2030-01-31T09:31:00.000Z',
      total: 3,
      refusals: [
        {
          code: 'unauthenticated',
          fault: 'expired-key',
          principal: 'dev-1',
          address: '127.0.0.1',
          method: 'GET',
          route: '/api/v1/automation/pending',
          missing_scope: null,
          request_id: null,
          count: 3,
          first_at: '2030-01-31T09:30:10.000Z',
          last_at: '2030-01-31T09:30:50.000Z',
        },
      ],
      unlisted: 0,
    },
  ],
  next_cursor: null,
};

@ApiTags('history')
@Controller('api/v1/automation')
export class RefusalsController {
  constructor(private readonly history: RefusalHistory) {}

  @Get('refusals')
  @HttpRoute({
    id: 'listRefusals',
    summary: 'List refused calls',
    description:
      'Calls refused for bad credentials, missing scopes, stale attempts or rate limits. Recorded within minutes; refusals that only differ in time are counted together.',
    scopes: ['audit:read'],
    answers: { 200: pageOf(RefusalsResource) },
    examples: { refusals },
  })
  async list(@Query() { after, limit = DEFAULT_LOG_PAGE }: LogPageQuery): Promise<Page<RefusalsResource>> {
    const { items, next_cursor } = await inTurn(() => this.history.page(after ?? null, limit));
    return { items: items.map(refusalsView), next_cursor };
  }
}
