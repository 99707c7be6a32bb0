import { describe, expect, it } from '@jest/globals';
import type { RequestEvent } from './events.ts';
import type { ClaimRequest } from './attempts.ts';
import { CALLER, CLAIMER, foldAll, given, minute, workerOf } from './testing/given.ts';
import {
  blocked,
  claimed,
  claimedUntil,
  failed,
  lost,
  requeuedAfterLoss,
  retried,
  submitted,
  until,
} from './testing/histories.ts';

const WORKER = { by: { principal: 'worker-key', role: 'caller' } } as const;
const CLAIM: ClaimRequest = { command: 'ClaimRequest', worker: 'dev-1', session_id: null, lease_seconds: 120 };

describe('claiming', () => {
  it('starts attempt 1 and moves the request to planning', () => {
    const request = given(submitted()).when(CLAIM, WORKER).decidesOnce(claimed());
    expect(request).toMatchObject({ status: 'planning', started_at: minute(1), session_id: null, version: 1 });
    expect(request.attempts).toStrictEqual([
      {
        attempt: 1,
        worker: 'dev-1',
        claimed_by: 'worker-key',
        session_id: null,
        lease_seconds: 120,
        delivers: false,
        started_at: minute(1),
        ended_at: null,
        outcome: null,
        report: null,
        figures: {},
        progressed_at: null,
      },
    ]);
  });

  it("sets the request's session, or leaves it unchanged", () => {
    const first = given(submitted())
      .when({ ...CLAIM, session_id: 's-1' }, WORKER)
      .request();
    expect(first).toMatchObject({ session_id: 's-1', attempts: [{ session_id: 's-1' }] });
    const again = given(submitted(), claimed(1, 's-1'), lost(1), requeuedAfterLoss()).when(CLAIM, WORKER).request();
    expect(again).toMatchObject({ session_id: 's-1', attempts: [{}, { session_id: null }] });
  });

  it('records the requested lease', () => {
    const request = given(submitted())
      .when({ ...CLAIM, lease_seconds: 15 }, WORKER)
      .request();
    expect(request.attempts).toMatchObject([{ lease_seconds: 15 }]);
  });

  it('is refused while an attempt is live, whatever the status', () => {
    for (const status of ['planning', 'implementing', 'deploying', 'completed', 'failed', 'cancelled'] as const) {
      given(...claimedUntil(status))
        .when(CLAIM, WORKER)
        .refuses('already-claimed', { attempt: 1 });
    }
    given(...claimedUntil('testing'), blocked('testing'))
      .when(CLAIM, WORKER)
      .refuses('already-claimed', { attempt: 1 });
  });

  it.each([
    'planning',
    'implementing',
    'testing',
    'reviewing',
    'deploying',
    'completed',
    'failed',
    'cancelled',
  ] as const)('is refused when the request is %s without an attempt', (status) => {
    given(...until(status))
      .when(CLAIM, WORKER)
      .refuses('not-claimable', { current_status: status });
  });

  it('is refused when the request is blocked, even from pending', () => {
    given(submitted(), blocked('pending')).when(CLAIM, WORKER).refuses('not-claimable', { current_status: 'blocked' });
    given(submitted(), claimed(), blocked('planning'), lost(1))
      .when(CLAIM, WORKER)
      .refuses('not-claimable', { current_status: 'blocked' });
  });

  it('numbers attempts consecutively, however they ended', () => {
    const reported: RequestEvent = { type: 'AttemptEnded', data: { attempt: 3, outcome: 'failed' } };
    const history: RequestEvent[] = [
      submitted(),
      claimed(1),
      lost(1),
      requeuedAfterLoss(),
      claimed(2),
      blocked('planning'),
      retried('blocked'),
      claimed(3),
      reported,
      failed(),
      retried('failed'),
    ];
    given(...history)
      .when(CLAIM, WORKER)
      .decidesOnce(claimed(4));
    expect(foldAll([...history, claimed(4)])?.attempts.map((it) => [it.attempt, it.outcome])).toEqual([
      [1, 'lost'],
      [2, 'released'],
      [3, 'failed'],
      [4, null],
    ]);
  });

  it('is open to any principal', () => {
    const request = given(submitted())
      .when(CLAIM, { by: { principal: 'anonymous', role: 'caller' } })
      .request();
    expect(request.attempts).toMatchObject([{ claimed_by: 'anonymous' }]);
  });
});

