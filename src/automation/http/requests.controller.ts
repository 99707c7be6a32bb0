import { Body, Controller, Get, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { HttpRoute } from '../../infrastructure/http/http-route.ts';
import { validationFailed } from '../../infrastructure/http/problems/problem-details.ts';
import type { RequestContext } from '../../infrastructure/http/request-context.ts';
import { Context } from '../../infrastructure/http/request-context.ts';
import { OnRequest } from '../commands/on-request.ts';
import { SubmitRequest } from '../commands/submit-request.ts';
import { GetRequest } from '../queries/get-request.ts';
import { ListRequests } from '../queries/list-requests.ts';
import { LookBack } from '../queries/look-back.ts';
import { NOT_QUEUED } from '../views/request-view.ts';
import { answerWithVersion, CommandAnswers, markConsistency } from './answers.ts';
import { callerOf, callOf } from './caller.ts';
import { OwnRequests } from './own-requests.ts';
import { ApiRequestAnswer, ApiRequestListAnswer, ApiRequestParam } from './documentation.ts';
import { GetRequestQuery, ListPendingQuery, ListRequestsQuery, statusesOf } from './queries.ts';
import { ChangeStatusBody, ReviseRequestBody, SubmitRequestBody } from './request-bodies.ts';

const DEFAULT_LIMIT = 20;

/** Submit, read, list and change requests. */
@ApiTags('requests')
@Controller('api/v1/automation')
export class RequestsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly answers: CommandAnswers,
    private readonly own: OwnRequests,
  ) {}

  /** Submits a request. It is durable before the answer, and waits for a worker. */
  @Post('requests')
  @HttpRoute({ scopes: ['requests:submit'] })
  @ApiRequestAnswer(201, 'The request, with its `Location`.')
  async submit(
    @Body() body: SubmitRequestBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { type, title, description, priority = 'medium' } = body;
    const submission = { type, title, description, priority };
    const executed = await this.commands.execute(new SubmitRequest(submission, callOf(context)));
    response.setHeader('Location', `${context.path}/${executed.request.id}`);
    return this.answers.answer(response, executed, executed.replayed ? undefined : NOT_QUEUED);
  }

  /** One request, as it is now or as it was. */
  @Get('requests/:id')
  @HttpRoute({ scopes: ['requests:read', 'token:worker', 'token:agent'] })
  @ApiRequestParam()
  @ApiRequestAnswer(200, 'The request.')
  async get(
    @Param('id') id: string,
    @Query() { version, as_of }: GetRequestQuery,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ) {
    if (version !== undefined && as_of !== undefined) {
      throw validationFailed([{ pointer: '?as_of', detail: 'must not come together with version' }]);
    }
    const moment = version !== undefined ? { version } : as_of !== undefined ? { asOf: as_of } : null;
    await this.own.check(context, id);
    const view = await this.queries.execute(
      moment ? new LookBack(id, moment) : new GetRequest(id, context.position ?? null),
    );
    return answerWithVersion(request, response, view);
  }

  /** Changes any of a request's fields; what is left out stays, null clears. All of it happens or nothing. */
  @Patch('requests/:id')
  @HttpRoute({ scopes: ['requests:manage', 'token:worker', 'token:agent'] })
  @ApiRequestParam()
  @ApiBody({ type: ReviseRequestBody })
  @ApiRequestAnswer(200, 'The request.')
  async revise(
    @Param('id') id: string,
    @Body() body: ReviseRequestBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ) {
    const command = { command: 'ReviseRequest', patch: body } as const;
    const executed = await this.commands.execute(new OnRequest(id, command, callOf(context)));
    return this.answers.answer(response, executed);
  }

  /** Changes the status, along the table of transitions. */
  @Patch('requests/:id/status')
  @HttpRoute({ scopes: ['requests:manage', 'token:worker', 'token:agent'] })
  @ApiRequestParam()
  @ApiBody({ type: ChangeStatusBody })
  @ApiRequestAnswer(200, 'The request.')
  async changeStatus(
    @Param('id') id: string,
    @Body() body: ChangeStatusBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ) {
    const misplaced =
      body.status === 'blocked' ? [] : (['reason', 'resume_at'] as const).filter((name) => name in body);
    if (misplaced.length > 0) {
      throw validationFailed(
        misplaced.map((name) => ({ pointer: `/${name}`, detail: 'goes with status blocked only' })),
      );
    }
    const command = { command: 'ChangeStatus', patch: body } as const;
    const executed = await this.commands.execute(new OnRequest(id, command, callOf(context)));
    return this.answers.answer(response, executed);
  }

  /** The list of requests, filtered and in order, a page at a time. */
  @Get('requests')
  @HttpRoute({ scopes: ['requests:read'] })
  @ApiRequestListAnswer('A page of requests. `Link` with `rel="next"` leads to the next one.', { paged: true })
  async list(
    @Query() query: ListRequestsQuery,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { sort = '-created_at', limit = DEFAULT_LIMIT, cursor, include_total = false, status, ...filters } = query;
    const options = { cursor, includeTotal: include_total, ...readerOf(context) };
    const shown = { ...filters, ...(status && { status: statusesOf(status) }), ...this.#shownTo(context) };
    const { consistent, ...page } = await this.queries.execute(new ListRequests(shown, sort, limit, options));
    markConsistency(response, consistent);
    if (page.next_cursor !== null) response.setHeader('Link', nextLink(request, page.next_cursor));
    return page;
  }

  /** What a worker should take next: the most urgent first, then the oldest. */
  @Get('pending')
  @HttpRoute({ scopes: ['requests:read', 'attempts:work'] })
  @ApiRequestListAnswer('Requests that wait for a worker.', { paged: false })
  async pending(
    @Query() { type, limit = DEFAULT_LIMIT }: ListPendingQuery,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ) {
    const filters = { status: ['pending' as const], whole: true, ...(type ? { type } : {}), ...this.#shownTo(context) };
    const options = readerOf(context);
    const { items, consistent } = await this.queries.execute(new ListRequests(filters, 'priority', limit, options));
    markConsistency(response, consistent);
    return { items };
  }

  #shownTo(context: RequestContext): { readonly own?: string } {
    const creator = this.own.creatorFor(context);
    return creator === null ? {} : { own: creator };
  }
}

function readerOf(context: RequestContext): { readonly caller: string; readonly position: bigint | null } {
  return { caller: callerOf(context).name, position: context.position ?? null };
}

/** The same list, from where this page ended. */
function nextLink(request: Request, cursor: string): string {
  const url = new URL(request.originalUrl, 'http://localhost');
  url.searchParams.set('cursor', cursor);
  return `<${url.pathname}${url.search}>; rel="next"`;
}
