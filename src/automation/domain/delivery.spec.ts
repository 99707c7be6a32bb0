import { describe, expect, it } from '@jest/globals';
import type { RequestEvent } from './events.ts';
import { dueDelivery } from './delivery.ts';
import type { AttemptReport, DeliveryReport, Request } from './request.ts';
import type { RequestPatch } from './revise.ts';
import type { Given } from './testing/given.ts';
import { agentOf, CALLER, given, givenState, minute, REQUEST_ID, workerOf } from './testing/given.ts';
import {
  blocked,
  claimed,
  COMPLETED,
  failed,
  IMPLEMENTING,
  lost,
  requeuedAfterLoss,
  retried,
  REVIEWING,
  submitted,
} from './testing/histories.ts';

const TESTED: RequestEvent = {
  type: 'TestResultsRecorded',
  data: { test_results: { passed: 3, failed: 0, skipped: 0 } },
};
const claimedToDeliver = (attempt = 1): RequestEvent => {
  const { data } = claimed(attempt) as Extract<RequestEvent, { type: 'RequestClaimed' }>;
  return { type: 'RequestClaimed', data: { ...data, delivers: true } };
};
const CLAIM_OF_COMPLETION: RequestEvent = { type: 'CompletionClaimed', data: { attempt: 1 } };
const voided = (cause: 'work_resumed' | 'orders_changed' | 'started_over'): RequestEvent => ({
  type: 'CompletionClaimVoided',
  data: { cause },
});
const ended = (attempt: number, report: AttemptReport): RequestEvent => ({
  type: 'AttemptEnded',
  data: { attempt, ...report },
});

/** The worker of attempt 1 delivers, and its agent has met all conditions for completion. */
const READY = [submitted(), claimedToDeliver(), IMPLEMENTING, REVIEWING, TESTED];
const DONE = [...READY, CLAIM_OF_COMPLETION];
const BRANCH: DeliveryReport = { branch: 'automation/7', commit: 'abc', pr_url: 'https://git.example/pr/7' };
const UNDELIVERED: DeliveryReport = { undelivered: { commit: 'abc', ref: 'refs/automation/7/x', why: 'Refused.' } };

function report(start: Given, its: AttemptReport, attempt = 1) {
  return start.when({ command: 'ReportAttempt', attempt, report: its });
}

function byAgent(start: Given, patch: RequestPatch) {
  return start.when({ command: 'ReviseRequest', patch }, { by: agentOf(1) });
}

function claim(start: Given, delivers: boolean) {
  const command = { command: 'ClaimRequest', worker: 'dev-1', session_id: null, lease_seconds: 120, delivers } as const;
  return start.when(command, { by: { principal: 'worker-key', role: 'caller' } });
}

/** The request after several commands, each one minute after the previous. */
function after(start: Given, ...steps: readonly ((now: Given) => { request(): Request })[]): Given {
  return steps.reduce((now, step) => givenState(step(now).request()), start);
}

describe('completion by an agent whose worker delivers', () => {
  it('is only claimed at first: the status stays', () => {
    const request = byAgent(given(...READY), { status: 'completed' }).decides(CLAIM_OF_COMPLETION);
    expect(request).toMatchObject({ status: 'reviewing', completed_at: null, branch: null, commit: null });
    expect(request.delivery).toMatchObject({ state: 'claimed', attempt: 1, branch: null, commit: null, pr_url: null });
  });

  it('requires evidence and a legal move', () => {
    byAgent(given(...READY.slice(0, 4)), { status: 'completed' }).refuses('evidence-missing', {
      missing: ['no test results are recorded'],
    });
    byAgent(given(...READY.slice(0, 3)), { status: 'completed' }).refuses('illegal-transition', {
      from: 'implementing',
      to: 'completed',
      allowed: ['planning', 'testing', 'reviewing', 'blocked', 'failed', 'cancelled'],
    });
  });

  it('counts evidence in the same patch, and only there', () => {
    const patch = { status: 'completed', plan_document: '# Plan', current_phase: 'done' } as const;
    byAgent(given(...READY), patch).decides(
      { type: 'PlanAttached', data: { plan_document: '# Plan' } },
      CLAIM_OF_COMPLETION,
      { type: 'PhaseNoted', data: { current_phase: 'done' } },
    );
    for (const late of [
      { plan_document: '# Plan' },
      { error_code: 'E1' },
      { test_results: null },
    ] satisfies RequestPatch[]) {
      byAgent(given(...DONE), late).refuses('request-ended');
      byAgent(given(...DONE), { ...late, status: 'completed' }).refuses('request-ended');
    }
    byAgent(given(...DONE), { status: 'failed' }).refuses('request-ended');
    byAgent(given(...DONE), { status: 'completed' }).decidesNothing();
    byAgent(given(...DONE), { status: 'reviewing' }).decidesNothing();
  });

  it('is void when the agent resumes work or blocks', () => {
    const request = byAgent(given(...DONE), { status: 'implementing', current_phase: 'once more' }).decides(
      voided('work_resumed'),
      IMPLEMENTING,
      { type: 'PhaseNoted', data: { current_phase: 'once more' } },
    );
    expect(request.delivery).toBeNull();
    byAgent(given(...DONE), { status: 'blocked' }).decides(voided('work_resumed'), blocked('reviewing'));
  });

  it('by a person or a worker completes at once', () => {
    for (const by of [CALLER, workerOf(1)]) {
      given(...DONE)
        .when({ command: 'ChangeStatus', patch: { status: 'completed' } }, { by })
        .decides(COMPLETED);
    }
  });

  it('is void only when title or description change', () => {
    const revise = (patch: RequestPatch) => given(...DONE).when({ command: 'ReviseRequest', patch });
    revise({ title: 'Else' }).decides(
      { type: 'RequestDetailsRevised', data: { title: 'Else' } },
      voided('orders_changed'),
    );
    revise({ description: 'Else' }).decides(
      { type: 'RequestDetailsRevised', data: { description: 'Else' } },
      voided('orders_changed'),
    );
    expect(revise({ priority: 'low', plan_document: '# P' }).request().delivery).toMatchObject({ state: 'claimed' });
  });
});

