import { CREDENTIAL_PROBLEMS, KEY_PROBLEMS } from '../../access/http/problems.ts';
import type { ProblemType } from '../../infrastructure/http/problems/problem-details.ts';
import type { VersionMismatch } from '../domain/errors.ts';

/** Base of problem types; the code is appended. A relative reference, so it resolves to the service that answered. */
export const PROBLEM_TYPE_BASE = '/docs/problems#';

/** Status and title of the problems of commands, queries and API keys. Those of HTTP itself are in problem-details.ts. */
export const PROBLEM_TYPES: Readonly<Record<string, ProblemType>> = {
  'invalid-cursor': { status: 400, title: 'Invalid cursor' },
  'illegal-transition': { status: 409, title: 'Illegal status transition' },
  'already-claimed': { status: 409, title: 'Request already claimed' },
  'not-claimable': { status: 409, title: 'Request not claimable' },
  'request-ended': { status: 409, title: 'Request already ended' },
  'stale-attempt': { status: 409, title: 'Attempt already ended' },
  'attempt-budget': { status: 409, title: 'Attempt history limit reached' },
  'evidence-missing': { status: 409, title: 'Evidence missing' },
  'approval-required': { status: 409, title: 'Approval required' },
  ...KEY_PROBLEMS,
  'history-truncated': { status: 409, title: 'Event history truncated' },
  'history-too-large': { status: 409, title: 'Event history too large' },
  conflict: { status: 409, title: 'Concurrent update' },
  'version-mismatch': {
    status: 412,
    title: 'Version mismatch',
    headers: (error) => ({ ETag: `"${(error as VersionMismatch).currentVersion}"` }),
  },
  'idempotency-key-reused': { status: 422, title: 'Idempotency key reused' },
  ...CREDENTIAL_PROBLEMS,
  'foreign-log': { status: 503, title: 'Wrong event log connected' },
  'read-model-unavailable': { status: 503, title: 'Read model unavailable' },
};

/** Problems of routes that read the read model. */
export const READ_MODEL_PROBLEMS = ['read-model-unavailable', 'foreign-log'];
/** Problems of commands that agents may send. */
export const AGENT_PROBLEMS = [
  'stale-attempt',
  'request-ended',
  'evidence-missing',
  'approval-required',
  'attempt-budget',
];
