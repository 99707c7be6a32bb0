import { describe, expect, it } from '@jest/globals';
import type { RequestEvent } from './events.ts';
import type { AttemptReport, BlockReason, ReportedOutcome } from './request.ts';
import { BLOCK_REASONS, REPORTED_OUTCOMES } from './request.ts';
import type { Given } from './testing/given.ts';
import { given, givenState, minute } from './testing/given.ts';
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

const WORKING = ['planning', 'implementing', 'testing', 'reviewing', 'deploying'] as const;
const TERMINAL = ['completed', 'failed', 'cancelled'] as const;

const ended = (report: AttemptReport): RequestEvent => ({ type: 'AttemptEnded', data: { attempt: 1, ...report } });

function report(start: Given, its: AttemptReport, attempt = 1) {
  return start.when({ command: 'ReportAttempt', attempt, report: its });
}

function released(from_status: (typeof WORKING)[number]): RequestEvent {
  const requeued = { cause: 'released' as const, from_status, reason: null, counted: false, approved: false };
  const data = { ...requeued, returns_in_a_row: 1 };
  return { type: 'RequestRequeued', data };
}

describe('the end report', () => {
  it('is recorded whole, its figures replacing earlier ones', () => {
    const known = given(...claimedUntil('planning'), {
      type: 'AttemptProgressed',
      data: { attempt: 1, num_turns: 3, cost_usd: 0.25 },
    });
    const full: AttemptReport = {
      outcome: 'failed',
      error_code: 'E1',
      error_message: 'It broke',
      exit_code: 1,
      duration_ms: 60_000,
      num_turns: 9,
      usage: { output_tokens: 5 },
    };
    const request = report(known, full).decides(ended(full), failed('It broke', 'E1'));
    expect(request.attempts).toStrictEqual([
      {
        ...known.state?.attempts[0],
        ended_at: minute(3),
        outcome: 'failed',
        report: full,
        figures: { num_turns: 9, cost_usd: 0.25, usage: { output_tokens: 5 } },
      },
    ]);
    expect(request.lost_in_a_row).toBe(0);
  });

  describe.each(WORKING)('while %s', (status) => {
    const start = given(...claimedUntil(status));

    it('failed: the request failed, with its errors', () => {
      const its: AttemptReport = { outcome: 'failed', error_message: 'It broke', error_code: 'E1' };
      const request = report(start, its).decides(ended(its), failed('It broke', 'E1'));
      expect(request).toMatchObject({
        status: 'failed',
        error_message: 'It broke',
        error_code: 'E1',
        retry_count: 0,
        completed_at: request.last_update,
      });
    });

    it('blocked: the request is blocked until the time it names', () => {
      const its: AttemptReport = { outcome: 'blocked', error_message: 'Limit', resume_at: minute(50) };
      const request = report(start, its).decides(
        ended(its),
        blocked(status, { message: 'Limit', resume_at: minute(50) }),
      );
      expect(request).toMatchObject({
        status: 'blocked',
        error_message: 'Limit',
        error_code: null,
        blocked: { reason: 'other', message: 'Limit', from_status: status, resume_at: minute(50) },
      });
    });

    it('released: the request waits for another worker, which is not a retry', () => {
      const its: AttemptReport = { outcome: 'released', error_message: 'Shutting down', error_code: 'E9' };
      const request = report(start, its).decides(ended(its), released(status));
      expect(request).toMatchObject({ status: 'pending', retry_count: 0, error_message: null, error_code: null });
      expect(request.attempts).toMatchObject([{ outcome: 'released' }]);
    });

    it('succeeded without finishing: the request is blocked and says so', () => {
      const its: AttemptReport = { outcome: 'succeeded' };
      const message = 'the agent ended without finishing';
      const request = report(start, its).decides(ended(its), blocked(status, { message }));
      expect(request).toMatchObject({
        status: 'blocked',
        error_message: message,
        blocked: { reason: 'other', message, from_status: status, resume_at: null },
      });
      expect(request.attempts).toMatchObject([{ outcome: 'succeeded' }]);
    });
  });

  describe.each(TERMINAL)('when the request is %s', (status) => {
    it.each(REPORTED_OUTCOMES)('%s ends the attempt and leaves the request', (outcome) => {
      const start = given(...claimedUntil(status));
      const its: AttemptReport = { outcome, error_message: 'Late', error_code: 'usage_limit' };
      const request = report(start, its).decides(ended(its));
      expect({ ...request, attempts: [], version: 0, last_update: '' }).toEqual({
        ...start.state,
        attempts: [],
        version: 0,
        last_update: '',
      });
      expect(request.attempts).toMatchObject([{ outcome, report: its }]);
    });
  });

  describe('when the request is blocked', () => {
    const start = given(
      ...claimedUntil('testing'),
      blocked('testing', { reason: 'question', message: 'Which?', error_code: 'Q1' }),
    );

    it.each(['released', 'succeeded'] as const)('%s leaves the block', (outcome) => {
      const request = report(start, { outcome, error_message: 'x' }).decides(ended({ outcome, error_message: 'x' }));
      expect(request).toMatchObject({ status: 'blocked', blocked: start.state?.blocked, error_code: 'Q1' });
    });

    it("failed makes it failed, with only the report's errors", () => {
      const its: AttemptReport = { outcome: 'failed', error_message: 'It broke' };
      const request = report(start, its).decides(ended(its), failed('It broke'));
      expect(request).toMatchObject({
        status: 'failed',
        blocked: null,
        error_message: 'It broke',
        error_code: null,
      });
    });

    it('blocked without details leaves the block unchanged', () => {
      const request = report(start, { outcome: 'blocked' }).decides(ended({ outcome: 'blocked' }));
      expect(request).toMatchObject({ blocked: start.state?.blocked, error_message: 'Which?', error_code: 'Q1' });
    });

    it('blocked for the known reason revises nothing', () => {
      const known = given(
        ...claimedUntil('testing'),
        blocked('testing', { reason: 'budget', error_code: 'budget', resume_at: minute(40) }),
      );
      const its: AttemptReport = { outcome: 'blocked', error_code: 'budget', resume_at: minute(40) };
      report(known, its).decides(ended(its));
      const later: AttemptReport = { ...its, resume_at: minute(50) };
      report(known, later).decides(ended(later), { type: 'BlockRevised', data: { resume_at: minute(50) } });
    });

    it('blocked with more details adds them to the block', () => {
      const its: AttemptReport = {
        outcome: 'blocked',
        error_code: 'usage_limit',
        error_message: 'Until noon',
        resume_at: minute(40),
      };
      const request = report(start, its).decides(
        ended(its),
        { type: 'BlockRevised', data: { reason: 'usage_limit', resume_at: minute(40) } },
        { type: 'ErrorNoted', data: { error_message: 'Until noon', error_code: 'usage_limit' } },
      );
      expect(request).toMatchObject({
        error_message: 'Until noon',
        error_code: 'usage_limit',
        blocked: {
          reason: 'usage_limit',
          message: 'Until noon',
          resume_at: minute(40),
          from_status: 'testing',
          since: start.state?.blocked?.since,
        },
      });
    });
  });

  it.each(BLOCK_REASONS)('blocked with the error code %s gets that reason', (reason) => {
    const its: AttemptReport = { outcome: 'blocked', error_code: reason };
    report(given(submitted(), claimed()), its).decides(ended(its), blocked('planning', { reason, error_code: reason }));
  });

  it.each(['Approval', 'constructor', 'toString', 'E1'])(
    'blocked with the error code %s gets the reason other',
    (error_code) => {
      const its: AttemptReport = { outcome: 'blocked', error_code };
      const reason: BlockReason = 'other';
      report(given(submitted(), claimed()), its).decides(ended(its), blocked('planning', { reason, error_code }));
    },
  );

  it('accepts succeeded for a completed request', () => {
    const request = report(given(...claimedUntil('completed')), { outcome: 'succeeded' }).request();
    expect(request).toMatchObject({ status: 'completed', blocked: null, error_message: null });
  });
});