describe('a report with a delivery', () => {
  it('completes a claimed request in one append', () => {
    const its: AttemptReport = { outcome: 'succeeded', exit_code: 1, delivery: BRANCH };
    const request = report(given(...DONE), its).decides(
      ended(1, its),
      { type: 'PullRequestOpened', data: { pr_url: 'https://git.example/pr/7' } },
      COMPLETED,
    );
    expect(request).toMatchObject({ status: 'completed', branch: 'automation/7', commit: 'abc', current_phase: null });
    expect(request.delivery).toMatchObject({ state: 'delivered', attempt: 1, commit: 'abc', pr_url: BRANCH.pr_url });
  });

  it('of nothing completes it too', () => {
    const its: AttemptReport = { outcome: 'succeeded', delivery: { nothing: true } };
    const request = report(given(...DONE), its).decides(ended(1, its), COMPLETED);
    expect(request).toMatchObject({ branch: null, commit: null, delivery: { state: 'delivered', commit: null } });
  });

  it("undelivered blocks it until the worker's time, and keeps the claim", () => {
    const its: AttemptReport = { outcome: 'blocked', delivery: UNDELIVERED, resume_at: minute(50) };
    const why = {
      reason: 'dependency',
      message: 'Refused.',
      error_code: 'delivery-failed',
      resume_at: minute(50),
    } as const;
    const request = report(given(...DONE), its).decides(ended(1, its), blocked('reviewing', why));
    expect(request.delivery).toMatchObject({ state: 'undelivered', attempt: 1, commit: 'abc', reason: 'Refused.' });
    expect(request).toMatchObject({ branch: null, commit: null });
  });

  it('held for approval blocks it for approval', () => {
    const its: AttemptReport = {
      outcome: 'blocked',
      error_code: 'approval',
      error_message: 'CI',
      delivery: UNDELIVERED,
    };
    report(given(...DONE), its).decides(
      ended(1, its),
      blocked('reviewing', { reason: 'approval', message: 'CI', error_code: 'delivery-failed' }),
    );
  });

  it.each<[AttemptReport, object]>([
    [{ outcome: 'succeeded' }, { reason: 'other' }],
    [
      { outcome: 'failed', error_code: 'agent-failed' },
      { reason: 'other', error_code: 'agent-failed' },
    ],
    [
      { outcome: 'blocked', error_code: 'policy' },
      { reason: 'policy', error_code: 'policy' },
    ],
  ])('missing after claimed completion blocks it: %j', (its, why) => {
    const message = 'the agent claimed completion, and its worker reported no delivery';
    const request = report(given(...DONE), its).decides(ended(1, its), blocked('reviewing', { message, ...why }));
    expect(request.delivery).toMatchObject({ state: 'claimed' });
  });

  it("leaves a person's block, and completion to the next attempt", () => {
    const held = given(...DONE, blocked('reviewing', { reason: 'policy' }));
    const its: AttemptReport = { outcome: 'succeeded', delivery: { branch: 'b', commit: 'abc' } };
    const request = report(held, its).decides(ended(1, its));
    expect(request).toMatchObject({ status: 'blocked', branch: 'b', commit: 'abc', delivery: { state: 'claimed' } });
    expect(dueDelivery(request)).toMatchObject({ commit: 'abc' });
  });

  it('without claimed completion is recorded, and the outcome decides', () => {
    const its: AttemptReport = { outcome: 'succeeded', delivery: { branch: 'b', commit: 'abc' } };
    const request = report(given(...READY), its).request();
    expect(request).toMatchObject({ status: 'blocked', branch: 'b', commit: 'abc', delivery: { state: 'delivered' } });
    expect(report(given(...READY), { outcome: 'blocked', delivery: UNDELIVERED }).request().delivery).toBeNull();
  });

  it('of a completed request changes no status', () => {
    const its: AttemptReport = { outcome: 'blocked', delivery: UNDELIVERED };
    report(given(...DONE, COMPLETED), its).decides(ended(1, its));
  });

  it('that arrives late changes nothing', () => {
    const its: AttemptReport = { outcome: 'succeeded', delivery: BRANCH };
    const late = report(given(...DONE, lost(1), requeuedAfterLoss('reviewing')), its);
    const request = late.decides({ type: 'AttemptReportedLate', data: { attempt: 1, ...its } });
    expect(request).toMatchObject({ status: 'pending', branch: null, delivery: { state: 'claimed' } });
  });
});

