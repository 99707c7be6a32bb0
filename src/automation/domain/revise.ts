import type { ClearableField, Details, RequestEvent } from './events.ts';
import { DETAILS } from './events.ts';
import type { Actor, Policy } from './command.ts';
import { standingClaim } from './delivery.ts';
import { ApprovalRequired, EvidenceMissing, IllegalTransition, NotForAgents, RequestEnded } from './errors.ts';
import { allowedTransitions, endsWithoutCode, isTerminal } from './lifecycle.ts';
import { retry, voidClaim } from './outcomes.ts';
import type { BlockReason, Instant, Milestone, Request, Status, TestResults } from './request.ts';
import { liveAttempt } from './request.ts';
import { sameJson } from './same-json.ts';
import type { Unfolding } from './unfolding.ts';
import { happen } from './unfolding.ts';

/** A merge patch. Omitted fields stay unchanged; null clears a field where that is allowed. */
export interface RequestPatch extends Partial<Details> {
  readonly status?: Status;
  readonly current_phase?: string | null;
  readonly session_id?: string | null;
  readonly milestones?: readonly Milestone[];
  readonly plan_document?: string | null;
  readonly pr_url?: string | null;
  readonly test_results?: TestResults | null;
  readonly error_message?: string | null;
  readonly error_code?: string | null;
}

export interface ReviseRequest {
  readonly command: 'ReviseRequest';
  readonly patch: RequestPatch;
}

/** A change of status with the fields that go with it. `reason` and `resume_at` apply to `blocked` only. */
export interface ChangeStatus {
  readonly command: 'ChangeStatus';
  readonly patch: Pick<RequestPatch, 'current_phase' | 'session_id' | 'error_message' | 'error_code'> & {
    readonly status: Status;
    readonly reason?: BlockReason;
    readonly resume_at?: Instant | null;
  };
}

type AnyPatch = RequestPatch & { readonly reason?: BlockReason; readonly resume_at?: Instant | null };

/**
 * Decides a patch or change of status. Throws `RequestEnded`, `NotForAgents`, `IllegalTransition`, `ApprovalRequired` and
 * `EvidenceMissing`.
 */
export function decideRevision({ patch }: { readonly patch: AnyPatch }, soFar: Unfolding, policy: Policy): Unfolding {
  const { state, context } = soFar;
  if (context.actor.role !== 'agent') return revise(patch, soFar, policy);
  if (isTerminal(state.status)) throw new RequestEnded(state.status);
  refuseOnBlock(patch, state, context.actor);
  refuseToDrop(patch.milestones, state);
  if (!standingClaim(state)) return revise(patch, soFar, policy);

  if (isTakenBack(patch, state)) return revise(patch, voidClaim(soFar, 'work_resumed'), policy);
  const { status, ...fields } = patch;
  const changes = revise(fields, soFar, policy).events.length > soFar.events.length;
  if (changes || status === 'failed') throw new RequestEnded(state.status);
  return soFar;
}

/** Applies fields before the status, so that evidence sent with `completed` counts, then the phase and errors of the new status. */
function revise(patch: AnyPatch, soFar: Unfolding, policy: Policy): Unfolding {
  const detailed = reviseDetails(patch, soFar);
  const worked = happen(detailed, ...workRevised(patch, detailed.state));
  const moved = patch.status === undefined ? worked : moveTo(patch.status, patch, worked, policy);
  const phased = happen(moved, ...phaseRevised(patch, moved.state));
  return happen(phased, ...errorsRevised(patch, phased.state));
}

/** After claiming completion, an agent may still go back to work or block the request. */
function isTakenBack({ status }: AnyPatch, state: Request): boolean {
  return status !== undefined && status !== state.status && status !== 'completed' && status !== 'failed';
}

/** An agent reports on its work. It may not change the task, withdraw it or schedule its next run. Throws `NotForAgents`. */
export function refuseToAgents(patch: AnyPatch): void {
  for (const field of DETAILS) {
    if (patch[field] !== undefined) throw new NotForAgents(`changing the ${field}`);
  }
  if (patch.status === 'pending' || patch.status === 'cancelled') throw new NotForAgents(`the status ${patch.status}`);
  if (patch.resume_at !== undefined && patch.resume_at !== null) throw new NotForAgents('setting resume_at');
}

