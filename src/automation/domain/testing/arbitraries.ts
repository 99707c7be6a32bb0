import fc from 'fast-check';
import type { Actor, Policy } from '../command.ts';
import type { RequestCommand, SubmitRequest } from '../decide.ts';
import {
  BLOCK_REASONS,
  MILESTONE_STATUSES,
  PRIORITIES,
  REPORTED_OUTCOMES,
  REQUEST_TYPES,
  STATUSES,
} from '../request.ts';
import type { Request, Status } from '../request.ts';
import { allowedTransitions } from '../lifecycle.ts';
import { minute, REQUEST_ID } from './given.ts';

/** Few values of each kind, so that commands often repeat the current state and every rule is exercised often. */

const text = fc.constantFrom('one', 'two', 'drei “ß” 😀');
const clearable = fc.option(text);
/** Offset from the latest attempt; resolved by {@link aim}. */
const attempt = fc.constantFrom(0, 0, 0, 0, -1, -2, 1);
/** Final statuses are rare, so that lives are long. */
const status = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(...STATUSES.filter((it) => it !== 'cancelled' && it !== 'completed')) },
  { weight: 1, arbitrary: fc.constantFrom('completed' as const, 'cancelled' as const) },
);
const instant = fc.integer({ min: 0, max: 59 }).map(minute);
const figures = {
  num_turns: fc.integer({ min: 0, max: 2 }),
  cost_usd: fc.constantFrom(0, 0.1, 1.25),
  usage: fc.constantFrom({}, { input_tokens: 1 }, { input_tokens: 1, nested: { a: [1, null, 'x'] } }),
};

const milestone = fc.record(
  {
    id: fc.constantFrom('m1', 'm2', 'm3'),
    title: text,
    description: text,
    status: fc.constantFrom(...MILESTONE_STATUSES),
  },
  { requiredKeys: ['id', 'title', 'status'] },
);
const milestones = fc.uniqueArray(milestone, { maxLength: 3, selector: ({ id }) => id });
const testResults = fc.record(
  {
    passed: fc.integer({ min: 0, max: 2 }),
    failed: fc.integer({ min: 0, max: 1 }),
    skipped: fc.constantFrom(0, -0, 1),
    summary: text,
  },
  { requiredKeys: ['passed', 'failed', 'skipped'] },
);

const revise = fc
  .record(
    {
      title: text,
      description: text,
      priority: fc.constantFrom(...PRIORITIES),
      status,
      current_phase: clearable,
      session_id: clearable,
      milestones,
      plan_document: clearable,
      pr_url: fc.option(fc.constantFrom('https://git.example/1', 'https://git.example/2')),
      test_results: fc.option(testResults),
      error_message: clearable,
      error_code: clearable,
    },
    { requiredKeys: [] },
  )
  .map((patch) => ({ command: 'ReviseRequest' as const, patch }));

const withStatus = { current_phase: clearable, session_id: clearable, error_message: clearable, error_code: clearable };
const changeStatus = fc
  .record({ status: status.filter((it) => it !== 'blocked'), ...withStatus }, { requiredKeys: ['status'] })
  .map((patch) => ({ command: 'ChangeStatus' as const, patch }));
const plainStatus = status.map((it) => ({ command: 'ChangeStatus' as const, patch: { status: it } }));
const changeToBlocked = fc
  .record(
    {
      status: fc.constant('blocked' as const),
      ...withStatus,
      reason: fc.constantFrom(...BLOCK_REASONS),
      resume_at: fc.option(instant),
    },
    { requiredKeys: ['status'] },
  )
  .map((patch) => ({ command: 'ChangeStatus' as const, patch }));

const report = fc.record(
  {
    outcome: fc.constantFrom(...REPORTED_OUTCOMES),
    error_code: fc.constantFrom('usage_limit', 'approval', 'work-elsewhere', 'E1', 'constructor'),
    delivery: fc.oneof(
      fc.record(
        { branch: text, commit: text, pr_url: fc.constant('https://git.example/3') },
        { requiredKeys: ['branch', 'commit'] },
      ),
      fc.constant({ nothing: true as const }),
      fc.record({ undelivered: fc.record({ commit: text, ref: text, why: text }) }),
    ),
    error_message: text,
    exit_code: fc.integer({ min: -9, max: 2 }),
    duration_ms: fc.constantFrom(0, 1234.5),
    resume_at: instant,
    ...figures,
  },
  { requiredKeys: ['outcome'] },
);

export const submissions: fc.Arbitrary<SubmitRequest> = fc.record({
  command: fc.constant('SubmitRequest'),
  id: fc.constant(REQUEST_ID),
  type: fc.constantFrom(...REQUEST_TYPES),
  priority: fc.constantFrom(...PRIORITIES),
  title: text,
  description: text,
});

