import { Controller, Get, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { HttpRoute } from '../../../infrastructure/http/http-route.ts';
import { GetHealth } from '../../queries/get-health.ts';
import type { ConsumerHealthResource } from './resource.ts';
import { HealthResource } from './resource.ts';

const live: ConsumerHealthResource = {
  status: 'ok',
  state: 'live',
  position: '1024',
  lag: { events: 0, ms: 0 },
  skipped: 0,
  parked: 0,
  last_error: null,
};

const health: HealthResource = {
  status: 'ok',
  version: '0.1.0',
  checks: {
    event_store: { status: 'ok' },
    read_model: { status: 'ok', as_of_from: '2028-12-27T09:30:00.000Z' },
    queue: { status: 'ok', configured: false, last_error: null },
    workers: { status: 'ok', locked_out: [], paused: [], unattended: 0 },
    access: { status: 'ok', mode: 'keys', last_error: null },
    projections: { requests: live, leases: live },
  },
};

@ApiTags('health')
@Controller('api/v1/automation')
export class HealthController {
  constructor(private readonly queries: QueryBus) {}

  @Get('health')
  @HttpRoute({
    id: 'getHealth',
    summary: 'Get the health of the service',
    description: '200 for `ok` and `degraded`, 503 for `down`.',
    scopes: [],
    isUncounted: true,
    answers: { 200: HealthResource, 503: HealthResource },
    examples: { health },
  })
  async health(@Res({ passthrough: true }) response: Response): Promise<HealthResource> {
    const health = await this.queries.execute(new GetHealth());
    if (health.status === 'down') response.status(503).setHeader('Retry-After', '2');
    response.setHeader('Cache-Control', 'no-store');
    return health;
  }
}
