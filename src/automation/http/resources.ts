import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { BLOCK_REASONS, DELIVERY_STATES, PRIORITIES, REQUEST_TYPES, STATUSES } from '../domain/request.ts';
import { HealthChecksResource } from './health-resources.ts';
import { MilestoneBody, TestResultsBody } from './request-bodies.ts';

/** What answers hold, for the OpenAPI document alone: the values themselves come from the views of `queries`. */

const text = { type: String, nullable: true } as const;
const time = { type: String, format: 'date-time' } as const;
const count = { type: 'integer', minimum: 0 } as const;

class BlockResource {
  @ApiProperty({ enum: BLOCK_REASONS })
  reason!: string;

  @ApiProperty(text)
  message!: string | null;

  @ApiProperty(time)
  since!: string;

  @ApiProperty({ enum: STATUSES })
  from_status!: string;

  @ApiProperty({ ...time, nullable: true, description: 'When it goes back to `pending` by itself' })
  resume_at!: string | null;
}

class DeliveryResource {
  @ApiProperty({
    enum: DELIVERY_STATES,
    description: '`claimed`: the agent says that it is done, and the worker is to deliver the work',
  })
  state!: string;

  @ApiProperty({ ...count, description: 'Whose work it is' })
  attempt!: number;

  @ApiProperty(text)
  branch!: string | null;

  @ApiProperty({ ...text, description: 'Null also where nothing had to be delivered' })
  commit!: string | null;

  @ApiProperty({ ...text, format: 'uri' })
  pr_url!: string | null;

  @ApiProperty({ ...text, description: 'Why it could not be delivered' })
  reason!: string | null;
}

export class RequestResource {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: REQUEST_TYPES })
  type!: string;

  @ApiProperty({ enum: PRIORITIES })
  priority!: string;

  @ApiProperty()
  title!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty({ enum: STATUSES })
  status!: string;

  @ApiProperty({ type: BlockResource, nullable: true })
  blocked!: BlockResource | null;

  @ApiProperty({ ...text, example: 'milestone 2 of 5: endpoints' })
  current_phase!: string | null;

  @ApiProperty({ ...text, description: 'The Claude Code session' })
  session_id!: string | null;

  @ApiProperty({ ...count, description: 'Number of the latest attempt; 0 until first claimed' })
  attempt!: number;

  @ApiProperty({ type: [MilestoneBody] })
  milestones!: MilestoneBody[];

  @ApiProperty({ ...text, description: 'Markdown' })
  plan_document!: string | null;

  @ApiProperty({ ...text, format: 'uri' })
  pr_url!: string | null;

  @ApiProperty({ ...text, description: 'What was delivered last' })
  branch!: string | null;

  @ApiProperty({ ...text, description: 'What was delivered last' })
  commit!: string | null;

  @ApiProperty({ type: DeliveryResource, nullable: true })
  delivery!: DeliveryResource | null;

  @ApiProperty({ type: TestResultsBody, nullable: true })
  test_results!: TestResultsBody | null;

  @ApiProperty(text)
  error_message!: string | null;

  @ApiProperty(text)
  error_code!: string | null;

  @ApiProperty(count)
  retry_count!: number;

  @ApiProperty(time)
  created_at!: string;

  @ApiProperty({ ...time, nullable: true })
  started_at!: string | null;

  @ApiProperty({ ...time, nullable: true })
  completed_at!: string | null;

  @ApiProperty(time)
  last_update!: string;

  @ApiProperty({ description: 'The principal that submitted it' })
  created_by!: string;

  @ApiProperty({ ...time, nullable: true, description: 'When it was handed to the queue' })
  queued_at!: string | null;

  @ApiProperty(text)
  queue_message_id!: string | null;

  @ApiProperty({ ...count, description: 'Revision of its last event' })
  version!: number;

  @ApiProperty({
    description:
      'A part of its history was deleted or truncated in the event store: this is what was known last, and commands are refused',
  })
  truncated!: boolean;
}

class DeliverResource {
  @ApiProperty({ ...text, description: 'Null: what `ref` has' })
  commit!: string | null;

  @ApiProperty({ description: 'Where the commit is kept' })
  ref!: string;

  @ApiProperty({ description: 'A person has approved this commit: nothing of it is held any more' })
  approved!: boolean;
}

export class ClaimResource {
  @ApiProperty(count)
  attempt!: number;

  @ApiProperty({ type: RequestResource })
  request!: RequestResource;

  @ApiProperty({ description: "The worker's, for this request and attempt" })
  attempt_token!: string;

  @ApiProperty({ description: 'For the agent it runs' })
  agent_token!: string;

