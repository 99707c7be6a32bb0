import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { Page } from '../../../infrastructure/http/answers.ts';
import { pageOf } from '../../../infrastructure/http/answers.ts';
import { DEFAULT_LOG_PAGE } from '../../../infrastructure/http/fields/log-page.ts';
import { HttpRoute } from '../../../infrastructure/http/http-route.ts';
import { ListAudit } from '../../queries/list-events.ts';
import { ListAuditQuery } from '../history/parameters.ts';
import { AuditEventResource, auditEventView } from '../history/resource.ts';

const audit: Page<AuditEventResource> = {
  items: [
    {
      position: '4096',
      revision: 0,
      id: '01a13b5c-7e61-7f0d-8c5e-6d1f0a3b7c22',
      type: 'RebuildRequested',
      schema_version: 1,
      occurred_at: '2030-01-31T09:30:00.000Z',
      data: {
        action_id: '01a13b5c-7e61-7f0d-8c5e-6d1f0a3b7c22',
        target: 'requests',
        reason: 'After the restore of the database',
        parameters: {},
      },
      metadata: { principal: 'olga', call_id: '5f0c7f0a-52f5-4f6e-9f3e-0b7f2f0d9e33' },
    },
  ],
  next_cursor: null,
};

/** What operators did to the service itself. */
@ApiTags('history')
@Controller('api/v1/automation')
export class AuditController {
  constructor(private readonly queries: QueryBus) {}

  @Get('audit')
  @HttpRoute({
    id: 'listAudit',
    summary: 'List the actions of operators',
    description:
      'Rebuilds, verifications, retries, skips and exports, oldest first. Each is recorded before it begins (`…Requested`: who, why, with which parameters) and when it ends (`…Finished` with its result, or `…Failed` with a code). An action without an end is under way or was cut off.',
    scopes: ['audit:read'],
    answers: { 200: pageOf(AuditEventResource) },
    examples: { audit },
  })
  async list(
    @Query() { after, limit = DEFAULT_LOG_PAGE, ...filters }: ListAuditQuery,
  ): Promise<Page<AuditEventResource>> {
    const { events, nextCursor } = await this.queries.execute(new ListAudit(filters, after ?? null, limit));
    return { items: events.map(auditEventView), next_cursor: nextCursor };
  }
}
