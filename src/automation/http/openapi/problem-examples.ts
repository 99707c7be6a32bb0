/** Examples by code: extra members, and details that say more than the title. */
export const PROBLEM_EXAMPLES: Readonly<Record<string, object>> = {
  'validation-failed': {
    detail: '2 values are not valid.',
    errors: [
      { pointer: '/title', detail: 'must not be blank' },
      { pointer: '?limit', detail: 'must be a whole number from 1 to 100' },
    ],
  },
  'malformed-json': { detail: 'The body is not valid JSON.' },
  'invalid-id': { detail: 'The id in the path must be a UUID.' },
  'invalid-header': {
    detail: 'The header Idempotency-Key must be 1 to 255 visible ASCII characters, sent once.',
  },
  unauthenticated: { detail: 'These credentials are not known.' },
  forbidden: { detail: 'The scope requests:manage is required.', missing_scope: 'requests:manage' },
  'not-found': { detail: 'There is no such request.' },
  'illegal-transition': {
    detail: 'A request that is failed cannot become completed. From there it can go to pending.',
    from: 'failed',
    to: 'completed',
    allowed: ['pending'],
  },
  'already-claimed': { detail: 'Attempt 1 of this request is live.', attempt: 1 },
  'not-claimable': {
    detail: 'Only a pending request can be claimed, and this one is completed.',
    current_status: 'completed',
  },
  'stale-attempt': {
    detail: 'Attempt 1 is no longer the live attempt of this request: stop its work.',
    attempt: 1,
  },
  'evidence-missing': {
    detail: 'An agent can complete a request only with evidence: test results.',
    missing: ['test results'],
  },
  'version-mismatch': { detail: 'The request is at version 4.' },
  'payload-too-large': { detail: 'The body is larger than 262144 bytes.' },
};
