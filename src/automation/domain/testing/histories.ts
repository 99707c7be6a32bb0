import type { RequestEvent } from '../events.ts';
import type { BlockReason, RequestType, Status } from '../request.ts';

/** Short valid histories to start tests from. */

export function submitted(type: RequestType = 'feature'): RequestEvent {
  return {
    type: 'RequestSubmitted',
    data: { type, priority: 'medium', title: 'Add rate limits', description: 'To all.' },
  };
}

/** A claim: the request moves to `planning` and `attempt` is live. */
export function claimed(attempt = 1, session_id: string | null = null): RequestEvent {
  const data = { attempt, worker: 'dev-1', session_id, lease_seconds: 120, claimed_by: 'worker-key' };
  return { type: 'RequestClaimed', data };
}

export const PLANNING: RequestEvent = { type: 'PlanningStarted', data: {} };
export const IMPLEMENTING: RequestEvent = { type: 'ImplementationStarted', data: {} };
export const TESTING: RequestEvent = { type: 'TestingStarted', data: {} };
export const REVIEWING: RequestEvent = { type: 'ReviewStarted', data: {} };
export const DEPLOYING: RequestEvent = { type: 'DeploymentStarted', data: {} };
export const COMPLETED: RequestEvent = { type: 'RequestCompleted', data: {} };
export const CANCELLED: RequestEvent = { type: 'RequestCancelled', data: { reason: null } };

export function failed(error_message: string | null = null, error_code: string | null = null): RequestEvent {
  return { type: 'RequestFailed', data: { error_message, error_code } };
}

export function blocked(
  from_status: Status,
  more: { reason?: BlockReason; message?: string; error_code?: string; resume_at?: string } = {},
): RequestEvent {
  const data = { reason: 'other' as const, from_status, message: null, error_code: null, resume_at: null, ...more };
  return { type: 'RequestBlocked', data };
}

export function lost(attempt: number): RequestEvent {
  return { type: 'AttemptLost', data: { attempt } };
}

export function requeuedAfterLoss(from_status: Status = 'planning'): RequestEvent {
  const data = { cause: 'lease_lost' as const, from_status, reason: null, counted: true, approved: false };
  return { type: 'RequestRequeued', data };
}

export function retried(
  from_status: 'failed' | 'blocked',
  { reason = null, approved = false }: { reason?: string | null; approved?: boolean } = {},
): RequestEvent {
  const counted = from_status === 'failed';
  return { type: 'RequestRequeued', data: { cause: 'retry', from_status, reason, counted, approved } };
}

const WAYS: Readonly<Record<Exclude<Status, 'blocked'>, readonly RequestEvent[]>> = {
  pending: [],
  planning: [PLANNING],
  implementing: [IMPLEMENTING],
  testing: [IMPLEMENTING, TESTING],
  reviewing: [IMPLEMENTING, REVIEWING],
  deploying: [IMPLEMENTING, REVIEWING, DEPLOYING],
  completed: [IMPLEMENTING, REVIEWING, COMPLETED],
  failed: [failed('It broke', 'E1')],
  cancelled: [CANCELLED],
};

/** A history without claims that ends in `status`. */
export function until(status: Exclude<Status, 'blocked'>, type: RequestType = 'feature'): readonly RequestEvent[] {
  return [submitted(type), ...WAYS[status]];
}

const CLAIMED_WAYS: Readonly<Record<Exclude<Status, 'blocked' | 'pending'>, readonly RequestEvent[]>> = {
  ...WAYS,
  planning: [],
};

/** A history that ends in `status` with attempt 1 live. */
export function claimedUntil(
  status: Exclude<Status, 'blocked' | 'pending'>,
  type: RequestType = 'feature',
): readonly RequestEvent[] {
  return [submitted(type), claimed(), ...CLAIMED_WAYS[status]];
}

/** The statuses a request can be blocked from. */
export const BLOCKABLE = ['pending', 'planning', 'implementing', 'testing', 'reviewing', 'deploying'] as const;
