import type { ClearableField, RequestEvent } from '../events/events.ts';
import type { Actor, Policy } from './command.ts';
import { ApprovalRequired, EvidenceMissing, IllegalTransition, NotForAgents } from './errors.ts';
import { allowedTransitions, endsWithoutCode } from './lifecycle.ts';
import { requeue } from './outcomes.ts';
import type { BlockReason, Instant, Milestone, Priority, Request, Status, TestResults } from './request.ts';
import { sameJson } from './same-json.ts';
import type { Unfolding } from './unfolding.ts';

/** What a merge-patch may set. A field that is left out stays; null clears it where that is allowed. */
export interface RequestPatch {
  readonly title?: string;
  readonly description?: string;
  readonly priority?: Priority;
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

/** The convenience of the contract: a status and what goes with it. `reason` and `resume_at` go with `blocked` only. */
export interface ChangeStatus {
  readonly command: 'ChangeStatus';
  readonly patch: Pick<RequestPatch, 'current_phase' | 'session_id' | 'error_message' | 'error_code'> & {
    readonly status: Status;
    readonly reason?: BlockReason;
    readonly resume_at?: Instant | null;
  };
}

type AnyPatch = RequestPatch & { readonly reason?: BlockReason; readonly resume_at?: Instant | null };

/** The fields come first and the status after them, so that evidence sent along with `completed` counts. */
export function decideRevision(
  { patch }: { readonly patch: AnyPatch },
  unfolding: Unfolding,
  actor: Actor,
  policy: Policy,
): void {
  if (actor.role === 'agent') refuseToUnblock(patch, unfolding.state, actor);
  reviseDetails(patch, unfolding);
  reviseWork(patch, unfolding);
  if (patch.status !== undefined) moveTo(patch.status, patch, unfolding, actor, policy);
  reviseErrors(patch, unfolding);
}

/** An agent reports on its work. It may not rewrite its orders, nor take them back. */
export function refuseToAgents(patch: AnyPatch): void {
  for (const field of ['title', 'description', 'priority'] as const) {
    if (patch[field] !== undefined) throw new NotForAgents(`changing the ${field}`);
  }
  if (patch.status === 'pending' || patch.status === 'cancelled') throw new NotForAgents(`the status ${patch.status}`);
}

/** A block waits for somebody else: an agent neither leaves it, nor changes why and until when another has blocked it. */
function refuseToUnblock(patch: AnyPatch, { status, blocked, moved_by }: Request, { attempt }: Actor): void {
  if (status !== 'blocked' || patch.status === undefined) return;
  if (patch.status !== 'blocked') throw new NotForAgents('leaving a block');
  if (!blocked || moved_by === attempt) return;
  const { reason = blocked.reason, resume_at = blocked.resume_at } = patch;
  if (reason !== blocked.reason || resume_at !== blocked.resume_at) {
    throw new NotForAgents('changing the reason or the end of a block by another');
  }
}

function reviseDetails(patch: AnyPatch, unfolding: Unfolding): void {
  const revised: { title?: string; description?: string; priority?: Priority } = {};
  if (patch.title !== undefined && patch.title !== unfolding.state.title) revised.title = patch.title;
  if (patch.description !== undefined && patch.description !== unfolding.state.description) {
    revised.description = patch.description;
  }
  if (patch.priority !== undefined && patch.priority !== unfolding.state.priority) revised.priority = patch.priority;
  if (Object.keys(revised).length > 0) unfolding.happen({ type: 'RequestDetailsRevised', data: revised });
}

function reviseWork(patch: AnyPatch, unfolding: Unfolding): void {
  const { state } = unfolding;
  const cleared: ClearableField[] = [];
  const revise = <Field extends keyof AnyPatch & keyof Request>(
    field: Field,
    event: (value: NonNullable<AnyPatch[Field]>) => RequestEvent,
  ): void => {
    const value = patch[field];
    if (value === undefined || sameJson(value, state[field])) return;
    if (value === null) cleared.push(field as ClearableField);
    else unfolding.happen(event(value));
  };
  revise('current_phase', (current_phase) => ({ type: 'PhaseNoted', data: { current_phase } }));
  revise('session_id', (session_id) => ({ type: 'SessionAttached', data: { session_id } }));
  revise('plan_document', (plan_document) => ({ type: 'PlanAttached', data: { plan_document } }));
  reviseMilestones(patch.milestones, unfolding);
  revise('pr_url', (pr_url) => ({ type: 'PullRequestOpened', data: { pr_url } }));
  revise('test_results', (test_results) => ({ type: 'TestResultsRecorded', data: { test_results } }));
  if (cleared.length > 0) unfolding.happen({ type: 'FieldsCleared', data: { fields: cleared } });
}

/** Where only statuses differ, the history says which milestone moved; else the whole plan is new. */
function reviseMilestones(milestones: readonly Milestone[] | undefined, unfolding: Unfolding): void {
  const known = unfolding.state.milestones;
  if (milestones === undefined || sameJson(milestones, known)) return;
  const samePlan =
    milestones.length === known.length &&
    milestones.every((milestone, i) => sameJson({ ...milestone, status: null }, { ...known[i], status: null }));
  if (!samePlan) {
    unfolding.happen({ type: 'MilestonesPlanned', data: { milestones } });
    return;
  }
  milestones.forEach(({ id, status }, i) => {
    if (status !== known[i]?.status) unfolding.happen({ type: 'MilestoneStatusChanged', data: { id, status } });
  });
}

/** While a request is blocked its error message is the block's message too, so both have to be as sent. */
export function reviseErrors(errors: Pick<AnyPatch, 'error_message' | 'error_code'>, unfolding: Unfolding): void {
  const { state } = unfolding;
  const noted: { error_message?: string; error_code?: string } = {};
  const cleared: ClearableField[] = [];
  for (const field of ['error_message', 'error_code'] as const) {
    const value = errors[field];
    const isSo =
      value === state[field] && (field !== 'error_message' || !state.blocked || value === state.blocked.message);
    if (value === undefined || isSo) continue;
    if (value === null) cleared.push(field);
    else noted[field] = value;
  }
  if (Object.keys(noted).length > 0) unfolding.happen({ type: 'ErrorNoted', data: noted });
  if (cleared.length > 0) unfolding.happen({ type: 'FieldsCleared', data: { fields: cleared } });
}

function moveTo(to: Status, patch: AnyPatch, unfolding: Unfolding, actor: Actor, policy: Policy): void {
  const { state } = unfolding;
  if (to === state.status) {
    if (to === 'blocked') reviseBlock(patch, unfolding);
    return;
  }
  const allowed = allowedTransitions(state);
  if (!allowed.includes(to)) throw new IllegalTransition(state.status, to, allowed);
  if (to === 'deploying' && policy.requireApproval && !state.approved) throw new ApprovalRequired();
  if (to === 'completed' && actor.role === 'agent') requireEvidence(state);
  if (to === 'pending') requeue(unfolding, { cause: 'retry', reason: null, approved: false });
  else unfolding.happen(movement(to, patch, state));
}

function reviseBlock(patch: AnyPatch, unfolding: Unfolding): void {
  const { blocked } = unfolding.state;
  const revised: { reason?: BlockReason; resume_at?: Instant | null } = {};
  if (patch.reason !== undefined && patch.reason !== blocked?.reason) revised.reason = patch.reason;
  if (patch.resume_at !== undefined && patch.resume_at !== blocked?.resume_at) revised.resume_at = patch.resume_at;
  if (Object.keys(revised).length > 0) unfolding.happen({ type: 'BlockRevised', data: revised });
}

function requireEvidence(state: Request): void {
  const missing: string[] = [];
  const open = state.milestones.filter(({ status }) => status !== 'completed' && status !== 'skipped');
  if (open.length > 0)
    missing.push(`milestones not completed or skipped: ${open.length} of ${state.milestones.length}`);
  if (!endsWithoutCode(state.type)) {
    if (!state.test_results) missing.push('no test results are recorded');
    else if (state.test_results.failed > 0) missing.push(`failed tests: ${state.test_results.failed}`);
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
