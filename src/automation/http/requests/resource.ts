import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { COUNT, INSTANT, INSTANT_OR_NULL, TEXT_OR_NULL } from '../../../infrastructure/http/fields/schemas.ts';
import type {
  BlockReason,
  Delivery,
  Instant,
  Milestone,
  Priority,
  RequestType,
  Status,
  TestResults,
} from '../../domain/request.ts';
import { BLOCK_REASONS, DELIVERY_STATES, PRIORITIES, REQUEST_TYPES, STATUSES } from '../../domain/request.ts';
import type { FoundRequest } from '../../queries/found-request.ts';
import { MilestoneBody, TestResultsBody } from './bodies.ts';

class BlockResource {
  @ApiProperty({ enum: BLOCK_REASONS })
  readonly reason!: BlockReason;

  @ApiProperty(TEXT_OR_NULL)
  readonly message!: string | null;

  @ApiProperty(INSTANT)
  readonly since!: Instant;

  @ApiProperty({ enum: STATUSES })
  readonly from_status!: Status;

  @ApiProperty({ ...INSTANT_OR_NULL, description: 'When the request returns to `pending` by itself' })
  readonly resume_at!: Instant | null;
}

export class DeliveryResource {
  @ApiProperty({
    enum: DELIVERY_STATES,
    description: '`claimed`: the agent says it is done, and the worker has yet to deliver the work',
  })
  readonly state!: Delivery['state'];

  @ApiProperty({ ...COUNT, description: 'The attempt that did the work' })
  readonly attempt!: number;

  @ApiProperty(TEXT_OR_NULL)
  readonly branch!: string | null;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'Also null when there was nothing to deliver' })
  readonly commit!: string | null;

  @ApiProperty({ ...TEXT_OR_NULL, format: 'uri' })
  readonly pr_url!: string | null;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'Why the work could not be delivered' })
  readonly reason!: string | null;
}

@ApiSchema({ description: 'The request.' })
export class RequestResource {
  static readonly headers = ['ETag'];

  @ApiProperty({ format: 'uuid' })
  readonly id!: string;

  @ApiProperty({ enum: REQUEST_TYPES })
  readonly type!: RequestType;

  @ApiProperty({ enum: PRIORITIES })
  readonly priority!: Priority;

  @ApiProperty()
  readonly title!: string;

  @ApiProperty()
  readonly description!: string;

  @ApiProperty({ enum: STATUSES })
  readonly status!: Status;

  @ApiProperty({ type: BlockResource, nullable: true })
  readonly blocked!: BlockResource | null;

  @ApiProperty({ ...TEXT_OR_NULL, example: 'milestone 2 of 5: endpoints' })
  readonly current_phase!: string | null;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'The Claude Code session' })
  readonly session_id!: string | null;

  @ApiProperty({ ...COUNT, description: 'Number of the latest attempt; 0 until the request is first claimed' })
  readonly attempt!: number;

  @ApiProperty({ type: [MilestoneBody] })
  readonly milestones!: readonly Milestone[];

  @ApiProperty({ ...TEXT_OR_NULL, description: 'Markdown' })
  readonly plan_document!: string | null;

  @ApiProperty({ ...TEXT_OR_NULL, format: 'uri' })
  readonly pr_url!: string | null;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'The branch delivered last' })
  readonly branch!: string | null;

  @ApiProperty({ ...TEXT_OR_NULL, description: 'The commit delivered last' })
  readonly commit!: string | null;

  @ApiProperty({ type: DeliveryResource, nullable: true })
  readonly delivery!: DeliveryResource | null;

  @ApiProperty({ type: TestResultsBody, nullable: true })
  readonly test_results!: TestResults | null;

  @ApiProperty(TEXT_OR_NULL)
  readonly error_message!: string | null;

  @ApiProperty(TEXT_OR_NULL)
  readonly error_code!: string | null;

  @ApiProperty(COUNT)
  readonly retry_count!: number;

  @ApiProperty(INSTANT)
  readonly created_at!: Instant;

  @ApiProperty(INSTANT_OR_NULL)
  readonly started_at!: Instant | null;

  @ApiProperty(INSTANT_OR_NULL)
  readonly completed_at!: Instant | null;

  @ApiProperty(INSTANT)
  readonly last_update!: Instant;

  @ApiProperty({ description: 'The principal that submitted the request' })
  readonly created_by!: string;

  @ApiProperty({ ...INSTANT_OR_NULL, description: 'When the request was sent to the queue' })
  readonly queued_at!: Instant | null;

  @ApiProperty(TEXT_OR_NULL)
  readonly queue_message_id!: string | null;

  @ApiProperty({ ...COUNT, description: 'Revision of the latest event' })
  readonly version!: number;

  @ApiProperty({
    description:
      'Part of the history was deleted or truncated in the event store. The request is shown as last known, and commands are refused',
  })
  readonly truncated!: boolean;
}

