import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { recordedCallOf, REPLAYED_HEADER } from '../../../access/http/caller.ts';
import type { Page } from '../../../infrastructure/http/answers.ts';
import { pageOf } from '../../../infrastructure/http/answers.ts';
import { isUuid } from '../../../infrastructure/http/fields/field-rules.ts';
import { HttpRoute } from '../../../infrastructure/http/http-route.ts';
import type { RequestContext } from '../../../infrastructure/http/request-context.ts';
import { Context } from '../../../infrastructure/http/request-context.ts';
import { InvalidCursor } from '../../../infrastructure/security/list-cursor.ts';
import { Parked } from '../../parked/parked.ts';
import { DEFAULT_PARKED_PAGE, ListParkedQuery, SettleParkedBody } from './bodies.ts';
import { ParkedResource, parkedView, SettledParkedResource } from './resource.ts';

const place = {
  id: '01a13b5c-7e60-7c52-9e0f-2f4c1d6f8a22',
  consumer: 'requests',
  request_id: '01a13b5c-7e60-7c52-9e0f-2f4c1d6f8a11',
  position: '1024',
  event_id: '01a13b5c-7e61-7f0d-8c5e-6d1f0a3b7c22',
  event_type: 'RequestClaimed',
};
const parked: Page<ParkedResource> = {
  items: [
    {
      ...place,
      revision: 1,
      state: 'parked',
      parked_at: '2030-01-31T09:30:00.000Z',
      next_try_at: null,
      tries: [
        { at: '2030-01-31T09:30:00.000Z', cause: 'SQLSTATE 23514, table requests, constraint requests_check' },
        { at: '2030-01-31T09:30:01.004Z', cause: 'SQLSTATE 23514, table requests, constraint requests_check' },
        { at: '2030-01-31T09:30:11.010Z', cause: 'SQLSTATE 23514, table requests, constraint requests_check' },
      ],
      behind: 1,
      preview: [
        { position: '1024', revision: 1, event_id: place.event_id, event_type: 'RequestClaimed' },
        {
          position: '1039',
          revision: 2,
          event_id: '01a13b5d-0a41-7b2c-a1f0-3c9d5e7f1b33',
          event_type: 'PlanningStarted',
        },
      ],
    },
  ],
  next_cursor: null,
};
const handled: SettledParkedResource = { ...place, outcome: 'handled', cause: null };
const skipped: SettledParkedResource = { ...place, outcome: 'skipped', cause: null };

const BODIES = { 'with a reason': { reason: 'The constraint was dropped' }, 'without one': {} };
const PROBLEMS = ['read-model-unavailable', 'idempotency-key-reused', 'conflict'];

/** Events that a consumer could not handle. */
@ApiTags('operations')
@Controller('api/v1/automation/parked')
export class ParkedController {
  constructor(private readonly parked: Parked) {}

  @Get()
  @HttpRoute({
    id: 'listParked',
    summary: 'List parked events',
    description:
      'Events that a consumer of the log could not handle, in the order in which they were parked. They are tried three times within eleven seconds, and then wait for an operator.',
    scopes: ['audit:read'],
    answers: { 200: pageOf(ParkedResource) },
    examples: { parked },
    codes: ['invalid-cursor', 'read-model-unavailable'],
  })
  async list(
    @Query() { consumer, cursor, limit = DEFAULT_PARKED_PAGE }: ListParkedQuery,
  ): Promise<Page<ParkedResource>> {
    if (cursor !== undefined && !isUuid(cursor)) throw new InvalidCursor();
    const page = { consumer: consumer ?? null, after: cursor ?? null, limit: limit + 1 };
    const found = await this.parked.list(page);
    const items = found.slice(0, limit).map(parkedView);
    return { items, next_cursor: found.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  @Post(':id/retry')
  @HttpRoute({
    id: 'retryParked',
    summary: 'Retry a parked event',
    description:
      'Handles the event again, and then those that wait behind it, in order. If one fails, it is parked in turn. Waits up to five seconds for the consumer. The queue gets messages again that it had before, with the same ids.',
    scopes: ['admin'],
    answers: { 200: SettledParkedResource },
    examples: { handled },
    bodies: BODIES,
    codes: PROBLEMS,
  })
  retry(
    @Param('id') id: string,
    @Body() { reason }: SettleParkedBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SettledParkedResource> {
    return this.#settle('retry', { id, reason, context, response });
  }

  @Post(':id/skip')
  @HttpRoute({
    id: 'skipParked',
    summary: 'Skip a parked event',
    description:
      'The consumer passes over the event for good, also when its tables are rebuilt, and handles those that wait behind it. The event stays in the log, so what the consumer shows of this request differs from the log from then on.',
    scopes: ['admin'],
    answers: { 200: SettledParkedResource },
    examples: { skipped },
    bodies: BODIES,
    codes: PROBLEMS,
  })
  skip(
    @Param('id') id: string,
    @Body() { reason }: SettleParkedBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SettledParkedResource> {
    return this.#settle('skip', { id, reason, context, response });
  }

  async #settle(wish: 'retry' | 'skip', { id, reason, context, response }: Settling): Promise<SettledParkedResource> {
    const { result, replayed } = await this.parked.settle(id, wish, reason ?? null, recordedCallOf(context));
    if (replayed) response.setHeader(REPLAYED_HEADER, 'true');
    return result;
  }
}

interface Settling {
  readonly id: string;
  readonly reason: string | undefined;
  readonly context: RequestContext;
  readonly response: Response;
}
