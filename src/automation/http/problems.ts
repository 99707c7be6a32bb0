import type { ProblemType } from '../../infrastructure/http/problem-details.ts';
import { Problem } from '../../infrastructure/http/problem-details.ts';
import type { VersionMismatch } from '../domain/errors.ts';

/** Where problem types are explained: the code is appended. A reference, so that it leads to the service that answered. */
export const PROBLEM_TYPE_BASE = '/docs/problems#';

const STORE_UNAVAILABLE = { status: 503, title: 'The event store does not answer' };
const PROVIDER_UNAVAILABLE = { status: 503, title: 'The identity provider does not answer' };

/** Status and title for each code with which commands and queries refuse, beside those of HTTP itself. */
export const PROBLEM_TYPES: Readonly<Record<string, ProblemType>> = {
  'invalid-cursor': { status: 400, title: 'The cursor is not of this list' },
  'illegal-transition': { status: 409, title: 'The status cannot change so' },
  'already-claimed': { status: 409, title: 'Another attempt is live' },
  'not-claimable': { status: 409, title: 'The request waits for no worker' },
  'request-ended': { status: 409, title: 'The request has ended for its agent' },
  'stale-attempt': { status: 409, title: 'The attempt is over' },
  'attempt-budget': { status: 409, title: 'The attempt has written too much' },
  'evidence-missing': { status: 409, title: 'Evidence is missing' },
  'approval-required': { status: 409, title: 'Approval is required' },
  'key-name-taken': { status: 409, title: 'A key has this name' },
  'key-revoked': { status: 409, title: 'The key was revoked' },
  'too-many-keys': { status: 409, title: 'There are too many keys' },
  'history-truncated': { status: 409, title: 'Part of the history is gone' },
  conflict: { status: 409, title: 'Other writers were faster' },
  'version-mismatch': {
    status: 412,
    title: 'The request has another version',
    headers: (error) => ({ ETag: `"${(error as VersionMismatch).currentVersion}"` }),
  },
  'idempotency-key-reused': { status: 422, title: 'The key was used for something else' },
  'event-store-unavailable': STORE_UNAVAILABLE,
  'identity-provider-unavailable': PROVIDER_UNAVAILABLE,
  'foreign-log': { status: 503, title: 'Another event log is connected' },
  'read-model-unavailable': { status: 503, title: 'The read model does not answer' },
};

/** Whether a credential is good cannot be said just now. */
export function credentialsUnavailable(code: 'event-store-unavailable' | 'identity-provider-unavailable'): Problem {
  const type = code === 'event-store-unavailable' ? STORE_UNAVAILABLE : PROVIDER_UNAVAILABLE;
  return new Problem({ code, ...type, detail: 'Whether the credentials are good cannot be said just now.' });
}
