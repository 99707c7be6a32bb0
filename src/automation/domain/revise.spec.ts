import { describe, expect, it } from '@jest/globals';
import type { RequestEvent } from './events.ts';
import type { Milestone, Request, TestResults } from './request.ts';
import { STATUSES } from './request.ts';
import type { RequestPatch } from './revise.ts';
import type { Given } from './testing/given.ts';
import { agentOf, given, givenState, minute, workerOf } from './testing/given.ts';
import { blocked, claimed, claimedUntil, failed, submitted, until } from './testing/histories.ts';

const PLAN: readonly Milestone[] = [
  { id: 'm1', title: 'Endpoints', status: 'completed' },
  { id: 'm2', title: 'Limits', description: 'Per key.', status: 'in_progress' },
  { id: 'm3', title: 'Docs', status: 'pending' },
];
const RESULTS: TestResults = { passed: 12, failed: 0, skipped: 1, duration_ms: 3400, summary: 'All good.' };

/** Each field with two values, and the event recorded when it becomes the first. */
const FIELDS: readonly { patch: RequestPatch; other: RequestPatch; event: RequestEvent; clearable: boolean }[] = [
  {
    patch: { title: 'Rate limits' },
    other: { title: 'Limits' },
    event: { type: 'RequestDetailsRevised', data: { title: 'Rate limits' } },
    clearable: false,
  },
  {
    patch: { description: 'For all keys.' },
    other: { description: 'For none.' },
    event: { type: 'RequestDetailsRevised', data: { description: 'For all keys.' } },
    clearable: false,
  },
  {
    patch: { priority: 'critical' },
    other: { priority: 'low' },
    event: { type: 'RequestDetailsRevised', data: { priority: 'critical' } },
    clearable: false,
  },
  {
    patch: { current_phase: 'milestone 2 of 5: endpoints' },
    other: { current_phase: 'milestone 3 of 5: limits' },
    event: { type: 'PhaseNoted', data: { current_phase: 'milestone 2 of 5: endpoints' } },
    clearable: true,
  },
  {
    patch: { session_id: 's-1' },
    other: { session_id: 's-2' },
    event: { type: 'SessionAttached', data: { session_id: 's-1' } },
    clearable: true,
  },
  {
    patch: { plan_document: '# Plan' },
    other: { plan_document: '# Other plan' },
    event: { type: 'PlanAttached', data: { plan_document: '# Plan' } },
    clearable: true,
  },
  {
    patch: { milestones: PLAN },
    other: { milestones: PLAN.slice(1) },
    event: { type: 'MilestonesPlanned', data: { milestones: PLAN } },
    clearable: false,
  },
  {
    patch: { pr_url: 'https://git.example/pr/7' },
    other: { pr_url: 'https://git.example/pr/8' },
    event: { type: 'PullRequestOpened', data: { pr_url: 'https://git.example/pr/7' } },
    clearable: true,
  },
  {
    patch: { test_results: RESULTS },
    other: { test_results: { passed: 1, failed: 2, skipped: 3 } },
    event: { type: 'TestResultsRecorded', data: { test_results: RESULTS } },
    clearable: true,
  },
  {
    patch: { error_message: 'Out of disk' },
    other: { error_message: 'Out of memory' },
    event: { type: 'ErrorNoted', data: { error_message: 'Out of disk' } },
    clearable: true,
  },
  {
    patch: { error_code: 'disk' },
    other: { error_code: 'memory' },
    event: { type: 'ErrorNoted', data: { error_code: 'disk' } },
    clearable: true,
  },
].map((field) => ({ ...field, name: Object.keys(field.patch).join() })) as never;

function revise(start: Given, patch: RequestPatch) {
  return start.when({ command: 'ReviseRequest', patch });
}

/** A deep copy, as from parsing another JSON text. */
function copied(patch: RequestPatch): RequestPatch {
  return JSON.parse(JSON.stringify(patch)) as RequestPatch;
}

/** The fold tracks the milestones an attempt has planned. */
function planned({ milestones }: RequestPatch): object {
  return milestones ? { planned: milestones.map(({ id }) => id) } : {};
}

