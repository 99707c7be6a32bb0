import { Body, Controller, Get, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { recordedCallOf, REPLAYED_HEADER } from '../../../access/http/caller.ts';
import type { Items } from '../../../infrastructure/http/answers.ts';
import { listOf } from '../../../infrastructure/http/answers.ts';
import { HttpRoute } from '../../../infrastructure/http/http-route.ts';
import type { RequestContext } from '../../../infrastructure/http/request-context.ts';
import { Context } from '../../../infrastructure/http/request-context.ts';
import { Projections } from '../../operations/projections.ts';
import { Rebuilds } from '../../operations/rebuilds.ts';
import { Verifications } from '../../operations/verifications.ts';
import { READ_MODEL_PROBLEMS } from '../problems.ts';
import { ReasonBody } from '../requests/bodies.ts';
import {
  ProjectionResource,
  projectionView,
  RebuildResource,
  VerificationResource,
  verificationView,
} from './resource.ts';

const running: RebuildResource = {
  state: 'running',
  done: 512,
  total: 1024,
  eta: '2030-01-31T09:31:00.000Z',
  stopped_at: null,
};
const projections: Items<ProjectionResource> = {
  items: [
    {
      name: 'requests',
      kind: 'read_model',
      state: 'live',
      position: '1024',
      lag: { events: 0, ms: 0 },
      rate: 12.5,
      parked: 0,
      unknown: 0,
      last_error: null,
      rebuild: running,
    },
  ],
};
const verification: VerificationResource = {
  checked: 1_000,
  drifted: [
    { id: '01a13b5c-7e60-7c52-9e0f-2f4c1d6f8a11', field: 'status', expected: 'completed', actual: 'reviewing' },
  ],
  not_listed: 0,
  could_not_check: 0,
  complete: true,
};

/** Read models and forwarders, for those who run the service and those who audit it. */
@ApiTags('projections')
@Controller('api/v1/automation/projections')
export class ProjectionsController {
  constructor(
    private readonly projections: Projections,
    private readonly rebuilds: Rebuilds,
    private readonly verifications: Verifications,
  ) {}

  @Get()
  @HttpRoute({
    id: 'listProjections',
    summary: 'List projections',
    description: 'Everything that follows the event log, with its progress. The same on every instance.',
    scopes: ['audit:read'],
    answers: { 200: listOf(ProjectionResource) },
    examples: { projections },
    codes: ['read-model-unavailable'],
  })
  async list(): Promise<Items<ProjectionResource>> {
    return { items: (await this.projections.list()).map(projectionView) };
  }

  @Post(':projection/rebuild')
  @HttpRoute({
    id: 'rebuildProjection',
    summary: 'Rebuild a read model',
    description:
      'Builds the tables of the read model anew from the event log, beside the live ones, and swaps them. Meanwhile reads are answered as before. It goes on after a restart. `Location` is where its progress can be followed.',
    scopes: ['admin'],
    answers: { 202: null },
    headers: ['Location', REPLAYED_HEADER],
    bodies: { reason: { reason: 'After the restore of the database' } },
    codes: ['not-found', 'conflict', 'idempotency-key-reused', 'read-model-unavailable'],
  })
  async rebuild(
    @Param('projection') name: string,
    @Body() { reason = null }: ReasonBody,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    const { replayed } = await this.rebuilds.request(this.projections.find(name), reason, recordedCallOf(context));
    response.setHeader('Location', context.path);
    if (replayed) response.setHeader(REPLAYED_HEADER, 'true');
  }

  @Get(':projection/rebuild')
  @HttpRoute({
    id: 'getRebuild',
    summary: 'Follow a rebuild',
    description: 'The latest rebuild of the read model.',
    scopes: ['audit:read', 'admin'],
    answers: { 200: RebuildResource },
    examples: { running },
    codes: ['not-found', 'read-model-unavailable'],
  })
  async getRebuild(@Param('projection') name: string): Promise<RebuildResource> {
    return this.projections.rebuildOf(name);
  }

  @Get(':projection/verify')
  @HttpRoute({
    id: 'verifyProjection',
    summary: 'Compare a read model with the log',
    description:
      'Folds the events of every request again and compares the result with its row. Takes up to 75 s; what is not compared by then is counted in `could_not_check`. Ends when the connection is closed. 409 while another verification of the projection is under way, or if it cannot be compared.',
    scopes: ['audit:read'],
    answers: { 200: VerificationResource },
    examples: { verification },
    codes: ['not-found', 'conflict', ...READ_MODEL_PROBLEMS],
  })
  async verify(
    @Param('projection') name: string,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) response: Response,
  ): Promise<VerificationResource> {
    this.projections.find(name);
    const onGone = (listener: () => void): void => void response.once('close', listener);
    return verificationView(await this.verifications.verify(name, recordedCallOf(context), onGone));
  }
}
