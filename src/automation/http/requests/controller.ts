import { Body, Controller, Get, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { callerOf, requireScope } from '../../../access/http/caller.ts';
import type { Items, Page } from '../../../infrastructure/http/answers.ts';
import { listOf, pageOf } from '../../../infrastructure/http/answers.ts';
import { COUNT } from '../../../infrastructure/http/fields/schemas.ts';
import { HttpRoute } from '../../../infrastructure/http/http-route.ts';
import { validationFailed } from '../../../infrastructure/http/problems/problem-details.ts';
import type { RequestContext } from '../../../infrastructure/http/request-context.ts';
import { Context } from '../../../infrastructure/http/request-context.ts';
import { OnRequest } from '../../commands/on-request.ts';
import { SubmitRequest } from '../../commands/submit-request.ts';
import { NOT_QUEUED } from '../../forwarding/deliveries.ts';
import { ListRequests } from '../../queries/list-requests.ts';
import { LookBack } from '../../queries/look-back.ts';
import { PastLists } from '../../queries/past-lists.ts';
import { OwnRequests } from '../own-requests.ts';
import { AGENT_PROBLEMS, READ_MODEL_PROBLEMS } from '../problems.ts';
import { answerWithVersion, callOf, CommandAnswers, markConsistency } from '../call.ts';
import { ChangeStatusBody, ReasonBody, RetryRequestBody, ReviseRequestBody, SubmitRequestBody } from './bodies.ts';
import { GetRequestQuery, ListPendingQuery, ListRequestsQuery, statusesOf } from './parameters.ts';
import { cancelled, implementing, RequestResource, requestView, submitted } from './resource.ts';

const DEFAULT_LIMIT = 20;

/** Endpoints for requests: submit, follow and change them. */
@ApiTags('requests')
@Controller('api/v1/automation')
export class RequestsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly answers: CommandAnswers,
    private readonly own: OwnRequests,
    private readonly past: PastLists,
  ) {}

  @Post('requests')
  @HttpRoute({
    id: 'submitRequest',
    summary: 'Submit a request',
    description: 'The request is stored durably before the response is sent, and then waits for a worker.',
    scopes: ['requests:submit'],
    answers: { 201: RequestResource },
    headers: ['Location'],
    examples: { submitted },
    bodies: {
      feature: {
        type: 'feature',
        title: 'Add rate limiting to public endpoints',
        description: 'Limit to 100 requests/minute per IP.',
        priority: 'high',
      },
    },
    codes: ['read-model-unavailable'],
  })
  async submit(
    @Body() body: SubmitRequestBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestResource> {
    const { type, title, description, priority = 'medium' } = body;
    const submission = { type, title, description, priority };
    const executed = await this.commands.execute(new SubmitRequest(submission, callOf(context)));
    response.setHeader('Location', `${context.path}/${executed.request.id}`);
    return this.answers.answer(response, executed, executed.replayed ? undefined : NOT_QUEUED);
  }

  @Get('requests/:id')
  @HttpRoute({
    id: 'getRequest',
    summary: 'Get a request',
    description: 'As it is now, as it was after an event (`version`), or as it was at a time (`as_of`).',
    scopes: ['requests:read', 'token:worker', 'token:agent'],
    answers: { 200: RequestResource },
    examples: { implementing },
    codes: ['foreign-log'],
  })
  async get(
    @Param('id') id: string,
    @Query() { version, as_of }: GetRequestQuery,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestResource | undefined> {
    if (version !== undefined && as_of !== undefined) {
      throw validationFailed([{ pointer: '?as_of', detail: 'must not be combined with version' }]);
    }
    const moment = version !== undefined ? { version } : as_of !== undefined ? { asOf: as_of } : null;
    if (moment === null) return answerWithVersion(request, response, await this.own.find(context, id));
    await this.own.check(context, id);
    return answerWithVersion(request, response, await this.queries.execute(new LookBack(id, moment)));
  }

  @Patch('requests/:id')
  @HttpRoute({
    id: 'reviseRequest',
    summary: 'Update a request',
    description:
      'A JSON merge patch: fields left out are unchanged, null clears a field, and lists and objects are replaced as a whole. The patch is applied atomically.',
    scopes: ['requests:manage', 'token:worker', 'token:agent'],
    answers: { 200: RequestResource },
    examples: { implementing },
    bodies: {
      progress: {
        current_phase: 'milestone 1 of 1: middleware',
        milestones: [{ id: 'm1', title: 'Middleware', status: 'in_progress' }],
      },
    },
    codes: ['illegal-transition', ...AGENT_PROBLEMS],
  })
  async revise(
    @Param('id') id: string,
    @Body() body: ReviseRequestBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestResource> {
    const command = { command: 'ReviseRequest', patch: body } as const;
    const executed = await this.commands.execute(new OnRequest(id, command, callOf(context)));
    return this.answers.answer(response, executed);
  }

  @Patch('requests/:id/status')
  @HttpRoute({
    id: 'changeStatus',
    summary: 'Change the status of a request',
    description: 'Only the transitions of the lifecycle are allowed. Setting the current status again changes nothing.',
    scopes: ['requests:manage', 'token:worker', 'token:agent'],
    answers: { 200: RequestResource },
    examples: { implementing },
    bodies: {
      implementing: { status: 'implementing', current_phase: 'milestone 1 of 1: middleware' },
      blocked: { status: 'blocked', reason: 'question', error_message: 'Which endpoints are public?' },
    },
    codes: ['illegal-transition', ...AGENT_PROBLEMS],
  })
  async changeStatus(
    @Param('id') id: string,
    @Body() body: ChangeStatusBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestResource> {
    const misplaced =
      body.status === 'blocked' ? [] : (['reason', 'resume_at'] as const).filter((name) => name in body);
    if (misplaced.length > 0) {
      throw validationFailed(
        misplaced.map((name) => ({ pointer: `/${name}`, detail: 'is only allowed with status blocked' })),
      );
    }
    const command = { command: 'ChangeStatus', patch: body } as const;
    const executed = await this.commands.execute(new OnRequest(id, command, callOf(context)));
    return this.answers.answer(response, executed);
  }

  @Post('requests/:id/cancel')
  @HttpRoute({
    id: 'cancelRequest',
    summary: 'Cancel a request',
    description: 'Only a request that has not ended. The worker of a running attempt is told with its next heartbeat.',
    scopes: ['requests:manage'],
    answers: { 200: RequestResource },
    examples: { cancelled },
    bodies: { reason: { reason: 'No longer needed' } },
    codes: ['illegal-transition'],
  })
  async cancel(
    @Param('id') id: string,
    @Body() { reason = null }: ReasonBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestResource> {
    const command = { command: 'CancelRequest', reason } as const;
    const executed = await this.commands.execute(new OnRequest(id, command, callOf(context)));
    return this.answers.answer(response, executed);
  }

  @Post('requests/:id/retry')
  @HttpRoute({
    id: 'retryRequest',
    summary: 'Retry a request',
    description:
      'Returns a failed or blocked request to `pending`. The reason also serves as the answer to a question. `approve` approves the title, description and delivered commit as of `version`; the approval lasts until one of them changes. If the request is at another version, the response is 412.',
    scopes: ['requests:manage'],
    answers: { 200: RequestResource },
    examples: { submitted },
    bodies: { answer: { reason: 'All below /api/v1/public' }, approval: { approve: true, version: 12 } },
    codes: ['illegal-transition'],
  })
  async retry(
    @Param('id') id: string,
    @Body() { reason = null, approve = false, version }: RetryRequestBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestResource> {
    if (approve !== (version !== undefined)) {
      const detail = approve ? 'is required with approve' : 'is only allowed with approve';
      throw validationFailed([{ pointer: '/version', detail }]);
    }
    const approval = version === undefined ? {} : { approves: version };
    const command = { command: 'RetryRequest', reason, ...approval } as const;
    const executed = await this.commands.execute(new OnRequest(id, command, callOf(context)));
    return this.answers.answer(response, executed);
  }

  @Get('requests')
  @HttpRoute({
    id: 'listRequests',
    summary: 'List requests',
    description:
      'One page at a time, filtered and sorted. The `Link` header with `rel="next"` is the URL of the next page. `as_of` needs `audit:read` as well.',
    scopes: ['requests:read'],
    answers: {
      200: pageOf(RequestResource, {
        total: { ...COUNT, description: 'The number of requests on all pages, with `include_total`' },
      }),
    },
    headers: ['Automation-Consistency', 'Link'],
    examples: { page: { items: [implementing], next_cursor: null } },
    codes: ['invalid-cursor', ...READ_MODEL_PROBLEMS],
  })
  async list(
    @Query() query: ListRequestsQuery,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Page<RequestResource> & { readonly total?: number }> {
    const { sort = '-created_at', limit = DEFAULT_LIMIT, cursor, include_total = false, status, ...filters } = query;
    const options = { cursor, includeTotal: include_total, ...readerOf(context) };
    if (filters.as_of !== undefined) await this.#checkTime(context, filters.as_of);
    const shown = { ...filters, ...(status && { status: statusesOf(status) }), ...this.#shownTo(context) };
    const page = await this.queries.execute(new ListRequests(shown, sort, limit, options));
    markConsistency(response, page.consistent);
    if (page.nextCursor !== null) response.setHeader('Link', nextLink(request, page.nextCursor));
    return {
      items: page.items.map(requestView),
      next_cursor: page.nextCursor,
      ...(page.total === undefined ? {} : { total: page.total }),
    };
  }

  @Get('pending')
  @HttpRoute({
    id: 'listPending',
    summary: 'List pending requests',
    description: 'What a worker should take next: the most urgent requests first, then the oldest.',
    scopes: ['requests:read', 'attempts:work'],
    answers: { 200: listOf(RequestResource) },
    headers: ['Automation-Consistency'],
    examples: { pending: { items: [submitted] } },
    codes: READ_MODEL_PROBLEMS,
  })
  async pending(
    @Query() { type, limit = DEFAULT_LIMIT }: ListPendingQuery,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Items<RequestResource>> {
    const filters = { status: ['pending' as const], whole: true, ...(type ? { type } : {}), ...this.#shownTo(context) };
    const options = readerOf(context);
    const { items, consistent } = await this.queries.execute(new ListRequests(filters, 'priority', limit, options));
    markConsistency(response, consistent);
    return { items: items.map(requestView) };
  }

  async #checkTime(context: RequestContext, asOf: string): Promise<void> {
    requireScope(context, 'audit:read');
    const { earliest, latest } = await this.past.range();
    const fault =
      asOf > latest ? 'must not be in the future' : asOf < earliest ? `must not be before ${earliest}` : null;
    if (fault !== null) throw validationFailed([{ pointer: '?as_of', detail: fault }]);
  }

  #shownTo(context: RequestContext): { readonly own?: string } {
    const creator = this.own.creatorFor(context);
    return creator === null ? {} : { own: creator };
  }
}

function readerOf(context: RequestContext): { readonly caller: string; readonly position: bigint | null } {
  return { caller: callerOf(context).name, position: context.position ?? null };
}

/** The URL of the next page. */
function nextLink(request: Request, cursor: string): string {
  const url = new URL(request.originalUrl, 'http://localhost');
  url.searchParams.set('cursor', cursor);
  return `<${url.pathname}${url.search}>; rel="next"`;
}
