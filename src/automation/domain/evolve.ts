import type { RecordedRequestEvent, RequeueCause } from './events.ts';
import { DETAILS } from './events.ts';
import { deliveryOf, standingClaim, WORK_ELSEWHERE } from './delivery.ts';
import { isTerminal } from './lifecycle.ts';
import type { Attempt, AttemptReport, DeliveryReport, Request, RunFigures, Status } from './request.ts';
import { liveAttempt } from './request.ts';

/**
 * The fold: the request after one more event. Pure, and the only place that defines what an event means, for commands, the read model and
 * past states alike. Picks known members from the event only, since newer versions may add others. Throws if the event cannot follow the
 * state (a foreign or broken stream).
 */
export function evolve(state: Request | null, event: RecordedRequestEvent): Request {
  if (event.type === 'RequestSubmitted') {
    if (state) throw new Error(`RequestSubmitted at revision ${event.revision} of a request that exists.`);
    return submitted(event);
  }
  if (!state) throw new Error(`${event.type} at revision ${event.revision} of a request that was never submitted.`);
  const changed = changes(state, event);
  const isMove = changed.status !== undefined && changed.status !== state.status;
  return {
    ...state,
    ...changed,
    ...(isMove ? { moved_by: event.attempt ?? null } : {}),
    version: event.revision,
    last_update: event.occurred_at,
  };
}

function submitted(event: RecordedRequestEvent & { type: 'RequestSubmitted' }): Request {
  return {
    id: event.request_id,
    type: event.data.type,
    priority: event.data.priority,
    title: event.data.title,
    description: event.data.description,
    status: 'pending',
    blocked: null,
    current_phase: null,
    session_id: null,
    milestones: [],
    plan_document: null,
    pr_url: null,
    branch: null,
    commit: null,
    delivery: null,
    test_results: null,
    error_message: null,
    error_code: null,
    retry_count: 0,
    created_at: event.occurred_at,
    started_at: null,
    completed_at: null,
    last_update: event.occurred_at,
    created_by: event.principal,
    version: event.revision,
    attempts: [],
    approved: false,
    lost_in_a_row: 0,
    returns_in_a_row: 0,
    elsewhere_in_a_row: 0,
    planned: [],
    moved_by: null,
  };
}

type AfterSubmission = Exclude<RecordedRequestEvent, { type: 'RequestSubmitted' }>;