describe('progress', () => {
  const live = given(...claimedUntil('implementing'));
  const figures = { num_turns: 3, cost_usd: 0.25, usage: { input_tokens: 1000 } };

  it('records new figures', () => {
    const request = live
      .when({ command: 'ProgressAttempt', attempt: 1, figures })
      .decides({ type: 'AttemptProgressed', data: { attempt: 1, ...figures } });
    expect(request.attempts).toMatchObject([{ figures, outcome: null, progressed_at: minute(3) }]);
  });

  it('keeps figures that are not sent again', () => {
    const request = given(...claimedUntil('planning'), { type: 'AttemptProgressed', data: { attempt: 1, ...figures } })
      .when({ command: 'ProgressAttempt', attempt: 1, figures: { num_turns: 4 } })
      .decides({ type: 'AttemptProgressed', data: { attempt: 1, num_turns: 4 } });
    expect(request.attempts).toMatchObject([{ figures: { ...figures, num_turns: 4 } }]);
  });

  it('without changes decides nothing', () => {
    live.when({ command: 'ProgressAttempt', attempt: 1, figures: {} }).decidesNothing();
    const known = given(...claimedUntil('planning'), { type: 'AttemptProgressed', data: { attempt: 1, ...figures } });
    known
      .when({ command: 'ProgressAttempt', attempt: 1, figures: { cost_usd: 0.25, usage: { input_tokens: 1000 } } })
      .decidesNothing();
    const undefinedToo = { num_turns: undefined, usage: undefined } as never;
    known.when({ command: 'ProgressAttempt', attempt: 1, figures: undefinedToo }).decidesNothing();
  });

  it('is recorded at most once a minute', () => {
    const noted = given(...claimedUntil('planning'), { type: 'AttemptProgressed', data: { attempt: 1, num_turns: 1 } });
    const command = { command: 'ProgressAttempt', attempt: 1, figures: { num_turns: 2 } } as const;
    noted.when(command, { at: minute(2) }).decidesNothing();
    noted.when(command, { at: minute(2).replace('00.000Z', '59.999Z') }).decidesNothing();
    noted.when(command, { at: minute(3) }).decides({ type: 'AttemptProgressed', data: { attempt: 1, num_turns: 2 } });
  });

  it('of an ended attempt is refused, even without changes', () => {
    const over = given(submitted(), claimed(), lost(1), requeuedAfterLoss());
    over.when({ command: 'ProgressAttempt', attempt: 1, figures }).refuses('stale-attempt', { attempt: 1 });
    over.when({ command: 'ProgressAttempt', attempt: 1, figures: {} }).refuses('stale-attempt', { attempt: 1 });
  });

  it.each([0, 2, -1, 1.5])('of attempt %d, which never existed, is not found', (attempt) => {
    live.when({ command: 'ProgressAttempt', attempt, figures }).refuses('not-found');
  });

  it('is recorded after the request has ended, while the attempt is live', () => {
    given(...claimedUntil('cancelled'))
      .when({ command: 'ProgressAttempt', attempt: 1, figures })
      .decides({ type: 'AttemptProgressed', data: { attempt: 1, ...figures } });
  });
});

describe('heartbeat and end report', () => {
  const commands = [
    { command: 'ProgressAttempt', attempt: 1, figures: {} },
    { command: 'ReportAttempt', attempt: 1, report: { outcome: 'released' } },
  ] as const;

  it('are allowed for the claimer and for admins', () => {
    for (const by of [workerOf(1), CLAIMER, { ...CALLER, isAdmin: true }]) {
      for (const command of commands) {
        expect(given(submitted(), claimed()).when(command, { by }).request()).toMatchObject({ attempts: [{}] });
      }
    }
  });

  it("are refused to everyone else, whatever the attempt's state and version", () => {
    const histories = [
      [submitted(), claimed()],
      [submitted(), claimed(), lost(1), requeuedAfterLoss()],
      [...claimedUntil('failed')],
    ];
    for (const by of [CALLER, { ...CALLER, isAdmin: false }]) {
      for (const command of commands) {
        for (const history of histories)
          given(...history)
            .when(command, { by, expectedVersion: 0 })
            .refuses('forbidden');
      }
    }
  });

  it('of an attempt that does not exist are not found, for any caller', () => {
    for (const command of commands) {
      given(submitted(), claimed())
        .when({ ...command, attempt: 2 }, { by: CALLER })
        .refuses('not-found');
    }
  });
});
