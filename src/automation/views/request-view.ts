import { deliveryOf } from '../domain/delivery.ts';
import type { Attempt, Delivery, Instant, Milestone, Request } from '../domain/request.ts';

/** What the queue was given of a request. It is no event, and outside the version. */
export interface QueueDelivery {
  readonly queued_at: Instant | null;
  readonly queue_message_id: string | null;
}

export const NOT_QUEUED: QueueDelivery = { queued_at: null, queue_message_id: null };

/** A request as the HTTP contract shows it. */
export interface RequestView extends Omit<Request, FoldOnly | 'delivery'>, QueueDelivery {
  readonly delivery: DeliveryView | null;
  /** Number of the latest attempt; 0 until the request is first claimed. */
  readonly attempt: number;
  /** A part of its history is gone from the event store: this is what was known last, and no command is taken any more. */
  readonly truncated: boolean;
}

/** What the fold alone needs to know. */
type FoldOnly =
  'attempts' | 'approved' | 'lost_in_a_row' | 'returns_in_a_row' | 'elsewhere_in_a_row' | 'planned' | 'moved_by';

export type DeliveryView = Omit<Delivery, 'ref'>;

/** What a folded request and a row of the read model have in common. */
type Fields = Omit<RequestView, keyof QueueDelivery | 'attempt' | 'truncated'>;

export function viewOf(request: Request, delivery: QueueDelivery): RequestView {
  return inOrder(request, request.attempts.at(-1)?.attempt ?? 0, delivery);
}

/** Every field, in the order of the contract, wherever the request comes from. */
export function inOrder(request: Fields, attempt: number, { queued_at, queue_message_id }: QueueDelivery): RequestView {
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
    queued_at,
    queue_message_id,
    version: request.version,
    truncated: false,
  };
}

function deliveryView({ state, attempt, branch, commit, pr_url, reason }: DeliveryView): DeliveryView {
  return { state, attempt, branch, commit, pr_url, reason };
}

/** The database keeps the members of JSON in an order of its own. */
function milestoneView({ id, title, description, status }: Milestone): Milestone {
  return description === undefined ? { id, title, status } : { id, title, description, status };
}

/** An attempt as the HTTP contract shows it: the report's fields are there once it was reported. */
export interface AttemptView {
  readonly attempt: number;
  readonly worker: string;
  readonly session_id: string | null;
  readonly started_at: Instant;
  readonly ended_at: Instant | null;
  readonly lease_expires_at: Instant | null;
  readonly outcome: Attempt['outcome'];
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly exit_code: number | null;
  readonly duration_ms: number | null;
  readonly num_turns: number | null;
  readonly cost_usd: number | null;
  readonly usage: Readonly<Record<string, unknown>> | null;
  readonly resume_at: Instant | null;
  readonly delivers: boolean;
  readonly branch: string | null;
  readonly commit: string | null;
  /** As reported. */
  readonly delivery: DeliveryView | null;
}

export function attemptView(attempt: Attempt, lease_expires_at: Instant | null): AttemptView {
  const { report, figures } = attempt;
  const delivery = report?.delivery ? deliveryView(deliveryOf(report.delivery, attempt.attempt)) : null;
  const { branch, commit } = delivery?.state === 'delivered' ? delivery : { branch: null, commit: null };
  return {
    attempt: attempt.attempt,
    worker: attempt.worker,
    session_id: attempt.session_id,
    started_at: attempt.started_at,
    ended_at: attempt.ended_at,
    lease_expires_at,
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
