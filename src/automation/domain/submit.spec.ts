import { describe, expect, it } from '@jest/globals';
import type { SubmitRequest } from './decide.ts';
import { PRIORITIES, REQUEST_TYPES } from './request.ts';
import { given, minute, REQUEST_ID } from './testing/given.ts';
import { claimed, submitted } from './testing/histories.ts';

const SUBMIT: SubmitRequest = {
  command: 'SubmitRequest',
  id: REQUEST_ID,
  type: 'bug',
  priority: 'high',
  title: 'Login loops',
  description: 'After a timeout.\nAlways.',
};

describe('submitting', () => {
  it('creates a pending request with every field', () => {
    const request = given()
      .when(SUBMIT, { at: minute(7) })
      .decides({
        type: 'RequestSubmitted',
        data: { type: 'bug', priority: 'high', title: 'Login loops', description: 'After a timeout.\nAlways.' },
      });
    expect(request).toEqual({
      id: REQUEST_ID,
      type: 'bug',
      priority: 'high',
      title: 'Login loops',
      description: 'After a timeout.\nAlways.',
      status: 'pending',
      blocked: null,
      current_phase: null,
      session_id: null,
      milestones: [],
      plan_document: null,
      pr_url: null,
      branch: null,
      commit: null,
      delivery: null,
      test_results: null,
      error_message: null,
      error_code: null,
      retry_count: 0,
      created_at: minute(7),
      started_at: null,
      completed_at: null,
      last_update: minute(7),
      created_by: 'olga',
      version: 0,
      attempts: [],
      approved: false,
      lost_in_a_row: 0,
      returns_in_a_row: 0,
      elsewhere_in_a_row: 0,
      planned: [],
      moved_by: null,
    });
  });

  it.each(REQUEST_TYPES.flatMap((type) => PRIORITIES.map((priority) => ({ type, priority }))))(
    'records $type and $priority',
    ({ type, priority }) => {
      expect(
        given()
          .when({ ...SUBMIT, type, priority })
          .request(),
      ).toMatchObject({ type, priority });
    },
  );

  it('records the submitter permanently', () => {
    const request = given(submitted(), claimed())
      .when({ command: 'ReviseRequest', patch: { title: 'Other' } }, { by: { principal: 'carl', role: 'caller' } })
      .request();
    expect(request.created_by).toBe('olga');
  });

  it('of an existing request decides nothing', () => {
    given(submitted()).when(SUBMIT).decidesNothing();
  });

  it.each([
    { command: 'ReviseRequest', patch: { title: 'x' } },
    { command: 'ChangeStatus', patch: { status: 'planning' } },
    { command: 'CancelRequest', reason: null },
    { command: 'RetryRequest', reason: null },
    { command: 'ResumeRequest' },
    { command: 'ClaimRequest', worker: 'w', session_id: null, lease_seconds: 120 },
    { command: 'ProgressAttempt', attempt: 1, figures: { num_turns: 1 } },
    { command: 'ReportAttempt', attempt: 1, report: { outcome: 'succeeded' } },
    { command: 'LoseAttempt', attempt: 1 },
  ] as const)('is required before $command', (command) => {
    given().when(command).refuses('not-found');
  });
});