describe('work awaiting delivery', () => {
  const undelivered = after(given(...DONE), (now) =>
    report(now, { outcome: 'blocked', delivery: UNDELIVERED, resume_at: minute(50) }),
  );
  const waits: [string, Given, object][] = [
    [
      'a lost lease',
      given(...DONE, lost(1), requeuedAfterLoss('reviewing')),
      { commit: null, ref: `refs/automation/${REQUEST_ID}/attempt-1` },
    ],
    ['a release', after(given(...DONE), (now) => report(now, { outcome: 'released' })), { commit: null }],
    [
      'a resumption',
      after(undelivered, (now) => now.when({ command: 'ResumeRequest' }, { at: minute(50) })),
      { commit: 'abc', ref: 'refs/automation/7/x', approved: false },
    ],
    ['a retry', after(undelivered, (now) => now.when({ command: 'RetryRequest', reason: null })), { commit: 'abc' }],
  ];

  it.each(waits)('survives %s, and goes to a worker that delivers', (_, pending, due) => {
    claim(pending, false).refuses('not-claimable', { current_status: 'pending' });
    const request = claim(pending, true).request();
    expect(dueDelivery(request)).toMatchObject(due);
    expect(request.delivery).toMatchObject({ attempt: 1 });
  });

  it('is completed by the attempt that delivers it', () => {
    const again = after(
      undelivered,
      (now) => now.when({ command: 'RetryRequest', reason: null }),
      (now) => claim(now, true),
    );
    const its: AttemptReport = { outcome: 'succeeded', delivery: { branch: 'b', commit: 'abc' } };
    const request = report(again, its, 2).decides(ended(2, its), COMPLETED);
    expect(request.delivery).toMatchObject({ state: 'delivered', attempt: 1, branch: 'b', commit: 'abc' });
  });

  it('starts over with a retry of a failed request', () => {
    const request = given(...DONE, failed())
      .when({ command: 'RetryRequest', reason: null })
      .decides(voided('started_over'), retried('failed'));
    expect(dueDelivery(request)).toBeNull();
    claim(givenState(request), false).request();
  });

  it('that three workers in a row cannot find waits for a person, whose retry starts over', () => {
    const elsewhere: AttemptReport = { outcome: 'released', error_code: 'work-elsewhere' };
    const release = (attempt: number) => [
      (now: Given) => claim(now, true),
      (now: Given) => report(now, elsewhere, attempt),
    ];
    const start = given(...DONE, lost(1), requeuedAfterLoss('reviewing'));
    const twice = after(start, ...release(2), ...release(3));
    expect(twice.state).toMatchObject({ status: 'pending', elsewhere_in_a_row: 2, returns_in_a_row: 0 });
    // A different outcome in between restarts the count.
    const between = after(
      twice,
      (now) => claim(now, true),
      (now) => report(now, { outcome: 'released', error_code: 'worker-stopped' }, 4),
    );
    expect(between.state).toMatchObject({ status: 'pending', elsewhere_in_a_row: 0 });

    const stuck = after(twice, ...release(4));
    expect(stuck.state).toMatchObject({
      status: 'blocked',
      blocked: { reason: 'worker_lost' },
      error_code: 'work-elsewhere',
    });
    stuck.when({ command: 'RetryRequest', reason: null }).decides(voided('started_over'), retried('blocked'));
  });

  it('is not held again once approved, unless it changes', () => {
    const held = after(given(...DONE), (now) =>
      report(now, { outcome: 'blocked', error_code: 'approval', delivery: UNDELIVERED }),
    );
    const version = held.state?.version ?? 0;
    const answered = after(held, (now) => now.when({ command: 'RetryRequest', reason: 'Yes' }));
    expect(dueDelivery(claim(answered, true).request())).toMatchObject({ approved: false });

    const approved = after(
      held,
      (now) => now.when({ command: 'RetryRequest', reason: null, approves: version }),
      (now) => claim(now, true),
    );
    expect(dueDelivery(approved.state!)).toMatchObject({ commit: 'abc', approved: true });
    const same: AttemptReport = { outcome: 'succeeded', delivery: { branch: 'b', commit: 'abc' } };
    expect(report(approved, same, 2).request().approved).toBe(true);
    const other: AttemptReport = { outcome: 'succeeded', delivery: { branch: 'b', commit: 'def' } };
    expect(report(approved, other, 2).request().approved).toBe(false);
  });
});

