import { ApiExtraModels, ApiProperty, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import { COUNT, INSTANT_OR_NULL, TEXT_OR_NULL } from '../../../infrastructure/http/fields/schemas.ts';
import type { HealthStatus } from '../../queries/get-health.ts';

const STATUS = { enum: ['ok', 'degraded', 'down'] };

class PartHealthResource {
  @ApiProperty(STATUS)
  readonly status!: HealthStatus;
}

class ReadModelHealthResource extends PartHealthResource {
  @ApiProperty({ ...INSTANT_OR_NULL, description: 'The earliest `as_of` of the list. Null while unknown' })
  readonly as_of_from!: string | null;
}

class QueueHealthResource extends PartHealthResource {
  @ApiProperty({ description: 'Without a queue, requests are stored, and workers poll for them' })
  readonly configured!: boolean;

  @ApiProperty(TEXT_OR_NULL)
  readonly last_error!: string | null;
}

class PausedWorkerResource {
  @ApiProperty({ example: 'dev-1' })
  readonly name!: string;

  @ApiProperty(TEXT_OR_NULL)
  readonly reason!: string | null;

  @ApiProperty({ ...INSTANT_OR_NULL, description: 'When the worker expects to continue' })
  readonly until!: string | null;
}

class WorkersHealthResource extends PartHealthResource {
  @ApiProperty({ type: [String], description: 'Workers whose agent is not logged in' })
  readonly locked_out!: readonly string[];

  @ApiProperty({ type: [PausedWorkerResource] })
  readonly paused!: readonly PausedWorkerResource[];

  @ApiProperty({
    ...COUNT,
    description: 'Requests that have waited for ten minutes while no worker is available; counted up to 1,000',
  })
  readonly unattended!: number;
}

class AccessHealthResource extends PartHealthResource {
  @ApiProperty({
    enum: ['open', 'keys'],
    description: '`open`: there are no API keys, and everyone on this machine has access',
  })
  readonly mode!: 'open' | 'keys';

  @ApiProperty(TEXT_OR_NULL)
  readonly last_error!: string | null;
}

export class LagResource {
  @ApiProperty({ ...COUNT, description: 'Events received and not yet handled' })
  readonly events!: number;

  @ApiProperty({ ...COUNT, description: 'How long the oldest known event has been waiting' })
  readonly ms!: number;
}

export class ConsumerHealthResource extends PartHealthResource {
  @ApiProperty({ example: 'live' })
  readonly state!: string;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'Position in the event log, as a decimal string' })
  readonly position!: string | null;

  @ApiProperty({ type: LagResource })
  readonly lag!: LagResource;

  @ApiProperty({ ...COUNT, description: 'Events of unknown types skipped since the start' })
  readonly skipped!: number;

  @ApiProperty({ ...COUNT, description: 'Events that it cannot handle; later events of their requests wait' })
  readonly parked!: number;

  @ApiProperty(TEXT_OR_NULL)
  readonly last_error!: string | null;
}

@ApiExtraModels(ConsumerHealthResource)
class HealthChecksResource {
  @ApiProperty({ type: PartHealthResource })
  readonly event_store!: PartHealthResource;

  @ApiProperty({ type: ReadModelHealthResource })
  readonly read_model!: ReadModelHealthResource;

  @ApiProperty({ type: QueueHealthResource })
  readonly queue!: QueueHealthResource;

  @ApiProperty({ type: WorkersHealthResource })
  readonly workers!: WorkersHealthResource;

  @ApiProperty({ type: AccessHealthResource })
  readonly access!: AccessHealthResource;

  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(ConsumerHealthResource) },
    description: 'Each consumer of the event log, by name',
  })
  readonly projections!: Readonly<Record<string, ConsumerHealthResource>>;
}

@ApiSchema({ description: 'The health of the service and its parts.' })
export class HealthResource {
  @ApiProperty(STATUS)
  readonly status!: HealthStatus;

  @ApiProperty()
  readonly version!: string;

  @ApiProperty({ type: HealthChecksResource })
  readonly checks!: HealthChecksResource;
}
