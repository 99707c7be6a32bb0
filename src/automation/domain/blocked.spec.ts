import { describe, expect, it } from '@jest/globals';
import type { RequestEvent } from './events.ts';
import { BLOCK_REASONS } from './request.ts';
import type { ChangeStatus } from './revise.ts';
import type { Given } from './testing/given.ts';
import { given, givenState, minute } from './testing/given.ts';
import { BLOCKABLE, blocked, CANCELLED, failed, retried, submitted, until } from './testing/histories.ts';

function change(start: Given, patch: ChangeStatus['patch']) {
  return start.when({ command: 'ChangeStatus', patch });
}

describe('blocking', () => {
  it.each(BLOCKABLE)('from %s records when, from where and why', (from) => {
    const start = given(...until(from));
    const patch = { status: 'blocked', reason: 'question', error_message: 'Which one?', error_code: 'Q1' } as const;
    const resume_at = '2026-02-01T00:00:00.000Z';
    const request = change(start, { ...patch, resume_at }).decides({
      type: 'RequestBlocked',
      data: { reason: 'question', from_status: from, message: 'Which one?', error_code: 'Q1', resume_at },
    });
    expect(request).toEqual({
      ...start.state,
      status: 'blocked',
      blocked: { reason: 'question', message: 'Which one?', since: request.last_update, from_status: from, resume_at },
      error_message: 'Which one?',
      error_code: 'Q1',
      version: request.version,
      last_update: minute(request.version),
    });
  });

  it.each(BLOCK_REASONS)('for the reason %s', (reason) => {
    expect(change(given(submitted()), { status: 'blocked', reason }).request().blocked).toMatchObject({ reason });
  });

  it('defaults to the reason other, in either patch', () => {
    const data = { reason: 'other', from_status: 'pending', message: null, error_code: null, resume_at: null } as const;
    change(given(submitted()), { status: 'blocked' }).decides({ type: 'RequestBlocked', data });
    given(submitted())
      .when({ command: 'ReviseRequest', patch: { status: 'blocked' } })
      .decides({ type: 'RequestBlocked', data });
  });

  it('uses the error message of a merge patch as its message', () => {
    const request = given(submitted())
      .when({ command: 'ReviseRequest', patch: { status: 'blocked', error_message: 'Stuck' } })
      .decides(blocked('pending', { message: 'Stuck' }));
    expect(request).toMatchObject({ error_message: 'Stuck', blocked: { message: 'Stuck' } });
  });

  it('keeps an older error if none is sent, and clears it on null', () => {
    const start = given(submitted(), { type: 'ErrorNoted', data: { error_message: 'Old', error_code: 'E0' } });
    expect(change(start, { status: 'blocked' }).decides(blocked('pending'))).toMatchObject({
      error_message: 'Old',
      error_code: 'E0',
      blocked: { message: null },
    });
    const cleared: RequestEvent = { type: 'FieldsCleared', data: { fields: ['error_message'] } };
    expect(
      change(start, { status: 'blocked', error_message: null }).decides(blocked('pending'), cleared),
    ).toMatchObject({ error_message: null, error_code: 'E0', blocked: { message: null } });
  });
});

describe('blocking again', () => {
  const start = given(...until('testing'), blocked('testing', { reason: 'question', message: 'Which one?' }));

  it('with nothing new decides nothing', () => {
    change(start, { status: 'blocked' }).decidesNothing();
    change(start, {
      status: 'blocked',
      reason: 'question',
      resume_at: null,
      error_message: 'Which one?',
    }).decidesNothing();
  });

  it('does not reset the reason to other', () => {
    expect(change(start, { status: 'blocked', error_code: 'Q1' }).request().blocked?.reason).toBe('question');
  });

  it.each<[string, Partial<ChangeStatus['patch']>, RequestEvent]>([
    ['reason', { reason: 'approval' }, { type: 'BlockRevised', data: { reason: 'approval' } }],
    ['resume_at', { resume_at: minute(90) }, { type: 'BlockRevised', data: { resume_at: minute(90) } }],
    ['message', { error_message: 'Or both?' }, { type: 'ErrorNoted', data: { error_message: 'Or both?' } }],
    ['code', { error_code: 'Q2' }, { type: 'ErrorNoted', data: { error_code: 'Q2' } }],
  ])('takes a new %s', (_, patch, event) => {
    const request = change(start, { status: 'blocked', ...patch }).decides(event);
    expect(request).toMatchObject({
      status: 'blocked',
      blocked: { since: start.state?.blocked?.since, from_status: 'testing' },
    });
  });

  it('updates everything at once, and can remove the time', () => {
    const patch = { status: 'blocked', reason: 'budget', resume_at: minute(90), error_message: 'Too dear' } as const;
    const revised = change(start, patch).decides(
      { type: 'BlockRevised', data: { reason: 'budget', resume_at: minute(90) } },
      { type: 'ErrorNoted', data: { error_message: 'Too dear' } },
    );
    expect(revised.blocked).toMatchObject({ reason: 'budget', resume_at: minute(90), message: 'Too dear' });
    const again = change(givenState(revised), { status: 'blocked', resume_at: null });
    expect(again.decides({ type: 'BlockRevised', data: { resume_at: null } }).blocked?.resume_at).toBeNull();
  });

  it("keeps the block's message and the error message in step", () => {
    const patched = start
      .when({ command: 'ReviseRequest', patch: { error_message: 'Or both?' } })
      .decides({ type: 'ErrorNoted', data: { error_message: 'Or both?' } });
    expect(patched).toMatchObject({ error_message: 'Or both?', blocked: { message: 'Or both?' } });
    const cleared = start
      .when({ command: 'ReviseRequest', patch: { error_message: null } })
      .decides({ type: 'FieldsCleared', data: { fields: ['error_message'] } });
    expect(cleared).toMatchObject({ error_message: null, blocked: { message: null } });
  });

  it('accepts the error message from before the block as its message', () => {
    const noted = given(submitted(), { type: 'ErrorNoted', data: { error_message: 'Old' } }, blocked('pending'));
    expect(noted.state).toMatchObject({ error_message: 'Old', blocked: { message: null } });
    const request = change(noted, { status: 'blocked', error_message: 'Old' }).decides({
      type: 'ErrorNoted',
      data: { error_message: 'Old' },
    });
    expect(request).toMatchObject({ error_message: 'Old', blocked: { message: 'Old' } });
  });
});