describe('returning to pending automatically', () => {
  const attempts = (count: number, its: AttemptReport): Given =>
    Array.from({ length: count }, (_, i) => i + 1).reduce(
      (now, attempt) =>
        after(
          now,
          (it) => claim(it, true),
          (it) => report(it, its, attempt),
        ),
      given(submitted()),
    );

  it('ends after ten releases in a row caused by the request, until a person retries', () => {
    expect(attempts(10, { outcome: 'released' }).state).toMatchObject({ status: 'pending', returns_in_a_row: 10 });
    const stuck = attempts(11, { outcome: 'released', error_code: 'workspace-failed' });
    expect(stuck.state).toMatchObject({
      status: 'blocked',
      blocked: { reason: 'other', resume_at: null },
      error_code: 'returns-exhausted',
    });
    const request = stuck.when({ command: 'RetryRequest', reason: null }).decides(retried('blocked'));
    expect(request.returns_in_a_row).toBe(0);
  });

  it.each([
    'usage_limit',
    'account',
    'agent-auth',
    'provider',
    'configuration',
    'agent-missing',
    'worker-stopped',
    'lease-lost',
    'claim-unclear',
  ])('never ends for %s', (error_code) => {
    expect(attempts(12, { outcome: 'released', error_code }).state).toMatchObject({
      status: 'pending',
      returns_in_a_row: 0,
    });
  });

  const resumptions = (count: number, its: Pick<AttemptReport, 'error_code'>): Given =>
    Array.from({ length: count }, (_, i) => i + 1).reduce((now, attempt) => {
      const resume_at = minute(20 * attempt);
      const late = { at: resume_at };
      return after(
        now,
        (it) => claim(it, true),
        (it) => report(it, { outcome: 'blocked', ...its, resume_at }, attempt),
        (it) => it.when({ command: 'ResumeRequest' }, late),
      );
    }, given(submitted()));

  it('ends after ten resumptions in a row caused by the request, and says so', () => {
    expect(resumptions(10, { error_code: 'dependency' }).state).toMatchObject({
      status: 'pending',
      returns_in_a_row: 10,
    });
    const stuck = resumptions(11, { error_code: 'dependency' });
    expect(stuck.state).toMatchObject({
      status: 'blocked',
      blocked: { reason: 'other', resume_at: null },
      error_code: 'returns-exhausted',
    });
    stuck.when({ command: 'ResumeRequest' }, { at: minute(5_000) }).decidesNothing();
    expect(resumptions(12, { error_code: 'usage_limit' }).state).toMatchObject({
      status: 'pending',
      returns_in_a_row: 0,
    });
  });

  it('does not reset the count on a lost lease, nor on a block with a time set by a person', () => {
    const once = attempts(1, { outcome: 'released' });
    const lostThen = after(
      once,
      (it) => claim(it, true),
      (it) => it.when({ command: 'LoseAttempt', attempt: 2 }),
    );
    expect(lostThen.state).toMatchObject({ status: 'pending', returns_in_a_row: 1 });
    const paused = after(
      once,
      (it) => it.when({ command: 'ChangeStatus', patch: { status: 'blocked', resume_at: minute(30) } }),
      (it) => it.when({ command: 'ResumeRequest' }, { at: minute(30) }),
    );
    expect(paused.state).toMatchObject({ status: 'pending', returns_in_a_row: 1 });
  });
});
