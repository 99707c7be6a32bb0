import type { Actor, Policy } from '../command.ts';
import type { RequestCommand } from '../decide.ts';
import type { Block, Instant, Priority, RequestType, RunFigures, Status } from '../request.ts';

/**
 * The HTTP contract's rules once more, written straight down as changes to one object and without events, for the tests to compare
 * the domain with. Slow and plain on purpose.
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
  attempts: { outcome: string | null; reported: boolean; figures: RunFigures; progressed: number }[];
  approved: boolean;
  lostInARow: number;
  movedBy: number | null;
  moves: number;
}

/** The fields that a patch sets and that have no rules of their own. */
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

/** Either patch. */
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
  /** An attempt whose lease has run out. */
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
    attempts: [],
    approved: false,
    lostInARow: 0,
    movedBy: null,
    moves: 0,
  };
}

/** What the request is after the step, or the code of the refusal. */
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
  if (to !== it.status) it.moves += 1;
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

function retry(it: Reference, at: Instant): void {
  if (it.status === 'failed') it.lostInARow = 0;
  toPending(it, at, it.status === 'failed');
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
  if (step.lapsedAttempt !== null) lose(it, step.lapsedAttempt, at, policy);
  if (it.blocked?.resume_at && it.blocked.resume_at <= at) toPending(it, at, false);
  switch (command.command) {
    case 'ReviseRequest':
    case 'ChangeStatus':
      return revise(it, command.patch, { actor, policy, at });
    case 'CancelRequest':
      if (it.status === 'cancelled') return;
      if (!mayMove(it, 'cancelled')) throw new Refused('illegal-transition');
      return go(it, 'cancelled', at);
    case 'RetryRequest':
      if (it.status === 'pending') return;
      if (!mayMove(it, 'pending')) throw new Refused('illegal-transition');
      if (it.blocked?.reason === 'approval' && actor.role === 'caller') it.approved = true;
      return retry(it, at);
    case 'ResumeRequest':
      return;
    case 'ClaimRequest':
      if (live(it)) throw new Refused('already-claimed');
      if (it.status !== 'pending') throw new Refused('not-claimable');
      it.attempts.push({ outcome: null, reported: false, figures: {}, progressed: -Infinity });
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
}

function revise(it: Reference, patch: Patch, { actor, policy, at }: Pick<Step, 'actor' | 'policy' | 'at'>): void {
  const isAgent = actor.role === 'agent';
  const { status } = patch;
  if (actor.attempt !== undefined && it.attempts[actor.attempt - 1] !== live(it)) throw new Refused('stale-attempt');
  if (actor.attempt !== undefined && !live(it)) throw new Refused('stale-attempt');
  if (isAgent && it.status === 'blocked' && status !== undefined && status !== 'blocked')
    throw new Refused('forbidden');
  if (isAgent && it.blocked && it.movedBy !== actor.attempt) {
    const isOther = (name: 'reason' | 'resume_at') => patch[name] !== undefined && patch[name] !== it.blocked?.[name];
    if (isOther('reason') || isOther('resume_at')) throw new Refused('forbidden');
  }
  for (const name of FIELDS) if (name in patch) it.fields[name] = patch[name];
  if (status !== undefined && status !== it.status) {
    if (!mayMove(it, status)) throw new Refused('illegal-transition');
    if (status === 'deploying' && policy.requireApproval && !it.approved) throw new Refused('approval-required');
    if (status === 'completed' && isAgent && !hasEvidence(it)) throw new Refused('evidence-missing');
    if (status === 'pending') retry(it, at);
    else if (status === 'blocked') block(it, at, {});
    else go(it, status, at);
  }
  if (status === 'blocked' && it.blocked) {
    if (patch.reason !== undefined) it.blocked = { ...it.blocked, reason: patch.reason };
    if (patch.resume_at !== undefined) it.blocked = { ...it.blocked, resume_at: patch.resume_at };
  }
  setErrors(it, patch);
}

function hasEvidence(it: Reference): boolean {
  const milestones = it.fields.milestones as readonly { status: string }[];
  const results = it.fields.test_results as { failed: number } | null;
  const done = milestones.every(({ status }) => status === 'completed' || status === 'skipped');
  return done && (it.type === 'research' || results?.failed === 0);
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
  if (attempt.reported) return;
  const { report } = command;
  attempt.reported = true;
  for (const name of ['num_turns', 'cost_usd', 'usage'] as const) {
    if (report[name] !== undefined) attempt.figures = { ...attempt.figures, [name]: report[name] };
  }
  if (attempt.outcome !== null) return;
  attempt.outcome = report.outcome;
  it.lostInARow = 0;
  if (['completed', 'failed', 'cancelled'].includes(it.status)) return;
  if (report.outcome === 'failed') {
    go(it, 'failed', at);
    setErrors(it, report);
  } else if (report.outcome === 'blocked') {
    if (!it.blocked) block(it, at, {});
    if (it.blocked && report.error_code !== undefined && REASONS.includes(report.error_code)) {
      it.blocked = { ...it.blocked, reason: report.error_code as Block['reason'] };
    }
    if (it.blocked && report.resume_at !== undefined) it.blocked = { ...it.blocked, resume_at: report.resume_at };
    setErrors(it, report);
  } else if (it.status !== 'blocked') {
    if (report.outcome === 'released') return toPending(it, at, false);
    block(it, at, {});
    setErrors(it, { error_message: 'the agent ended without finishing' });
  }
}
