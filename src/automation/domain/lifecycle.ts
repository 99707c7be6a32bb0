import type { Request, RequestType, Status } from './request.ts';

/** The transition table of the HTTP contract. A request can also leave `blocked` for the status it was blocked from. */
const TRANSITIONS: Readonly<Record<Status, readonly Status[]>> = {
  pending: ['planning', 'implementing', 'blocked', 'failed', 'cancelled'],
  planning: ['implementing', 'reviewing', 'blocked', 'failed', 'cancelled'],
  implementing: ['planning', 'testing', 'reviewing', 'blocked', 'failed', 'cancelled'],
  testing: ['implementing', 'reviewing', 'deploying', 'blocked', 'failed', 'cancelled'],
  reviewing: ['implementing', 'testing', 'deploying', 'completed', 'blocked', 'failed', 'cancelled'],
  deploying: ['implementing', 'completed', 'blocked', 'failed', 'cancelled'],
  blocked: ['pending', 'failed', 'cancelled'],
  failed: ['pending'],
  completed: [],
  cancelled: [],
};

/** Whether an agent has nothing left to do. `failed` is terminal even though it can be retried. */
export function isTerminal(status: Status): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** The statuses a caller may move this request to now, in the order of the contract's table. */
export function allowedTransitions(request: Pick<Request, 'type' | 'status' | 'blocked'>): readonly Status[] {
  const allowed = [...TRANSITIONS[request.status]];
  if (request.status === 'planning' && endsWithoutCode(request.type)) allowed.push('completed');
  if (request.blocked && !allowed.includes(request.blocked.from_status)) allowed.unshift(request.blocked.from_status);
  return allowed;
}

/** Research produces findings, not code: it may complete from `planning` and without test results. */
export function endsWithoutCode(type: RequestType): boolean {
  return type === 'research';
}