function changes(state: Request, event: AfterSubmission): Partial<Request> {
  switch (event.type) {
    case 'RequestDetailsRevised': {
      const { title = state.title, description = state.description } = event.data;
      const revised = DETAILS.filter((field) => event.data[field] !== undefined);
      return {
        ...Object.fromEntries(revised.map((field) => [field, event.data[field]])),
        approved: state.approved && title === state.title && description === state.description,
      };
    }
    case 'RequestClaimed':
      return {
        ...moved(state, 'planning', event.occurred_at),
        attempts: [...state.attempts, claimed(event)],
        planned: [],
        ...(event.data.session_id === null ? {} : { session_id: event.data.session_id }),
      };
    case 'PlanningStarted':
      return moved(state, 'planning', event.occurred_at);
    case 'ImplementationStarted':
      return moved(state, 'implementing', event.occurred_at);
    case 'TestingStarted':
      return moved(state, 'testing', event.occurred_at);
    case 'ReviewStarted':
      return moved(state, 'reviewing', event.occurred_at);
    case 'DeploymentStarted':
      return moved(state, 'deploying', event.occurred_at);
    case 'RequestUnblocked':
      return moved(state, event.data.to, event.occurred_at);
    case 'CompletionClaimed': {
      const { attempt } = event.data;
      const nothing = { branch: null, commit: null, pr_url: null, reason: null, ref: null };
      return { delivery: { state: 'claimed', attempt, ...nothing } };
    }
    case 'CompletionClaimVoided':
      return { delivery: null };
    case 'RequestCompleted':
      return moved(state, 'completed', event.occurred_at);
    case 'RequestCancelled':
      return moved(state, 'cancelled', event.occurred_at);
    case 'RequestFailed':
      return {
        ...moved(state, 'failed', event.occurred_at),
        ...given(event.data.error_message, event.data.error_code),
      };
    case 'RequestBlocked':
      return {
        ...moved(state, 'blocked', event.occurred_at),
        ...given(event.data.message, event.data.error_code),
        blocked: {
          reason: event.data.reason,
          message: event.data.message,
          since: event.occurred_at,
          from_status: event.data.from_status,
          resume_at: event.data.resume_at,
        },
      };
    case 'BlockRevised': {
      if (!state.blocked) return {};
      const { reason = state.blocked.reason, resume_at = state.blocked.resume_at } = event.data;
      return { blocked: { ...state.blocked, reason, resume_at } };
    }
    case 'RequestRequeued':
      return {
        ...moved(state, 'pending', event.occurred_at),
        retry_count: state.retry_count + (event.data.counted ? 1 : 0),
        approved: state.approved || event.data.approved,
        lost_in_a_row: breaksTheRow(state, event.data) ? 0 : state.lost_in_a_row,
        returns_in_a_row: event.data.returns_in_a_row ?? 0,
        ...(event.data.cause === 'retry' ? { elsewhere_in_a_row: 0 } : {}),
        attempts: endLive(state, event.occurred_at, 'released'),
      };
    case 'PhaseNoted':
      return { current_phase: event.data.current_phase };
    case 'SessionAttached':
      return { session_id: event.data.session_id };
    case 'PlanAttached':
      return { plan_document: event.data.plan_document };
    case 'MilestonesPlanned':
      return { milestones: event.data.milestones, planned: event.data.milestones.map(({ id }) => id) };
    case 'PullRequestOpened':
      return { pr_url: event.data.pr_url };
    case 'TestResultsRecorded':
      return { test_results: event.data.test_results };
    case 'MilestoneStatusChanged':
      if (!state.milestones.some(({ id }) => id === event.data.id)) return {};
      return {
        planned: [...new Set([...state.planned, event.data.id])],
        milestones: state.milestones.map((milestone) =>
          milestone.id === event.data.id ? { ...milestone, status: event.data.status } : milestone,
        ),
      };
    case 'ErrorNoted': {
      const { error_message = state.error_message, error_code = state.error_code } = event.data;
      return { error_message, error_code, ...blockMessage(state, event.data.error_message) };
    }
    case 'FieldsCleared':
      return {
        ...Object.fromEntries(event.data.fields.map((field) => [field, null])),
        ...blockMessage(state, event.data.fields.includes('error_message') ? null : undefined),
      };
    case 'AttemptProgressed':
      return {
        attempts: withAttempt(state, event.data.attempt, (it) => ({
          ...it,
          figures: withFigures(it.figures, event.data),
          progressed_at: event.occurred_at,
        })),
      };
    case 'AttemptEnded': {
      const { attempt, ...report } = event.data;
      return {
        ...delivered(state, attempt, report.delivery),
        lost_in_a_row: 0,
        elsewhere_in_a_row: report.error_code === WORK_ELSEWHERE ? state.elsewhere_in_a_row + 1 : 0,
        attempts: withAttempt(state, attempt, (it) => ({
          ...reported(it, report),
          ended_at: event.occurred_at,
          outcome: report.outcome,
        })),
      };
    }
    case 'AttemptReportedLate': {
      const { attempt, ...report } = event.data;
      return { attempts: withAttempt(state, attempt, (it) => reported(it, report)) };
    }
    case 'AttemptLost':
      return { lost_in_a_row: state.lost_in_a_row + 1, attempts: endLive(state, event.occurred_at, 'lost') };
  }
}

/** The count of lost attempts restarts when an attempt ends otherwise (also by release) or a failed request is retried. */
function breaksTheRow(state: Request, { cause, from_status }: { cause: RequeueCause; from_status: Status }): boolean {
  return liveAttempt(state) !== null || (cause === 'retry' && from_status === 'failed');
}

