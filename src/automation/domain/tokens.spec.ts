import { describe, expect, it } from '@jest/globals';
import type { RequestEvent } from './events.ts';
import type { RequestCommand } from './decide.ts';
import type { Milestone, RequestType, TestResults } from './request.ts';
import { STATUSES } from './request.ts';
import type { ChangeStatus, RequestPatch } from './revise.ts';
import type { Given } from './testing/given.ts';
import { agentOf, CALLER, given, givenState, minute, workerOf } from './testing/given.ts';
import {
  blocked,
  CANCELLED,
  claimed,
  claimedUntil,
  COMPLETED,
  failed,
  lost,
  requeuedAfterLoss,
  retried,
  REVIEWING,
  submitted,
} from './testing/histories.ts';

describe('the token of an ended attempt', () => {
  const histories: [string, readonly RequestEvent[]][] = [
    ['lost', [submitted(), claimed(1), lost(1), requeuedAfterLoss()]],
    ['lost while blocked', [submitted(), claimed(1), blocked('planning'), lost(1)]],
    ['lost after the end', [submitted(), claimed(1), CANCELLED, lost(1)]],
    ['released', [submitted(), claimed(1), blocked('planning'), retried('blocked')]],
    [
      'reported',
      [submitted(), claimed(1), { type: 'AttemptEnded', data: { attempt: 1, outcome: 'failed' } }, failed()],
    ],
    ['followed by another', [submitted(), claimed(1), lost(1), requeuedAfterLoss(), claimed(2)]],
  ];

  describe.each(histories)('%s', (_, history) => {
    it.each([workerOf(1), agentOf(1)])('changes nothing, not even to the current value ($role)', (by) => {
      const start = given(...history);
      const { status = 'pending', session_id = null } = start.state ?? {};
      const commands: RequestCommand[] = [
        { command: 'ReviseRequest', patch: {} },
        { command: 'ReviseRequest', patch: { current_phase: 'x' } },
        { command: 'ReviseRequest', patch: { session_id } },
        ...STATUSES.filter((it) => it !== 'pending' && it !== 'cancelled').map(
          (it) => ({ command: 'ChangeStatus', patch: { status: it } }) as const,
        ),
      ];
      if (by.role === 'worker') commands.push({ command: 'ChangeStatus', patch: { status } });
      for (const command of commands) {
        start.when(command, { by }).refuses('stale-attempt', { attempt: 1 });
        start.when(command, { by, expectedVersion: 99 }).refuses('stale-attempt', { attempt: 1 });
      }
    });
  });

  it('of a future or missing attempt is refused too', () => {
    const patch = { current_phase: 'x' };
    given(submitted())
      .when({ command: 'ReviseRequest', patch }, { by: workerOf(1) })
      .refuses('stale-attempt', { attempt: 1 });
    given(submitted(), claimed())
      .when({ command: 'ReviseRequest', patch }, { by: workerOf(2) })
      .refuses('stale-attempt', { attempt: 2 });
  });

  it('does not affect anyone else', () => {
    given(submitted(), claimed(1), lost(1), requeuedAfterLoss(), claimed(2))
      .when({ command: 'ReviseRequest', patch: { current_phase: 'x' } }, { by: agentOf(2) })
      .decides({ type: 'PhaseNoted', data: { current_phase: 'x' } });
    given(submitted(), claimed(1), lost(1), requeuedAfterLoss())
      .when({ command: 'ReviseRequest', patch: { current_phase: 'x' } }, { by: CALLER })
      .decides({ type: 'PhaseNoted', data: { current_phase: 'x' } });
  });
});

