import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Page } from '../../../infrastructure/http/answers.ts';
import { arrayOf, pageOf } from '../../../infrastructure/http/answers.ts';
import { DEFAULT_LOG_PAGE } from '../../../infrastructure/http/fields/log-page.ts';
import { HttpRoute } from '../../../infrastructure/http/http-route.ts';
import { jsonPatch } from '../../../infrastructure/http/json/json-patch.ts';
import { validationFailed } from '../../../infrastructure/http/problems/problem-details.ts';
import type { RequestContext } from '../../../infrastructure/http/request-context.ts';
import { Context } from '../../../infrastructure/http/request-context.ts';
import { JSON_LINES, writeJsonLines } from '../../feeds/json-lines.ts';
import { Readers } from '../../feeds/readers.ts';
import type { EventPage } from '../../queries/list-events.ts';
import { ExportEvents, ListEvents, ListRequestEvents } from '../../queries/list-events.ts';
import { LookBack } from '../../queries/look-back.ts';
import { OwnRequests } from '../own-requests.ts';
import { ListEventsQuery, ListRequestEventsQuery } from './parameters.ts';
import { EventResource, eventView, PatchOperationResource, submitted } from './resource.ts';
import type { RequestResource } from '../requests/resource.ts';
import { requestView } from '../requests/resource.ts';

const events: Page<EventResource> = { items: [submitted], next_cursor: null };

const started: readonly PatchOperationResource[] = [
  { op: 'replace', path: '/status', value: 'implementing' },
  { op: 'replace', path: '/last_update', value: '2030-01-31T09:35:00.000Z' },
  { op: 'replace', path: '/version', value: 2 },
];

const JSON_PATCH = 'application/json-patch+json';

/** The event history, per request and overall. */
@ApiTags('history')
@Controller('api/v1/automation')
export class HistoryController {
  constructor(
    private readonly queries: QueryBus,
    private readonly own: OwnRequests,
    private readonly readers: Readers,
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

  @Get('requests/:id/versions/:version/diff')
  @HttpRoute({
    id: 'diffVersions',
    summary: 'Show what an event of a request changed',
    description:
      'A JSON Patch (RFC 6902) from the previous version of the request to this one. For version 0 it adds the whole request.',
    scopes: ['requests:read', 'token:worker', 'token:agent'],
    produces: [JSON_PATCH, 'application/json'],
    answers: { 200: arrayOf(PatchOperationResource) },
    examples: { started },
    codes: ['foreign-log'],
  })
  async diff(
    @Param('id') id: string,
    @Param('version') number: string,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<readonly PatchOperationResource[]> {
    await this.own.check(context, id);
    const version = Number(number);
    const at = async (moment: number): Promise<RequestResource> =>
      requestView(await this.queries.execute(new LookBack(id, { version: moment })));
    const [after, before] = await Promise.all([at(version), version === 0 ? null : at(version - 1)]);
    if (context.mediaType === JSON_PATCH) response.setHeader('Content-Type', JSON_PATCH);
    return before ? jsonPatch(before, after) : [{ op: 'add', path: '', value: after }];
  }

  @Get('events')
  @HttpRoute({
    id: 'listEvents',
    summary: 'List the events of all requests',
    description:
      'In the order of the event log. With `Accept: application/x-ndjson`, the response has all events up to the newest one at the time of the call, one a line. `limit` is then not allowed. A response that is cut off continues after the position of its last whole line.',
    scopes: ['audit:read'],
    produces: ['application/json', JSON_LINES],
    answers: { 200: pageOf(EventResource) },
    examples: { events },
    streams: {
      [JSON_LINES]: { description: 'One event as JSON a line.', example: `${JSON.stringify(submitted)}\n` },
    },
  })
  async ofAll(
    @Query() { after, limit, ...filters }: ListEventsQuery,
    @Context() context: RequestContext,
    @Res() response: Response,
  ): Promise<undefined> {
    if (context.mediaType !== JSON_LINES) {
      const page = new ListEvents(filters, after ?? null, limit ?? DEFAULT_LOG_PAGE);
      response.json(pageView(await this.queries.execute(page)));
      return;
    }
    if (limit !== undefined) throw validationFailed([{ pointer: '?limit', detail: 'is not allowed with NDJSON' }]);
    const signal = this.readers.admit(context, response);
    const pages = await this.queries.execute(new ExportEvents(filters, after ?? null));
    await writeJsonLines(response, viewsOf(pages), signal);
  }
}

async function* viewsOf(pages: AsyncIterable<EventPage['events']>): AsyncGenerator<EventResource[]> {
  for await (const page of pages) yield page.map(eventView);
}

function pageView({ events, nextCursor }: EventPage): Page<EventResource> {
  return { items: events.map(eventView), next_cursor: nextCursor };
}