const reason = fc.option(text);
/** The approved version is an offset from the current one; resolved by {@link aim}. */
const retry = fc
  .record({ reason, approves: fc.constantFrom(0, 0, 99) }, { requiredKeys: ['reason'] })
  .map((its) => ({ command: 'RetryRequest' as const, ...its }));

const commands: fc.Arbitrary<RequestCommand> = fc.oneof(
  { weight: 15, arbitrary: revise },
  { weight: 24, arbitrary: plainStatus },
  { weight: 12, arbitrary: changeStatus },
  { weight: 9, arbitrary: changeToBlocked },
  { weight: 3, arbitrary: submissions },
  { weight: 1, arbitrary: reason.map((it) => ({ command: 'CancelRequest' as const, reason: it })) },
  { weight: 15, arbitrary: retry },
  { weight: 6, arbitrary: fc.constant({ command: 'ResumeRequest' as const }) },
  {
    weight: 24,
    arbitrary: fc.tuple(fc.option(text), fc.constantFrom(true, true, false)).map(([session_id, delivers]) => ({
      command: 'ClaimRequest' as const,
      worker: 'dev-1',
      session_id,
      lease_seconds: 120,
      delivers,
    })),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(attempt, fc.record(figures, { requiredKeys: [] }))
      .map(([number, its]) => ({ command: 'ProgressAttempt' as const, attempt: number, figures: its })),
  },
  {
    weight: 12,
    arbitrary: fc
      .tuple(attempt, report)
      .map(([number, its]) => ({ command: 'ReportAttempt' as const, attempt: number, report: its })),
  },
  { weight: 12, arbitrary: attempt.map((number) => ({ command: 'LoseAttempt' as const, attempt: number })) },
);

const actors: fc.Arbitrary<Actor> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Actor>({ principal: 'olga', role: 'caller' }) },
  { weight: 1, arbitrary: fc.constant<Actor>({ principal: 'ada', role: 'caller', isAdmin: true }) },
  { weight: 1, arbitrary: attempt.map((it): Actor => ({ principal: 'key', role: 'worker', attempt: it })) },
  { weight: 2, arbitrary: attempt.map((it): Actor => ({ principal: 'key', role: 'agent', attempt: it })) },
);

export const policies: fc.Arbitrary<Policy> = fc.record({
  requireApproval: fc.boolean(),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
});

/** A command and actor drawn without knowing the request. Attempts and statuses are resolved later, by {@link aim}. */
export interface Intent {
  readonly command: RequestCommand;
  readonly actor: Actor;
  /** Replaces the drawn status by the n-th allowed one, or by the next on the way to completion (`on`). Null keeps the drawn one. */
  readonly way: number | 'on' | null;
  /** The attempt whose lease has expired by then, as an offset from the latest. Null: none. */
  readonly lapsed: number | null;
  /** Minutes since the previous step. */
  readonly minutes: number;
}

export const intents: fc.Arbitrary<Intent> = fc.record({
  command: commands,
  actor: actors,
  way: fc.oneof(fc.constant(null), fc.nat({ max: 5 }), fc.constant('on' as const)),
  lapsed: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.constantFrom(0, 0, -1) }),
  minutes: fc.integer({ min: 0, max: 3 }),
});

export interface Aimed {
  readonly command: RequestCommand;
  readonly actor: Actor;
  readonly lapsedAttempt: number | null;
}

/** Resolves an intent against the request: attempt offsets become numbers, and the status one that is allowed if `way` asks for it. */
export function aim({ command, actor, way, lapsed }: Intent, request: Request): Aimed {
  const latest = request.attempts.length;
  const aimed = {
    actor: actor.attempt === undefined ? actor : { ...actor, attempt: latest + actor.attempt },
    lapsedAttempt: lapsed === null ? null : latest + lapsed,
  };
  if (command.command === 'RetryRequest' && command.approves !== undefined) {
    return { ...aimed, command: { ...command, approves: request.version + command.approves } };
  }
  if ('attempt' in command) {
    const number = latest + command.attempt;
    // Usually the claimer.
    const claimer = request.attempts.find((it) => it.attempt === number)?.claimed_by ?? actor.principal;
    const who = actor.role === 'caller' && !actor.isAdmin ? { ...aimed.actor, principal: claimer } : aimed.actor;
    return { ...aimed, actor: who, command: { ...command, attempt: number } };
  }
  const ways: readonly Status[] = allowedTransitions(request).filter((to) => to !== 'cancelled');
  const to = way === 'on' ? ON.find((it) => ways.includes(it)) : way === null ? undefined : ways[way % ways.length];
  if (!to || !('patch' in command) || !command.patch.status || command.patch.status === 'blocked') {
    return { ...aimed, command };
  }
  return { ...aimed, command: { ...command, patch: { ...command.patch, status: to } } };
}

/** In order of preference: closest to completion first. */
const ON: readonly Status[] = ['completed', 'deploying', 'testing', 'implementing', 'pending'];
