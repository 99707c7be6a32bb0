import type { RequeueCause, VoidCause } from './events.ts';
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

/** Moves a request from `failed` or `blocked` back to `pending`. The reason may also answer the agent's question. */
export interface RetryRequest {
  readonly command: 'RetryRequest';
  readonly reason: string | null;
  /** The version being approved. Approves nothing when omitted. */
  readonly approves?: number;
}

/** The `resume_at` of a blocked request has passed. */
export interface ResumeRequest {
  readonly command: 'ResumeRequest';
}

export function decideCancellation({ reason }: CancelRequest, soFar: Unfolding): Unfolding {
  if (soFar.state.status === 'cancelled') return soFar;
  requireTransition(soFar.state, 'cancelled');
  return happen(soFar, { type: 'RequestCancelled', data: { reason } });
}

/**
 * Decides a retry. An approval names the version the person saw; an answer alone never approves, whatever the block has become since.
 * Throws `VersionMismatch`, `IllegalTransition` and `SameEyes`.
 */
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
 * Requeues the request. A completion claim stands, unless the request failed or no worker could find the work. A retry by a person also
 * resets the limit on automatic returns.
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

/**
 * Requeues a blocked request whose `resume_at` has passed. A return counts against the limit only if the attempt caused the block; an end
 * set by a person, or a usage limit, does not count.
 */
export function decideResumption(soFar: Unfolding): Unfolding {
  const { blocked, attempts, moved_by } = soFar.state;
  if (!blocked?.resume_at || blocked.resume_at > soFar.context.at) return soFar;
  const report = attempts.at(-1)?.report;
  const isOfAttempt = moved_by !== null || report?.resume_at === blocked.resume_at;
  const isOwn = isOfAttempt && blocked.reason !== 'usage_limit' && isOwnFault(report?.error_code);
  return goBack(soFar, 'resumed', isOwn);
}

/** Maximum number of consecutive resumptions and releases caused by the request or its workspace, before a person has to look. */
const MAX_RETURNS = 10;

/** Error codes of reports that blame the account, the provider, the worker or the service, not the request. */
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

/** Requeues automatically. Blocks the request instead once it has returned too often for a cause of its own. */
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

/** Moves the request to `pending` from any status. Lost leases and retries of failed requests increment the retry count. */
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

/** Voids the standing completion claim, if any: the work must not be delivered as it is. */
export function voidClaim(soFar: Unfolding, cause: VoidCause): Unfolding {
  return standingClaim(soFar.state) ? happen(soFar, { type: 'CompletionClaimVoided', data: { cause } }) : soFar;
}

function requireTransition(state: Request, to: Status): void {
  const allowed = allowedTransitions(state);
  if (!allowed.includes(to)) throw new IllegalTransition(state.status, to, allowed);
}
