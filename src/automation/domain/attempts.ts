import type { Actor, Policy } from './command.ts';
import { MAX_ELSEWHERE, standingClaim, WORK_ELSEWHERE } from './delivery.ts';
import { AlreadyClaimed, AttemptNotFound, NotClaimable, NotTheClaimer } from './errors.ts';
import { withFigures } from './evolve.ts';
import { isTerminal } from './lifecycle.ts';
import { goBack, isOwnFault, requeue } from './outcomes.ts';
import type { AgentMark, Attempt, AttemptReport, BlockReason, Request, RunFigures } from './request.ts';
import { BLOCK_REASONS, liveAttempt } from './request.ts';
import { errorsRevised } from './revise.ts';
import { sameJson } from './same-json.ts';
import type { Unfolding } from './unfolding.ts';
import { happen } from './unfolding.ts';

export interface ClaimRequest {
  readonly command: 'ClaimRequest';
  readonly worker: string;
  readonly session_id: string | null;
  readonly lease_seconds: number;
  /** The worker delivers the work to a repository. Default: false. */
  readonly delivers?: boolean;
  /** What the worker will run. */
  readonly agent?: AgentMark;
}

/** New run figures from a heartbeat. */
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

/** The lease of an attempt expired. */
export interface LoseAttempt {
  readonly command: 'LoseAttempt';
  readonly attempt: number;
}

/** Minimum interval between recorded progress events. Heartbeats are frequent, and the history is not for watching a run live. */
const PROGRESS_EVERY_MS = 60_000;

/**
 * Assigns the request to a worker. Of two concurrent claims, the second finds the event of the first. Throws `AlreadyClaimed` and
 * `NotClaimable`.
 */
export function decideClaim(
  { worker, session_id, lease_seconds, delivers = false, agent }: ClaimRequest,
  soFar: Unfolding,
): Unfolding {
  const { state, context } = soFar;
  const live = liveAttempt(state);
  if (live) throw new AlreadyClaimed(live.attempt);
  if (state.status !== 'pending' || (standingClaim(state) && !delivers)) throw new NotClaimable(state.status);
  const attempt = state.attempts.length + 1;
  const data = {
    attempt,
    worker,
    session_id,
    lease_seconds,
    claimed_by: context.actor.principal,
    ...(delivers ? { delivers } : {}),
    ...(agent ? { agent } : {}),
  };
  return happen(soFar, { type: 'RequestClaimed', data });
}

/** Records new figures of a live attempt, unless nothing changed or others were recorded within the last minute. */
export function decideProgress({ attempt: number, figures }: ProgressAttempt, soFar: Unfolding): Unfolding {
  const { progressed_at, figures: known } = findAttempt(soFar.state, number);
  // Most heartbeats bring none.
  if (Object.keys(figures).length === 0) return soFar;
  if (sameJson(withFigures(known, figures), known)) return soFar;
  const sinceLastMs = Date.parse(soFar.context.at) - Date.parse(progressed_at ?? '');
  if (progressed_at !== null && sinceLastMs < PROGRESS_EVERY_MS) return soFar;
  return happen(soFar, { type: 'AttemptProgressed', data: { attempt: number, ...figures } });
}

/**
 * Ends the live attempt and moves the request on where the agent did not. A repeated report changes nothing; a report of an attempt that
 * ended otherwise is only recorded.
 */
export function decideReport({ attempt: number, report }: ReportAttempt, soFar: Unfolding): Unfolding {
  const attempt = findAttempt(soFar.state, number);
  if (attempt.report) return soFar;
  const data = { attempt: number, ...report };
  if (attempt.outcome !== null) return happen(soFar, { type: 'AttemptReportedLate', data });
  const claim = standingClaim(soFar.state);
  const ended = happen(soFar, { type: 'AttemptEnded', data });
  if (isTerminal(ended.state.status)) return ended;
  const { delivery } = report;
  const pr_url = delivery && 'branch' in delivery ? delivery.pr_url : undefined;
  const isNews = pr_url && pr_url !== ended.state.pr_url;
  const opened = isNews ? happen(ended, { type: 'PullRequestOpened', data: { pr_url } }) : ended;
  if (claim && (delivery || report.outcome !== 'released')) return concludeClaim(report, opened);
  return concludeRequest(report, opened);
}