/** A block waits for somebody else: an agent can neither leave it nor change its reason or end. It may reword its own. */
function refuseOnBlock(patch: AnyPatch, state: Request, { attempt }: Actor): void {
  const { blocked } = state;
  if (!blocked) return;
  if (patch.status !== undefined && patch.status !== 'blocked') throw new NotForAgents('leaving a block');
  const { reason = blocked.reason, resume_at = blocked.resume_at } = patch;
  if (reason !== blocked.reason || resume_at !== blocked.resume_at) {
    throw new NotForAgents('changing the reason or the end of a block');
  }
  if (state.moved_by !== attempt && ERROR_FIELDS.some((field) => isOtherError(field, patch, state))) {
    throw new NotForAgents('changing what is said of a block by another');
  }
}

/** Milestones of this attempt may be completed or skipped, but not removed. */
function refuseToDrop(milestones: readonly Milestone[] | undefined, state: Request): void {
  if (!milestones) return;
  const kept = new Set(milestones.map(({ id }) => id));
  const isDropped = ({ id }: Milestone) => state.planned.includes(id) && !kept.has(id);
  if (state.milestones.some(isDropped)) throw new NotForAgents('dropping a milestone of this attempt: skip it');
}

function reviseDetails(patch: AnyPatch, soFar: Unfolding): Unfolding {
  const changed = DETAILS.filter((field) => patch[field] !== undefined && !sameJson(patch[field], soFar.state[field]));
  if (changed.length === 0) return soFar;
  const data: Partial<Details> = Object.fromEntries(changed.map((field) => [field, patch[field]]));
  const revised = happen(soFar, { type: 'RequestDetailsRevised', data });
  const isOtherTask = data.title !== undefined || data.description !== undefined;
  return isOtherTask ? voidClaim(revised, 'orders_changed') : revised;
}

function workRevised(patch: AnyPatch, state: Request): readonly RequestEvent[] {
  const cleared: ClearableField[] = [];
  const noted = <Field extends keyof AnyPatch & keyof Request>(
    field: Field,
    event: (value: NonNullable<AnyPatch[Field]>) => RequestEvent,
  ): readonly RequestEvent[] => {
    const value = patch[field];
    if (value === undefined || sameJson(value, state[field])) return [];
    if (value !== null) return [event(value)];
    cleared.push(field as ClearableField);
    return [];
  };
  const events = [
    ...noted('session_id', (session_id) => ({ type: 'SessionAttached', data: { session_id } })),
    ...noted('plan_document', (plan_document) => ({ type: 'PlanAttached', data: { plan_document } })),
    ...milestonesRevised(patch.milestones, state.milestones),
    ...noted('pr_url', (pr_url) => ({ type: 'PullRequestOpened', data: { pr_url } })),
    ...noted('test_results', (test_results) => ({ type: 'TestResultsRecorded', data: { test_results } })),
  ];
  return cleared.length > 0 ? [...events, { type: 'FieldsCleared', data: { fields: cleared } }] : events;
}

/** The phase belongs to the current status, and a change of status clears it. */
function phaseRevised({ current_phase }: AnyPatch, state: Request): readonly RequestEvent[] {
  if (current_phase === undefined || current_phase === state.current_phase) return [];
  if (current_phase === null) return [{ type: 'FieldsCleared', data: { fields: ['current_phase'] } }];
  return [{ type: 'PhaseNoted', data: { current_phase } }];
}

/** If only statuses differ, the history records which milestones moved; otherwise, the whole new plan. */
function milestonesRevised(
  milestones: readonly Milestone[] | undefined,
  known: readonly Milestone[],
): readonly RequestEvent[] {
  if (milestones === undefined || sameJson(milestones, known)) return [];
  const samePlan =
    milestones.length === known.length &&
    milestones.every((milestone, i) => sameJson({ ...milestone, status: null }, { ...known[i], status: null }));
  if (!samePlan) return [{ type: 'MilestonesPlanned', data: { milestones } }];
  return milestones
    .filter(({ status }, i) => status !== known[i]?.status)
    .map(({ id, status }) => ({ type: 'MilestoneStatusChanged', data: { id, status } }));
}

