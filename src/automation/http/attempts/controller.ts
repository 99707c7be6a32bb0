import { Body, Controller, Get, Param, Post, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { issueToken } from '../../../access/http/attempt-tokens.ts';
import { callerOf } from '../../../access/http/caller.ts';
import type { Items } from '../../../infrastructure/http/answers.ts';
import { listOf } from '../../../infrastructure/http/answers.ts';
import { HttpRoute } from '../../../infrastructure/http/http-route.ts';
import type { RequestContext } from '../../../infrastructure/http/request-context.ts';
import { Context } from '../../../infrastructure/http/request-context.ts';
import { Signer } from '../../../infrastructure/security/signing.ts';
import { HeartbeatAttempt } from '../../deadlines/heartbeat-attempt.ts';
import { OnRequest } from '../../commands/on-request.ts';
import { firstExpiry } from '../../deadlines/lease-book.ts';
import { dueDelivery } from '../../domain/delivery.ts';
import { ListAttempts } from '../../queries/list-attempts.ts';
import { OwnRequests } from '../own-requests.ts';
import { READ_MODEL_PROBLEMS } from '../problems.ts';
import { callOf, CommandAnswers, markExecuted } from '../call.ts';
import { completed, planning, RequestResource } from '../requests/resource.ts';
import { ClaimRequestBody, DEFAULT_LEASE_SECONDS, HeartbeatBody, ReportAttemptBody, reportOf } from './bodies.ts';
import { AttemptResource, attemptView, ClaimResource, HeartbeatResource } from './resource.ts';

const claim: ClaimResource = {
  attempt: 1,
  request: planning,
  attempt_token: 'atw_WyIwMWExM2I1Yy0…',
  agent_token: 'ata_WyIwMWExM2I1Yy0…',
  lease_expires_at: '2030-01-31T09:33:00.000Z',
  deliver: null,
};

const attempts: Items<AttemptResource> = {
  items: [
    {
      attempt: 1,
      worker: 'dev-1',
      session_id: null,
      started_at: '2030-01-31T09:31:00.000Z',
      ended_at: null,
      lease_expires_at: '2030-01-31T09:33:00.000Z',
      outcome: null,
      error_code: null,
      error_message: null,
      exit_code: null,
      duration_ms: null,
      num_turns: null,
      cost_usd: null,
      usage: null,
      resume_at: null,
      delivers: false,
      branch: null,
      commit: null,
      delivery: null,
    },
  ],
};

/** Endpoints for workers: claim a request, renew its lease, report the end. */
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

  @Post()
  @HttpRoute({
    id: 'claimRequest',
    summary: 'Claim a pending request',
    description:
      'If several workers try, one gets it. The tokens are valid for this attempt only. With `delivers`, the agent only claims completion, and the request completes when the worker reports that the work is delivered. If `deliver` is not null, the work is done and only has to be delivered; a claim without `delivers` is then refused with 409 `not-claimable`.',
    scopes: ['attempts:work'],
    answers: { 201: ClaimResource },
    examples: { claim },
    bodies: { claim: { worker: 'dev-1', lease_seconds: 120 } },
    codes: ['already-claimed', 'not-claimable'],
  })
  async claim(
    @Param('id') id: string,
    @Body()
    { worker, session_id = null, lease_seconds = DEFAULT_LEASE_SECONDS, delivers = false, agent }: ClaimRequestBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ClaimResource> {
    const command = {
      command: 'ClaimRequest',
      worker,
      session_id,
      lease_seconds,
      delivers,
      ...(agent ? { agent: { ...agent } } : {}),
    } as const;
    const executed = await this.commands.execute(new OnRequest(id, command, callOf(context)));
    // The claim has just added it.
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

  @Post(':attempt/heartbeat')
  @HttpRoute({
    id: 'heartbeat',
    summary: 'Renew the lease of a live attempt',
    description: 'The answer tells the worker whether to stop. New figures are recorded at most once a minute.',
    scopes: ['attempts:work', 'token:worker'],
    answers: { 200: HeartbeatResource },
    examples: { heartbeat: { lease_expires_at: '2030-01-31T09:35:00.000Z', directives: [] } },
    bodies: { figures: { num_turns: 12, cost_usd: 0.42 } },
    codes: ['stale-attempt', ...READ_MODEL_PROBLEMS],
  })
  async heartbeat(
    @Param('id') id: string,
    @Param('attempt') attempt: string,
    @Body() figures: HeartbeatBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<HeartbeatResource> {
    const renewed = await this.commands.execute(
      new HeartbeatAttempt(id, Number(attempt), { ...figures }, callOf(context)),
    );
    markExecuted(response, renewed);
    return { lease_expires_at: renewed.leaseExpiresAt, directives: renewed.directives };
  }

  @Post(':attempt/report')
  @HttpRoute({
    id: 'reportAttempt',
    summary: 'Report the end of an attempt',
    description:
      'Ends the attempt, and moves the request on if its agent did not. A late report of an earlier attempt is recorded, and changes nothing else.',
    scopes: ['attempts:work', 'token:worker'],
    answers: { 200: RequestResource },
    examples: { reported: completed },
    bodies: { succeeded: { outcome: 'succeeded', exit_code: 0, duration_ms: 81_000, num_turns: 24, cost_usd: 0.84 } },
  })
  async report(
    @Param('id') id: string,
    @Param('attempt') attempt: string,
    @Body() body: ReportAttemptBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RequestResource> {
    const command = { command: 'ReportAttempt', attempt: Number(attempt), report: reportOf(body) } as const;
    const executed = await this.commands.execute(new OnRequest(id, command, callOf(context)));
    return this.answers.answer(response, executed);
  }

  @Get()
  @HttpRoute({
    id: 'listAttempts',
    summary: 'List the attempts of a request',
    description: 'Oldest first. `outcome` is null while an attempt is live.',
    scopes: ['requests:read'],
    answers: { 200: listOf(AttemptResource) },
    examples: { attempts },
    codes: READ_MODEL_PROBLEMS,
  })
  async list(@Param('id') id: string, @Context() context: RequestContext): Promise<Items<AttemptResource>> {
    await this.own.check(context, id);
    const found = await this.queries.execute(new ListAttempts(id));
    return { items: found.map(attemptView) };
  }
}
