import { describe, expect, it } from '@jest/globals';
import type { RequestEvent } from './events.ts';
import { agentOf, given, givenState, minute, workerOf } from './testing/given.ts';
import {
  blocked,
  CANCELLED,
  claimed,
  claimedUntil,
  failed,
  IMPLEMENTING,
  lost,
  requeuedAfterLoss,
  submitted,
} from './testing/histories.ts';

const CLAIM = { command: 'ClaimRequest', worker: 'dev-1', session_id: null, lease_seconds: 120 } as const;
const WORKER = { principal: 'worker-key', role: 'caller' } as const;
const resumed: RequestEvent = {
  type: 'RequestRequeued',
  data: { cause: 'resumed', from_status: 'blocked', reason: null, counted: false, approved: false },
};

describe('a command after an unrecorded lease expiry', () => {
  const live = given(...claimedUntil('testing'));
  const lapsed = { lapsedAttempt: 1 };

  it('is decided as if it were recorded', () => {
    live
      .when({ command: 'CancelRequest', reason: null }, lapsed)
      .decides(lost(1), requeuedAfterLoss('testing'), CANCELLED);
    live.when(CLAIM, { ...lapsed, by: WORKER }).decidesOnce(lost(1), requeuedAfterLoss('testing'), claimed(2));
    live.when({ command: 'RetryRequest', reason: null }, lapsed).decides(lost(1), requeuedAfterLoss('testing'));
  });

  it('is refused as if it were recorded', () => {
    live.when({ command: 'ChangeStatus', patch: { status: 'reviewing' } }, lapsed).refuses('illegal-transition', {
      from: 'pending',
      to: 'reviewing',
      allowed: ['planning', 'implementing', 'blocked', 'failed', 'cancelled'],
    });
    given(...claimedUntil('testing'), blocked('testing'))
      .when(CLAIM, { ...lapsed, by: WORKER })
      .refuses('not-claimable', { current_status: 'blocked' });
  });

  it('with the token of that attempt is stale', () => {
    for (const by of [workerOf(1), agentOf(1)]) {
      live
        .when({ command: 'ReviseRequest', patch: { current_phase: 'x' } }, { ...lapsed, by })
        .refuses('stale-attempt', { attempt: 1 });
    }
    live
      .when({ command: 'ProgressAttempt', attempt: 1, figures: { num_turns: 1 } }, { ...lapsed, by: workerOf(1) })
      .refuses('stale-attempt', { attempt: 1 });
  });

  it('that reports the attempt is late', () => {
    live
      .when({ command: 'ReportAttempt', attempt: 1, report: { outcome: 'succeeded' } }, { ...lapsed, by: workerOf(1) })
      .decides(lost(1), requeuedAfterLoss('testing'), {
        type: 'AttemptReportedLate',
        data: { attempt: 1, outcome: 'succeeded' },
      });
  });

  it('finds the request failed if too many attempts were lost', () => {
    const policy = { maxAttempts: 1 };
    const exhausted = failed('Attempts lost in a row: 1.', 'attempts-exhausted');
    live.when(CLAIM, { ...lapsed, policy }).refuses('not-claimable', { current_status: 'failed' });
    live.when({ command: 'ReviseRequest', patch: { current_phase: 'x' } }, { ...lapsed, policy }).decides(
      lost(1),
      exhausted,
      // Fields can be set in any status.
      { type: 'PhaseNoted', data: { current_phase: 'x' } },
    );
  });

  it('after the attempt ended otherwise is nothing special', () => {
    given(submitted(), claimed(), lost(1), requeuedAfterLoss(), claimed(2))
      .when({ command: 'ChangeStatus', patch: { status: 'implementing' } }, lapsed)
      .decides(IMPLEMENTING);
  });
});

describe('a command after the end of a block', () => {
  const stuck = given(...claimedUntil('testing'), blocked('testing', { resume_at: minute(30) }));

  it('is decided as if the request had been resumed', () => {
    const request = stuck.when(CLAIM, { at: minute(30), by: WORKER }).decidesOnce(resumed, claimed(2));
    expect(request.attempts).toMatchObject([{ outcome: 'released' }, { outcome: null }]);
    stuck
      .when({ command: 'ReviseRequest', patch: { current_phase: 'x' } }, { at: minute(31) })
      .decides(resumed, { type: 'PhaseNoted', data: { current_phase: 'x' } });
  });

  it('before that time finds the request blocked', () => {
    stuck.when(CLAIM, { at: minute(29), by: WORKER }).refuses('already-claimed', { attempt: 1 });
  });

  it('with the token of the attempt that the resumption released is stale', () => {
    stuck
      .when({ command: 'ReviseRequest', patch: { current_phase: 'x' } }, { at: minute(30), by: agentOf(1) })
      .refuses('stale-attempt', { attempt: 1 });
  });

  it('after an expired lease too finds both recorded', () => {
    const request = stuck
      .when({ command: 'CancelRequest', reason: null }, { at: minute(30), lapsedAttempt: 1 })
      .decides(lost(1), resumed, CANCELLED);
    expect(request).toMatchObject({ retry_count: 0, attempts: [{ outcome: 'lost' }] });
  });
});

describe('the last mover of a request', () => {
  it('is the attempt whose token was used, or none', () => {
    const live = given(...claimedUntil('testing'));
    const move = { command: 'ChangeStatus', patch: { status: 'reviewing' } } as const;
    expect(live.state?.moved_by).toBeNull();
    expect(live.when(move, { by: agentOf(1) }).request().moved_by).toBe(1);
    expect(live.when(move, { by: workerOf(1) }).request().moved_by).toBe(1);
    expect(live.when(move).request().moved_by).toBeNull();
  });

  it('stays while only fields change, and ends once someone else moves it', () => {
    const moved = given(...claimedUntil('testing'))
      .when({ command: 'ChangeStatus', patch: { status: 'blocked' } }, { by: agentOf(1) })
      .request();
    const noted = givenState(moved)
      .when({ command: 'ReviseRequest', patch: { current_phase: 'x' } })
      .request();
    expect(noted.moved_by).toBe(1);
    const cancelled = givenState(noted).when({ command: 'CancelRequest', reason: null }).request();
    expect(cancelled.moved_by).toBeNull();
  });
});
