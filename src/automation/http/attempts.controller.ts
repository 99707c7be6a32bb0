import { Body, Controller, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { HttpRoute } from '../../infrastructure/http/http-route.ts';
import type { RequestContext } from '../../infrastructure/http/request-context.ts';
import { Context } from '../../infrastructure/http/request-context.ts';
import { Signer } from '../../infrastructure/security/signing.ts';
import { HeartbeatAttempt } from '../commands/heartbeat-attempt.ts';
import { OnRequest } from '../commands/on-request.ts';
import { dueDelivery } from '../domain/delivery.ts';
import { ListAttempts } from '../queries/list-attempts.ts';
import { firstExpiry } from '../deadlines/lease-book.ts';
import { CommandAnswers, POSITION_HEADER, REPLAYED_HEADER } from './answers.ts';
import { issueToken } from './attempt-tokens.ts';
import { callerOf, callOf } from './caller.ts';
import { OwnRequests } from './own-requests.ts';
import {
  ApiAttemptListAnswer,
  ApiClaimAnswer,
  ApiHeartbeatAnswer,
  ApiRequestAnswer,
  ApiRequestParam,
} from './documentation.ts';
import {
  ClaimRequestBody,
  DEFAULT_LEASE_SECONDS,
  HeartbeatBody,
  ReportAttemptBody,
  reportOf,
} from './attempt-bodies.ts';

/** What workers do: claim, run, report. */
@ApiTags('attempts')
@Controller('api/v1/automation/requests/:id/attempts')
export class AttemptsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly answers: CommandAnswers,
    private readonly signer: Signer,
    private readonly own: OwnRequests,
  ) {}

  /** Claims a pending request. Of two workers that try, one gets it. */
  @Post()
  @HttpRoute({ scopes: ['attempts:work'] })
  @ApiRequestParam()
  @ApiClaimAnswer()
  async claim(
    @Param('id') id: string,
    @Body() { worker, session_id = null, lease_seconds = DEFAULT_LEASE_SECONDS, delivers = false }: ClaimRequestBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ) {
    const command = { command: 'ClaimRequest', worker, session_id, lease_seconds, delivers } as const;
    const executed = await this.commands.execute(new OnRequest(id, command, callOf(context)));
    // The claim has just put it there.
    const attempt = executed.request.attempts.at(-1)!;
    const content = { requestId: id, attempt: attempt.attempt, claimedBy: callerOf(context).name };
    return {
      attempt: attempt.attempt,
      request: await this.answers.answer(response, executed),
      attempt_token: issueToken(this.signer, { holder: 'worker', ...content }),
      agent_token: issueToken(this.signer, { holder: 'agent', ...content }),
      lease_expires_at: firstExpiry(attempt),
      deliver: dueDelivery(executed.request),
    };
  }

  /** Keeps the lease of a live attempt; the answer says whether the worker should stop. */
  @Post(':attempt/heartbeat')
  @HttpCode(200)
  @HttpRoute({ scopes: ['attempts:work', 'token:worker'] })
  @ApiRequestParam()
  @ApiHeartbeatAnswer()
  async heartbeat(
    @Param('id') id: string,
    @Param('attempt') attempt: string,
    @Body() figures: HeartbeatBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { leaseExpiresAt, directives, position, replayed } = await this.commands.execute(
      new HeartbeatAttempt(id, Number(attempt), { ...figures }, callOf(context)),
    );
    response.setHeader(POSITION_HEADER, position.toString());
    if (replayed) response.setHeader(REPLAYED_HEADER, 'true');
    return { lease_expires_at: leaseExpiresAt, directives };
  }

  /** Ends an attempt, and moves the request on where its agent did not. */
  @Post(':attempt/report')
  @HttpCode(200)
  @HttpRoute({ scopes: ['attempts:work', 'token:worker'] })
  @ApiRequestParam()
  @ApiRequestAnswer(200, 'The request.')
  async report(
    @Param('id') id: string,
    @Param('attempt') attempt: string,
    @Body() body: ReportAttemptBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ) {
    const command = { command: 'ReportAttempt', attempt: Number(attempt), report: reportOf(body) } as const;
    const executed = await this.commands.execute(new OnRequest(id, command, callOf(context)));
    return this.answers.answer(response, executed);
  }

  /** The attempts on a request, oldest first. */
  @Get()
  @HttpRoute({ scopes: ['requests:read'] })
  @ApiRequestParam()
  @ApiAttemptListAnswer()
  async list(@Param('id') id: string, @Context() context: RequestContext) {
    await this.own.check(context, id);
    return { items: await this.queries.execute(new ListAttempts(id)) };
  }
}