/** The events for changed error fields. While a request is blocked, its error message is also the block's, so both are compared. */
export function errorsRevised(errors: Errors, state: Request): readonly RequestEvent[] {
  const noted: { error_message?: string; error_code?: string } = {};
  const cleared: ClearableField[] = [];
  for (const field of ERROR_FIELDS) {
    const value = errors[field];
    if (value === undefined || !isOtherError(field, errors, state)) continue;
    if (value === null) cleared.push(field);
    else noted[field] = value;
  }
  return [
    ...(Object.keys(noted).length > 0 ? [{ type: 'ErrorNoted', data: noted } as const] : []),
    ...(cleared.length > 0 ? [{ type: 'FieldsCleared', data: { fields: cleared } } as const] : []),
  ];
}

const ERROR_FIELDS = ['error_message', 'error_code'] as const;
type Errors = Pick<AnyPatch, (typeof ERROR_FIELDS)[number]>;

function isOtherError(field: keyof Errors, errors: Errors, state: Request): boolean {
  const value = errors[field];
  if (value === undefined) return false;
  const isBlockMessage = field === 'error_message' && state.blocked !== null;
  return value !== state[field] || (isBlockMessage && value !== state.blocked.message);
}

function moveTo(to: Status, patch: AnyPatch, soFar: Unfolding, policy: Policy): Unfolding {
  const { state, context } = soFar;
  if (to === state.status) return to === 'blocked' ? happen(soFar, ...blockRevised(patch, state)) : soFar;
  const allowed = allowedTransitions(state);
  if (!allowed.includes(to)) throw new IllegalTransition(state.status, to, allowed);
  if (to === 'deploying' && policy.requireApproval && !state.approved) throw new ApprovalRequired();
  if (to === 'completed' && context.actor.role === 'agent') return complete(soFar);
  if (to === 'pending') return retry(soFar, { reason: null, approved: false });
  return happen(soFar, movement(to, patch, state));
}

/** Completes the request for its agent, or records a claim if a worker has to deliver the work first. */
function complete(soFar: Unfolding): Unfolding {
  requireEvidence(soFar.state);
  const live = liveAttempt(soFar.state);
  if (live?.delivers) return happen(soFar, { type: 'CompletionClaimed', data: { attempt: live.attempt } });
  return happen(soFar, { type: 'RequestCompleted', data: {} });
}

function blockRevised(patch: AnyPatch, { blocked }: Request): readonly RequestEvent[] {
  const data: { reason?: BlockReason; resume_at?: Instant | null } = {};
  if (patch.reason !== undefined && patch.reason !== blocked?.reason) data.reason = patch.reason;
  if (patch.resume_at !== undefined && patch.resume_at !== blocked?.resume_at) data.resume_at = patch.resume_at;
  return Object.keys(data).length > 0 ? [{ type: 'BlockRevised', data }] : [];
}

function requireEvidence(state: Request): void {
  const missing: string[] = [];
  const open = state.milestones.filter(({ status }) => status !== 'completed' && status !== 'skipped');
  if (open.length > 0)
    missing.push(`milestones not completed or skipped: ${open.length} of ${state.milestones.length}`);
  if (!endsWithoutCode(state.type)) {
    if (!state.test_results) missing.push('no test results are recorded');
    else if (state.test_results.failed > 0) missing.push(`failed tests: ${state.test_results.failed}`);
    else if (state.test_results.passed === 0 && state.test_results.summary === undefined) {
      missing.push('no test passed, and no summary says why');
    }
  }
  if (missing.length > 0) throw new EvidenceMissing(missing);
}

function movement(to: Exclude<Status, 'pending'>, patch: AnyPatch, state: Request): RequestEvent {
  const error_message = patch.error_message ?? null;
  const error_code = patch.error_code ?? null;
  if (to === 'blocked') {
    const { reason = 'other', resume_at = null } = patch;
    const from_status = state.status;
    return { type: 'RequestBlocked', data: { reason, from_status, message: error_message, error_code, resume_at } };
  }
  if (to === 'failed') return { type: 'RequestFailed', data: { error_message, error_code } };
  if (to === 'cancelled') return { type: 'RequestCancelled', data: { reason: null } };
  if (state.status === 'blocked') return { type: 'RequestUnblocked', data: { to } };
  const starts = {
    planning: 'PlanningStarted',
    implementing: 'ImplementationStarted',
    testing: 'TestingStarted',
    reviewing: 'ReviewStarted',
    deploying: 'DeploymentStarted',
    completed: 'RequestCompleted',
  } as const;
  return { type: starts[to], data: {} };
}
