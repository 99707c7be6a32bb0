import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { HttpRoute } from '../../infrastructure/http/http-route.ts';
import { validationFailed } from '../../infrastructure/http/problems/problem-details.ts';
import type { RequestContext } from '../../infrastructure/http/request-context.ts';
import { Context } from '../../infrastructure/http/request-context.ts';
import { OnRequest } from '../commands/on-request.ts';
import { CommandAnswers } from './answers.ts';
import { callOf } from './caller.ts';
import { ApiRequestAnswer, ApiRequestParam } from './documentation.ts';
import { ReasonBody, RetryRequestBody } from './request-bodies.ts';

/** What people do with a request beside changing it. */
@ApiTags('requests')
@Controller('api/v1/automation/requests/:id')
export class CommandsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly answers: CommandAnswers,
  ) {}

  /** Cancels a request that has not ended. */
  @Post('cancel')
  @HttpCode(200)
  @HttpRoute({ scopes: ['requests:manage'] })
  @ApiRequestParam()
  @ApiRequestAnswer(200, 'The request.')
  async cancel(
    @Param('id') id: string,
    @Body() { reason = null }: ReasonBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ) {
    const command = { command: 'CancelRequest', reason } as const;
    const executed = await this.commands.execute(new OnRequest(id, command, callOf(context)));
    return this.answers.answer(response, executed);
  }

  /** Puts a failed or blocked request back to `pending`; the reason is also the answer to a question. */
  @Post('retry')
  @HttpCode(200)
  @HttpRoute({ scopes: ['requests:manage'] })
  @ApiRequestParam()
  @ApiRequestAnswer(200, 'The request.')
  async retry(
    @Param('id') id: string,
    @Body() { reason = null, approve = false, version }: RetryRequestBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ) {
    if (approve !== (version !== undefined)) {
      const detail = approve ? 'is required with approve' : 'goes with approve only';
      throw validationFailed([{ pointer: '/version', detail }]);
    }
    const approval = version === undefined ? {} : { approves: version };
    const command = { command: 'RetryRequest', reason, ...approval } as const;
    const executed = await this.commands.execute(new OnRequest(id, command, callOf(context)));
    return this.answers.answer(response, executed);
  }
}
