/** What answers look like, on one request that is followed through all of them. */

const ID = '01a13b5c-7e60-7c52-9e0f-2f4c1d6f8a11';

const submitted = {
  id: ID,
  type: 'feature',
  priority: 'high',
  title: 'Add rate limiting to public endpoints',
  description: 'Limit to 100 requests/minute per IP.',
  status: 'pending',
  blocked: null,
  current_phase: null,
  session_id: null,
  attempt: 0,
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
  created_at: '2030-01-31T09:30:00.000Z',
  started_at: null,
  completed_at: null,
  last_update: '2030-01-31T09:30:00.000Z',
  created_by: 'anonymous',
  queued_at: null,
  queue_message_id: null,
  version: 0,
  truncated: false,
};

const planning = {
  ...submitted,
  status: 'planning',
  attempt: 1,
  started_at: '2030-01-31T09:31:00.000Z',
  last_update: '2030-01-31T09:31:00.000Z',
  version: 1,
};

const implementing = {
  ...planning,
  status: 'implementing',
  current_phase: 'milestone 1 of 1: middleware',
  milestones: [{ id: 'm1', title: 'Middleware', status: 'in_progress' }],
  last_update: '2030-01-31T09:35:00.000Z',
  version: 4,
};

const completed = {
  ...implementing,
  status: 'completed',
  milestones: [{ id: 'm1', title: 'Middleware', status: 'completed' }],
  test_results: { passed: 12, failed: 0, skipped: 1 },
  pr_url: 'https://github.com/example/app/pull/7',
  completed_at: '2030-01-31T09:50:00.000Z',
  last_update: '2030-01-31T09:50:00.000Z',
  version: 9,
};

const follower = {
  status: 'ok',
  state: 'live',
  position: '1024',
  lag: { events: 0, ms: 0 },
  skipped: 0,
  last_error: null,
};

const key = {
  id: '01a13b5c-9a00-7d1e-b2f4-55d0c5a4e0f1',
  name: 'dev-1',
  role: 'worker',
  status: 'active',
  hint: 'abk_3fGh',
  created_at: '2030-01-31T09:00:00.000Z',
  created_by: 'local:admin',
  expires_at: null,
  rotated_at: null,
  previous_valid_until: null,
  last_used_at: '2030-01-31T09:31:00.000Z',
  revoked_at: null,
  revoked_by: null,
};

export const ANSWERS: Readonly<Record<string, object>> = {
  submitted,
  implementing,
  cancelled: {
    ...submitted,
    status: 'cancelled',
    completed_at: '2030-01-31T09:32:00.000Z',
    last_update: '2030-01-31T09:32:00.000Z',
    version: 1,
  },
  reported: completed,
  page: { items: [implementing], next_cursor: null },
  pending: { items: [submitted] },
  claim: {
    attempt: 1,
    request: planning,
    attempt_token: 'atw_WyIwMWExM2I1Yy0…',
    agent_token: 'ata_WyIwMWExM2I1Yy0…',
    lease_expires_at: '2030-01-31T09:33:00.000Z',
    deliver: null,
  },
  attempts: {
    items: [
      {
        attempt: 1,
        worker: 'dev-1',
        session_id: null,
        started_at: '2030-01-31T09:31:00.000Z',
        ended_at: null,
        lease_expires_at: '2030-01-31T09:33:00.000Z',
        outcome: null,
        error_code: null,
        error_message: null,
        exit_code: null,
        duration_ms: null,
        num_turns: null,
        cost_usd: null,
        usage: null,
        resume_at: null,
        delivers: false,
        branch: null,
        commit: null,
        delivery: null,
      },
    ],
  },
  heartbeat: { lease_expires_at: '2030-01-31T09:35:00.000Z', directives: [] },
  events: {
    items: [
      {
        position: '1024',
        request_id: ID,
        revision: 0,
        id: '01a13b5c-7e61-7f0d-8c5e-6d1f0a3b7c22',
        type: 'RequestSubmitted',
        schema_version: 1,
        occurred_at: '2030-01-31T09:30:00.000Z',
        data: { type: 'feature', priority: 'high', title: submitted.title, description: submitted.description },
        metadata: { principal: 'anonymous', call_id: '5f0c7f0a-52f5-4f6e-9f3e-0b7f2f0d9e33' },
      },
    ],
    next_cursor: null,
  },
  refusals: {
    items: [
      {
        position: '2048',
        from: '2030-01-31T09:30:00.000Z',
        until: '2030-01-31T09:31:00.000Z',
        total: 3,
        refusals: [
          {
            code: 'unauthenticated',
            fault: 'expired-key',
            principal: 'dev-1',
            address: '127.0.0.1',
            method: 'GET',
            route: '/api/v1/automation/pending',
            missing_scope: null,
            request_id: null,
            count: 3,
            first_at: '2030-01-31T09:30:10.000Z',
            last_at: '2030-01-31T09:30:50.000Z',
          },
        ],
        unlisted: 0,
      },
    ],
    next_cursor: null,
  },
  key,
  keys: { items: [key] },
  issued: { ...key, key: 'abk_3fGh…', last_used_at: null },
  revoked: { ...key, status: 'revoked', revoked_at: '2030-01-31T10:00:00.000Z', revoked_by: 'local:admin' },
  workers: {
    items: [
      {
        name: 'dev-1',
        version: '0.1.0',
        repositories: [],
        state: 'idle',
        reason: null,
        until: null,
        last_seen_at: '2030-01-31T09:30:00.000Z',
      },
    ],
  },
  health: {
    status: 'ok',
    version: '0.1.0',
    checks: {
      event_store: { status: 'ok' },
      read_model: { status: 'ok' },
      queue: { status: 'ok', configured: false, last_error: null },
      workers: { status: 'ok', locked_out: [], paused: [], unattended: 0 },
      access: { status: 'ok', mode: 'keys', last_error: null },
      projections: { requests: follower, leases: follower },
    },
  },
};

/** Further members of the problems that have some, and details that say more than their titles. */
export const PROBLEM_EXAMPLES: Readonly<Record<string, object>> = {
  'validation-failed': {
    detail: '2 values are not valid.',
    errors: [
      { pointer: '/title', detail: 'must not be blank' },
      { pointer: '?limit', detail: 'must be a whole number from 1 to 100' },
    ],
  },
  'malformed-json': { detail: 'The JSON breaks off or goes wrong at character 17.' },
  'invalid-id': { detail: 'The id in the path must be a UUID.' },
  'invalid-header': {
    detail: 'The header Idempotency-Key must be 1 to 255 visible ASCII characters, sent once.',
  },
  unauthenticated: { detail: 'These credentials are not known.' },
  forbidden: { detail: 'This needs the scope requests:manage.', missing_scope: 'requests:manage' },
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

export const EXAMPLE_ID = ID;
