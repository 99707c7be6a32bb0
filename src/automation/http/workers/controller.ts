import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Items } from '../../../infrastructure/http/answers.ts';
import { listOf } from '../../../infrastructure/http/answers.ts';
import { HttpRoute } from '../../../infrastructure/http/http-route.ts';
import { httpProblem } from '../../../infrastructure/http/problems/problem-details.ts';
import type { RequestContext } from '../../../infrastructure/http/request-context.ts';
import { Context } from '../../../infrastructure/http/request-context.ts';
import { Workers } from '../../workers/workers.ts';
import { OwnRequests } from '../own-requests.ts';
import { READ_MODEL_PROBLEMS } from '../problems.ts';
import { HelloBody } from './bodies.ts';
import { WorkerResource } from './resource.ts';

const workers: Items<WorkerResource> = {
  items: [
    {
      name: 'dev-1',
      version: '0.1.0',
      repositories: [],
      state: 'idle',
      reason: null,
      until: null,
      last_seen_at: '2030-01-31T09:30:00.000Z',
    },
  ],
};

/** The known workers and their state. */
@ApiTags('workers')
@Controller('api/v1/automation/workers')
export class WorkersController {
  constructor(
    private readonly workers: Workers,
    private readonly own: OwnRequests,
  ) {}

  @Get()
  @HttpRoute({
    id: 'listWorkers',
    summary: 'List workers',
    description: 'All workers seen within the last week, sorted by name.',
    scopes: ['requests:read'],
    answers: { 200: listOf(WorkerResource) },
    examples: { workers },
    codes: READ_MODEL_PROBLEMS,
  })
  async list(@Context() context: RequestContext): Promise<Items<WorkerResource>> {
    if (this.own.creatorFor(context) !== null)
      throw httpProblem('forbidden', 'Callers that may only see their own requests cannot list workers.');
    return { items: await this.workers.list() };
  }

  @Post(':worker/hello')
  @HttpRoute({
    id: 'sayHello',
    summary: 'Tell the service that a worker is alive',
    description:
      'A worker says hello when it starts, whenever its state changes, and once a minute. After three minutes without a sign of life it is `gone`.',
    scopes: ['attempts:work'],
    answers: { 204: null },
    bodies: {
      idle: { version: '0.1.0', repositories: [], state: 'idle' },
      paused: {
        version: '0.1.0',
        repositories: [],
        state: 'paused',
        reason: 'usage_limit',
        until: '2030-01-31T12:00:00Z',
      },
    },
    codes: READ_MODEL_PROBLEMS,
  })
  async hello(
    @Param('worker') name: string,
    @Body() { reason = null, until = null, ...said }: HelloBody,
  ): Promise<void> {
    await this.workers.hello(name, { ...said, reason, until });
  }
}
