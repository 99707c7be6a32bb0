import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { INSTANT, INSTANT_OR_NULL, TEXT_OR_NULL } from '../../../infrastructure/http/fields/schemas.ts';
import type { WorkerState } from '../../workers/workers.ts';
import { WORKER_STATES } from '../../workers/workers.ts';

@ApiSchema({ description: 'A worker.' })
export class WorkerResource {
  @ApiProperty({ example: 'dev-1' })
  readonly name!: string;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'Null if the worker claims requests without ever saying hello' })
  readonly version!: string | null;

  @ApiProperty({ type: [String] })
  readonly repositories!: readonly string[];

  @ApiProperty({ enum: WORKER_STATES, description: '`gone`: not seen for three minutes' })
  readonly state!: WorkerState;

  @ApiProperty(TEXT_OR_NULL)
  readonly reason!: string | null;

  @ApiProperty(INSTANT_OR_NULL)
  readonly until!: string | null;

  @ApiProperty({ ...INSTANT, description: 'When it last said hello, claimed a request or sent a heartbeat' })
  readonly last_seen_at!: string;
}
