import type { Actor, Policy } from '../command.ts';
import type { RequestCommand } from '../decide.ts';
import type {
  AttemptReport,
  Block,
  Delivery,
  DeliveryReport,
  Instant,
  Priority,
  RequestType,
  RunFigures,
  Status,
} from '../request.ts';

/**
 * A second implementation of the HTTP contract's rules for the tests to compare the domain with: no events, just changes to one object.
 * Deliberately slow and plain.
 */
export interface Reference {
  type: RequestType;
  status: Status;
  blocked: Block | null;
  fields: Record<(typeof FIELDS)[number], unknown>;
  errors: { error_message: string | null; error_code: string | null };
  retry_count: number;
  started_at: Instant | null;
  completed_at: Instant | null;
  branch: string | null;
  commit: string | null;
  delivery: Delivery | null;
  attempts: {
    outcome: string | null;
    claimer: string;
    delivers: boolean;
    report: AttemptReport | null;
    figures: RunFigures;
    progressed: number;
  }[];
  approved: boolean;
  lostInARow: number;
  returns: number;
  elsewhere: number;
  planned: string[];
  movedBy: number | null;
  moves: number;
}

/** Fields set by a patch that have no rules of their own. */
const FIELDS = [
  'title',
  'description',
  'priority',
  'current_phase',
  'session_id',
  'milestones',
  'plan_document',
  'pr_url',
  'test_results',
] as const;

/** A patch of either command. */
type Patch = Partial<Record<(typeof FIELDS)[number] | 'error_message' | 'error_code', unknown>> & {
  readonly status?: Status;
  readonly reason?: Block['reason'];
  readonly resume_at?: Instant | null;
  readonly error_message?: string | null;
  readonly error_code?: string | null;
};

export interface Step {
  readonly command: RequestCommand;
  readonly actor: Actor;
  readonly policy: Policy;
  readonly at: Instant;
  /** Version of the request before the step. */
  readonly version: number;
  /** The attempt whose lease has expired. Null: none. */
  readonly lapsedAttempt: number | null;
}

class Refused extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

const NEXT: Record<Status, string> = {
  pending: 'planning implementing blocked failed cancelled',
  planning: 'implementing reviewing blocked failed cancelled',
  implementing: 'planning testing reviewing blocked failed cancelled',
  testing: 'implementing reviewing deploying blocked failed cancelled',
  reviewing: 'implementing testing deploying completed blocked failed cancelled',
  deploying: 'implementing completed blocked failed cancelled',
  blocked: 'pending failed cancelled',
  failed: 'pending',
  completed: '',
  cancelled: '',
};
const REASONS = ['approval', 'question', 'usage_limit', 'budget', 'dependency', 'policy', 'worker_lost', 'other'];

export function mayMove(it: Pick<Reference, 'type' | 'status' | 'blocked'>, to: Status): boolean {
  if (it.blocked?.from_status === to) return true;
  if (it.type === 'research' && it.status === 'planning' && to === 'completed') return true;
  return NEXT[it.status].split(' ').includes(to);
}

export function newReference(type: RequestType, priority: Priority, title: string, description: string): Reference {
  return {
    type,
    status: 'pending',
    blocked: null,
    fields: {
      title,
      description,
      priority,
      current_phase: null,
      session_id: null,
      milestones: [],
      plan_document: null,
      pr_url: null,
      test_results: null,
    },
    errors: { error_message: null, error_code: null },
    retry_count: 0,
    started_at: null,
    completed_at: null,
    branch: null,
    commit: null,
    delivery: null,
    attempts: [],
    approved: false,
    lostInARow: 0,
    returns: 0,
    elsewhere: 0,
    planned: [],
    movedBy: null,
    moves: 0,
  };
}

