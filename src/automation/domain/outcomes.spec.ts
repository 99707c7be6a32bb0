import { describe, expect, it } from '@jest/globals';
import type { RequestPatch } from './revise.ts';
import { given, givenState, minute, SYSTEM, workerOf } from './testing/given.ts';
import {
  blocked,
  CANCELLED,
  claimedUntil,
  COMPLETED,
  DEPLOYING,
  lost,
  retried,
  submitted,
  until,
} from './testing/histories.ts';

describe('cancelling', () => {
  it('records the reason in the event', () => {
    const request = given(...until('testing'))
      .when({ command: 'CancelRequest', reason: 'Not needed any more' })
      .decides({ type: 'RequestCancelled', data: { reason: 'Not needed any more' } });
    expect(request).toMatchObject({ status: 'cancelled', completed_at: minute(3), error_message: null });
  });

  it('keeps the attempt live, so that its worker hears of it', () => {
    const request = given(...claimedUntil('testing'))
      .when({ command: 'CancelRequest', reason: null })
      .decides(CANCELLED);
    expect(request.attempts).toMatchObject([{ attempt: 1, outcome: null, ended_at: null }]);
  });

  it('again changes nothing, whatever the reason', () => {
    given(...until('cancelled'))
      .when({ command: 'CancelRequest', reason: 'Again' })
      .decidesNothing();
  });

  it.each(['completed', 'failed'] as const)('a request that is %s is refused', (from) => {
    const allowed = from === 'failed' ? ['pending'] : [];
    given(...until(from))
      .when({ command: 'CancelRequest', reason: null })
      .refuses('illegal-transition', { from, to: 'cancelled', allowed });
  });
});

describe('retrying', () => {
  it('a failed request counts', () => {
    const request = given(...until('failed'))
      .when({ command: 'RetryRequest', reason: 'Disk was full' })
      .decides(retried('failed', { reason: 'Disk was full' }));
    expect(request).toMatchObject({
      status: 'pending',
      retry_count: 1,
      completed_at: null,
      error_message: null,
      error_code: null,
    });
  });

  it('a blocked request does not count', () => {
    const request = given(...until('testing'), blocked('testing', { reason: 'question' }))
      .when({ command: 'RetryRequest', reason: 'The second one' })
      .decides(retried('blocked', { reason: 'The second one' }));
    expect(request).toMatchObject({ status: 'pending', blocked: null, retry_count: 0, approved: false });
  });

  it('a pending request changes nothing', () => {
    given(submitted()).when({ command: 'RetryRequest', reason: 'Go on' }).decidesNothing();
  });

  it.each(['failed', 'blocked'] as const)('a request that is %s releases the live attempt', (status) => {
    const history = status === 'failed' ? claimedUntil('failed') : [...claimedUntil('planning'), blocked('planning')];
    const request = given(...history)
      .when({ command: 'RetryRequest', reason: null })
      .decides(retried(status));
    expect(request.status).toBe('pending');
    expect(request.attempts).toMatchObject([
      { attempt: 1, outcome: 'released', ended_at: request.last_update, report: null },
    ]);
  });

  it('does not change an ended attempt', () => {
    const history = [...claimedUntil('planning'), blocked('planning'), lost(1)];
    const request = given(...history)
      .when({ command: 'RetryRequest', reason: null })
      .decides(retried('blocked'));
    expect(request.attempts).toMatchObject([{ outcome: 'lost', ended_at: minute(3) }]);
  });

  it('keeps the work done so far', () => {
    const history = [
      ...claimedUntil('implementing'),
      { type: 'PlanAttached', data: { plan_document: '# Plan' } },
      { type: 'SessionAttached', data: { session_id: 's-1' } },
      blocked('implementing'),
    ] as const;
    const request = given(...history)
      .when({ command: 'RetryRequest', reason: null })
      .request();
    expect(request).toMatchObject({ plan_document: '# Plan', session_id: 's-1' });
  });

  it.each(['planning', 'completed', 'cancelled'] as const)('a request that is %s is refused', (from) => {
    const allowed = from === 'planning' ? ['implementing', 'reviewing', 'blocked', 'failed', 'cancelled'] : [];
    given(...until(from))
      .when({ command: 'RetryRequest', reason: null })
      .refuses('illegal-transition', { from, to: 'pending', allowed });
  });
});

describe('resuming', () => {
  const resumable = given(...claimedUntil('planning'), blocked('planning', { resume_at: minute(30) }));

  it.each([
    ['at the time', minute(30)],
    ['later', minute(31)],
  ])('from %s returns to pending and is not a retry', (_, at) => {
    const request = resumable.when({ command: 'ResumeRequest' }, { at, by: SYSTEM }).decides({
      type: 'RequestRequeued',
      data: { cause: 'resumed', from_status: 'blocked', reason: null, counted: false, approved: false },
    });
    expect(request).toMatchObject({ status: 'pending', blocked: null, retry_count: 0 });
    expect(request.attempts).toMatchObject([{ outcome: 'released', ended_at: at }]);
  });

  it('early changes nothing', () => {
    resumable.when({ command: 'ResumeRequest' }, { at: minute(29) }).decidesNothing();
  });

  it('without a time, or once unblocked, changes nothing', () => {
    given(...until('planning'), blocked('planning'))
      .when({ command: 'ResumeRequest' }, { at: minute(59) })
      .decidesNothing();
    given(...until('planning'))
      .when({ command: 'ResumeRequest' }, { at: minute(59) })
      .decidesNothing();
  });

  it('does not approve', () => {
    const waiting = blocked('testing', { reason: 'approval', resume_at: minute(30) });
    const request = given(...until('testing'), waiting)
      .when({ command: 'ResumeRequest' }, { at: minute(30), by: SYSTEM })
      .request();
    expect(request.approved).toBe(false);
  });
});

