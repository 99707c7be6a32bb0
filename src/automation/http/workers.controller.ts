import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { HttpRoute } from '../../infrastructure/http/http-route.ts';
import { httpProblem } from '../../infrastructure/http/problems/problem-details.ts';
import type { RequestContext } from '../../infrastructure/http/request-context.ts';
import { Context } from '../../infrastructure/http/request-context.ts';
import { Workers } from '../workers/workers.ts';
import { ApiNoContentAnswer, ApiWorkerListAnswer, ApiWorkerParam } from './documentation.ts';
import { OwnRequests } from './own-requests.ts';
import type { WorkerResource } from './worker-bodies.ts';
import { HelloBody } from './worker-bodies.ts';

/** Who works, and who has stopped working. */
@ApiTags('workers')
@Controller('api/v1/automation/workers')
export class WorkersController {
  constructor(
    private readonly workers: Workers,
    private readonly own: OwnRequests,
  ) {}

  /** All workers that were heard of within a week, by name. */
  @Get()
  @HttpRoute({ scopes: ['requests:read'] })
  @ApiWorkerListAnswer()
  async list(@Context() context: RequestContext): Promise<{ items: WorkerResource[] }> {
    if (this.own.creatorFor(context) !== null)
      throw httpProblem('forbidden', 'The list of workers is not for those who see their own requests only.');
    return {
      items: (await this.workers.list()).map((worker) => ({ ...worker, repositories: [...worker.repositories] })),
    };
  }

  /** A worker says that it is there, and how it is: at its start, on each change, and once a minute. */
  @Post(':worker/hello')
  @HttpCode(204)
  @HttpRoute({ scopes: ['attempts:work'] })
  @ApiWorkerParam()
  @ApiNoContentAnswer()
  async hello(
    @Param('worker') name: string,
    @Body() { reason = null, until = null, ...said }: HelloBody,
  ): Promise<void> {
    await this.workers.hello(name, { ...said, reason, until });
  }
}
