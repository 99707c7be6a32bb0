import type { Actor, Policy } from './command.ts';
import { MAX_ELSEWHERE, standingClaim, WORK_ELSEWHERE } from './delivery.ts';
import { AlreadyClaimed, AttemptNotFound, NotClaimable, NotTheClaimer } from './errors.ts';
import { withFigures } from './evolve.ts';
import { isTerminal } from './lifecycle.ts';
import { goBack, isOwnFault, requeue } from './outcomes.ts';
import type { Attempt, AttemptReport, BlockReason, Instant, Request, RunFigures } from './request.ts';
import { BLOCK_REASONS, liveAttempt } from './request.ts';
import { reviseErrors } from './revise.ts';
import { sameJson } from './same-json.ts';
import type { Unfolding } from './unfolding.ts';

export interface ClaimRequest {
  readonly command: 'ClaimRequest';
  readonly worker: string;
  readonly session_id: string | null;
  readonly lease_seconds: number;
  /** Its worker delivers the work to a repository; not, when left out. */
  readonly delivers?: boolean;
}

/** New figures of a run, from a heartbeat. */
export interface ProgressAttempt {
  readonly command: 'ProgressAttempt';
  readonly attempt: number;
  readonly figures: RunFigures;
}

/** A worker's end report. */
export interface ReportAttempt {
  readonly command: 'ReportAttempt';
  readonly attempt: number;
  readonly report: AttemptReport;
}

/** The lease of an attempt ran out. */
export interface LoseAttempt {
  readonly command: 'LoseAttempt';
  readonly attempt: number;
}

/** Heartbeats come often, and the history is not for watching a run live. */
const PROGRESS_EVERY_MS = 60_000;

/** A claim decides who works on a request: of two workers, the second finds the first one's event. */
export function decideClaim(
  { worker, session_id, lease_seconds, delivers = false }: ClaimRequest,
  unfolding: Unfolding,
  { principal }: Actor,
): void {
  const { state } = unfolding;
  const live = liveAttempt(state);
  if (live) throw new AlreadyClaimed(live.attempt);
  if (state.status !== 'pending' || (standingClaim(state) && !delivers)) throw new NotClaimable(state.status);
  const attempt = state.attempts.length + 1;
  const data = { attempt, worker, session_id, lease_seconds, claimed_by: principal };
  unfolding.happen({ type: 'RequestClaimed', data: delivers ? { ...data, delivers } : data });
}

/** Of a live attempt: figures that are known already are no news, and so soon after others they are not recorded. */
export function decideProgress({ attempt: number, figures }: ProgressAttempt, unfolding: Unfolding, at: Instant): void {
  const attempt = findAttempt(unfolding.state, number);
  if (sameJson(withFigures(attempt.figures, figures), attempt.figures)) return;
  const { progressed_at } = attempt;
  if (progressed_at !== null && Date.parse(at) - Date.parse(progressed_at) < PROGRESS_EVERY_MS) return;
  unfolding.happen({ type: 'AttemptProgressed', data: { attempt: number, ...figures } });
}

/**
 * A report ends the live attempt, and moves the request on where the agent did not. Repeated, it changes nothing; of an attempt
 * that ended otherwise before, it is kept for the record.
 */
export function decideReport({ attempt: number, report }: ReportAttempt, unfolding: Unfolding): void {
  const attempt = findAttempt(unfolding.state, number);
  if (attempt.report) return;
  if (attempt.outcome !== null) {
    unfolding.happen({ type: 'AttemptReportedLate', data: { attempt: number, ...report } });
    return;
  }
  const claim = standingClaim(unfolding.state);
  unfolding.happen({ type: 'AttemptEnded', data: { attempt: number, ...report } });
  if (isTerminal(unfolding.state.status)) return;
  const { delivery } = report;
  if (delivery && 'branch' in delivery && delivery.pr_url && delivery.pr_url !== unfolding.state.pr_url) {
    unfolding.happen({ type: 'PullRequestOpened', data: { pr_url: delivery.pr_url } });
  }
  if (claim && (delivery || report.outcome !== 'released')) concludeClaim(report, unfolding);
  else concludeRequest(report, unfolding);
}

