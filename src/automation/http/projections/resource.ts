import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ANY_JSON, COUNT, INSTANT_OR_NULL, TEXT_OR_NULL } from '../../../infrastructure/http/fields/schemas.ts';
import type { Projection } from '../../operations/projections.ts';
import type { Rebuild } from '../../operations/rebuilds.ts';
import type { Comparison, Drift } from '../../operations/verifications.ts';
import { LagResource } from '../health/resource.ts';

const REBUILD_STATES = [
  'none',
  'waiting',
  'running',
  'stopped',
  'finished',
] as const satisfies readonly Rebuild['state'][];
const KINDS = ['read_model', 'deadlines', 'proof', 'forwarder'] as const satisfies readonly Projection['kind'][];

class RebuildFaultResource {
  @ApiProperty({ description: 'Position in the event log, as a decimal string' })
  readonly position!: string;

  @ApiProperty({ format: 'uuid' })
  readonly event_id!: string;

  @ApiProperty({ example: 'RequestSubmitted' })
  readonly type!: string;

  @ApiProperty({ example: 'TypeError, in evolve' })
  readonly cause!: string;
}

@ApiSchema({ description: 'The latest rebuild of a projection. `done` of `total` is its progress.' })
export class RebuildResource {
  @ApiProperty({
    enum: REBUILD_STATES,
    description:
      '`none`: there was none. `waiting`: it begins within seconds. `stopped`: at an event that cannot be handled; asked for again, it goes on. `finished`: its tables are the live ones',
  })
  readonly state!: Rebuild['state'];

  @ApiProperty({ ...COUNT, description: 'Position in the event log that the new tables have reached' })
  readonly done!: number;

  @ApiProperty({ ...COUNT, description: 'Position in the event log of the live tables' })
  readonly total!: number;

  @ApiProperty({ ...INSTANT_OR_NULL, description: 'When it is expected to end' })
  readonly eta!: string | null;

  @ApiProperty({ type: RebuildFaultResource, nullable: true, description: 'The event at which it stopped' })
  readonly stopped_at!: RebuildFaultResource | null;
}

@ApiSchema({ description: 'A read model, or something else that follows the event log.' })
export class ProjectionResource {
  @ApiProperty({ example: 'requests' })
  readonly name!: string;

  @ApiProperty({
    enum: KINDS,
    description:
      '`read_model`: its tables can be rebuilt from the log. `deadlines`: its tables also hold renewals, which the log does not have. `proof`: it keeps the tree that proves the log. `forwarder`: it sends messages',
  })
  readonly kind!: Projection['kind'];

  @ApiProperty({
    example: 'live',
    description: 'As seen by the instance that runs it. `standby`: another one does, and has not told for 15 s',
  })
  readonly state!: string;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'Position in the event log, as a decimal string' })
  readonly position!: string | null;

  @ApiProperty({ type: LagResource })
  readonly lag!: LagResource;

  @ApiProperty({ type: 'number', minimum: 0, description: 'Events handled per second, over the last 10 s' })
  readonly rate!: number;

  @ApiProperty({ ...COUNT, description: 'Events that could not be handled, and wait for an operator' })
  readonly parked!: number;

  @ApiProperty({ ...COUNT, description: 'Events of unknown types, skipped since the start of the process' })
  readonly unknown!: number;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'Code of the current error' })
  readonly last_error!: string | null;

  @ApiProperty({ type: RebuildResource, nullable: true, description: 'The rebuild that is under way' })
  readonly rebuild!: RebuildResource | null;
}

class DriftResource {
  @ApiProperty({ ...TEXT_OR_NULL, format: 'uuid', description: 'The request; null for a counter' })
  readonly id!: string | null;

  @ApiProperty({
    example: 'title',
    description:
      'The column that differs; of a counter its status, type and priority. `id`: the row is missing or left over. `version`: it lacks events',
  })
  readonly field!: string;

  @ApiProperty({
    ...ANY_JSON,
    description: 'What the log says. Of long values, an excerpt from shortly before the difference',
  })
  readonly expected!: unknown;

  @ApiProperty({ ...ANY_JSON, description: 'What the read model has' })
  readonly actual!: unknown;
}

@ApiSchema({ description: 'The comparison of a read model with the event log.' })
export class VerificationResource {
  @ApiProperty({ ...COUNT, description: 'Requests compared' })
  readonly checked!: number;

  @ApiProperty({ type: [DriftResource], description: 'The first 200 differences' })
  readonly drifted!: readonly DriftResource[];

  @ApiProperty({ ...COUNT, description: 'Differences beyond those' })
  readonly not_listed!: number;

  @ApiProperty({
    ...COUNT,
    description:
      'Requests that were not compared: their history is truncated or unreadable, they changed too fast, or time was up',
  })
  readonly could_not_check!: number;

  @ApiProperty({ description: 'False if time was up before everything was compared' })
  readonly complete!: boolean;
}

export function projectionView(projection: Projection): ProjectionResource {
  const { name, kind, state, position, lag, rate, parked, unknown, last_error, rebuild } = projection;
  return { name, kind, state, position, lag, rate, parked, unknown, last_error, rebuild };
}

export function verificationView({ checked, drifted, found, couldNotCheck, isComplete }: Comparison) {
  return {
    checked,
    drifted: found.map(({ id, field, expected, actual }: Drift) => ({ id, field, expected, actual })),
    not_listed: drifted - found.length,
    could_not_check: couldNotCheck,
    complete: isComplete,
  };
}