/** Common effects of a change of status: leaving `blocked` or `failed` clears the block and errors, and the times are updated. */
function moved(state: Request, to: Status, at: string): Partial<Request> {
  const leavesTrouble = (state.status === 'failed' || state.status === 'blocked') && to !== state.status;
  return {
    status: to,
    ...(to === state.status ? {} : { current_phase: null }),
    ...(state.status === 'blocked' ? { blocked: null } : {}),
    ...(leavesTrouble ? { error_message: null, error_code: null } : {}),
    ...(state.started_at === null && (to === 'planning' || to === 'implementing') ? { started_at: at } : {}),
    completed_at: isTerminal(to) ? at : null,
  };
}

function given(message: string | null, code: string | null): Partial<Request> {
  return {
    ...(message === null ? {} : { error_message: message }),
    ...(code === null ? {} : { error_code: code }),
  };
}

/** Applies the delivery part of a report, if any. Delivering a commit other than the approved one revokes the approval. */
function delivered(state: Request, attempt: number, report: DeliveryReport | undefined): Partial<Request> {
  const claim = standingClaim(state);
  if (!report || ('undelivered' in report && !claim)) return {};
  const delivery = deliveryOf(report, claim?.attempt ?? attempt);
  const { branch, commit } = delivery;
  const approved = state.approved && (commit === null || commit === (claim?.commit ?? state.commit));
  if (delivery.state === 'undelivered') return { delivery, approved };
  const last = commit === null ? {} : { branch, commit };
  // If somebody else blocked the request in the meantime, the next attempt completes it.
  const waits = claim !== null && state.status === 'blocked';
  return { delivery: waits ? { ...delivery, state: 'claimed' } : delivery, approved, ...last };
}

/** While a request is blocked, its error message is also the block's message. */
function blockMessage(state: Request, message: string | null | undefined): Partial<Request> {
  return state.blocked && message !== undefined ? { blocked: { ...state.blocked, message } } : {};
}

function claimed(event: RecordedRequestEvent & { type: 'RequestClaimed' }): Attempt {
  const { attempt, worker, claimed_by, session_id, lease_seconds, delivers = false } = event.data;
  return {
    attempt,
    worker,
    claimed_by,
    session_id,
    lease_seconds,
    delivers,
    started_at: event.occurred_at,
    ended_at: null,
    outcome: null,
    report: null,
    figures: {},
    progressed_at: null,
  };
}

function withAttempt(state: Request, number: number, change: (attempt: Attempt) => Attempt): readonly Attempt[] {
  return state.attempts.map((attempt) => (attempt.attempt === number ? change(attempt) : attempt));
}

function reported(attempt: Attempt, report: AttemptReport): Attempt {
  return { ...attempt, report, figures: withFigures(attempt.figures, report) };
}

/** Merges figures: those not given anew stay. */
export function withFigures(known: RunFigures, given: RunFigures): RunFigures {
  return {
    ...known,
    ...(given.num_turns === undefined ? {} : { num_turns: given.num_turns }),
    ...(given.cost_usd === undefined ? {} : { cost_usd: given.cost_usd }),
    ...(given.usage === undefined ? {} : { usage: given.usage }),
  };
}

function endLive(state: Request, at: string, outcome: 'lost' | 'released'): readonly Attempt[] {
  const live = liveAttempt(state);
  if (!live) return state.attempts;
  return withAttempt(state, live.attempt, (attempt) => ({ ...attempt, ended_at: at, outcome }));
}

/** Approximate size of the bounded fields and the objects around them. */
const BASE_BYTES = 1_500;
const PER_MILESTONE_BYTES = 300;
const PER_ATTEMPT_BYTES = 600;

/** Approximate memory use of a request in bytes, for caches bounded by size. */
export function sizeOfRequest(request: Request): number {
  const texts = request.description.length + (request.plan_document?.length ?? 0);
  const milestones = request.milestones.reduce((sum, { description }) => sum + (description?.length ?? 0), 0);
  return (
    BASE_BYTES +
    2 * (texts + milestones) +
    PER_MILESTONE_BYTES * request.milestones.length +
    PER_ATTEMPT_BYTES * request.attempts.length
  );
}