describe("an agent's token", () => {
  const live = given(...claimedUntil('testing'));
  const by = agentOf(1);

  it.each<[string, RequestPatch]>([
    ['title', { title: 'Easier' }],
    ['title, even unchanged', { title: 'Add rate limits' }],
    ['description', { description: 'Less.' }],
    ['priority', { priority: 'low' }],
    ['priority beside what is allowed', { current_phase: 'x', priority: 'critical' }],
    ['status pending', { status: 'pending' }],
    ['status cancelled', { status: 'cancelled' }],
  ])('may not patch the %s', (_, patch) => {
    live.when({ command: 'ReviseRequest', patch }, { by }).refuses('forbidden');
    given(...claimedUntil('testing'), blocked('testing'))
      .when({ command: 'ReviseRequest', patch }, { by: workerOf(1) })
      .request();
  });

  it.each(['pending', 'cancelled'] as const)('may not set the status %s in a merge patch', (status) => {
    live.when({ command: 'ChangeStatus', patch: { status } }, { by }).refuses('forbidden');
  });

  it('is refused what is always forbidden before the state is checked', () => {
    const over = given(submitted(), claimed(1), lost(1), requeuedAfterLoss());
    over.when({ command: 'ReviseRequest', patch: { title: 'x' } }, { by, expectedVersion: 99 }).refuses('forbidden');
  });

  describe('of a blocked request', () => {
    const stuck = givenState(
      given(...claimedUntil('testing'))
        .when({ command: 'ChangeStatus', patch: { status: 'blocked', reason: 'question' } }, { by })
        .request(),
    );

    it.each(STATUSES.filter((status) => status !== 'blocked'))('may not move it to %s', (status) => {
      for (const command of ['ReviseRequest', 'ChangeStatus'] as const) {
        stuck.when({ command, patch: { status } }, { by }).refuses('forbidden');
      }
    });

    it('may not turn a question into an approval, or change its reason otherwise', () => {
      for (const reason of ['approval', 'usage_limit', 'other'] as const) {
        stuck.when({ command: 'ChangeStatus', patch: { status: 'blocked', reason } }, { by }).refuses('forbidden');
      }
      stuck
        .when({ command: 'ChangeStatus', patch: { status: 'blocked', reason: 'question' } }, { by })
        .decidesNothing();
    });

    it('may change fields, and the message of its own block', () => {
      stuck
        .when({ command: 'ReviseRequest', patch: { current_phase: 'waiting' } }, { by })
        .decides({ type: 'PhaseNoted', data: { current_phase: 'waiting' } });
      stuck
        .when({ command: 'ChangeStatus', patch: { status: 'blocked', error_message: 'Please look' } }, { by })
        .decides({ type: 'ErrorNoted', data: { error_message: 'Please look' } });
    });
  });

  describe('of a request blocked by someone else', () => {
    const held = given(
      ...claimedUntil('testing'),
      blocked('testing', { reason: 'policy', message: 'Held.', resume_at: minute(50) }),
    );
    const change = (patch: ChangeStatus['patch']) => held.when({ command: 'ChangeStatus', patch }, { by });

    it('may not change the reason and time', () => {
      change({ status: 'blocked', resume_at: minute(5) }).refuses('forbidden');
      change({ status: 'blocked', resume_at: null }).refuses('forbidden');
      change({ status: 'blocked', reason: 'approval' }).refuses('forbidden');
    });

    it('may not change the message', () => {
      change({ status: 'blocked', error_message: 'Please look' }).refuses('forbidden');
      change({ status: 'blocked', error_code: 'E9' }).refuses('forbidden');
      for (const patch of [{ error_message: 'Please look' }, { error_code: 'E9' }, { error_message: null }]) {
        held.when({ command: 'ReviseRequest', patch }, { by }).refuses('forbidden');
      }
    });

    it('may change everything else', () => {
      change({ status: 'blocked', reason: 'policy', error_message: 'Held.' }).decidesNothing();
      change({ status: 'blocked', current_phase: 'waiting' }).decides({
        type: 'PhaseNoted',
        data: { current_phase: 'waiting' },
      });
    });
  });

  it('may not set a time to resume, anywhere', () => {
    const resume_at = minute(5);
    live.when({ command: 'ChangeStatus', patch: { status: 'blocked', resume_at } }, { by }).refuses('forbidden');
    live.when({ command: 'ChangeStatus', patch: { status: 'blocked', resume_at } }, { by: workerOf(1) }).request();
    const own = live.when({ command: 'ChangeStatus', patch: { status: 'blocked' } }, { by }).request();
    givenState(own)
      .when({ command: 'ChangeStatus', patch: { status: 'blocked', resume_at } }, { by })
      .refuses('forbidden');
  });

  it('may report work and progress', () => {
    const patch: RequestPatch = { plan_document: '# Plan', pr_url: 'https://git.example/1', status: 'reviewing' };
    live
      .when({ command: 'ReviseRequest', patch }, { by })
      .decides(
        { type: 'PlanAttached', data: { plan_document: '# Plan' } },
        { type: 'PullRequestOpened', data: { pr_url: 'https://git.example/1' } },
        REVIEWING,
      );
    live.when({ command: 'ChangeStatus', patch: { status: 'blocked', reason: 'question' } }, { by }).request();
    live.when({ command: 'ChangeStatus', patch: { status: 'failed' } }, { by }).decidesOnce(failed());
  });

  it('is refused an illegal move like everyone', () => {
    live.when({ command: 'ChangeStatus', patch: { status: 'planning' } }, { by }).refuses('illegal-transition', {
      from: 'testing',
      to: 'planning',
      allowed: ['implementing', 'reviewing', 'deploying', 'blocked', 'failed', 'cancelled'],
    });
  });
});