describe('leaving a block or a failure', () => {
  const stuck = given(...until('testing'), blocked('testing', { message: 'Stuck', error_code: 'E2' }));
  const broken = given(...until('testing'), failed('It broke', 'E1'));

  it.each([
    ['testing', { type: 'RequestUnblocked', data: { to: 'testing' } }],
    ['pending', retried('blocked')],
    ['failed', failed()],
    ['cancelled', CANCELLED],
  ] as const)('from blocked to %s removes the block and the errors', (status, event) => {
    const request = change(stuck, { status }).decides(event);
    expect(request).toMatchObject({ status, blocked: null, error_message: null, error_code: null });
  });

  it('from failed to pending removes the errors', () => {
    const request = change(broken, { status: 'pending' }).decides(retried('failed'));
    expect(request).toMatchObject({ status: 'pending', error_message: null, error_code: null });
  });

  it.each([
    ['testing', { type: 'RequestUnblocked', data: { to: 'testing' } }],
    ['pending', retried('blocked')],
    ['cancelled', CANCELLED],
  ] as const)('from blocked to %s keeps errors set by the same call, even unchanged ones', (status, event) => {
    const request = change(stuck, { status, error_message: 'Stuck' }).decides(event, {
      type: 'ErrorNoted',
      data: { error_message: 'Stuck' },
    });
    expect(request).toMatchObject({ status, blocked: null, error_message: 'Stuck', error_code: null });
  });

  it('from blocked to failed keeps errors set by the same call', () => {
    const request = change(stuck, { status: 'failed', error_code: 'E2' }).decides(failed(null, 'E2'));
    expect(request).toMatchObject({ status: 'failed', blocked: null, error_message: null, error_code: 'E2' });
  });

  it('from failed to pending keeps errors set by the same call', () => {
    const request = change(broken, { status: 'pending', error_message: 'Again', error_code: 'E1' }).decides(
      retried('failed'),
      { type: 'ErrorNoted', data: { error_message: 'Again', error_code: 'E1' } },
    );
    expect(request).toMatchObject({ error_message: 'Again', error_code: 'E1' });
  });

  it('with errors set to null adds no event', () => {
    change(stuck, { status: 'testing', error_message: null, error_code: null }).decides({
      type: 'RequestUnblocked',
      data: { to: 'testing' },
    });
  });

  it('clears errors, which other moves keep', () => {
    const start = given(...until('testing'), { type: 'ErrorNoted', data: { error_message: 'Flaky', error_code: 'W' } });
    expect(change(start, { status: 'reviewing' }).request()).toMatchObject({ error_message: 'Flaky', error_code: 'W' });
  });
});

describe('failing', () => {
  it('keeps the errors sent with it', () => {
    const request = change(given(...until('testing')), {
      status: 'failed',
      error_message: 'It broke',
      error_code: 'E1',
    }).decides(failed('It broke', 'E1'));
    expect(request).toMatchObject({ status: 'failed', error_message: 'It broke', error_code: 'E1', blocked: null });
  });

  it('again with other errors replaces them', () => {
    const request = change(given(...until('failed')), { status: 'failed', error_message: 'Worse' }).decides({
      type: 'ErrorNoted',
      data: { error_message: 'Worse' },
    });
    expect(request).toMatchObject({ status: 'failed', error_message: 'Worse', error_code: 'E1' });
  });
});
