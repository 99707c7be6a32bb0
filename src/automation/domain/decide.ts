import type { RequestEvent } from './events.ts';
import type { ClaimRequest, LoseAttempt, ProgressAttempt, ReportAttempt } from './attempts.ts';
import { decideClaim, decideLoss, decideProgress, decideReport, findAttempt, refuseToOthers } from './attempts.ts';
import type { ChangeStatus, ReviseRequest } from './revise.ts';
import { decideRevision, refuseToAgents } from './revise.ts';
import type { CancelRequest, ResumeRequest, RetryRequest } from './outcomes.ts';
import { decideCancellation, decideResumption, decideRetry } from './outcomes.ts';
import type { Actor, CommandContext, Policy } from './command.ts';
import { RequestNotFound, StaleAttempt, VersionMismatch } from './errors.ts';
import { evolve } from './evolve.ts';
import type { Priority, Request, RequestType } from './request.ts';
import { liveAttempt } from './request.ts';
import type { Unfolding } from './unfolding.ts';

export interface SubmitRequest {
  readonly command: 'SubmitRequest';
  readonly id: string;
  readonly type: RequestType;
  readonly priority: Priority;
  readonly title: string;
  readonly description: string;
}

export type RequestCommand =
  | SubmitRequest
  | ReviseRequest
  | ChangeStatus
  | CancelRequest
  | RetryRequest
  | ResumeRequest
  | ClaimRequest
  | ProgressAttempt
  | ReportAttempt
  | LoseAttempt;

/** The events a command causes, in order, and the request after them. */
export interface Decided {
  readonly events: readonly RequestEvent[];
  readonly state: Request;
}

/**
 * Decides a command on a request (null before its submission). Pure. Decides no events if the request already is as the command wants it,
 * so deciding the same command on the result is a no-op. Throws an error of `errors.ts` if the command is refused.
 */
export function decide(
  command: RequestCommand,
  context: CommandContext,
  state: Request | null,
  policy: Policy,
): Decided {
  if (command.command === 'SubmitRequest') return state ? { events: [], state } : submit(command, context);
  if (!state) throw new RequestNotFound();
  refuseForbidden(command, state, context.actor);
  const settled = settleOverdue({ events: [], state, context }, policy);
  refuseStale(command, settled.state, context.actor);
  const { version } = settled.state;
  if (context.expectedVersions?.includes(version) === false) throw new VersionMismatch(version);
  return decideOn(command, settled, policy);
}

function submit({ id, type, priority, title, description }: SubmitRequest, { at, actor }: CommandContext): Decided {
  const event = { type: 'RequestSubmitted', data: { type, priority, title, description } } as const;
  const place = { request_id: id, revision: 0, occurred_at: at, principal: actor.principal };
  return { events: [event], state: evolve(null, { ...event, ...place }) };
}

/** Records what has become due since the last event, as if the reaper had acted in time: a lost lease, then a resumption. */
function settleOverdue(soFar: Unfolding, policy: Policy): Unfolding {
  const { lapsedAttempt } = soFar.context;
  const lapsed = lapsedAttempt === undefined ? null : ({ command: 'LoseAttempt', attempt: lapsedAttempt } as const);
  return decideResumption(lapsed ? decideLoss(lapsed, soFar, policy) : soFar);
}

function decideOn(command: Exclude<RequestCommand, SubmitRequest>, soFar: Unfolding, policy: Policy): Unfolding {
  switch (command.command) {
    case 'ReviseRequest':
    case 'ChangeStatus':
      return decideRevision(command, soFar, policy);
    case 'CancelRequest':
      return decideCancellation(command, soFar);
    case 'RetryRequest':
      return decideRetry(command, soFar, policy);
    case 'ResumeRequest':
      return decideResumption(soFar);
    case 'ClaimRequest':
      return decideClaim(command, soFar);
    case 'ProgressAttempt':
      return decideProgress(command, soFar);
    case 'ReportAttempt':
      return decideReport(command, soFar);
    case 'LoseAttempt':
      return decideLoss(command, soFar, policy);
  }
}

/** Checks permissions before anything else. Also throws `AttemptNotFound`, since an attempt that does not exist has no claimer. */
function refuseForbidden(command: RequestCommand, state: Request, actor: Actor): void {
  if (command.command === 'ProgressAttempt' || command.command === 'ReportAttempt') {
    refuseToOthers(findAttempt(state, command.attempt), actor);
  } else if (command.command === 'ReviseRequest' || command.command === 'ChangeStatus') {
    if (actor.role === 'agent') refuseToAgents(command.patch);
  }
}

/**
 * Refuses stale attempts before the version and status are checked: once its attempt is over, a token changes nothing, not even to the same
 * value. Heartbeats and reports name their attempt; reports may come late.
 */
function refuseStale(command: RequestCommand, state: Request, { attempt: ofToken }: Actor): void {
  if (command.command === 'ReviseRequest' || command.command === 'ChangeStatus') {
    if (ofToken !== undefined && liveAttempt(state)?.attempt !== ofToken) throw new StaleAttempt(ofToken);
  } else if (command.command === 'ProgressAttempt') {
    const { attempt, outcome } = findAttempt(state, command.attempt);
    if (outcome !== null) throw new StaleAttempt(attempt);
  }
}
