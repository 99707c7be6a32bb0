import { describe, expect, it } from '@jest/globals';
import type { RequestEvent } from './events.ts';
import { foldAll, given, minute, SYSTEM } from './testing/given.ts';
import {
  blocked,
  claimed,
  claimedUntil,
  failed,
  lost,
  requeuedAfterLoss,
  retried,
  submitted,
} from './testing/histories.ts';

const lose = (attempt: number) => ({ command: 'LoseAttempt', attempt }) as const;
const BY = { by: SYSTEM };

/** Attempts `from` to `to`, each claimed and lost. */
function lostOnes(from: number, to: number): RequestEvent[] {
  const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  return numbers.flatMap((attempt) => [claimed(attempt), lost(attempt), requeuedAfterLoss()]);
}

const exhausted = (times: number) => failed(`Attempts lost in a row: ${times}.`, 'attempts-exhausted');

describe('an expired lease', () => {
  it.each(['planning', 'implementing', 'testing', 'reviewing', 'deploying'] as const)(
    'while %s returns the request to pending and counts',
    (status) => {
      const request = given(...claimedUntil(status))
        .when(lose(1), BY)
        .decides(lost(1), requeuedAfterLoss(status));
      expect(request).toMatchObject({ status: 'pending', retry_count: 1, lost_in_a_row: 1, error_code: null });
      expect(request.attempts).toMatchObject([{ outcome: 'lost', ended_at: request.last_update, report: null }]);
    },
  );

  it.each(['completed', 'failed', 'cancelled'] as const)('of a request that is %s only ends the attempt', (status) => {
    const start = given(...claimedUntil(status));
    const request = start.when(lose(1), BY).decides(lost(1));
    expect(request).toMatchObject({ status, retry_count: 0, completed_at: start.state?.completed_at });
    expect(request.attempts).toMatchObject([{ outcome: 'lost' }]);
  });

  it('of a blocked request leaves the block', () => {
    const start = given(...claimedUntil('testing'), blocked('testing', { reason: 'question' }));
    const request = start.when(lose(1), BY).decides(lost(1));
    expect(request).toMatchObject({ status: 'blocked', blocked: start.state?.blocked, retry_count: 0 });
  });

  it('keeps recorded errors, since nothing failed or was blocked', () => {
    const noted: RequestEvent = { type: 'ErrorNoted', data: { error_message: 'Flaky' } };
    const request = given(...claimedUntil('testing'), noted)
      .when(lose(1), BY)
      .request();
    expect(request.error_message).toBe('Flaky');
  });

  it('of an ended attempt changes nothing', () => {
    given(submitted()).when(lose(1), BY).decidesNothing();
    given(submitted(), claimed()).when(lose(2), BY).decidesNothing();
    given(submitted(), ...lostOnes(1, 1), claimed(2))
      .when(lose(1), BY)
      .decidesNothing();
    given(submitted(), claimed(), { type: 'AttemptEnded', data: { attempt: 1, outcome: 'failed' } }, failed())
      .when(lose(1), BY)
      .decidesNothing();
  });
});

describe('attempts lost in a row', () => {
  it('fail the request when there are too many', () => {
    const request = given(submitted(), ...lostOnes(1, 2), claimed(3))
      .when(lose(3), BY)
      .decides(lost(3), exhausted(3));
    expect(request).toMatchObject({
      status: 'failed',
      error_code: 'attempts-exhausted',
      retry_count: 2,
      completed_at: request.last_update,
    });
  });

  it.each([1, 2, 5])("are limited to the installation's maximum, %d", (maxAttempts) => {
    const before = [submitted(), ...lostOnes(1, maxAttempts - 1)];
    if (maxAttempts > 1) expect(foldAll(before)).toMatchObject({ status: 'pending', retry_count: maxAttempts - 1 });
    const request = given(...before, claimed(maxAttempts))
      .when(lose(maxAttempts), { ...BY, policy: { maxAttempts } })
      .request();
    expect(request).toMatchObject({ status: 'failed', error_code: 'attempts-exhausted' });
  });

  it('fail it too once the limit is lowered below their number', () => {
    given(submitted(), ...lostOnes(1, 4), claimed(5))
      .when(lose(5), { ...BY, policy: { maxAttempts: 2 } })
      .decides(lost(5), exhausted(5));
  });

  it('are reset by a retry from failed', () => {
    const history = [submitted(), ...lostOnes(1, 2), claimed(3), lost(3), exhausted(3), retried('failed')];
    expect(foldAll(history)).toMatchObject({ status: 'pending', retry_count: 3, lost_in_a_row: 0 });
    given(...history, ...lostOnes(4, 5), claimed(6))
      .when(lose(6), BY)
      .decides(lost(6), exhausted(3));
    given(...history, ...lostOnes(4, 4), claimed(5))
      .when(lose(5), BY)
      .decides(lost(5), requeuedAfterLoss());
  });

  it('are reset by an attempt that reported', () => {
    const reported: RequestEvent[] = [
      claimed(3),
      { type: 'AttemptEnded', data: { attempt: 3, outcome: 'released' } },
      {
        type: 'RequestRequeued',
        data: { cause: 'released', from_status: 'planning', reason: null, counted: false, approved: false },
      },
    ];
    given(submitted(), ...lostOnes(1, 2), ...reported, claimed(4))
      .when(lose(4), BY)
      .decides(lost(4), requeuedAfterLoss());
  });

  it('are reset by an attempt released by a return to pending', () => {
    const answered = [claimed(3), blocked('planning'), retried('blocked')];
    given(submitted(), ...lostOnes(1, 2), ...answered, claimed(4))
      .when(lose(4), BY)
      .decides(lost(4), requeuedAfterLoss());
  });

  it('are not reset by a block without an attempt', () => {
    given(submitted(), ...lostOnes(1, 2), blocked('pending'), retried('blocked'), claimed(3))
      .when(lose(3), BY)
      .decides(lost(3), exhausted(3));
  });

  it('are not reset by a late report', () => {
    const late: RequestEvent = { type: 'AttemptReportedLate', data: { attempt: 1, outcome: 'succeeded' } };
    given(submitted(), ...lostOnes(1, 2), late, claimed(3))
      .when(lose(3), BY)
      .decides(lost(3), exhausted(3));
  });

  it('include those lost while blocked', () => {
    const whileBlocked = [claimed(2), blocked('planning'), lost(2), retried('blocked')];
    const history = [submitted(), ...lostOnes(1, 1), ...whileBlocked, claimed(3)];
    expect(foldAll(history)).toMatchObject({ retry_count: 1, lost_in_a_row: 2 });
    given(...history)
      .when(lose(3), { ...BY, at: minute(30) })
      .decides(lost(3), exhausted(3));
  });
});
