import { ApiProperty, ApiSchema, getSchemaPath, ApiExtraModels } from '@nestjs/swagger';
import { COUNT, INSTANT } from '../../../infrastructure/http/fields/schemas.ts';
import type { Instant } from '../../domain/request.ts';

const COUNTS = { type: 'object', additionalProperties: COUNT } as const;
const SECONDS = { type: Number, nullable: true, minimum: 0 } as const;

type Counts = Readonly<Record<string, number>>;

@ApiSchema({ description: 'Seconds. Null if nothing was measured.' })
class PercentilesResource {
  @ApiProperty(SECONDS)
  readonly p50!: number | null;

  @ApiProperty(SECONDS)
  readonly p90!: number | null;
}

class DayResource {
  @ApiProperty({ format: 'date', description: 'A day in UTC' })
  readonly day!: string;

  @ApiProperty(COUNT)
  readonly created!: number;

  @ApiProperty(COUNT)
  readonly completed!: number;

  @ApiProperty({ ...COUNT, description: 'How often a request became `failed`, also if it was retried later' })
  readonly failed!: number;
}

class AttemptStatsResource {
  @ApiProperty(COUNT)
  readonly started!: number;

  @ApiProperty({ ...COUNTS, description: 'The same by outcome; `live` for those that still run' })
  readonly by_outcome!: Counts;

  @ApiProperty({ ...COUNTS, description: 'Those that failed by `error_code`; the 50 most frequent' })
  readonly failed_by_code!: Counts;
}

@ApiExtraModels(PercentilesResource)
@ApiSchema({ description: 'Statistics of a time.' })
export class StatsResource {
  @ApiProperty(INSTANT)
  readonly from!: Instant;

  @ApiProperty(INSTANT)
  readonly to!: Instant;

  @ApiProperty({ ...COUNTS, description: 'Requests created in this time by the status they have today' })
  readonly by_status!: Counts;

  @ApiProperty(COUNTS)
  readonly by_type!: Counts;

  @ApiProperty(COUNTS)
  readonly by_priority!: Counts;

  @ApiProperty({ ...COUNTS, description: 'Empty: requests have no repository yet' })
  readonly by_repository!: Counts;

  @ApiProperty({ ...COUNTS, description: 'Empty: requests have no labels yet' })
  readonly by_label!: Counts;

  @ApiProperty({
    type: PercentilesResource,
    description: 'From submission to completion, of requests completed in this time',
  })
  readonly lead_time!: PercentilesResource;

  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(PercentilesResource) },
    description: 'How long requests stayed in a status, each time they left one in this time',
  })
  readonly time_in_status!: Readonly<Record<string, PercentilesResource>>;

  @ApiProperty({ type: [DayResource], description: 'Each day on which something happened, oldest first' })
  readonly throughput!: readonly DayResource[];

  @ApiProperty({ type: AttemptStatsResource, description: 'Attempts that began in this time' })
  readonly attempts!: AttemptStatsResource;

  @ApiProperty({
    type: Number,
    minimum: 0,
    description: 'What these attempts cost: the sum of the largest figure that each has reported',
  })
  readonly cost_usd!: number;

  @ApiProperty({ type: Number, minimum: 0, description: 'The turns of these attempts, likewise' })
  readonly turns!: number;
}

export const stats: StatsResource = {
  from: '2030-01-01T00:00:00.000Z',
  to: '2030-02-01T00:00:00.000Z',
  by_status: { pending: 1, completed: 2 },
  by_type: { feature: 3 },
  by_priority: { high: 1, medium: 2 },
  by_repository: {},
  by_label: {},
  lead_time: { p50: 1_260, p90: 3_420.5 },
  time_in_status: { pending: { p50: 60, p90: 84 }, implementing: { p50: 900, p90: 2_700 } },
  throughput: [{ day: '2030-01-31', created: 3, completed: 2, failed: 0 }],
  attempts: { started: 3, by_outcome: { succeeded: 2, failed: 1 }, failed_by_code: { 'tests-failed': 1 } },
  cost_usd: 4.25,
  turns: 96,
};
