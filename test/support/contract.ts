import { expect } from '@jest/globals';
import type { Answer } from './api.ts';

/** The vocabulary of the HTTP contract, written a second time, so that a change of the code alone fails. */

export const TYPES = ['feature', 'bug', 'research', 'refactor'] as const;
export const PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;
export const STATUSES = [
  'pending',
  'planning',
  'implementing',
  'testing',
  'reviewing',
  'deploying',
  'completed',
  'failed',
  'blocked',
  'cancelled',
] as const;
export type Status = (typeof STATUSES)[number];

export const REASONS = [
  'approval',
  'question',
  'usage_limit',
  'budget',
  'dependency',
  'policy',
  'worker_lost',
  'other',
] as const;

/** From each status, where callers may move it, apart from rules that depend on type and block. */
export const TRANSITIONS: Readonly<Record<Status, readonly Status[]>> = {
  pending: ['planning', 'implementing', 'blocked', 'failed', 'cancelled'],
  planning: ['implementing', 'reviewing', 'blocked', 'failed', 'cancelled'],
  implementing: ['planning', 'testing', 'reviewing', 'blocked', 'failed', 'cancelled'],
  testing: ['implementing', 'reviewing', 'deploying', 'blocked', 'failed', 'cancelled'],
  reviewing: ['implementing', 'testing', 'deploying', 'completed', 'blocked', 'failed', 'cancelled'],
  deploying: ['implementing', 'completed', 'blocked', 'failed', 'cancelled'],
  blocked: ['pending', 'failed', 'cancelled'],
  failed: ['pending'],
  completed: [],
  cancelled: [],
};

/** A path from `pending` to each status. */
export const WAY_TO: Readonly<Record<Status, readonly Status[]>> = {
  pending: [],
  planning: ['planning'],
  implementing: ['implementing'],
  testing: ['implementing', 'testing'],
  reviewing: ['implementing', 'reviewing'],
  deploying: ['implementing', 'testing', 'deploying'],
  completed: ['implementing', 'reviewing', 'completed'],
  failed: ['failed'],
  blocked: ['blocked'],
  cancelled: ['cancelled'],
};

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
export const NIL_ID = '00000000-0000-0000-0000-000000000000';
/** An id that no request has. */
export const UNKNOWN_ID = '01900000-0000-7000-8000-000000000000';

const nullOr = (expected: unknown) => (value: unknown) => value === null || matches(value, expected);

const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  id: (value) => matches(value, UUID),
  type: (value) => TYPES.includes(value as never),
  priority: (value) => PRIORITIES.includes(value as never),
  title: isText,
  description: isText,
  status: (value) => STATUSES.includes(value as never),
  blocked: (value) => value === null || typeof value === 'object',
  current_phase: nullOr('text'),
  session_id: nullOr('text'),
  attempt: isCount,
  milestones: Array.isArray,
  plan_document: nullOr('text'),
  pr_url: nullOr('text'),
  branch: nullOr('text'),
  commit: nullOr('text'),
  delivery: (value) => value === null || typeof value === 'object',
  test_results: (value) => value === null || typeof value === 'object',
  error_message: nullOr('text'),
  error_code: nullOr('text'),
  retry_count: isCount,
  created_at: (value) => matches(value, TIME),
  started_at: nullOr(TIME),
  completed_at: nullOr(TIME),
  last_update: (value) => matches(value, TIME),
  created_by: isText,
  queued_at: nullOr(TIME),
  queue_message_id: nullOr('text'),
  version: isCount,
  truncated: (value) => typeof value === 'boolean',
};

/** Expects every field of the resource, with the type of the contract, and no others. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
export function expectRequest(resource: any): void {
  expect(Object.keys(resource).sort()).toEqual(Object.keys(FIELDS).sort());
  const wrong = Object.entries(FIELDS).filter(([name, isSo]) => !isSo(resource[name]));
  expect(wrong.map(([name]) => `${name}: ${JSON.stringify(resource[name])}`)).toEqual([]);
  if (resource.blocked !== null) {
    expect(Object.keys(resource.blocked).sort()).toEqual(['from_status', 'message', 'reason', 'resume_at', 'since']);
    expect(REASONS).toContain(resource.blocked.reason);
    expect(resource.blocked.since).toMatch(TIME);
  }
  if (resource.delivery !== null) {
    const members = ['attempt', 'branch', 'commit', 'pr_url', 'reason', 'state'];
    expect(Object.keys(resource.delivery).sort()).toEqual(members);
    expect(['claimed', 'undelivered', 'delivered']).toContain(resource.delivery.state);
  }
  expect(resource.blocked !== null).toBe(resource.status === 'blocked');
}

/** Expects an answer with one request and its version. */
export function expectRequestAnswer(answer: Answer, status = 200): void {
  expect({ status: answer.status, text: answer.text }).toEqual({ status, text: expect.any(String) });
  expect(answer.headers['content-type']).toMatch(/^application\/json\b/);
  expectRequest(answer.body);
  expect(answer.headers.etag).toBe(`"${answer.body.version}"`);
  expect(answer.headers['x-correlation-id']).toBeTruthy();
}

const TITLE_OF_NOTHING = /undefined|\[object/;

/**
 * Expects a problem (RFC 9457) with every member of the contract and this code. With `pointers`, its `errors` are about exactly these places.
 */
export function expectProblem(answer: Answer, status: number, code: string, pointers?: readonly string[]): void {
  expect({ status: answer.status, code: answer.body?.code, text: answer.text }).toEqual({
    status,
    code,
    text: answer.text,
  });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json\b/);
  expect(answer.headers['x-correlation-id']).toBeTruthy();
  // Only if the problem is about the version.
  expect(answer.headers.etag !== undefined).toBe(code === 'version-mismatch');
  const { type, title, detail, instance, request_id, errors } = answer.body;
  expect(type).toMatch(new RegExp(`[/#:]${code}$`));
  for (const text of [title, detail, instance, request_id]) {
    expect(text).toEqual(expect.any(String));
    expect(text).not.toBe('');
    expect(text).not.toMatch(TITLE_OF_NOTHING);
  }
  expect(answer.body.status).toBe(status);
  expect(answer.text).not.toMatch(/node_modules|\.js:\d|SyntaxError|Unexpected token/);
  // Internal addresses and program names must not leak.
  if (status >= 500) expect(answer.text).not.toMatch(/ECONN|UNAVAILABLE|grpc|postgres|127\.0\.0\.1/);
  if (status === 503 || status === 429) expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  if (code === 'validation-failed') {
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) {
      expect(Object.keys(error).sort()).toEqual(['detail', 'pointer']);
      expect(error.detail).not.toMatch(TITLE_OF_NOTHING);
    }
  }
  if (pointers) {
    expect((errors as { pointer: string }[]).map(({ pointer }) => pointer).sort()).toEqual([...pointers].sort());
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function matches(value: unknown, expected: unknown): boolean {
  if (expected === 'text') return isText(value);
  return typeof value === 'string' && (expected as RegExp).test(value);
}