/** The agent has finished: only the delivery decides whether the request completes. */
function concludeClaim(report: AttemptReport, soFar: Unfolding): Unfolding {
  const { delivery, error_message, error_code } = report;
  if (!delivery) {
    const message = error_message ?? 'the agent claimed completion, and its worker reported no delivery';
    return blockFor({ ...report, error_message: message }, soFar);
  }
  if ('undelivered' in delivery) {
    const reason = error_code === 'approval' ? 'approval' : 'dependency';
    const message = error_message ?? delivery.undelivered.why;
    return blockFor({ ...report, error_message: message, error_code: 'delivery-failed' }, soFar, reason);
  }
  return soFar.state.status === 'blocked' ? soFar : happen(soFar, { type: 'RequestCompleted', data: {} });
}

/** Ends the attempt and requeues the request. Fails it instead after `maxAttempts` losses in a row. */
export function decideLoss({ attempt: number }: LoseAttempt, soFar: Unfolding, { maxAttempts }: Policy): Unfolding {
  if (liveAttempt(soFar.state)?.attempt !== number) return soFar;
  const lost = happen(soFar, { type: 'AttemptLost', data: { attempt: number } });
  const { status, lost_in_a_row, returns_in_a_row } = lost.state;
  if (status === 'blocked' || isTerminal(status)) return lost;
  if (lost_in_a_row < maxAttempts) return requeue(lost, { cause: 'lease_lost', returns_in_a_row });
  const error_message = `Attempts lost in a row: ${lost_in_a_row}.`;
  return happen(lost, { type: 'RequestFailed', data: { error_message, error_code: 'attempts-exhausted' } });
}

function concludeRequest(report: AttemptReport, soFar: Unfolding): Unfolding {
  const { error_message = null, error_code = null, outcome } = report;
  if (outcome === 'failed') return happen(soFar, { type: 'RequestFailed', data: { error_message, error_code } });
  if (outcome === 'blocked') return blockFor(report, soFar);
  if (soFar.state.status === 'blocked') return soFar;
  if (outcome === 'released') return release(soFar, report);
  return block(soFar, { reason: 'other', message: 'the agent ended without finishing' });
}

/** Requeues for another worker, unless too many workers in a row did not find the work. */
function release(soFar: Unfolding, { error_code }: AttemptReport): Unfolding {
  const { elsewhere_in_a_row } = soFar.state;
  if (!standingClaim(soFar.state) || elsewhere_in_a_row < MAX_ELSEWHERE) {
    return goBack(soFar, 'released', isOwnFault(error_code));
  }
  const message = `The finished work was not found by any of the last ${elsewhere_in_a_row} workers. A retry does the work again.`;
  return block(soFar, { reason: 'worker_lost', message, error_code: WORK_ELSEWHERE });
}

function blockFor(
  report: AttemptReport,
  soFar: Unfolding,
  reason = BLOCK_REASONS.find((known) => known === report.error_code),
): Unfolding {
  const { blocked } = soFar.state;
  const { error_message: message = null, error_code = null, resume_at = null } = report;
  if (!blocked) return block(soFar, { reason: reason ?? 'other', message, error_code, resume_at });
  const data: { reason?: BlockReason; resume_at?: string } = {};
  if (reason && reason !== blocked.reason) data.reason = reason;
  if (resume_at !== null && resume_at !== blocked.resume_at) data.resume_at = resume_at;
  const revised = Object.keys(data).length > 0 ? happen(soFar, { type: 'BlockRevised', data }) : soFar;
  // Values the report omits stay as they are.
  return happen(revised, ...errorsRevised(report, revised.state));
}

function block(
  soFar: Unfolding,
  {
    reason,
    message,
    error_code = null,
    resume_at = null,
  }: {
    readonly reason: BlockReason;
    readonly message: string | null;
    readonly error_code?: string | null;
    readonly resume_at?: string | null;
  },
): Unfolding {
  const data = { reason, from_status: soFar.state.status, message, error_code, resume_at };
  return happen(soFar, { type: 'RequestBlocked', data });
}

/** Refuses everyone but the claimer and admins: nobody else may renew or end an attempt. Throws {@link NotTheClaimer}. */
export function refuseToOthers({ attempt, claimed_by }: Attempt, { principal, isAdmin }: Actor): void {
  if (principal !== claimed_by && !isAdmin) throw new NotTheClaimer(attempt);
}

/** Throws {@link AttemptNotFound}. */
export function findAttempt(state: Request, number: number): Attempt {
  const attempt = state.attempts.find((it) => it.attempt === number);
  if (!attempt) throw new AttemptNotFound(number);
  return attempt;
}
