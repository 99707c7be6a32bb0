import { Controller, Get, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { HttpRoute } from '../../infrastructure/http/http-route.ts';
import { GetHealth } from '../queries/get-health.ts';
import { ApiHealthAnswer } from './documentation.ts';

@ApiTags('health')
@Controller('api/v1/automation')
export class HealthController {
  constructor(private readonly queries: QueryBus) {}

  /** How the service and each of its parts are. 503 when it cannot do its work. */
  @Get('health')
  @HttpRoute({ scopes: [], isUncounted: true })
  @ApiHealthAnswer()
  async health(@Res({ passthrough: true }) response: Response) {
    const health = await this.queries.execute(new GetHealth());
    if (health.status === 'down') response.status(503).setHeader('Retry-After', '2');
    response.setHeader('Cache-Control', 'no-store');
    return health;
  }
}