describe('revising', () => {
  describe.each(FIELDS)('$name', ({ patch, other, event, clearable }) => {
    const [field = ''] = Object.keys(patch);
    const submittedOnly = given(submitted());

    it('sets it with one event', () => {
      const request = revise(submittedOnly, patch).decides(event);
      expect(request).toEqual({
        ...submittedOnly.state,
        ...patch,
        ...planned(patch),
        version: 1,
        last_update: minute(1),
      });
    });

    it('to another value', () => {
      const before = givenState(revise(submittedOnly, other).request());
      expect(revise(before, patch).decides(event)).toEqual({
        ...before.state,
        ...patch,
        ...planned(patch),
        version: 2,
        last_update: minute(2),
      });
    });

    it('to the same value changes nothing', () => {
      revise(givenState(revise(submittedOnly, patch).request()), copied(patch)).decidesNothing();
    });

    it.each(STATUSES)('in status %s', (status) => {
      const history = status === 'blocked' ? [...until('testing'), blocked('testing')] : until(status);
      const request = revise(given(...history), patch).decides(event);
      expect(request).toMatchObject({ ...patch, status });
    });

    if (clearable) {
      it('clears it with one event', () => {
        const before = givenState(revise(submittedOnly, patch).request());
        const cleared: RequestEvent = { type: 'FieldsCleared', data: { fields: [field as never] } };
        expect(revise(before, { [field]: null }).decides(cleared)).toEqual({
          ...submittedOnly.state,
          version: 2,
          last_update: minute(2),
        });
      });

      it('to null changes nothing if already empty', () => {
        revise(submittedOnly, { [field]: null }).decidesNothing();
      });
    }
  });

  it('with nothing changes nothing', () => {
    revise(given(submitted()), {}).decidesNothing();
  });

  it('title, description and priority together takes one event with the differences', () => {
    const patch = { title: 'Rate limits', description: 'To all.', priority: 'high' } as const;
    revise(given(submitted()), patch).decides({
      type: 'RequestDetailsRevised',
      data: { title: 'Rate limits', priority: 'high' },
    });
  });

  it('everything at once decides fields, then the status, then its details', () => {
    const start = given(...claimedUntil('implementing'));
    const patch: RequestPatch = {
      title: 'Rate limits',
      status: 'reviewing',
      current_phase: 'review',
      session_id: 's-1',
      milestones: PLAN,
      plan_document: '# Plan',
      pr_url: 'https://git.example/pr/7',
      test_results: RESULTS,
      error_message: 'A warning',
      error_code: 'W1',
    };
    const request = revise(start, patch).decides(
      { type: 'RequestDetailsRevised', data: { title: 'Rate limits' } },
      { type: 'SessionAttached', data: { session_id: 's-1' } },
      { type: 'PlanAttached', data: { plan_document: '# Plan' } },
      { type: 'MilestonesPlanned', data: { milestones: PLAN } },
      { type: 'PullRequestOpened', data: { pr_url: 'https://git.example/pr/7' } },
      { type: 'TestResultsRecorded', data: { test_results: RESULTS } },
      { type: 'ReviewStarted', data: {} },
      { type: 'PhaseNoted', data: { current_phase: 'review' } },
      { type: 'ErrorNoted', data: { error_message: 'A warning', error_code: 'W1' } },
    );
    expect(request).toEqual({
      ...start.state,
      ...patch,
      planned: ['m1', 'm2', 'm3'],
      version: 11,
      last_update: minute(3),
    });
  });

  it('ends a phase with its status; a phase sent along belongs to the new one', () => {
    const start = given(...claimedUntil('implementing'), { type: 'PhaseNoted', data: { current_phase: 'endpoints' } });
    expect(revise(start, { status: 'testing' }).request()).toMatchObject({ status: 'testing', current_phase: null });
    expect(revise(start, { status: 'testing', current_phase: 'e2e' }).request().current_phase).toBe('e2e');
    expect(revise(start, { status: 'implementing' }).request().current_phase).toBe('endpoints');
  });

  it('clears several fields with one event, and errors with another', () => {
    const set: RequestPatch = { session_id: 's-1', pr_url: 'https://git.example/pr/7', error_code: 'E1' };
    const before = givenState(revise(given(submitted()), set).request());
    revise(before, { session_id: null, plan_document: null, pr_url: null, error_code: null }).decides(
      { type: 'FieldsCleared', data: { fields: ['session_id', 'pr_url'] } },
      { type: 'FieldsCleared', data: { fields: ['error_code'] } },
    );
  });

  it('sets one error and clears the other', () => {
    const before = given(submitted(), { type: 'ErrorNoted', data: { error_message: 'It broke', error_code: 'E1' } });
    const request = revise(before, { error_message: 'Worse', error_code: null }).decides(
      { type: 'ErrorNoted', data: { error_message: 'Worse' } },
      { type: 'FieldsCleared', data: { fields: ['error_code'] } },
    );
    expect(request).toMatchObject({ error_message: 'Worse', error_code: null });
  });

  describe('milestones', () => {
    const planned = given(submitted(), { type: 'MilestonesPlanned', data: { milestones: PLAN } });

    it('of the same plan record which one moved', () => {
      const milestones = PLAN.map((it) => (it.id === 'm2' ? { ...it, status: 'completed' as const } : it));
      const moved: RequestEvent = { type: 'MilestoneStatusChanged', data: { id: 'm2', status: 'completed' } };
      expect(revise(planned, { milestones }).decides(moved).milestones).toEqual(milestones);
    });

    it('record each of several moves', () => {
      const milestones = PLAN.map((it) => ({ ...it, status: 'skipped' as const }));
      const request = revise(planned, { milestones }).decides(
        { type: 'MilestoneStatusChanged', data: { id: 'm1', status: 'skipped' } },
        { type: 'MilestoneStatusChanged', data: { id: 'm2', status: 'skipped' } },
        { type: 'MilestoneStatusChanged', data: { id: 'm3', status: 'skipped' } },
      );
      expect(request.milestones).toEqual(milestones);
    });

    it.each<[string, readonly Milestone[]]>([
      ['fewer', PLAN.slice(0, 2)],
      ['more', [...PLAN, { id: 'm4', title: 'Release', status: 'pending' }]],
      ['none', []],
      ['another order', [...PLAN].reverse()],
      ['another title', PLAN.map((it) => ({ ...it, title: `${it.title}!` }))],
      ['another id', PLAN.map((it) => ({ ...it, id: `${it.id}-b` }))],
      ['a description less', PLAN.map(({ id, title, status }) => ({ id, title, status }))],
      ['a description more', PLAN.map((it) => ({ description: 'New.', ...it }))],
      ['another description and status', PLAN.map((it) => ({ ...it, description: 'New.', status: 'failed' }))],
    ])('replaced by %s are recorded as a whole new plan', (_, milestones) => {
      const request = revise(planned, { milestones }).decides({ type: 'MilestonesPlanned', data: { milestones } });
      expect(request.milestones).toEqual(milestones);
    });

    it('with members in another order are equal', () => {
      const milestones = PLAN.map((it) => Object.fromEntries(Object.entries(it).reverse()) as unknown as Milestone);
      revise(planned, { milestones }).decidesNothing();
    });
  });

  it('replaces test results as a whole', () => {
    const before = givenState(revise(given(submitted()), { test_results: RESULTS }).request());
    const test_results = { passed: 13, failed: 0, skipped: 0 };
    const request = revise(before, { test_results }).decides({ type: 'TestResultsRecorded', data: { test_results } });
    expect(request.test_results).toEqual({ passed: 13, failed: 0, skipped: 0 });
  });

  describe('compares as JSON', () => {
    class Sent {
      constructor(members: object) {
        Object.assign(this, members);
      }
    }
    const before = givenState(
      revise(given(submitted()), { test_results: { passed: 1, failed: 0, skipped: 0 }, milestones: PLAN }).request(),
    );

    it.each<[string, RequestPatch]>([
      ['negative zero is zero', { test_results: { passed: 1, failed: -0, skipped: 0 } }],
      ['a class is no difference', { test_results: new Sent({ passed: 1, failed: 0, skipped: 0 }) as TestResults }],
      [
        'a member that is undefined is not there',
        { test_results: { passed: 1, failed: 0, skipped: 0, summary: undefined } as unknown as TestResults },
      ],
      ['milestones of a class', { milestones: PLAN.map((it) => new Sent(it) as Milestone) }],
    ])('%s', (_, patch) => {
      revise(before, patch).decidesNothing();
    });
  });

  it('does the same for callers, workers and agents', () => {
    const start = given(submitted(), claimed());
    for (const by of [workerOf(1), agentOf(1)]) {
      start
        .when({ command: 'ReviseRequest', patch: { current_phase: 'x' } }, { by })
        .decides({ type: 'PhaseNoted', data: { current_phase: 'x' } });
    }
  });

  it('never touches fields it does not name', () => {
    const start = given(submitted('bug'), claimed(1, 's-1'), failed('It broke', 'E1'));
    const { state } = start;
    const request: Request = revise(start, { current_phase: 'x' }).request();
    expect({ ...request, current_phase: null, version: 2, last_update: minute(2) }).toEqual(state);
  });
});
