import type { RequestEvent } from '../events/events.ts';
import type { ClaimRequest, LoseAttempt, ProgressAttempt, ReportAttempt } from './attempts.ts';
import { decideClaim, decideLoss, decideProgress, decideReport, findAttempt } from './attempts.ts';
import type { ChangeStatus, ReviseRequest } from './revise.ts';
import { decideRevision, refuseToAgents } from './revise.ts';
import type { CancelRequest, ResumeRequest, RetryRequest } from './outcomes.ts';
import { decideCancellation, decideResumption, decideRetry } from './outcomes.ts';
import type { Actor, CommandContext, Policy } from './command.ts';
import { RequestNotFound, StaleAttempt, VersionMismatch } from './errors.ts';
import type { Priority, Request, RequestType } from './request.ts';
import { liveAttempt } from './request.ts';
import { Unfolding } from './unfolding.ts';

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

/**
 * What a command makes happen: the events, in order; none when everything is as the command wants it, so the same command
 * decided again on the result decides nothing. Pure. Throws an error of `errors.ts` when the command is refused.
 */
export function decide(
  command: RequestCommand,
  context: CommandContext,
  state: Request | null,
  policy: Policy,
): readonly RequestEvent[] {
  if (command.command === 'SubmitRequest') {
    const { type, priority, title, description } = command;
    return state ? [] : [{ type: 'RequestSubmitted', data: { type, priority, title, description } }];
  }
  if (!state) throw new RequestNotFound();
  refuseForbidden(command, context.actor);
  const unfolding = new Unfolding(state, context);
  settleOverdue(unfolding, context, policy);
  refuseStale(command, unfolding.state, context.actor);
  const { version } = unfolding.state;
  if (context.expectedVersions?.includes(version) === false) throw new VersionMismatch(version);
  decideOn(command, unfolding, context, policy);
  return unfolding.events;
}

/** What time alone has decided since the last event happens first, as if whoever watches the clock had come in time. */
function settleOverdue(unfolding: Unfolding, { at, lapsedAttempt }: CommandContext, policy: Policy): void {
  if (lapsedAttempt !== undefined) {
    decideLoss({ command: 'LoseAttempt', attempt: lapsedAttempt }, unfolding, policy);
  }
  decideResumption(unfolding, at);
}

function decideOn(
  command: Exclude<RequestCommand, SubmitRequest>,
  unfolding: Unfolding,
  { actor, at }: CommandContext,
  policy: Policy,
): void {
  switch (command.command) {
    case 'ReviseRequest':
    case 'ChangeStatus':
      return decideRevision(command, unfolding, actor, policy);
    case 'CancelRequest':
      return decideCancellation(command, unfolding);
    case 'RetryRequest':
      return decideRetry(command, unfolding, actor, policy);
    case 'ResumeRequest':
      return decideResumption(unfolding, at);
    case 'ClaimRequest':
      return decideClaim(command, unfolding, actor);
    case 'ProgressAttempt':
      return decideProgress(command, unfolding, at);
    case 'ReportAttempt':
      return decideReport(command, unfolding);
    case 'LoseAttempt':
      return decideLoss(command, unfolding, policy);
  }
}

/** What the actor may not do in whatever state comes first, as everywhere with missing rights. */
function refuseForbidden(command: RequestCommand, actor: Actor): void {
  if (actor.role !== 'agent') return;
  if (command.command === 'ReviseRequest' || command.command === 'ChangeStatus') refuseToAgents(command.patch);
}

/**
 * What comes before the version and the status. The holder of a token whose attempt is over changes nothing, not even to what
 * already is. Heartbeats and reports name their attempt themselves; a report may come late.
 */
function refuseStale(command: RequestCommand, state: Request, { attempt: ofToken }: Actor): void {
  if (command.command === 'ReviseRequest' || command.command === 'ChangeStatus') {
    if (ofToken !== undefined && liveAttempt(state)?.attempt !== ofToken) throw new StaleAttempt(ofToken);
  } else if (command.command === 'ProgressAttempt' || command.command === 'ReportAttempt') {
    const { attempt, outcome } = findAttempt(state, command.attempt);
    if (command.command === 'ProgressAttempt' && outcome !== null) throw new StaleAttempt(attempt);
  }
}