/** All fields in the order of the contract, wherever the request was found. */
export function requestView({ request, attempt, queued, truncated }: FoundRequest): RequestResource {
  return {
    id: request.id,
    type: request.type,
    priority: request.priority,
    title: request.title,
    description: request.description,
    status: request.status,
    blocked: request.blocked && {
      reason: request.blocked.reason,
      message: request.blocked.message,
      since: request.blocked.since,
      from_status: request.blocked.from_status,
      resume_at: request.blocked.resume_at,
    },
    current_phase: request.current_phase,
    session_id: request.session_id,
    attempt,
    milestones: request.milestones.map(milestoneView),
    plan_document: request.plan_document,
    pr_url: request.pr_url,
    branch: request.branch,
    commit: request.commit,
    delivery: request.delivery && deliveryView(request.delivery),
    test_results: request.test_results,
    error_message: request.error_message,
    error_code: request.error_code,
    retry_count: request.retry_count,
    created_at: request.created_at,
    started_at: request.started_at,
    completed_at: request.completed_at,
    last_update: request.last_update,
    created_by: request.created_by,
    queued_at: queued.queued_at,
    queue_message_id: queued.queue_message_id,
    version: request.version,
    truncated,
  };
}

export function deliveryView({ state, attempt, branch, commit, pr_url, reason }: Delivery): DeliveryResource {
  return { state, attempt, branch, commit, pr_url, reason };
}

/** Restores the order of members, which the database does not keep. */
function milestoneView({ id, title, description, status }: Milestone): Milestone {
  return description === undefined ? { id, title, status } : { id, title, description, status };
}

/** The request used throughout the examples of the documentation. */
export const submitted: RequestResource = {
  id: '01a13b5c-7e60-7c52-9e0f-2f4c1d6f8a11',
  type: 'feature',
  priority: 'high',
  title: 'Add rate limiting to public endpoints',
  description: 'Limit to 100 requests/minute per IP.',
  status: 'pending',
  blocked: null,
  current_phase: null,
  session_id: null,
  attempt: 0,
  milestones: [],
  plan_document: null,
  pr_url: null,
  branch: null,
  commit: null,
  delivery: null,
  test_results: null,
  error_message: null,
  error_code: null,
  retry_count: 0,
  created_at: '2030-01-31T09:30:00.000Z',
  started_at: null,
  completed_at: null,
  last_update: '2030-01-31T09:30:00.000Z',
  created_by: 'anonymous',
  queued_at: null,
  queue_message_id: null,
  version: 0,
  truncated: false,
};

export const planning: RequestResource = {
  ...submitted,
  status: 'planning',
  attempt: 1,
  started_at: '2030-01-31T09:31:00.000Z',
  last_update: '2030-01-31T09:31:00.000Z',
  version: 1,
};

export const implementing: RequestResource = {
  ...planning,
  status: 'implementing',
  current_phase: 'milestone 1 of 1: middleware',
  milestones: [{ id: 'm1', title: 'Middleware', status: 'in_progress' }],
  last_update: '2030-01-31T09:35:00.000Z',
  version: 4,
};

export const completed: RequestResource = {
  ...implementing,
  status: 'completed',
  milestones: [{ id: 'm1', title: 'Middleware', status: 'completed' }],
  test_results: { passed: 12, failed: 0, skipped: 1 },
  pr_url: 'https://github.com/example/app/pull/7',
  completed_at: '2030-01-31T09:50:00.000Z',
  last_update: '2030-01-31T09:50:00.000Z',
  version: 9,
};

export const cancelled: RequestResource = {
  ...submitted,
  status: 'cancelled',
  completed_at: '2030-01-31T09:32:00.000Z',
  last_update: '2030-01-31T09:32:00.000Z',
  version: 1,
};