describe("an agent's completion", () => {
  const PASSED: TestResults = { passed: 3, failed: 0, skipped: 0 };
  const DONE: Milestone[] = [
    { id: 'm1', title: 'One', status: 'completed' },
    { id: 'm2', title: 'Two', status: 'skipped' },
  ];
  const open = (status: Milestone['status']): Milestone[] => [...DONE, { id: 'm3', title: 'Three', status }];
  const tested = (test_results: TestResults): RequestEvent => ({ type: 'TestResultsRecorded', data: { test_results } });
  const planned = (milestones: Milestone[]): RequestEvent => ({ type: 'MilestonesPlanned', data: { milestones } });
  const noResults = 'no test results are recorded';

  function reviewing(type: RequestType, ...events: RequestEvent[]): Given {
    return given(...claimedUntil('reviewing', type), ...events);
  }

  function complete(start: Given, patch: RequestPatch = {}, by = agentOf(1)) {
    return start.when({ command: 'ReviseRequest', patch: { ...patch, status: 'completed' } }, { by });
  }

  it.each(['feature', 'bug', 'refactor'] as const)('of a %s requires test results without failures', (type) => {
    complete(reviewing(type)).refuses('evidence-missing', { missing: [noResults] });
    complete(reviewing(type, tested({ passed: 9, failed: 1, skipped: 0 }))).refuses('evidence-missing', {
      missing: ['failed tests: 1'],
    });
    complete(reviewing(type, tested(PASSED))).decidesOnce(COMPLETED);
  });

  it('of research requires none', () => {
    complete(reviewing('research')).decidesOnce(COMPLETED);
    complete(given(...claimedUntil('planning', 'research'))).decidesOnce(COMPLETED);
    complete(reviewing('research', tested({ passed: 0, failed: 4, skipped: 0 }))).decidesOnce(COMPLETED);
  });

  it.each(['pending', 'in_progress', 'failed'] as const)('is refused with a milestone that is %s', (status) => {
    const missing = ['milestones not completed or skipped: 1 of 3'];
    complete(reviewing('bug', tested(PASSED), planned(open(status)))).refuses('evidence-missing', { missing });
    complete(reviewing('research', planned(open(status)))).refuses('evidence-missing', { missing });
  });

  it('lists everything that is missing', () => {
    complete(reviewing('bug', planned(open('pending')))).refuses('evidence-missing', {
      missing: ['milestones not completed or skipped: 1 of 3', noResults],
    });
  });

  it('accepts milestones that are completed or skipped', () => {
    complete(reviewing('bug', tested(PASSED), planned(DONE))).decidesOnce(COMPLETED);
  });

  it('counts evidence in the same patch', () => {
    complete(reviewing('bug', planned(open('pending'))), {
      test_results: PASSED,
      milestones: open('completed'),
    }).decidesOnce(
      { type: 'MilestoneStatusChanged', data: { id: 'm3', status: 'completed' } },
      tested(PASSED),
      COMPLETED,
    );
  });

  it('counts evidence against it in the same patch', () => {
    const start = reviewing('bug', tested(PASSED), planned(DONE));
    complete(start, { test_results: null }).refuses('evidence-missing', { missing: [noResults] });
    complete(start, { milestones: open('failed') }).refuses('evidence-missing', {
      missing: ['milestones not completed or skipped: 1 of 3'],
    });
  });

  it('in a merge patch requires it too', () => {
    reviewing('bug')
      .when({ command: 'ChangeStatus', patch: { status: 'completed' } }, { by: agentOf(1) })
      .refuses('evidence-missing', { missing: [noResults] });
  });

  it.each(['completed', 'failed', 'cancelled'] as const)(
    'and everything else is too late once the request is %s',
    (status) => {
      const ended = given(...claimedUntil(status));
      complete(ended).refuses('request-ended');
      const late: RequestPatch[] = [
        {},
        { current_phase: 'x' },
        { pr_url: null },
        { test_results: PASSED },
        { status: 'failed' },
      ];
      for (const patch of late) {
        ended.when({ command: 'ReviseRequest', patch }, { by: agentOf(1) }).refuses('request-ended');
      }
      ended.when({ command: 'ReviseRequest', patch: { current_phase: 'x' } }, { by: workerOf(1) }).request();
    },
  );

  it('without a passed test requires a summary that says why', () => {
    const none = { passed: 0, failed: 0, skipped: 2 };
    const missing = ['no test passed, and no summary says why'];
    complete(reviewing('bug'), { test_results: none, milestones: [] }).refuses('evidence-missing', { missing });
    complete(reviewing('bug', tested({ ...none, summary: 'Only a text changed.' }))).decidesOnce(COMPLETED);
  });

  it('may not drop a milestone that was planned or worked on in its attempt', () => {
    const start = reviewing('bug', tested(PASSED), planned(open('pending')));
    complete(start, { milestones: DONE }).refuses('forbidden');
    start.when({ command: 'ReviseRequest', patch: { milestones: [] } }, { by: agentOf(1) }).refuses('forbidden');
    complete(start, { milestones: open('skipped') }).request();
    start.when({ command: 'ReviseRequest', patch: { milestones: [] } }, { by: CALLER }).request();
    const other: Milestone[] = [{ id: 'm9', title: 'Nine', status: 'pending' }];
    const before = given(submitted(), planned(other), claimed());
    before.when({ command: 'ReviseRequest', patch: { milestones: DONE } }, { by: agentOf(1) }).request();
    const worked = given(submitted(), planned(other), claimed(), {
      type: 'MilestoneStatusChanged',
      data: { id: 'm9', status: 'in_progress' },
    });
    worked.when({ command: 'ReviseRequest', patch: { milestones: DONE } }, { by: agentOf(1) }).refuses('forbidden');
  });

  it('from a status that does not allow it is an illegal move', () => {
    complete(given(...claimedUntil('testing'))).refuses('illegal-transition', {
      from: 'testing',
      to: 'completed',
      allowed: ['implementing', 'reviewing', 'deploying', 'blocked', 'failed', 'cancelled'],
    });
  });

  it('by a worker or a person requires nothing', () => {
    for (const by of [workerOf(1), CALLER]) complete(reviewing('bug'), {}, by).decidesOnce(COMPLETED);
  });

  it('that is refused records nothing, not even evidence', () => {
    const start = reviewing('bug');
    complete(start, { test_results: { passed: 1, failed: 1, skipped: 0 } }).refuses('evidence-missing', {
      missing: ['failed tests: 1'],
    });
    expect(start.state?.test_results).toBeNull();
  });
});