/** The request after the step, or the error code if the step is refused. */
export function referenceStep(before: Reference, step: Step): Reference | string {
  const it = structuredClone(before);
  try {
    take(it, step);
    if (it.moves > before.moves) it.movedBy = step.actor.attempt ?? null;
    return it;
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}

function live(it: Reference) {
  return it.attempts.find(({ outcome }) => outcome === null);
}

function go(it: Reference, to: Status, at: Instant): void {
  if (it.status === 'failed' || it.status === 'blocked') it.errors = { error_message: null, error_code: null };
  it.blocked = null;
  if (to === 'planning' || to === 'implementing') it.started_at ??= at;
  if (to !== it.status) {
    it.moves += 1;
    it.fields.current_phase = null;
  }
  it.completed_at = ['completed', 'failed', 'cancelled'].includes(to) ? at : null;
  it.status = to;
}

function toPending(it: Reference, at: Instant, counted: boolean): void {
  if (counted) it.retry_count += 1;
  const running = live(it);
  if (running) {
    running.outcome = 'released';
    it.lostInARow = 0;
  }
  go(it, 'pending', at);
}

function retry(it: Reference, at: Instant, { role }: Actor): void {
  if (it.status === 'failed') it.lostInARow = 0;
  if (it.status === 'failed' || (it.blocked?.reason === 'worker_lost' && it.elsewhere >= 3)) withdraw(it);
  it.elsewhere = 0;
  if (role === 'caller') it.returns = 0;
  toPending(it, at, it.status === 'failed');
}

/** Requeues automatically, at most ten times in a row for a cause of its own. */
function goBack(it: Reference, at: Instant, isOwn: boolean): void {
  if (isOwn && it.returns === 10) {
    if (it.blocked) it.blocked = { ...it.blocked, reason: 'other', resume_at: null };
    else block(it, at, {});
    return setErrors(it, {
      error_message: 'The request went back to pending 10 times in a row by itself, and waits for a person now.',
      error_code: 'returns-exhausted',
    });
  }
  if (isOwn) it.returns += 1;
  toPending(it, at, false);
}

const OTHERS_FAULT =
  'usage_limit account agent-auth provider configuration agent-missing worker-stopped lease-lost claim-unclear work-elsewhere';

function isOwnFault(code: string | undefined): boolean {
  return code === undefined || !OTHERS_FAULT.split(' ').includes(code);
}

function standing(it: Reference): Delivery | null {
  return it.delivery?.state === 'delivered' ? null : it.delivery;
}

function withdraw(it: Reference): void {
  if (standing(it)) it.delivery = null;
}

function block(it: Reference, at: Instant, block: Partial<Block>): void {
  const from_status = it.status;
  go(it, 'blocked', at);
  it.blocked = { reason: 'other', message: null, resume_at: null, ...block, since: at, from_status };
}

function setErrors(it: Reference, errors: { error_message?: string | null; error_code?: string | null }): void {
  if (errors.error_code !== undefined) it.errors.error_code = errors.error_code;
  if (errors.error_message === undefined) return;
  it.errors.error_message = errors.error_message;
  if (it.blocked) it.blocked = { ...it.blocked, message: errors.error_message };
}

function take(it: Reference, step: Step): void {
  const { command, actor, policy, at } = step;
  if (command.command === 'SubmitRequest') return;
  if (command.command === 'ReviseRequest' || command.command === 'ChangeStatus') refuseOrders(command.patch, actor);
  if (command.command === 'ProgressAttempt' || command.command === 'ReportAttempt') {
    const attempt = it.attempts[command.attempt - 1];
    if (!attempt) throw new Refused('not-found');
    if (attempt.claimer !== actor.principal && !actor.isAdmin) throw new Refused('forbidden');
  }
  const asFound = JSON.stringify(it);
  if (step.lapsedAttempt !== null) lose(it, step.lapsedAttempt, at, policy);
  if (it.blocked?.resume_at && it.blocked.resume_at <= at) {
    const last = it.attempts.at(-1)?.report;
    const isOfAttempt = it.movedBy !== null || last?.resume_at === it.blocked.resume_at;
    goBack(it, at, isOfAttempt && it.blocked.reason !== 'usage_limit' && isOwnFault(last?.error_code));
  }
  const isAsFound = JSON.stringify(it) === asFound;
  switch (command.command) {
    case 'ReviseRequest':
    case 'ChangeStatus':
      return revise(it, command.patch, { actor, policy, at });
    case 'CancelRequest':
      if (it.status === 'cancelled') return;
      if (!mayMove(it, 'cancelled')) throw new Refused('illegal-transition');
      return go(it, 'cancelled', at);
    case 'RetryRequest':
      if (command.approves !== undefined && (command.approves !== step.version || !isAsFound)) {
        throw new Refused('version-mismatch');
      }
      if (it.status === 'pending' && (command.approves === undefined || it.approved)) return;
      if (!mayMove(it, 'pending')) throw new Refused('illegal-transition');
      if (command.approves !== undefined) it.approved = true;
      return retry(it, at, actor);
    case 'ResumeRequest':
      return;
    case 'ClaimRequest':
      if (live(it)) throw new Refused('already-claimed');
      if (it.status !== 'pending') throw new Refused('not-claimable');
      if (standing(it) && !command.delivers) throw new Refused('not-claimable');
      it.attempts.push({
        outcome: null,
        claimer: actor.principal,
        delivers: command.delivers === true,
        report: null,
        figures: {},
        progressed: -Infinity,
      });
      it.planned = [];
      if (command.session_id !== null) it.fields.session_id = command.session_id;
      return go(it, 'planning', at);
    case 'LoseAttempt':
      return lose(it, command.attempt, at, policy);
    case 'ProgressAttempt':
    case 'ReportAttempt':
      return hear(it, command, at);
  }
}

function refuseOrders(patch: Patch, { role }: Actor): void {
  if (role !== 'agent') return;
  if ('title' in patch || 'description' in patch || 'priority' in patch) throw new Refused('forbidden');
  if (patch.status === 'pending' || patch.status === 'cancelled') throw new Refused('forbidden');
  if (patch.resume_at) throw new Refused('forbidden');
}

/** Refuses what an agent may not do in this state. True if its completion claim stands and the patch changes nothing. */
function refuseToAgent(it: Reference, patch: Patch, attempt: number | undefined): boolean {
  const { status } = patch;
  if (['completed', 'failed', 'cancelled'].includes(it.status)) throw new Refused('request-ended');
  if (it.blocked) {
    const isOther = (name: 'reason' | 'resume_at') => patch[name] !== undefined && patch[name] !== it.blocked?.[name];
    if (status !== undefined && status !== 'blocked') throw new Refused('forbidden');
    if (isOther('reason') || isOther('resume_at')) throw new Refused('forbidden');
    if (it.movedBy !== attempt && saysElse(it, patch)) throw new Refused('forbidden');
  }
  const milestones = patch.milestones as Milestones | undefined;
  const known = it.fields.milestones as Milestones;
  const isGone = (id: string) => known.some((its) => its.id === id) && !milestones?.some((its) => its.id === id);
  if (milestones && it.planned.some(isGone)) throw new Refused('forbidden');
  if (!standing(it)) return false;
  if (status !== undefined && status !== it.status && status !== 'completed' && status !== 'failed') {
    withdraw(it);
    return false;
  }
  const isOther = FIELDS.some((name) => name in patch && !same(patch[name], it.fields[name]));
  if (isOther || saysElse(it, patch) || status === 'failed') throw new Refused('request-ended');
  return true;
}

type Milestones = readonly { id: string; status: unknown }[];

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function saysElse(it: Reference, { error_message, error_code }: Patch): boolean {
  if (error_code !== undefined && error_code !== it.errors.error_code) return true;
  if (error_message === undefined) return false;
  return error_message !== it.errors.error_message || (it.blocked !== null && error_message !== it.blocked.message);
}

/** Tracks the milestones that the attempt has planned or worked on. */
function plan(it: Reference, milestones: Milestones): void {
  const known = it.fields.milestones as Milestones;
  const stateless = (all: Milestones) => all.map((its) => ({ ...its, status: null }));
  const moved = milestones.filter((its, i) => !same(its, known[i])).map(({ id }) => id);
  if (same(stateless(milestones), stateless(known))) it.planned = [...new Set([...it.planned, ...moved])];
  else it.planned = milestones.map(({ id }) => id);
}

function revise(it: Reference, patch: Patch, { actor, policy, at }: Pick<Step, 'actor' | 'policy' | 'at'>): void {
  const isAgent = actor.role === 'agent';
  const { status } = patch;
  if (actor.attempt !== undefined && it.attempts[actor.attempt - 1] !== live(it)) throw new Refused('stale-attempt');
  if (actor.attempt !== undefined && !live(it)) throw new Refused('stale-attempt');
  if (isAgent && refuseToAgent(it, patch, actor.attempt)) return;
  if (patch.milestones) plan(it, patch.milestones as Milestones);
  const isOtherTask = (name: 'title' | 'description') => patch[name] !== undefined && patch[name] !== it.fields[name];
  if (isOtherTask('title') || isOtherTask('description')) {
    it.approved = false;
    withdraw(it);
  }
  for (const name of FIELDS) if (name in patch && name !== 'current_phase') it.fields[name] = patch[name];
  if (status !== undefined && status !== it.status) {
    if (!mayMove(it, status)) throw new Refused('illegal-transition');
    if (status === 'deploying' && policy.requireApproval && !it.approved) throw new Refused('approval-required');
    if (status === 'completed' && isAgent && !hasEvidence(it)) throw new Refused('evidence-missing');
    if (status === 'pending') retry(it, at, actor);
    else if (status === 'blocked') block(it, at, {});
    else if (status === 'completed' && isAgent && live(it)?.delivers) {
      const nothing = { branch: null, commit: null, pr_url: null, reason: null, ref: null };
      it.delivery = { state: 'claimed', attempt: it.attempts.length, ...nothing };
    } else go(it, status, at);
  }
  if ('current_phase' in patch) it.fields.current_phase = patch.current_phase;
  if (status === 'blocked' && it.blocked) {
    if (patch.reason !== undefined) it.blocked = { ...it.blocked, reason: patch.reason };
    if (patch.resume_at !== undefined) it.blocked = { ...it.blocked, resume_at: patch.resume_at };
  }
  setErrors(it, patch);
}

function hasEvidence(it: Reference): boolean {
  const milestones = it.fields.milestones as readonly { status: string }[];
  const results = it.fields.test_results as { passed: number; failed: number; summary?: string } | null;
  const done = milestones.every(({ status }) => status === 'completed' || status === 'skipped');
  if (it.type === 'research') return done;
  return done && results?.failed === 0 && (results.passed > 0 || results.summary !== undefined);
}

function lose(it: Reference, number: number, at: Instant, { maxAttempts }: Policy): void {
  const running = live(it);
  if (!running || it.attempts.indexOf(running) !== number - 1) return;
  running.outcome = 'lost';
  it.lostInARow += 1;
  if (['blocked', 'completed', 'failed', 'cancelled'].includes(it.status)) return;
  if (it.lostInARow < maxAttempts) return toPending(it, at, true);
  go(it, 'failed', at);
  it.errors = { error_message: `Attempts lost in a row: ${it.lostInARow}.`, error_code: 'attempts-exhausted' };
}

function hear(
  it: Reference,
  command: Extract<RequestCommand, { command: 'ProgressAttempt' | 'ReportAttempt' }>,
  at: Instant,
): void {
  const attempt = it.attempts[command.attempt - 1];
  if (!attempt) throw new Refused('not-found');
  if (command.command === 'ProgressAttempt') {
    if (attempt.outcome !== null) throw new Refused('stale-attempt');
    const figures = { ...attempt.figures, ...command.figures };
    const isNews = JSON.stringify(figures) !== JSON.stringify(attempt.figures);
    if (!isNews || Date.parse(at) < attempt.progressed + 60_000) return;
    attempt.figures = figures;
    attempt.progressed = Date.parse(at);
    return;
  }
  if (attempt.report) return;
  const { report } = command;
  attempt.report = report;
  for (const name of ['num_turns', 'cost_usd', 'usage'] as const) {
    if (report[name] !== undefined) attempt.figures = { ...attempt.figures, [name]: report[name] };
  }
  if (attempt.outcome !== null) return;
  attempt.outcome = report.outcome;
  it.lostInARow = 0;
  it.elsewhere = report.error_code === 'work-elsewhere' ? it.elsewhere + 1 : 0;
  const claim = standing(it);
  if (report.delivery) deliver(it, report.delivery, claim, command.attempt);
  if (['completed', 'failed', 'cancelled'].includes(it.status)) return;
  if (report.delivery && 'branch' in report.delivery) it.fields.pr_url = report.delivery.pr_url ?? it.fields.pr_url;
  if (claim && report.delivery) {
    if (!('undelivered' in report.delivery)) {
      if (!it.blocked) go(it, 'completed', at);
      return;
    }
    const reason = report.error_code === 'approval' ? 'approval' : 'dependency';
    const { why } = report.delivery.undelivered;
    return hold(
      it,
      { ...report, error_message: report.error_message ?? why, error_code: 'delivery-failed' },
      reason,
      at,
    );
  }
  const reason = REASONS.find((its) => its === report.error_code);
  if (claim && report.outcome !== 'released') {
    const error_message = 'the agent claimed completion, and its worker reported no delivery';
    return hold(it, { error_message, ...report }, reason, at);
  }
  if (report.outcome === 'failed') {
    go(it, 'failed', at);
    setErrors(it, report);
  } else if (report.outcome === 'blocked') {
    hold(it, report, reason, at);
  } else if (it.status !== 'blocked') {
    if (report.outcome === 'released') return release(it, report, at);
    block(it, at, {});
    setErrors(it, { error_message: 'the agent ended without finishing' });
  }
}

function hold(it: Reference, report: AttemptReport | Patch, reason: string | undefined, at: Instant): void {
  if (!it.blocked) block(it, at, {});
  if (it.blocked && reason !== undefined) it.blocked = { ...it.blocked, reason: reason as Block['reason'] };
  if (it.blocked && report.resume_at) it.blocked = { ...it.blocked, resume_at: report.resume_at };
  setErrors(it, report);
}

function release(it: Reference, report: AttemptReport, at: Instant): void {
  if (!standing(it) || it.elsewhere < 3) return goBack(it, at, isOwnFault(report.error_code));
  block(it, at, { reason: 'worker_lost' });
  const error_message = `The finished work was not found by any of the last ${it.elsewhere} workers. A retry does the work again.`;
  setErrors(it, { error_message, error_code: 'work-elsewhere' });
}

function deliver(it: Reference, report: DeliveryReport, claim: Delivery | null, attempt: number): void {
  const by = claim?.attempt ?? attempt;
  const known = claim?.commit ?? it.commit;
  const nothing = { branch: null, commit: null, pr_url: null, reason: null, ref: null };
  if ('undelivered' in report) {
    if (!claim) return;
    const { commit, ref, why } = report.undelivered;
    it.delivery = { state: 'undelivered', attempt: by, ...nothing, commit, ref, reason: why };
    it.approved &&= commit === known;
    return;
  }
  const state = claim && it.status === 'blocked' ? 'claimed' : 'delivered';
  if ('nothing' in report) {
    it.delivery = { state, attempt: by, ...nothing };
    return;
  }
  const { branch, commit, pr_url = null } = report;
  it.delivery = { state, attempt: by, ...nothing, branch, commit, pr_url };
  it.approved &&= commit === known;
  it.branch = branch;
  it.commit = commit;
}
