import type { ProblemType } from '../../infrastructure/http/problems/problem-details.ts';
import { Problem } from '../../infrastructure/http/problems/problem-details.ts';
import type { VersionMismatch } from '../domain/errors.ts';

/** Where problem types are explained: the code is appended. A reference, so that it leads to the service that answered. */
export const PROBLEM_TYPE_BASE = '/docs/problems#';

const STORE_UNAVAILABLE = { status: 503, title: 'Event store unavailable' };
const PROVIDER_UNAVAILABLE = { status: 503, title: 'Identity provider unavailable' };

/** Status and title for each code with which commands and queries refuse, beside those of HTTP itself. */
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
  'key-name-taken': { status: 409, title: 'Key name already in use' },
  'key-revoked': { status: 409, title: 'Key already revoked' },
  'too-many-keys': { status: 409, title: 'Too many API keys' },
  'history-truncated': { status: 409, title: 'Event history truncated' },
  conflict: { status: 409, title: 'Concurrent update' },
  'version-mismatch': {
    status: 412,
    title: 'Version mismatch',
    headers: (error) => ({ ETag: `"${(error as VersionMismatch).currentVersion}"` }),
  },
  'idempotency-key-reused': { status: 422, title: 'Idempotency key reused' },
  'event-store-unavailable': STORE_UNAVAILABLE,
  'identity-provider-unavailable': PROVIDER_UNAVAILABLE,
  'foreign-log': { status: 503, title: 'Wrong event log connected' },
  'read-model-unavailable': { status: 503, title: 'Read model unavailable' },
};

/** Whether a credential is good cannot be said just now. */
export function credentialsUnavailable(code: 'event-store-unavailable' | 'identity-provider-unavailable'): Problem {
  const type = code === 'event-store-unavailable' ? STORE_UNAVAILABLE : PROVIDER_UNAVAILABLE;
  return new Problem({ code, ...type, detail: 'Whether the credentials are good cannot be said just now.' });
}
