/** What the document says of one operation beside what its route and the classes it takes say themselves. */
export interface OperationNotes {
  /** Names the operation in clients made from the document. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** The codes it refuses with beside those that follow from its route; see refusals.ts. */
  readonly codes: readonly string[];
  /** A body that is taken, by the name of the example. */
  readonly bodies?: Readonly<Record<string, object>>;
  /** The name of the example of its answer; see examples.ts. */
  readonly answer: string;
}

const READ_MODEL = ['read-model-unavailable', 'foreign-log'];
const EVENT_STORE = ['event-store-unavailable'];
const OF_AGENTS = ['stale-attempt', 'request-ended', 'evidence-missing', 'approval-required', 'attempt-budget'];

/** By method and path. A route that is not here is described by its decorators alone. */
export const OPERATIONS: Readonly<Record<string, OperationNotes>> = {
  'POST /api/v1/automation/requests': {
    id: 'submitRequest',
    summary: 'Submit a request',
    description: 'It is durable before the answer, and waits for a worker.',
    codes: [...EVENT_STORE, 'read-model-unavailable'],
    bodies: {
      feature: {
        type: 'feature',
        title: 'Add rate limiting to public endpoints',
        description: 'Limit to 100 requests/minute per IP.',
        priority: 'high',
      },
    },
    answer: 'submitted',
  },
  'GET /api/v1/automation/requests': {
    id: 'listRequests',
    summary: 'List requests',
    description: 'Filtered and in order, a page at a time. `Link` with `rel="next"` leads to the next page.',
    codes: ['invalid-cursor', ...READ_MODEL],
    answer: 'page',
  },
  'GET /api/v1/automation/requests/{id}': {
    id: 'getRequest',
    summary: 'Get a request',
    description: 'As it is now, or as it was after an event (`version`) or at a time (`as_of`); not both.',
    codes: ['foreign-log', ...EVENT_STORE],
    answer: 'implementing',
  },
  'PATCH /api/v1/automation/requests/{id}': {
    id: 'reviseRequest',
    summary: 'Change fields of a request',
    description:
      'A merge patch: what is left out stays, null clears, lists and objects are replaced whole. All of it happens or nothing.',
    codes: ['illegal-transition', ...OF_AGENTS, ...EVENT_STORE],
    bodies: {
      progress: {
        current_phase: 'milestone 1 of 1: middleware',
        milestones: [{ id: 'm1', title: 'Middleware', status: 'in_progress' }],
      },
    },
    answer: 'implementing',
  },
  'PATCH /api/v1/automation/requests/{id}/status': {
    id: 'changeStatus',
    summary: 'Change the status of a request',
    description: 'Along the table of transitions; the same status again is no change.',
    codes: ['illegal-transition', ...OF_AGENTS, ...EVENT_STORE],
    bodies: {
      implementing: { status: 'implementing', current_phase: 'milestone 1 of 1: middleware' },
      blocked: { status: 'blocked', reason: 'question', error_message: 'Which endpoints are public?' },
    },
    answer: 'implementing',
  },
  'POST /api/v1/automation/requests/{id}/cancel': {
    id: 'cancelRequest',
    summary: 'Cancel a request',
    description: 'One that has not ended. A running attempt sees it in its next heartbeat.',
    codes: ['illegal-transition', ...EVENT_STORE],
    bodies: { reason: { reason: 'No longer needed' } },
    answer: 'cancelled',
  },
  'POST /api/v1/automation/requests/{id}/retry': {
    id: 'retryRequest',
    summary: 'Put a request back to pending',
    description:
      'One that is failed or blocked. The reason is also the answer to a question. `approve` approves title, description and delivered commit as they are at `version`, until one of them changes; another version is 412.',
    codes: ['illegal-transition', ...EVENT_STORE],
    bodies: { answer: { reason: 'All below /api/v1/public' }, approval: { approve: true, version: 12 } },
    answer: 'submitted',
  },
  'GET /api/v1/automation/pending': {
    id: 'listPending',
    summary: 'What a worker should take next',
    description: 'Requests that are pending, the most urgent first, then the oldest.',
    codes: READ_MODEL,
    answer: 'pending',
  },
  'POST /api/v1/automation/requests/{id}/attempts': {
    id: 'claimRequest',
    summary: 'Claim a pending request',
    description:
      'Of two workers that try, one gets it. The tokens open what belongs to this attempt alone. With `delivers` the agent only claims completion, and the request completes when the report says that the work is delivered. Where `deliver` is given, the work is done and only has to be delivered; a claim that does not deliver is then 409 `not-claimable`.',
    codes: ['already-claimed', 'not-claimable', ...EVENT_STORE],
    bodies: { claim: { worker: 'dev-1', lease_seconds: 120 } },
    answer: 'claim',
  },
  'GET /api/v1/automation/requests/{id}/attempts': {
    id: 'listAttempts',
    summary: 'The attempts on a request',
    description: 'Oldest first. `outcome` is null while an attempt is live.',
    codes: [...EVENT_STORE, ...READ_MODEL],
    answer: 'attempts',
  },
  'POST /api/v1/automation/requests/{id}/attempts/{attempt}/heartbeat': {
    id: 'heartbeat',
    summary: 'Keep the lease of a live attempt',
    description: 'The answer says whether the worker should stop. New figures are noted at most once a minute.',
    codes: ['stale-attempt', ...EVENT_STORE, ...READ_MODEL],
    bodies: { figures: { num_turns: 12, cost_usd: 0.42 } },
    answer: 'heartbeat',
  },
  'POST /api/v1/automation/requests/{id}/attempts/{attempt}/report': {
    id: 'reportAttempt',
    summary: "The worker's end report",
    description:
      'Ends the attempt, and moves the request on where its agent did not. A late report of an older attempt is kept, and changes no state.',
    codes: EVENT_STORE,
    bodies: { succeeded: { outcome: 'succeeded', exit_code: 0, duration_ms: 81_000, num_turns: 24, cost_usd: 0.84 } },
    answer: 'reported',
  },
  'GET /api/v1/automation/requests/{id}/events': {
    id: 'listRequestEvents',
    summary: 'The history of a request',
    codes: EVENT_STORE,
    answer: 'events',
  },
  'GET /api/v1/automation/events': {
    id: 'listEvents',
    summary: 'The history of all requests',
    description: 'In the order of the log.',
    codes: EVENT_STORE,
    answer: 'events',
  },
  'GET /api/v1/automation/refusals': {
    id: 'listRefusals',
    summary: 'What was refused to whom',
    description:
      'Bad credentials, missing scopes, stale attempts, too many calls. Recorded within minutes, alike ones counted together.',
    codes: EVENT_STORE,
    answer: 'refusals',
  },
  'POST /api/v1/automation/keys': {
    id: 'createKey',
    summary: 'Create an API key',
    description:
      'Its secret is in this answer and nowhere else. With the first key the service stops being open to everyone on its machine.',
    codes: ['key-name-taken', 'too-many-keys', 'conflict', 'idempotency-key-reused', ...EVENT_STORE],
    bodies: { worker: { name: 'dev-1', role: 'worker' } },
    answer: 'issued',
  },
  'GET /api/v1/automation/keys': {
    id: 'listKeys',
    summary: 'All keys',
    description: 'Oldest first, with those that are over; never with what would open something.',
    codes: EVENT_STORE,
    answer: 'keys',
  },
  'GET /api/v1/automation/keys/{id}': {
    id: 'getKey',
    summary: 'Get a key',
    description: 'Without what would open something.',
    codes: EVENT_STORE,
    answer: 'key',
  },
  'POST /api/v1/automation/keys/{id}/rotate': {
    id: 'rotateKey',
    summary: 'Give a key a new secret',
    description: 'The old one is valid for a while more, so that nothing stops while it is exchanged.',
    codes: ['key-revoked', 'key-name-taken', 'conflict', 'idempotency-key-reused', ...EVENT_STORE],
    bodies: { 'in an hour': { overlap_seconds: 3_600 } },
    answer: 'issued',
  },
  'POST /api/v1/automation/keys/{id}/revoke': {
    id: 'revokeKey',
    summary: 'End a key',
    description: 'At once and for good, its old secret too. Repeated, it changes nothing.',
    codes: EVENT_STORE,
    bodies: { reason: { reason: 'The laptop was lost' } },
    answer: 'revoked',
  },
  'GET /api/v1/automation/workers': {
    id: 'listWorkers',
    summary: 'Who works',
    description: 'Every worker that was heard of within a week, by name.',
    codes: READ_MODEL,
    answer: 'workers',
  },
  'POST /api/v1/automation/workers/{worker}/hello': {
    id: 'sayHello',
    summary: "A worker's sign of life",
    description:
      'At its start, on each change of its state, and once a minute. Without one for three minutes it is `gone`.',
    codes: READ_MODEL,
    bodies: {
      idle: { version: '0.1.0', repositories: [], state: 'idle' },
      paused: {
        version: '0.1.0',
        repositories: [],
        state: 'paused',
        reason: 'usage_limit',
        until: '2030-01-31T12:00:00Z',
      },
    },
    answer: 'hello',
  },
  'GET /api/v1/automation/health': {
    id: 'getHealth',
    summary: 'How the service and each of its parts are',
    description: '503 when it cannot do its work.',
    codes: [],
    answer: 'health',
  },
};
