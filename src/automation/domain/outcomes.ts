import type { RequeueCause, VoidCause } from '../events/events.ts';
import type { Policy } from './command.ts';
import { MAX_ELSEWHERE, standingClaim, WORK_ELSEWHERE } from './delivery.ts';
import { IllegalTransition, SameEyes, VersionMismatch } from './errors.ts';
import { allowedTransitions } from './lifecycle.ts';
import type { Request, Status } from './request.ts';
import type { Unfolding } from './unfolding.ts';
import { happen } from './unfolding.ts';

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

export function decideCancellation({ reason }: CancelRequest, soFar: Unfolding): Unfolding {
  if (soFar.state.status === 'cancelled') return soFar;
  requireTransition(soFar.state, 'cancelled');
  return happen(soFar, { type: 'RequestCancelled', data: { reason } });
}

/** Only a version that somebody has seen is approved: an answer alone never is an approval, whatever the block has become meanwhile. */
export function decideRetry({ reason, approves }: RetryRequest, soFar: Unfolding, policy: Policy): Unfolding {
  const { state, context } = soFar;
  if (approves !== undefined && approves !== state.version) throw new VersionMismatch(state.version);
  const approved = approves !== undefined;
  if (state.status === 'pending' && (!approved || state.approved)) return soFar;
  requireTransition(state, 'pending');
  if (approved && policy.fourEyes && context.actor.principal === state.created_by) throw new SameEyes();
  return retry(soFar, { reason, approved });
}

/**
 * Work that is done and only waits for delivery stays so, but not where it failed, nor where no worker has found it. Once a person has
 * looked at it, the request may go back by itself as often as at first.
 */
export function retry(
  soFar: Unfolding,
  { reason, approved }: { readonly reason: string | null; readonly approved: boolean },
): Unfolding {
  const { status, blocked, elsewhere_in_a_row, returns_in_a_row } = soFar.state;
  const isLost = blocked?.reason === 'worker_lost' && elsewhere_in_a_row >= MAX_ELSEWHERE;
  const returns = soFar.context.actor.role === 'caller' ? 0 : returns_in_a_row;
  const cleared = status === 'failed' || isLost ? voidClaim(soFar, 'started_over') : soFar;
  return requeue(cleared, { cause: 'retry', reason, approved, returns_in_a_row: returns });
}

/** A block that a person or the account set an end to says nothing about the request. */
export function decideResumption(soFar: Unfolding): Unfolding {
  const { blocked, attempts, moved_by } = soFar.state;
  if (!blocked?.resume_at || blocked.resume_at > soFar.context.at) return soFar;
  const report = attempts.at(-1)?.report;
  const isOfAttempt = moved_by !== null || report?.resume_at === blocked.resume_at;
  const isOwn = isOfAttempt && blocked.reason !== 'usage_limit' && isOwnFault(report?.error_code);
  return goBack(soFar, 'resumed', isOwn);
}

/** Resumptions and releases in a row, for a cause in the request or its workspace, after which a person has to look. */
const MAX_RETURNS = 10;

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
export function goBack(soFar: Unfolding, cause: 'released' | 'resumed', isOwn: boolean): Unfolding {
  const { status, blocked, returns_in_a_row } = soFar.state;
  if (!isOwn || returns_in_a_row < MAX_RETURNS) {
    const returns = returns_in_a_row + (isOwn ? 1 : 0);
    return requeue(soFar, { cause, returns_in_a_row: returns });
  }
  const error_code = 'returns-exhausted';
  const error_message = `The request went back to pending ${MAX_RETURNS} times in a row by itself, and waits for a person now.`;
  if (!blocked) {
    const data = { reason: 'other', from_status: status, message: error_message, error_code, resume_at: null } as const;
    return happen(soFar, { type: 'RequestBlocked', data });
  }
  const reason = blocked.reason === 'other' ? {} : { reason: 'other' as const };
  return happen(
    soFar,
    { type: 'BlockRevised', data: { ...reason, resume_at: null } },
    { type: 'ErrorNoted', data: { error_message, error_code } },
  );
}

/** Back to `pending`, from wherever it is. Lost leases, and retries of what failed, count as retries. */
export function requeue(
  soFar: Unfolding,
  {
    cause,
    reason = null,
    approved = false,
    returns_in_a_row,
  }: {
    readonly cause: RequeueCause;
    readonly reason?: string | null;
    readonly approved?: boolean;
    readonly returns_in_a_row: number;
  },
): Unfolding {
  const from_status = soFar.state.status;
  const counted = cause === 'lease_lost' || from_status === 'failed';
  const returns = returns_in_a_row === 0 ? {} : { returns_in_a_row };
  const data = { cause, from_status, reason, counted, approved, ...returns };
  return happen(soFar, { type: 'RequestRequeued', data });
}

/** What was claimed to be done is not to be delivered as it is. */
export function voidClaim(soFar: Unfolding, cause: VoidCause): Unfolding {
  return standingClaim(soFar.state) ? happen(soFar, { type: 'CompletionClaimVoided', data: { cause } }) : soFar;
}

function requireTransition(state: Request, to: Status): void {
  const allowed = allowedTransitions(state);
  if (!allowed.includes(to)) throw new IllegalTransition(state.status, to, allowed);
}