describe('a repeated report', () => {
  const pairs = REPORTED_OUTCOMES.flatMap((first) => REPORTED_OUTCOMES.map((second) => [first, second] as const));

  it.each(pairs)('of %s, then %s, changes nothing', (first: ReportedOutcome, second: ReportedOutcome) => {
    const reported = report(given(...claimedUntil('testing')), { outcome: first }).request();
    report(givenState(reported), { outcome: second, error_message: 'Other', num_turns: 7 }).decidesNothing();
  });

  it('changes nothing after later attempts', () => {
    const history: RequestEvent[] = [
      submitted(),
      claimed(1),
      ended({ outcome: 'failed' }),
      failed(),
      retried('failed'),
      claimed(2),
    ];
    report(given(...history), { outcome: 'blocked' }).decidesNothing();
  });
});

describe('a late report', () => {
  const released1 = [submitted(), claimed(1), blocked('planning'), retried('blocked')];
  const lost1 = [submitted(), claimed(1), lost(1), requeuedAfterLoss()];

  it.each([
    ['lost', lost1],
    ['released', released1],
    ['lost, with a newer attempt live', [...lost1, claimed(2)]],
    ['lost while blocked', [submitted(), claimed(1), blocked('planning'), lost(1)]],
  ] as const)('of an attempt that was %s is recorded and changes nothing', (_, history) => {
    for (const outcome of REPORTED_OUTCOMES) {
      const start = given(...history);
      const its: AttemptReport = { outcome, error_message: 'Late', error_code: 'budget', num_turns: 12 };
      const request = report(start, its).decides({ type: 'AttemptReportedLate', data: { attempt: 1, ...its } });
      const before = start.state?.attempts ?? [];
      expect(request).toEqual({
        ...start.state,
        version: request.version,
        last_update: request.last_update,
        attempts: [{ ...before[0], report: its, figures: { num_turns: 12 } }, ...before.slice(1)],
      });
    }
  });

  it('is recorded once', () => {
    const reported = report(given(...lost1), { outcome: 'failed' }).request();
    report(givenState(reported), { outcome: 'succeeded' }).decidesNothing();
  });

  it.each([0, 2, -1, 1.5])('of attempt %d, which never existed, is not found', (attempt) => {
    report(given(...lost1), { outcome: 'failed' }, attempt).refuses('not-found');
    report(given(submitted()), { outcome: 'failed' }, attempt).refuses('not-found');
  });
});
