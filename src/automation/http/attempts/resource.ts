import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { COUNT, INSTANT, INSTANT_OR_NULL, TEXT_OR_NULL } from '../../../infrastructure/http/fields/schemas.ts';
import type { Directive } from '../../deadlines/heartbeat-attempt.ts';
import type { DueDelivery } from '../../domain/delivery.ts';
import { deliveryOf } from '../../domain/delivery.ts';
import type { Attempt, Instant } from '../../domain/request.ts';
import type { FoundAttempt } from '../../queries/list-attempts.ts';
import { DeliveryResource, deliveryView, RequestResource } from '../requests/resource.ts';

class DeliverResource implements DueDelivery {
  @ApiProperty({ ...TEXT_OR_NULL, description: 'Null: the commit at `ref`' })
  readonly commit!: string | null;

  @ApiProperty({ description: 'The ref that holds the commit' })
  readonly ref!: string;

  @ApiProperty({ description: 'A person has approved this commit, so nothing holds it back any longer' })
  readonly approved!: boolean;
}

@ApiSchema({ description: 'The new attempt, with its tokens.' })
export class ClaimResource {
  static readonly headers = ['ETag'];

  @ApiProperty(COUNT)
  readonly attempt!: number;

  @ApiProperty({ type: RequestResource })
  readonly request!: RequestResource;

  @ApiProperty({ description: "The worker's token, for this request and attempt" })
  readonly attempt_token!: string;

  @ApiProperty({ description: "The token of the worker's agent" })
  readonly agent_token!: string;

  @ApiProperty(INSTANT)
  readonly lease_expires_at!: Instant;

  @ApiProperty({
    type: DeliverResource,
    nullable: true,
    description: 'The work is done: deliver it and report, without running an agent',
  })
  readonly deliver!: DeliverResource | null;
}

@ApiSchema({ description: 'The renewed lease, and what the worker should do.' })
export class HeartbeatResource {
  @ApiProperty(INSTANT)
  readonly lease_expires_at!: Instant;

  @ApiProperty({
    isArray: true,
    enum: ['cancel', 'drain'],
    description: 'Either one tells the worker to stop its agent',
  })
  readonly directives!: readonly Directive[];
}

@ApiSchema({ description: 'One run of a request by one worker.' })
export class AttemptResource {
  @ApiProperty(COUNT)
  readonly attempt!: number;

  @ApiProperty()
  readonly worker!: string;

  @ApiProperty(TEXT_OR_NULL)
  readonly session_id!: string | null;

  @ApiProperty(INSTANT)
  readonly started_at!: Instant;

  @ApiProperty(INSTANT_OR_NULL)
  readonly ended_at!: Instant | null;

  @ApiProperty({ ...INSTANT_OR_NULL, description: 'Null once the attempt has ended' })
  readonly lease_expires_at!: Instant | null;

  @ApiProperty({ type: String, enum: ['succeeded', 'failed', 'blocked', 'released', 'lost'], nullable: true })
  readonly outcome!: Attempt['outcome'];

  @ApiProperty(TEXT_OR_NULL)
  readonly error_code!: string | null;

  @ApiProperty(TEXT_OR_NULL)
  readonly error_message!: string | null;

  @ApiProperty({ type: 'integer', nullable: true })
  readonly exit_code!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  readonly duration_ms!: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  readonly num_turns!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  readonly cost_usd!: number | null;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  readonly usage!: Readonly<Record<string, unknown>> | null;

  @ApiProperty(INSTANT_OR_NULL)
  readonly resume_at!: Instant | null;

  @ApiProperty({ description: 'Whether the worker claimed the request with `delivers`' })
  readonly delivers!: boolean;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'The delivered branch' })
  readonly branch!: string | null;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'The delivered commit' })
  readonly commit!: string | null;

  @ApiProperty({ type: DeliveryResource, nullable: true, description: 'As the worker reported it' })
  readonly delivery!: DeliveryResource | null;
}

export function attemptView({ attempt, leaseExpiresAt }: FoundAttempt): AttemptResource {
  const { report, figures } = attempt;
  const delivery = report?.delivery ? deliveryView(deliveryOf(report.delivery, attempt.attempt)) : null;
  const { branch, commit } = delivery?.state === 'delivered' ? delivery : { branch: null, commit: null };
  return {
    attempt: attempt.attempt,
    worker: attempt.worker,
    session_id: attempt.session_id,
    started_at: attempt.started_at,
    ended_at: attempt.ended_at,
    lease_expires_at: leaseExpiresAt,
    outcome: attempt.outcome,
    error_code: report?.error_code ?? null,
    error_message: report?.error_message ?? null,
    exit_code: report?.exit_code ?? null,
    duration_ms: report?.duration_ms ?? null,
    num_turns: figures.num_turns ?? null,
    cost_usd: figures.cost_usd ?? null,
    usage: figures.usage ?? null,
    resume_at: report?.resume_at ?? null,
    delivers: attempt.delivers,
    branch,
    commit,
    delivery,
  };
}
