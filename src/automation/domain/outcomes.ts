import type { RequeueCause } from '../events/events.ts';
import type { Actor, Policy } from './command.ts';
import { IllegalTransition, SameEyes } from './errors.ts';
import { allowedTransitions } from './lifecycle.ts';
import type { Instant, Request, Status } from './request.ts';
import type { Unfolding } from './unfolding.ts';

export interface CancelRequest {
  readonly command: 'CancelRequest';
  readonly reason: string | null;
}

/** From `failed` or `blocked` back to `pending`. The reason is also the answer to a question, or the word to an approval. */
export interface RetryRequest {
  readonly command: 'RetryRequest';
  readonly reason: string | null;
}

/** The time at which a blocked request goes on has come. */
export interface ResumeRequest {
  readonly command: 'ResumeRequest';
}

export function decideCancellation({ reason }: CancelRequest, unfolding: Unfolding): void {
  if (unfolding.state.status === 'cancelled') return;
  requireTransition(unfolding.state, 'cancelled');
  unfolding.happen({ type: 'RequestCancelled', data: { reason } });
}

export function decideRetry({ reason }: RetryRequest, unfolding: Unfolding, actor: Actor, policy: Policy): void {
  if (unfolding.state.status === 'pending') return;
  requireTransition(unfolding.state, 'pending');
  const approved = actor.role === 'caller' && unfolding.state.blocked?.reason === 'approval';
  if (approved && policy.fourEyes && actor.principal === unfolding.state.created_by) throw new SameEyes();
  requeue(unfolding, { cause: 'retry', reason, approved });
}

export function decideResumption(unfolding: Unfolding, at: Instant): void {
  const resumeAt = unfolding.state.blocked?.resume_at;
  if (!resumeAt || resumeAt > at) return;
  requeue(unfolding, { cause: 'resumed', reason: null, approved: false });
}

/** Back to `pending`, from wherever it is. Lost leases, and retries of what failed, count as retries. */
export function requeue(
  unfolding: Unfolding,
  { cause, reason, approved }: { cause: RequeueCause; reason: string | null; approved: boolean },
): void {
  const from_status = unfolding.state.status;
  const counted = cause === 'lease_lost' || from_status === 'failed';
  unfolding.happen({ type: 'RequestRequeued', data: { cause, from_status, reason, counted, approved } });
}

function requireTransition(state: Request, to: Status): void {
  const allowed = allowedTransitions(state);
  if (!allowed.includes(to)) throw new IllegalTransition(state.status, to, allowed);
}
