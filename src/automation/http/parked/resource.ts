import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { COUNT, INSTANT, INSTANT_OR_NULL, TEXT_OR_NULL } from '../../../infrastructure/http/fields/schemas.ts';
import { requestIdOf } from '../../events/codec.ts';
import type { PreviewedParked, Settled, SettledOutcome } from '../../parked/parked.ts';

const POSITION = { description: 'Position in the event log, as a decimal string', example: '1024' };

class TryResource {
  @ApiProperty(INSTANT)
  readonly at!: string;

  @ApiProperty({
    description: 'Kind of error, code and place. Never contains text of a request',
    example: 'SQLSTATE 23514, table requests, constraint requests_check',
  })
  readonly cause!: string;
}

class PreviewedEventResource {
  @ApiProperty(POSITION)
  readonly position!: string;

  @ApiProperty({ ...COUNT, description: "Revision in the request's stream" })
  readonly revision!: number;

  @ApiProperty({ format: 'uuid' })
  readonly event_id!: string;

  @ApiProperty({ example: 'RequestClaimed' })
  readonly event_type!: string;
}

const STATES = ['retrying', 'skipping', 'parked'] as const;

@ApiSchema({
  description:
    'An event that a consumer of the log could not handle. Later events of its request wait behind it; those of other requests do not.',
})
export class ParkedResource {
  @ApiProperty({ format: 'uuid' })
  readonly id!: string;

  @ApiProperty({ example: 'requests' })
  readonly consumer!: string;

  @ApiProperty({ description: 'The request, or what the name of a stream that is not ours has in its place' })
  readonly request_id!: string;

  @ApiProperty(POSITION)
  readonly position!: string;

  @ApiProperty({ ...COUNT, description: "Revision in the request's stream" })
  readonly revision!: number;

  @ApiProperty({ format: 'uuid' })
  readonly event_id!: string;

  @ApiProperty({ example: 'RequestClaimed' })
  readonly event_type!: string;

  @ApiProperty({
    enum: STATES,
    description: '`retrying`, `skipping`: it is being tried again or skipped; `parked`: it is left to an operator',
  })
  readonly state!: (typeof STATES)[number];

  @ApiProperty(INSTANT)
  readonly parked_at!: string;

  @ApiProperty({ ...INSTANT_OR_NULL, description: 'When it is next tried without being asked' })
  readonly next_try_at!: string | null;

  @ApiProperty({ type: [TryResource], description: 'The latest ten, oldest first' })
  readonly tries!: readonly TryResource[];

  @ApiProperty({ ...COUNT, description: 'Later events of the request that wait' })
  readonly behind!: number;

  @ApiProperty({
    type: [PreviewedEventResource],
    description:
      'What a retry handles, in order: the event and those behind it, at most ten. A skip leaves out the first',
  })
  readonly preview!: readonly PreviewedEventResource[];
}

export function parkedView(parked: PreviewedParked): ParkedResource {
  const { id, consumer, stream, position, revision, eventId, type, parkedAt, nextTryAt, tries, behind } = parked;
  return {
    id,
    consumer,
    request_id: requestIdOf(stream),
    position: position.toString(),
    revision,
    event_id: eventId,
    event_type: type,
    state: stateOf(parked),
    parked_at: parkedAt,
    next_try_at: nextTryAt,
    tries,
    behind,
    preview: parked.preview.map((event) => ({
      position: event.position.toString(),
      revision: event.revision,
      event_id: event.id,
      event_type: event.type,
    })),
  };
}

function stateOf({ wish, nextTryAt }: PreviewedParked): ParkedResource['state'] {
  if (wish === 'skip') return 'skipping';
  return wish === 'retry' || nextTryAt !== null ? 'retrying' : 'parked';
}

const OUTCOMES: readonly SettledOutcome[] = ['handled', 'skipped', 'failed', 'pending'];

@ApiSchema({ description: 'What became of a parked event.' })
export class SettledParkedResource implements Settled {
  static readonly headers = ['Idempotent-Replayed'];

  @ApiProperty({ format: 'uuid' })
  readonly id!: string;

  @ApiProperty({ example: 'requests' })
  readonly consumer!: string;

  @ApiProperty()
  readonly request_id!: string;

  @ApiProperty({ format: 'uuid' })
  readonly event_id!: string;

  @ApiProperty({ example: 'RequestClaimed' })
  readonly event_type!: string;

  @ApiProperty(POSITION)
  readonly position!: string;

  @ApiProperty({
    enum: OUTCOMES,
    description:
      '`failed`: it failed again and stays parked; `pending`: the consumer has not come to it within five seconds, and does it later',
  })
  readonly outcome!: SettledOutcome;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'Why it failed again' })
  readonly cause!: string | null;
}