/** The agent is done: whether its request is, the delivery alone decides. */
function concludeClaim(report: AttemptReport, unfolding: Unfolding): void {
  const { delivery, error_message, error_code } = report;
  if (!delivery) {
    const message = error_message ?? 'the agent claimed completion, and its worker reported no delivery';
    blockFor({ ...report, error_message: message }, unfolding);
  } else if ('undelivered' in delivery) {
    const reason = error_code === 'approval' ? 'approval' : 'dependency';
    const message = error_message ?? delivery.undelivered.why;
    blockFor({ ...report, error_message: message, error_code: 'delivery-failed' }, unfolding, reason);
  } else if (unfolding.state.status !== 'blocked') {
    unfolding.happen({ type: 'RequestCompleted', data: {} });
  }
}

/** The lease ran out: what was under way waits for another worker, unless too many were lost on it already. */
export function decideLoss({ attempt: number }: LoseAttempt, unfolding: Unfolding, { maxAttempts }: Policy): void {
  if (liveAttempt(unfolding.state)?.attempt !== number) return;
  unfolding.happen({ type: 'AttemptLost', data: { attempt: number } });
  const { status, lost_in_a_row } = unfolding.state;
  if (status === 'blocked' || isTerminal(status)) return;
  if (lost_in_a_row >= maxAttempts) {
    const error_message = `Attempts lost in a row: ${lost_in_a_row}.`;
    unfolding.happen({ type: 'RequestFailed', data: { error_message, error_code: 'attempts-exhausted' } });
  } else {
    const { returns_in_a_row } = unfolding.state;
    requeue(unfolding, { cause: 'lease_lost', returns_in_a_row });
  }
}

function concludeRequest(report: AttemptReport, unfolding: Unfolding): void {
  const error_message = report.error_message ?? null;
  const error_code = report.error_code ?? null;
  switch (report.outcome) {
    case 'failed':
      unfolding.happen({ type: 'RequestFailed', data: { error_message, error_code } });
      return;
    case 'blocked':
      blockFor(report, unfolding);
      return;
    case 'released':
      if (unfolding.state.status !== 'blocked') release(unfolding, report);
      return;
    case 'succeeded':
      if (unfolding.state.status !== 'blocked')
        block(unfolding, 'other', 'the agent ended without finishing', null, null);
      return;
  }
}

/** Handed back for another worker, unless that has been tried often enough. */
function release(unfolding: Unfolding, { error_code }: AttemptReport): void {
  const { elsewhere_in_a_row } = unfolding.state;
  if (!standingClaim(unfolding.state) || elsewhere_in_a_row < MAX_ELSEWHERE) {
    return goBack(unfolding, 'released', isOwnFault(error_code));
  }
  const message = `The finished work was not found by any of the last ${elsewhere_in_a_row} workers. A retry does the work again.`;
  block(unfolding, 'worker_lost', message, WORK_ELSEWHERE, null);
}

function blockFor(
  report: AttemptReport,
  unfolding: Unfolding,
  reason = BLOCK_REASONS.find((known) => known === report.error_code),
): void {
  const { blocked } = unfolding.state;
  const { error_message = null, error_code = null, resume_at = null } = report;
  if (!blocked) return block(unfolding, reason ?? 'other', error_message, error_code, resume_at);
  const revised: { reason?: BlockReason; resume_at?: string } = {};
  if (reason && reason !== blocked.reason) revised.reason = reason;
  if (resume_at !== null && resume_at !== blocked.resume_at) revised.resume_at = resume_at;
  if (Object.keys(revised).length > 0) unfolding.happen({ type: 'BlockRevised', data: revised });
  // What the report leaves out stays as it is known.
  reviseErrors(report, unfolding);
}

function block(
  unfolding: Unfolding,
  reason: BlockReason,
  message: string | null,
  error_code: string | null,
  resume_at: string | null,
): void {
  const from_status = unfolding.state.status;
  unfolding.happen({ type: 'RequestBlocked', data: { reason, from_status, message, error_code, resume_at } });
}

/** Who did not claim cannot keep alive, or end, what another runs. Throws {@link NotTheClaimer}. */
export function refuseToOthers({ attempt, claimed_by }: Attempt, { principal, isAdmin }: Actor): void {
  if (principal !== claimed_by && !isAdmin) throw new NotTheClaimer(attempt);
}

/** Throws {@link AttemptNotFound}. */
export function findAttempt(state: Request, number: number): Attempt {
  const attempt = state.attempts.find((it) => it.attempt === number);
  if (!attempt) throw new AttemptNotFound(number);
  return attempt;
}
