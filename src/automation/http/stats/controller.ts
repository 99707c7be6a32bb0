import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { callerOf } from '../../../access/http/caller.ts';
import { HttpRoute } from '../../../infrastructure/http/http-route.ts';
import { validationFailed } from '../../../infrastructure/http/problems/problem-details.ts';
import type { RequestContext } from '../../../infrastructure/http/request-context.ts';
import { Context } from '../../../infrastructure/http/request-context.ts';
import { Stats } from '../../queries/stats.ts';
import { markConsistency } from '../call.ts';
import { OwnRequests } from '../own-requests.ts';
import { READ_MODEL_PROBLEMS } from '../problems.ts';
import { StatsQuery } from './parameters.ts';
import { stats, StatsResource } from './resource.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** The first instant that has a year of four digits. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const DEFAULT_DAYS = 90;
/** All facts of the time are read for the percentiles, which are exact. */
const MAX_DAYS = 366;

/** Statistics of requests and attempts. */
@ApiTags('history')
@Controller('api/v1/automation')
export class StatsController {
  constructor(
    private readonly stats: Stats,
    private readonly own: OwnRequests,
  ) {}

  @Get('stats')
  @HttpRoute({
    id: 'getStats',
    summary: 'Get statistics',
    description:
      'Counts, times, throughput and cost of a time, exact. Times are in seconds. Callers that may only see their own requests get the statistics of these.',
    scopes: ['requests:read'],
    answers: { 200: StatsResource },
    headers: ['Automation-Consistency'],
    examples: { stats },
    codes: READ_MODEL_PROBLEMS,
  })
  async get(
    @Query() query: StatsQuery,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StatsResource> {
    const to = query.to ?? new Date().toISOString();
    const from = query.from ?? new Date(Math.max(Date.parse(to) - DEFAULT_DAYS * DAY_MS, FIRST_MS)).toISOString();
    if (from >= to) throw validationFailed([{ pointer: '?from', detail: 'must be before to' }]);
    if (Date.parse(to) - Date.parse(from) > MAX_DAYS * DAY_MS) {
      throw validationFailed([{ pointer: '?from', detail: `must be at most ${MAX_DAYS} days before to` }]);
    }
    // No request has a repository or a label yet.
    const matches = [query.repository, query.label].every((names) => names?.split(',').includes('-') ?? true);
    const filters = { from, to: query.to ?? null, matches, own: this.own.creatorFor(context) };
    const caller = callerOf(context).name;
    const { consistent, ...found } = await this.stats.read(filters, caller, context.position ?? null);
    markConsistency(response, consistent);
    return { from, to, ...found };
  }
}