  @ApiProperty(time)
  lease_expires_at!: string;

  @ApiProperty({
    type: DeliverResource,
    nullable: true,
    description: 'The work is done: deliver it and report, and run no agent',
  })
  deliver!: DeliverResource | null;
}

export class HeartbeatResource {
  @ApiProperty(time)
  lease_expires_at!: string;

  @ApiProperty({ isArray: true, enum: ['cancel', 'drain'], description: 'Either way the worker stops its agent' })
  directives!: string[];
}

export class AttemptResource {
  @ApiProperty(count)
  attempt!: number;

  @ApiProperty()
  worker!: string;

  @ApiProperty(text)
  session_id!: string | null;

  @ApiProperty(time)
  started_at!: string;

  @ApiProperty({ ...time, nullable: true })
  ended_at!: string | null;

  @ApiProperty({ ...time, nullable: true, description: 'While the attempt is live' })
  lease_expires_at!: string | null;

  @ApiProperty({ type: String, enum: ['succeeded', 'failed', 'blocked', 'released', 'lost'], nullable: true })
  outcome!: string | null;

  @ApiProperty(text)
  error_code!: string | null;

  @ApiProperty(text)
  error_message!: string | null;

  @ApiProperty({ type: 'integer', nullable: true })
  exit_code!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  duration_ms!: number | null;

  @ApiProperty({ type: 'integer', nullable: true })
  num_turns!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  cost_usd!: number | null;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  usage!: object | null;

  @ApiProperty({ ...time, nullable: true })
  resume_at!: string | null;

  @ApiProperty({ description: 'As claimed: its worker delivers the work' })
  delivers!: boolean;

  @ApiProperty({ ...text, description: 'What it delivered' })
  branch!: string | null;

  @ApiProperty({ ...text, description: 'What it delivered' })
  commit!: string | null;

  @ApiProperty({ type: DeliveryResource, nullable: true, description: 'As reported' })
  delivery!: DeliveryResource | null;
}

export class EventResource {
  @ApiProperty({ description: 'In the log; decimal', example: '1024' })
  position!: string;

  @ApiProperty({ format: 'uuid' })
  request_id!: string;

  @ApiProperty({ ...count, description: "In the request's stream" })
  revision!: number;

  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'RequestSubmitted' })
  type!: string;

  @ApiProperty({ type: 'integer', minimum: 1 })
  schema_version!: number;

  @ApiProperty({ ...time, nullable: true })
  occurred_at!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  data!: object;

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata!: object;
}

export class HealthResource {
  @ApiProperty({ enum: ['ok', 'degraded', 'down'] })
  status!: string;

  @ApiProperty()
  version!: string;

  @ApiProperty({ type: HealthChecksResource })
  checks!: HealthChecksResource;
}

class FaultResource {
  @ApiProperty({ example: '/title', description: 'JSON pointer into the body, or `?name` of a query parameter' })
  pointer!: string;

  @ApiProperty()
  detail!: string;
}

export class ProblemResource {
  @ApiProperty({ format: 'uri-reference' })
  type!: string;

  @ApiProperty()
  title!: string;

  @ApiProperty({ type: 'integer' })
  status!: number;

  @ApiProperty()
  detail!: string;

  @ApiProperty()
  instance!: string;

  @ApiProperty({ example: 'validation-failed', description: 'Stable: decide by it' })
  code!: string;

  @ApiProperty()
  request_id!: string;

  @ApiPropertyOptional({ type: [FaultResource], description: 'Of `validation-failed`: each fault' })
  errors?: FaultResource[];

  @ApiPropertyOptional({ description: 'Of `forbidden`: what the credential lacks' })
  missing_scope?: string;

  @ApiPropertyOptional({ enum: STATUSES, description: 'Of `illegal-transition`' })
  from?: string;

  @ApiPropertyOptional({ enum: STATUSES, description: 'Of `illegal-transition`' })
  to?: string;

  @ApiPropertyOptional({ enum: STATUSES, isArray: true, description: 'Of `illegal-transition`: where it can go' })
  allowed?: string[];

  @ApiPropertyOptional({ ...count, description: 'Of `already-claimed` and `stale-attempt`: the attempt in question' })
  attempt?: number;

  @ApiPropertyOptional({ enum: STATUSES, description: 'Of `not-claimable`' })
  current_status?: string;

  @ApiPropertyOptional({ type: [String], description: 'Of `evidence-missing`: what has to be recorded first' })
  missing?: string[];

  @ApiPropertyOptional({
    ...count,
    description: 'Of `rate-limited`, where it is about open requests: how many are allowed',
  })
  open_requests?: number;
}
