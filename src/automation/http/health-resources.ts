import { ApiProperty, getSchemaPath } from '@nestjs/swagger';

/** What the answer of `/health` holds, for the OpenAPI document alone. */

const status = { enum: ['ok', 'degraded', 'down'] };
const error = { type: String, nullable: true } as const;
const count = { type: 'integer', minimum: 0 } as const;

class PartHealthResource {
  @ApiProperty(status)
  status!: string;
}

class QueueHealthResource extends PartHealthResource {
  @ApiProperty({ description: 'Without a queue, requests are stored and found by looking' })
  configured!: boolean;

  @ApiProperty(error)
  last_error!: string | null;
}

class PausedWorkerResource {
  @ApiProperty({ example: 'dev-1' })
  name!: string;

  @ApiProperty({ type: String, nullable: true })
  reason!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When it expects to go on' })
  until!: string | null;
}

class WorkersHealthResource extends PartHealthResource {
  @ApiProperty({ type: [String], description: 'Those whose agent is not logged in' })
  locked_out!: string[];

  @ApiProperty({ type: [PausedWorkerResource] })
  paused!: PausedWorkerResource[];

  @ApiProperty({ ...count, description: 'Requests that have waited for ten minutes while no worker takes any' })
  unattended!: number;
}

class AccessHealthResource extends PartHealthResource {
  @ApiProperty({ enum: ['open', 'keys'], description: 'Open: to everyone on this machine, since there are no keys' })
  mode!: string;

  @ApiProperty(error)
  last_error!: string | null;
}

class LagResource {
  @ApiProperty({ ...count, description: 'Received and not yet handled' })
  events!: number;

  @ApiProperty({ ...count, description: 'For how long something that is known has been waiting' })
  ms!: number;
}

export class FollowerHealthResource extends PartHealthResource {
  @ApiProperty({ example: 'live' })
  state!: string;

  @ApiProperty({ type: String, nullable: true, description: 'In the log; decimal' })
  position!: string | null;

  @ApiProperty({ type: LagResource })
  lag!: LagResource;

  @ApiProperty({ ...count, description: 'Events that could not be read, since the start' })
  skipped!: number;

  @ApiProperty(error)
  last_error!: string | null;
}

export class HealthChecksResource {
  @ApiProperty({ type: PartHealthResource })
  event_store!: PartHealthResource;

  @ApiProperty({ type: PartHealthResource })
  read_model!: PartHealthResource;

  @ApiProperty({ type: QueueHealthResource })
  queue!: QueueHealthResource;

  @ApiProperty({ type: WorkersHealthResource })
  workers!: WorkersHealthResource;

  @ApiProperty({ type: AccessHealthResource })
  access!: AccessHealthResource;

  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath('FollowerHealthResource') },
    description: 'Each read model and forwarder, by name',
  })
  projections!: Record<string, FollowerHealthResource>;
}
