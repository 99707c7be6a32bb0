import { describe, expect, it } from '@jest/globals';
import type { RequestEvent } from './events.ts';
import { STATUSES } from './request.ts';
import { foldAll, given, givenState, minute } from './testing/given.ts';
import {
  blocked,
  CANCELLED,
  claimed,
  COMPLETED,
  failed,
  IMPLEMENTING,
  lost,
  PLANNING,
  requeuedAfterLoss,
  retried,
  REVIEWING,
  submitted,
  TESTING,
  until,
} from './testing/histories.ts';

describe('started_at', () => {
  it.each([
    ['planning', PLANNING],
    ['implementing', IMPLEMENTING],
    ['claimed', claimed()],
  ] as const)('is the time it was first %s', (_, event) => {
    expect(foldAll([submitted(), event])?.started_at).toBe(minute(1));
  });

  it.each<[string, RequestEvent[]]>([
    ['another start', [PLANNING, IMPLEMENTING, PLANNING]],
    ['a retry', [IMPLEMENTING, failed(), retried('failed'), claimed()]],
    ['a lost lease', [claimed(), lost(1), requeuedAfterLoss(), claimed(2)]],
    ['a block', [PLANNING, blocked('planning'), { type: 'RequestUnblocked', data: { to: 'planning' } }]],
    ['the end', [PLANNING, CANCELLED]],
  ])('is not changed by %s', (_, events) => {
    expect(foldAll([submitted(), ...events])?.started_at).toBe(minute(1));
  });

  it.each<[string, RequestEvent[]]>([
    ['pending', []],
    ['blocked', [blocked('pending')]],
    ['blocked and retried', [blocked('pending'), retried('blocked')]],
    ['failed', [failed()]],
    ['cancelled', [CANCELLED]],
  ])('is null for a request that is %s and was never started', (_, events) => {
    expect(foldAll([submitted(), ...events])?.started_at).toBeNull();
  });
});

describe('completed_at', () => {
  it.each(STATUSES.filter((status) => status !== 'blocked'))('of a request that is %s', (status) => {
    const events = until(status);
    const ended = status === 'completed' || status === 'failed' || status === 'cancelled';
    expect(foldAll(events)?.completed_at).toBe(ended ? minute(events.length - 1) : null);
  });

  it('is null again after a retry, and then the time of the new end', () => {
    const retry = [...until('failed'), retried('failed')];
    expect(foldAll(retry)?.completed_at).toBeNull();
    expect(foldAll([...retry, IMPLEMENTING, REVIEWING, COMPLETED])?.completed_at).toBe(minute(5));
  });

  it('stays when fields change afterwards', () => {
    const state = given(...until('completed'))
      .when({ command: 'ReviseRequest', patch: { current_phase: 'done' } })
      .request();
    expect(state).toMatchObject({ completed_at: minute(3), last_update: minute(4) });
  });

  it('stays when the attempt ends afterwards', () => {
    const history = [submitted(), claimed(), IMPLEMENTING, REVIEWING, COMPLETED];
    const state = given(...history)
      .when({ command: 'ReportAttempt', attempt: 1, report: { outcome: 'succeeded' } })
      .request();
    expect(state).toMatchObject({ completed_at: minute(4), last_update: minute(5), status: 'completed' });
  });
});

describe('last_update and version', () => {
  it('are those of the last event', () => {
    const events = [submitted(), PLANNING, IMPLEMENTING, TESTING];
    for (let n = 1; n <= events.length; n += 1) {
      expect(foldAll(events.slice(0, n))).toMatchObject({ version: n - 1, last_update: minute(n - 1) });
    }
  });

  it('count each event of a decision', () => {
    const state = given(submitted())
      .when(
        { command: 'ReviseRequest', patch: { session_id: 's', pr_url: 'https://git.example/1' } },
        { at: minute(9) },
      )
      .request();
    expect(state).toMatchObject({ version: 2, last_update: minute(9), created_at: minute(0) });
  });
});

describe('the expected version', () => {
  const start = given(...until('testing'));

  it('that matches has no effect', () => {
    start.when({ command: 'CancelRequest', reason: null }, { expectedVersion: 2 }).decides(CANCELLED);
  });

  it.each([0, 1, 3])('%d, which does not match, refuses even a call without effect', (expectedVersion) => {
    for (const command of [
      { command: 'CancelRequest', reason: null },
      { command: 'ChangeStatus', patch: { status: 'testing' } },
      { command: 'ReviseRequest', patch: {} },
    ] as const) {
      start.when(command, { expectedVersion }).refuses('version-mismatch');
    }
  });

  it('is checked before the status', () => {
    start
      .when({ command: 'ChangeStatus', patch: { status: 'completed' } }, { expectedVersion: 1 })
      .refuses('version-mismatch');
    start.when({ command: 'RetryRequest', reason: null }, { expectedVersion: 1 }).refuses('version-mismatch');
    givenState(start.state)
      .when({ command: 'ClaimRequest', worker: 'w', session_id: null, lease_seconds: 60 }, { expectedVersion: 1 })
      .refuses('version-mismatch');
  });

  it('is checked after the attempt', () => {
    start
      .when({ command: 'ReportAttempt', attempt: 1, report: { outcome: 'failed' } }, { expectedVersion: 1 })
      .refuses('not-found');
    given(submitted(), claimed(), lost(1), requeuedAfterLoss())
      .when({ command: 'ProgressAttempt', attempt: 1, figures: { num_turns: 1 } }, { expectedVersion: 1 })
      .refuses('stale-attempt', { attempt: 1 });
  });
});
