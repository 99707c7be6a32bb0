import type { RequeueCause, VoidCause } from '../events/events.ts';
import type { Actor, Policy } from './command.ts';
import { MAX_ELSEWHERE, standingClaim, WORK_ELSEWHERE } from './delivery.ts';
import { IllegalTransition, SameEyes, VersionMismatch } from './errors.ts';
import { allowedTransitions } from './lifecycle.ts';
import type { Instant, Request, Status } from './request.ts';
import type { Unfolding } from './unfolding.ts';

export interface CancelRequest {
  readonly command: 'CancelRequest';
  readonly reason: string | null;
}

/** From `failed` or `blocked` back to `pending`. The reason is also the answer to a question. */
export interface RetryRequest {
  readonly command: 'RetryRequest';
  readonly reason: string | null;
  /** The version that is approved; it approves nothing when left out. */
  readonly approves?: number;
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

/** Only a version that somebody has seen is approved: an answer alone never is an approval, whatever the block has become meanwhile. */
export function decideRetry(
  { reason, approves }: RetryRequest,
  unfolding: Unfolding,
  actor: Actor,
  policy: Policy,
): void {
  const { state } = unfolding;
  if (approves !== undefined && approves !== state.version) throw new VersionMismatch(state.version);
  const approved = approves !== undefined;
  if (state.status === 'pending' && (!approved || state.approved)) return;
  requireTransition(state, 'pending');
  if (approved && policy.fourEyes && actor.principal === state.created_by) throw new SameEyes();
  retry(unfolding, actor, { reason, approved });
}

/**
 * Work that is done and only waits for delivery stays so, but not where it failed, nor where no worker has found it. Once a person has
 * looked at it, the request may go back by itself as often as at first.
 */
export function retry(
  unfolding: Unfolding,
  { role }: Actor,
  { reason, approved }: { reason: string | null; approved: boolean },
): void {
  const { status, blocked, elsewhere_in_a_row, returns_in_a_row } = unfolding.state;
  const isLost = blocked?.reason === 'worker_lost' && elsewhere_in_a_row >= MAX_ELSEWHERE;
  if (status === 'failed' || isLost) voidClaim(unfolding, 'started_over');
  requeue(unfolding, { cause: 'retry', reason, approved, returns_in_a_row: role === 'caller' ? 0 : returns_in_a_row });
}

/** A block that a person or the account set an end to says nothing about the request. */
export function decideResumption(unfolding: Unfolding, at: Instant): void {
  const { blocked, attempts, moved_by } = unfolding.state;
  if (!blocked?.resume_at || blocked.resume_at > at) return;
  const report = attempts.at(-1)?.report;
  const isOfAttempt = moved_by !== null || report?.resume_at === blocked.resume_at;
  const isOwn = isOfAttempt && blocked.reason !== 'usage_limit' && isOwnFault(report?.error_code);
  goBack(unfolding, 'resumed', isOwn);
}

/** Resumptions and releases in a row, for a cause in the request or its workspace, after which a person has to look. */
export const MAX_RETURNS = 10;

/** What a report's `error_code` says of the account, the provider, the worker or the service, and not of the request. */
const NOT_ITS_FAULT: ReadonlySet<string> = new Set([
  'usage_limit',
  'account',
  'agent-auth',
  'provider',
  'configuration',
  'agent-missing',
  'worker-stopped',
  'lease-lost',
  'claim-unclear',
  WORK_ELSEWHERE,
]);

export function isOwnFault(errorCode: string | undefined): boolean {
  return errorCode === undefined || !NOT_ITS_FAULT.has(errorCode);
}

/** Back to `pending` by itself, but not without end. */
export function goBack(unfolding: Unfolding, cause: 'released' | 'resumed', isOwn: boolean): void {
  const { status, blocked, returns_in_a_row } = unfolding.state;
  if (!isOwn || returns_in_a_row < MAX_RETURNS) {
    const returns = returns_in_a_row + (isOwn ? 1 : 0);
    return requeue(unfolding, { cause, returns_in_a_row: returns });
  }
  const error_code = 'returns-exhausted';
  const error_message = `The request went back to pending ${MAX_RETURNS} times in a row by itself, and waits for a person now.`;
  if (!blocked) {
    const data = { reason: 'other', from_status: status, message: error_message, error_code, resume_at: null } as const;
    return unfolding.happen({ type: 'RequestBlocked', data });
  }
  const reason = blocked.reason === 'other' ? {} : { reason: 'other' as const };
  unfolding.happen({ type: 'BlockRevised', data: { ...reason, resume_at: null } });
  unfolding.happen({ type: 'ErrorNoted', data: { error_message, error_code } });
}

/** Back to `pending`, from wherever it is. Lost leases, and retries of what failed, count as retries. */
export function requeue(
  unfolding: Unfolding,
  {
    cause,
    reason = null,
    approved = false,
    returns_in_a_row,
  }: { cause: RequeueCause; reason?: string | null; approved?: boolean; returns_in_a_row: number },
): void {
  const from_status = unfolding.state.status;
  const counted = cause === 'lease_lost' || from_status === 'failed';
  const returns = returns_in_a_row === 0 ? {} : { returns_in_a_row };
  unfolding.happen({ type: 'RequestRequeued', data: { cause, from_status, reason, counted, approved, ...returns } });
}

/** What was claimed to be done is not to be delivered as it is. */
export function voidClaim(unfolding: Unfolding, cause: VoidCause): void {
  if (standingClaim(unfolding.state)) unfolding.happen({ type: 'CompletionClaimVoided', data: { cause } });
}

function requireTransition(state: Request, to: Status): void {
  const allowed = allowedTransitions(state);
  if (!allowed.includes(to)) throw new IllegalTransition(state.status, to, allowed);
}