describe('four eyes', () => {
  // Submitted by olga, like every request of these tests.
  const waiting = given(...until('testing'), blocked('testing', { reason: 'approval' }));
  const answer = { command: 'RetryRequest', reason: 'Go' } as const;
  const approve = { ...answer, approves: 3 } as const;
  const approval = retried('blocked', { reason: 'Go', approved: true });

  it('are required if configured: the submitter cannot approve', () => {
    waiting.when(approve, { policy: { fourEyes: true } }).refuses('forbidden');
    waiting.when(approve, { policy: { fourEyes: true }, by: SYSTEM }).decidesOnce(approval);
    waiting.when(approve, { policy: { fourEyes: false } }).decidesOnce(approval);
    waiting.when(approve).decidesOnce(approval);
  });

  it('are not required for an answer', () => {
    waiting.when(answer, { policy: { fourEyes: true } }).decides(retried('blocked', { reason: 'Go' }));
    given(...until('testing'), blocked('testing', { reason: 'question' }))
      .when(answer, { policy: { fourEyes: true } })
      .decides(retried('blocked', { reason: 'Go' }));
    given(...until('failed'))
      .when(answer, { policy: { fourEyes: true } })
      .decides(retried('failed', { reason: 'Go' }));
  });
});

describe('approval', () => {
  const policy = { requireApproval: true };
  const deploy = { command: 'ChangeStatus', patch: { status: 'deploying' } } as const;
  const approvedOnce = [
    ...until('testing'),
    blocked('testing', { reason: 'approval' }),
    retried('blocked', { approved: true }),
  ];

  it.each(['testing', 'reviewing'] as const)('is required to deploy from %s if configured', (from) => {
    given(...until(from))
      .when(deploy, { policy })
      .refuses('approval-required');
    given(...until(from))
      .when({ command: 'ReviseRequest', patch: { status: 'deploying' } }, { policy })
      .refuses('approval-required');
    given(...until(from))
      .when(deploy)
      .decides(DEPLOYING);
  });

  it('does not hide that the move is illegal', () => {
    given(...until('planning'))
      .when(deploy, { policy })
      .refuses('illegal-transition', {
        from: 'planning',
        to: 'deploying',
        allowed: ['implementing', 'reviewing', 'blocked', 'failed', 'cancelled'],
      });
  });

  it('is required to continue deploying after a block', () => {
    given(...until('deploying'), blocked('deploying'))
      .when(deploy, { policy })
      .refuses('approval-required');
  });

  it('is given by a retry that names the version', () => {
    const waiting = given(...until('testing'), blocked('testing', { reason: 'approval' }));
    const request = waiting
      .when({ command: 'RetryRequest', reason: 'Go', approves: 3 })
      .decidesOnce(retried('blocked', { reason: 'Go', approved: true }));
    expect(request.approved).toBe(true);
    for (const approves of [2, 4]) {
      waiting.when({ command: 'RetryRequest', reason: 'Go', approves }).refuses('version-mismatch');
    }
    // On a pending request, this would look the same as a retry that came too late.
    given(...until('pending'))
      .when({ command: 'RetryRequest', reason: null, approves: 0 })
      .refuses('illegal-transition', {
        from: 'pending',
        to: 'pending',
        allowed: ['planning', 'implementing', 'blocked', 'failed', 'cancelled'],
      });
  });

  it.each(['approval', 'question', 'other', 'policy'] as const)('is not given by answering %s', (reason) => {
    given(...until('testing'), blocked('testing', { reason }))
      .when({ command: 'RetryRequest', reason: 'Go' })
      .decides(retried('blocked', { reason: 'Go' }));
  });

  it('ends only when title or description change', () => {
    const approved = given(...approvedOnce);
    const approvedAfter = (patch: RequestPatch) =>
      approved.when({ command: 'ReviseRequest', patch }).request().approved;
    expect(approvedAfter({ title: 'Deploy something else' })).toBe(false);
    expect(approvedAfter({ description: 'Also that.' })).toBe(false);
    const milestones = [{ id: 'm1', title: 'One', status: 'pending' as const }];
    expect(approvedAfter({ plan_document: '# Plan', milestones, current_phase: 'x', priority: 'low' })).toBe(true);
  });

  it('is not given by a plain status change, nor by a token', () => {
    const waiting = given(...claimedUntil('testing'), blocked('testing', { reason: 'approval' }));
    waiting.when({ command: 'ChangeStatus', patch: { status: 'pending' } }).decides(retried('blocked'));
    waiting.when({ command: 'ChangeStatus', patch: { status: 'testing' } }).request();
    waiting.when({ command: 'RetryRequest', reason: null }, { by: workerOf(1) }).decides(retried('blocked'));
  });

  it('lasts through failures and further blocks', () => {
    const later = [...approvedOnce, ...until('reviewing').slice(1)];
    given(...later)
      .when(deploy, { policy })
      .decides(DEPLOYING);
    given(...approvedOnce, blocked('pending'), retried('blocked'), ...until('failed').slice(1), retried('failed'))
      .when({ command: 'ChangeStatus', patch: { status: 'implementing' } })
      .decides({ type: 'ImplementationStarted', data: {} });
    const state = given(...approvedOnce, ...until('failed').slice(1), retried('failed'), ...later.slice(5)).state;
    givenState(state).when(deploy, { policy }).decides(DEPLOYING);
  });

  it('is required only for deploying', () => {
    given(...until('reviewing'))
      .when({ command: 'ChangeStatus', patch: { status: 'completed' } }, { policy })
      .decides(COMPLETED);
    given(...until('deploying'))
      .when(deploy, { policy })
      .decidesNothing();
  });
});
