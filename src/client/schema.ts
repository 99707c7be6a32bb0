// Made from docs/openapi.json by scripts/openapi.mjs. Do not edit.

export interface paths {
  readonly '/api/v1/automation/events': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * The history of all requests
     * @description In the order of the log.
     */
    readonly get: operations['listEvents'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/v1/automation/health': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * How the service and each of its parts are
     * @description 503 when it cannot do its work.
     */
    readonly get: operations['getHealth'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/v1/automation/pending': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * What a worker should take next
     * @description Requests that are pending, the most urgent first, then the oldest.
     */
    readonly get: operations['listPending'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/v1/automation/requests': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * List requests
     * @description Filtered and in order, a page at a time. `Link` with `rel="next"` leads to the next page.
     */
    readonly get: operations['listRequests'];
    readonly put?: never;
    /**
     * Submit a request
     * @description It is durable before the answer, and waits for a worker.
     */
    readonly post: operations['submitRequest'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/v1/automation/requests/{id}': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * Get a request
     * @description As it is now, or as it was after an event (`version`) or at a time (`as_of`); not both.
     */
    readonly get: operations['getRequest'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    /**
     * Change fields of a request
     * @description A merge patch: what is left out stays, null clears, lists and objects are replaced whole. All of it happens or nothing.
     */
    readonly patch: operations['reviseRequest'];
    readonly trace?: never;
  };
  readonly '/api/v1/automation/requests/{id}/attempts': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * The attempts on a request
     * @description Oldest first. `outcome` is null while an attempt is live.
     */
    readonly get: operations['listAttempts'];
    readonly put?: never;
    /**
     * Claim a pending request
     * @description Of two workers that try, one gets it. The tokens open what belongs to this attempt alone.
     */
    readonly post: operations['claimRequest'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/v1/automation/requests/{id}/attempts/{attempt}/heartbeat': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Keep the lease of a live attempt
     * @description The answer says whether the worker should stop. New figures are noted at most once a minute.
     */
    readonly post: operations['heartbeat'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/v1/automation/requests/{id}/attempts/{attempt}/report': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * The worker's end report
     * @description Ends the attempt, and moves the request on where its agent did not. A late report of an older attempt is kept, and changes no state.
     */
    readonly post: operations['reportAttempt'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/v1/automation/requests/{id}/cancel': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Cancel a request
     * @description One that has not ended. A running attempt sees it in its next heartbeat.
     */
    readonly post: operations['cancelRequest'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/v1/automation/requests/{id}/events': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The history of a request */
    readonly get: operations['listRequestEvents'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/v1/automation/requests/{id}/retry': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Put a request back to pending
     * @description One that is failed or blocked; the reason is also the answer to what it is blocked for.
     */
    readonly post: operations['retryRequest'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/v1/automation/requests/{id}/status': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    /**
     * Change the status of a request
     * @description Along the table of transitions; the same status again is no change.
     */
    readonly patch: operations['changeStatus'];
    readonly trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    readonly AttemptResource: {
      readonly attempt: number;
      readonly cost_usd: number | null;
      readonly duration_ms: number | null;
      /** Format: date-time */
      readonly ended_at: string | null;
      readonly error_code: string | null;
      readonly error_message: string | null;
      readonly exit_code: number | null;
      /**
       * Format: date-time
       * @description While the attempt is live
       */
      readonly lease_expires_at: string | null;
      readonly num_turns: number | null;
      /** @enum {string|null} */
      readonly outcome: 'succeeded' | 'failed' | 'blocked' | 'released' | 'lost' | null;
      /** Format: date-time */
      readonly resume_at: string | null;
      readonly session_id: string | null;
      /** Format: date-time */
      readonly started_at: string;
      readonly usage: {
        readonly [key: string]: unknown;
      } | null;
      readonly worker: string;
    };
    readonly BlockResource: {
      /** @enum {string} */
      readonly from_status:
        | 'pending'
        | 'planning'
        | 'implementing'
        | 'testing'
        | 'reviewing'
        | 'deploying'
        | 'completed'
        | 'failed'
        | 'blocked'
        | 'cancelled';
      readonly message: string | null;
      /** @enum {string} */
      readonly reason:
        'approval' | 'question' | 'usage_limit' | 'budget' | 'dependency' | 'policy' | 'worker_lost' | 'other';
      /**
       * Format: date-time
       * @description When it goes back to `pending` by itself
       */
      readonly resume_at: string | null;
      /** Format: date-time */
      readonly since: string;
    };
    readonly ChangeStatusBody: {
      /** @example milestone 2 of 5: endpoints */
      readonly current_phase?: string | null;
      readonly error_code?: string | null;
      readonly error_message?: string | null;
      /**
       * @description Only with status blocked
       * @default other
       * @enum {string}
       */
      readonly reason:
        'approval' | 'question' | 'usage_limit' | 'budget' | 'dependency' | 'policy' | 'worker_lost' | 'other';
      /**
       * Format: date-time
       * @description Only with status blocked
       */
      readonly resume_at?: string | null;
      readonly session_id?: string | null;
      /** @enum {string} */
      readonly status:
        | 'pending'
        | 'planning'
        | 'implementing'
        | 'testing'
        | 'reviewing'
        | 'deploying'
        | 'completed'
        | 'failed'
        | 'blocked'
        | 'cancelled';
    };
    readonly ClaimRequestBody: {
      /** @default 120 */
      readonly lease_seconds: number;
      readonly session_id?: string | null;
      /** @example dev-1 */
      readonly worker: string;
    };
    readonly ClaimResource: {
      /** @description For the agent it runs */
      readonly agent_token: string;
      readonly attempt: number;
      /** @description The worker's, for this request and attempt */
      readonly attempt_token: string;
      /** Format: date-time */
      readonly lease_expires_at: string;
      readonly request: components['schemas']['RequestResource'];
    };
    readonly EventResource: {
      readonly data: {
        readonly [key: string]: unknown;
      };
      /** Format: uuid */
      readonly id: string;
      readonly metadata: {
        readonly [key: string]: unknown;
      };
      /** Format: date-time */
      readonly occurred_at: string | null;
      /**
       * @description In the log; decimal
       * @example 1024
       */
      readonly position: string;
      /** Format: uuid */
      readonly request_id: string;
      /** @description In the request's stream */
      readonly revision: number;
      readonly schema_version: number;
      /** @example RequestSubmitted */
      readonly type: string;
    };
    readonly FaultResource: {
      readonly detail: string;
      /**
       * @description JSON pointer into the body, or `?name` of a query parameter
       * @example /title
       */
      readonly pointer: string;
    };
    readonly FollowerHealthResource: {
      readonly lag: components['schemas']['LagResource'];
      readonly last_error: string | null;
      /** @description In the log; decimal */
      readonly position: string | null;
      /** @description Events that could not be read, since the start */
      readonly skipped: number;
      /** @example live */
      readonly state: string;
      /** @enum {string} */
      readonly status: 'ok' | 'degraded' | 'down';
    };
    readonly HealthChecksResource: {
      readonly event_store: components['schemas']['PartHealthResource'];
      /** @description Each read model and forwarder, by name */
      readonly projections: {
        readonly [key: string]: components['schemas']['FollowerHealthResource'];
      };
      readonly queue: components['schemas']['QueueHealthResource'];
      readonly read_model: components['schemas']['PartHealthResource'];
      readonly workers: components['schemas']['WorkersHealthResource'];
    };
    readonly HealthResource: {
      readonly checks: components['schemas']['HealthChecksResource'];
      /** @enum {string} */
      readonly status: 'ok' | 'degraded' | 'down';
      readonly version: string;
    };
    readonly HeartbeatBody: {
      readonly cost_usd?: number;
      readonly num_turns?: number;
      /** @description Token counts, at most 8 KiB */
      readonly usage?: {
        readonly [key: string]: unknown;
      };
    };
    readonly HeartbeatResource: {
      /** @description Either way the worker stops its agent */
      readonly directives: readonly ('cancel' | 'drain')[];
      /** Format: date-time */
      readonly lease_expires_at: string;
    };
    readonly LagResource: {
      /** @description Received and not yet handled */
      readonly events: number;
      /** @description For how long something that is known has been waiting */
      readonly ms: number;
    };
    readonly MilestoneBody: {
      readonly description?: string;
      /** @example m1 */
      readonly id: string;
      /** @enum {string} */
      readonly status: 'pending' | 'in_progress' | 'completed' | 'failed' | 'skipped';
      /** @example Middleware */
      readonly title: string;
    };
    readonly PartHealthResource: {
      /** @enum {string} */
      readonly status: 'ok' | 'degraded' | 'down';
    };
    readonly ProblemResource: {
      /** @description Of `illegal-transition`: where it can go */
      readonly allowed?: readonly (
        | 'pending'
        | 'planning'
        | 'implementing'
        | 'testing'
        | 'reviewing'
        | 'deploying'
        | 'completed'
        | 'failed'
        | 'blocked'
        | 'cancelled'
      )[];
      /** @description Of `already-claimed` and `stale-attempt`: the attempt in question */
      readonly attempt?: number;
      /**
       * @description Stable: decide by it
       * @example validation-failed
       */
      readonly code: string;
      /**
       * @description Of `not-claimable`
       * @enum {string}
       */
      readonly current_status?:
        | 'pending'
        | 'planning'
        | 'implementing'
        | 'testing'
        | 'reviewing'
        | 'deploying'
        | 'completed'
        | 'failed'
        | 'blocked'
        | 'cancelled';
      readonly detail: string;
      /** @description Of `validation-failed`: each fault */
      readonly errors?: readonly components['schemas']['FaultResource'][];
      /**
       * @description Of `illegal-transition`
       * @enum {string}
       */
      readonly from?:
        | 'pending'
        | 'planning'
        | 'implementing'
        | 'testing'
        | 'reviewing'
        | 'deploying'
        | 'completed'
        | 'failed'
        | 'blocked'
        | 'cancelled';
      readonly instance: string;
      /** @description Of `evidence-missing`: what has to be recorded first */
      readonly missing?: readonly string[];
      /** @description Of `forbidden`: what the credential lacks */
      readonly missing_scope?: string;
      readonly request_id: string;
      readonly status: number;
      readonly title: string;
      /**
       * @description Of `illegal-transition`
       * @enum {string}
       */
      readonly to?:
        | 'pending'
        | 'planning'
        | 'implementing'
        | 'testing'
        | 'reviewing'
        | 'deploying'
        | 'completed'
        | 'failed'
        | 'blocked'
        | 'cancelled';
      /** Format: uri-reference */
      readonly type: string;
    };
    readonly QueueHealthResource: {
      /** @description Without a queue, requests are stored and found by looking */
      readonly configured: boolean;
      readonly last_error: string | null;
      /** @enum {string} */
      readonly status: 'ok' | 'degraded' | 'down';
    };
    readonly ReasonBody: {
      readonly reason?: string | null;
    };
    readonly ReportAttemptBody: {
      readonly cost_usd?: number;
      readonly duration_ms?: number;
      readonly error_code?: string;
      readonly error_message?: string;
      /** @description Of the agent; minus the signal when a signal ended it */
      readonly exit_code?: number;
      readonly num_turns?: number;
      /** @enum {string} */
      readonly outcome: 'succeeded' | 'failed' | 'blocked' | 'released';
      /**
       * Format: date-time
       * @description Only with outcome blocked
       */
      readonly resume_at?: string;
      /** @description Token counts, at most 8 KiB */
      readonly usage?: {
        readonly [key: string]: unknown;
      };
    };
    readonly RequestResource: {
      /** @description Number of the latest attempt; 0 until first claimed */
      readonly attempt: number;
      readonly blocked: components['schemas']['BlockResource'] | null;
      /** Format: date-time */
      readonly completed_at: string | null;
      /** Format: date-time */
      readonly created_at: string;
      /** @description The principal that submitted it */
      readonly created_by: string;
      /** @example milestone 2 of 5: endpoints */
      readonly current_phase: string | null;
      readonly description: string;
      readonly error_code: string | null;
      readonly error_message: string | null;
      /** Format: uuid */
      readonly id: string;
      /** Format: date-time */
      readonly last_update: string;
      readonly milestones: readonly components['schemas']['MilestoneBody'][];
      /** @description Markdown */
      readonly plan_document: string | null;
      /** Format: uri */
      readonly pr_url: string | null;
      /** @enum {string} */
      readonly priority: 'low' | 'medium' | 'high' | 'critical';
      readonly queue_message_id: string | null;
      /**
       * Format: date-time
       * @description When it was handed to the queue
       */
      readonly queued_at: string | null;
      readonly retry_count: number;
      /** @description The Claude Code session */
      readonly session_id: string | null;
      /** Format: date-time */
      readonly started_at: string | null;
      /** @enum {string} */
      readonly status:
        | 'pending'
        | 'planning'
        | 'implementing'
        | 'testing'
        | 'reviewing'
        | 'deploying'
        | 'completed'
        | 'failed'
        | 'blocked'
        | 'cancelled';
      readonly test_results: components['schemas']['TestResultsBody'] | null;
      readonly title: string;
      /** @enum {string} */
      readonly type: 'feature' | 'bug' | 'research' | 'refactor';
      /** @description Revision of its last event */
      readonly version: number;
    };
    readonly ReviseRequestBody: {
      /** @example milestone 2 of 5: endpoints */
      readonly current_phase?: string | null;
      readonly description?: string;
      readonly error_code?: string | null;
      readonly error_message?: string | null;
      readonly milestones?: readonly components['schemas']['MilestoneBody'][];
      /** @description Markdown */
      readonly plan_document?: string | null;
      /** Format: uri */
      readonly pr_url?: string | null;
      /** @enum {string} */
      readonly priority?: 'low' | 'medium' | 'high' | 'critical';
      readonly session_id?: string | null;
      /** @enum {string} */
      readonly status?:
        | 'pending'
        | 'planning'
        | 'implementing'
        | 'testing'
        | 'reviewing'
        | 'deploying'
        | 'completed'
        | 'failed'
        | 'blocked'
        | 'cancelled';
      readonly test_results?: components['schemas']['TestResultsBody'] | null;
      readonly title?: string;
    };
    readonly SubmitRequestBody: {
      /** @example Limit to 100 requests/minute per IP. */
      readonly description: string;
      /**
       * @default medium
       * @enum {string}
       */
      readonly priority: 'low' | 'medium' | 'high' | 'critical';
      /** @example Add rate limiting to public endpoints */
      readonly title: string;
      /** @enum {string} */
      readonly type: 'feature' | 'bug' | 'research' | 'refactor';
    };
    readonly TestResultsBody: {
      readonly duration_ms?: number;
      readonly failed: number;
      readonly passed: number;
      /** Format: uri */
      readonly report_url?: string;
      readonly skipped: number;
      readonly summary?: string;
    };
    readonly WorkersHealthResource: {
      /** @description Those whose agent is not logged in */
      readonly locked_out: readonly string[];
      /** @enum {string} */
      readonly status: 'ok' | 'degraded' | 'down';
    };
  };
  responses: {
    /** @description `already-claimed`: Another attempt is live. `not-claimable`: The request waits for no worker. `conflict`: Other writers were faster. */
    readonly AlreadyClaimedOrNotClaimableOrConflict: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'already-claimed' | 'not-claimable' | 'conflict';
        };
      };
    };
    /** @description `conflict`: Other writers were faster. */
    readonly Conflict: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'conflict';
        };
      };
    };
    /** @description `forbidden`: Not allowed. */
    readonly Forbidden: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'forbidden';
        };
      };
    };
    /** @description `headers-too-large`: The header fields are too large. */
    readonly HeadersTooLarge: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'headers-too-large';
        };
      };
    };
    /** @description `idempotency-key-reused`: The key was used for something else. */
    readonly IdempotencyKeyReused: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'idempotency-key-reused';
        };
      };
    };
    /** @description `illegal-transition`: The status cannot change so. `conflict`: Other writers were faster. */
    readonly IllegalTransitionOrConflict: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'illegal-transition' | 'conflict';
        };
      };
    };
    /** @description `illegal-transition`: The status cannot change so. `stale-attempt`: The attempt is over. `evidence-missing`: Evidence is missing. `approval-required`: Approval is required. `conflict`: Other writers were faster. */
    readonly IllegalTransitionOrStaleAttemptOrEvidenceMissingOrApprovalRequiredOrConflict: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'illegal-transition' | 'stale-attempt' | 'evidence-missing' | 'approval-required' | 'conflict';
        };
      };
    };
    /** @description `internal-error`: Internal error. */
    readonly InternalError: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'internal-error';
        };
      };
    };
    /** @description `not-acceptable`: No acceptable representation. */
    readonly NotAcceptable: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'not-acceptable';
        };
      };
    };
    /** @description `not-found`: Not found. */
    readonly NotFound: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'not-found';
        };
      };
    };
    /** @description `payload-too-large`: The body is too large. */
    readonly PayloadTooLarge: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'payload-too-large';
        };
      };
    };
    /** @description `request-timeout`: The request took too long to arrive. */
    readonly RequestTimeout: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'request-timeout';
        };
      };
    };
    /** @description `shutting-down`: The server is shutting down. `event-store-unavailable`: The event store does not answer. */
    readonly ShuttingDownOrEventStoreUnavailable: {
      headers: {
        readonly 'Retry-After': components['headers']['Retry-After'];
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'shutting-down' | 'event-store-unavailable';
        };
      };
    };
    /** @description `shutting-down`: The server is shutting down. `event-store-unavailable`: The event store does not answer. `read-model-unavailable`: The read model does not answer. */
    readonly ShuttingDownOrEventStoreUnavailableOrReadModelUnavailable: {
      headers: {
        readonly 'Retry-After': components['headers']['Retry-After'];
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'shutting-down' | 'event-store-unavailable' | 'read-model-unavailable';
        };
      };
    };
    /** @description `shutting-down`: The server is shutting down. `read-model-unavailable`: The read model does not answer. */
    readonly ShuttingDownOrReadModelUnavailable: {
      headers: {
        readonly 'Retry-After': components['headers']['Retry-After'];
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'shutting-down' | 'read-model-unavailable';
        };
      };
    };
    /** @description `stale-attempt`: The attempt is over. `conflict`: Other writers were faster. */
    readonly StaleAttemptOrConflict: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'stale-attempt' | 'conflict';
        };
      };
    };
    /** @description `unauthenticated`: Valid credentials are needed. */
    readonly Unauthenticated: {
      headers: {
        readonly 'WWW-Authenticate': components['headers']['WWW-Authenticate'];
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'unauthenticated';
        };
      };
    };
    /** @description `unsupported-media-type`: Unsupported media type. */
    readonly UnsupportedMediaType: {
      headers: {
        readonly 'Accept-Encoding': components['headers']['Accept-Encoding'];
        readonly 'Accept-Patch': components['headers']['Accept-Patch'];
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'unsupported-media-type';
        };
      };
    };
    /** @description `validation-failed`: The request is not valid. `invalid-header`: A header is not valid. */
    readonly ValidationFailedOrInvalidHeader: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'validation-failed' | 'invalid-header';
        };
      };
    };
    /** @description `validation-failed`: The request is not valid. `invalid-header`: A header is not valid. `invalid-cursor`: The cursor is not of this list. */
    readonly ValidationFailedOrInvalidHeaderOrInvalidCursor: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'validation-failed' | 'invalid-header' | 'invalid-cursor';
        };
      };
    };
    /** @description `validation-failed`: The request is not valid. `invalid-id`: The path holds an id that is none. `invalid-header`: A header is not valid. */
    readonly ValidationFailedOrInvalidIdOrInvalidHeader: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'validation-failed' | 'invalid-id' | 'invalid-header';
        };
      };
    };
    /** @description `validation-failed`: The request is not valid. `malformed-json`: The body is not valid JSON. `invalid-header`: A header is not valid. */
    readonly ValidationFailedOrMalformedJsonOrInvalidHeader: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'validation-failed' | 'malformed-json' | 'invalid-header';
        };
      };
    };
    /** @description `validation-failed`: The request is not valid. `malformed-json`: The body is not valid JSON. `invalid-id`: The path holds an id that is none. `invalid-header`: A header is not valid. */
    readonly ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader: {
      headers: {
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'validation-failed' | 'malformed-json' | 'invalid-id' | 'invalid-header';
        };
      };
    };
    /** @description `version-mismatch`: The request has another version. */
    readonly VersionMismatch: {
      headers: {
        readonly ETag: components['headers']['ETag'];
        readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        readonly 'X-Request-Id': components['headers']['X-Request-Id'];
        readonly [name: string]: unknown;
      };
      content: {
        readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          readonly code: 'version-mismatch';
        };
      };
    };
  };
  parameters: {
    /**
     * @description From a command's answer: the read waits up to a second to show what it wrote
     * @example 1024
     */
    readonly 'Automation-Position': string;
    /**
     * @description Makes the command safe to repeat: the same key, path and body are carried out once
     * @example 0f8fad5b-d9cb-469f-a165-70867728950e
     */
    readonly 'Idempotency-Key': string;
    /**
     * @description Only when the request is still at this version, as it came in `ETag`; `*` is any
     * @example "0"
     */
    readonly 'If-Match': string;
    /**
     * @description Entity tags the caller has: 304 when the request is still at one of them
     * @example "0"
     */
    readonly 'If-None-Match': string;
    /**
     * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
     * @example build-4711
     */
    readonly 'X-Correlation-Id': string;
  };
  requestBodies: never;
  headers: {
    /** @description How a body may be encoded: not at all */
    readonly 'Accept-Encoding': string;
    /** @description What a PATCH may be sent as */
    readonly 'Accept-Patch': string;
    /** @description Only when the list may be behind what the caller has written */
    readonly 'Automation-Consistency': 'eventual';
    /**
     * @description Sent back with a read, on any instance, it makes the read show what was written here
     * @example 1024
     */
    readonly 'Automation-Position': string;
    /**
     * @description The version of the request
     * @example "0"
     */
    readonly ETag: string;
    /** @description Only on an answer that is given again, to a command that was carried out before */
    readonly 'Idempotent-Replayed': 'true';
    /** @description The next page, with `rel="next"`; the last page has none */
    readonly Link: string;
    /** @description Where the new request is */
    readonly Location: string;
    /** @description Seconds */
    readonly 'Retry-After': string;
    /** @description How to authenticate */
    readonly 'WWW-Authenticate': string;
    /** @description As it was sent, or made */
    readonly 'X-Correlation-Id': string;
    /** @description Of this call, in logs and problems */
    readonly 'X-Request-Id': string;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  readonly listEvents: {
    readonly parameters: {
      readonly query?: {
        /** @description Position of the log, decimal: only events after it */
        readonly after?: string;
        /** @description At or after this time */
        readonly from?: string;
        readonly limit?: number;
        readonly principal?: string;
        readonly request_id?: string;
        /** @description Before this time */
        readonly to?: string;
        readonly type?: readonly (
          | 'RequestSubmitted'
          | 'RequestDetailsRevised'
          | 'RequestClaimed'
          | 'PlanningStarted'
          | 'ImplementationStarted'
          | 'TestingStarted'
          | 'ReviewStarted'
          | 'DeploymentStarted'
          | 'RequestBlocked'
          | 'BlockRevised'
          | 'RequestUnblocked'
          | 'RequestCompleted'
          | 'RequestFailed'
          | 'RequestCancelled'
          | 'RequestRequeued'
          | 'PhaseNoted'
          | 'SessionAttached'
          | 'PlanAttached'
          | 'MilestonesPlanned'
          | 'MilestoneStatusChanged'
          | 'PullRequestOpened'
          | 'TestResultsRecorded'
          | 'ErrorNoted'
          | 'FieldsCleared'
          | 'AttemptProgressed'
          | 'AttemptEnded'
          | 'AttemptReportedLate'
          | 'AttemptLost'
        )[];
      };
      readonly header?: {
        /**
         * @description From a command's answer: the read waits up to a second to show what it wrote
         * @example 1024
         */
        readonly 'Automation-Position'?: components['parameters']['Automation-Position'];
        /**
         * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
         * @example build-4711
         */
        readonly 'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of events. */
      readonly 200: {
        headers: {
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': {
            readonly items: readonly components['schemas']['EventResource'][];
            readonly next_cursor: string | null;
          };
        };
      };
      readonly 400: components['responses']['ValidationFailedOrInvalidHeader'];
      readonly 401: components['responses']['Unauthenticated'];
      readonly 403: components['responses']['Forbidden'];
      readonly 406: components['responses']['NotAcceptable'];
      readonly 431: components['responses']['HeadersTooLarge'];
      readonly 503: components['responses']['ShuttingDownOrEventStoreUnavailable'];
      readonly default: components['responses']['InternalError'];
    };
  };
  readonly getHealth: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /**
         * @description From a command's answer: the read waits up to a second to show what it wrote
         * @example 1024
         */
        readonly 'Automation-Position'?: components['parameters']['Automation-Position'];
        /**
         * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
         * @example build-4711
         */
        readonly 'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description `ok` or `degraded`. */
      readonly 200: {
        headers: {
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['HealthResource'];
        };
      };
      readonly 400: components['responses']['ValidationFailedOrInvalidHeader'];
      readonly 401: components['responses']['Unauthenticated'];
      readonly 403: components['responses']['Forbidden'];
      readonly 406: components['responses']['NotAcceptable'];
      readonly 431: components['responses']['HeadersTooLarge'];
      /** @description `down`. Or `shutting-down`: The server is shutting down. */
      readonly 503: {
        headers: {
          readonly 'Retry-After': components['headers']['Retry-After'];
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['HealthResource'];
          readonly 'application/problem+json': components['schemas']['ProblemResource'] & {
            /** @enum {string} */
            readonly code: 'shutting-down';
          };
        };
      };
      readonly default: components['responses']['InternalError'];
    };
  };
  readonly listPending: {
    readonly parameters: {
      readonly query?: {
        readonly limit?: number;
        readonly type?: readonly ('feature' | 'bug' | 'research' | 'refactor')[];
      };
      readonly header?: {
        /**
         * @description From a command's answer: the read waits up to a second to show what it wrote
         * @example 1024
         */
        readonly 'Automation-Position'?: components['parameters']['Automation-Position'];
        /**
         * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
         * @example build-4711
         */
        readonly 'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Requests that wait for a worker. */
      readonly 200: {
        headers: {
          readonly 'Automation-Consistency': components['headers']['Automation-Consistency'];
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': {
            readonly items: readonly components['schemas']['RequestResource'][];
          };
        };
      };
      readonly 400: components['responses']['ValidationFailedOrInvalidHeader'];
      readonly 401: components['responses']['Unauthenticated'];
      readonly 403: components['responses']['Forbidden'];
      readonly 406: components['responses']['NotAcceptable'];
      readonly 431: components['responses']['HeadersTooLarge'];
      readonly 503: components['responses']['ShuttingDownOrReadModelUnavailable'];
      readonly default: components['responses']['InternalError'];
    };
  };
  readonly listRequests: {
    readonly parameters: {
      readonly query?: {
        readonly created_after?: string;
        readonly created_before?: string;
        /** @description `next_cursor` of the page before, with the same filters and sort */
        readonly cursor?: string;
        readonly include_total?: boolean;
        readonly limit?: number;
        readonly priority?: readonly ('low' | 'medium' | 'high' | 'critical')[];
        /** @description Each word is in the title or the description, in any case */
        readonly q?: string;
        readonly session_id?: string;
        readonly sort?: '-created_at' | 'created_at' | '-last_update' | 'last_update' | 'priority';
        readonly status?: readonly (
          | 'pending'
          | 'planning'
          | 'implementing'
          | 'testing'
          | 'reviewing'
          | 'deploying'
          | 'completed'
          | 'failed'
          | 'blocked'
          | 'cancelled'
        )[];
        readonly type?: readonly ('feature' | 'bug' | 'research' | 'refactor')[];
        readonly updated_after?: string;
      };
      readonly header?: {
        /**
         * @description From a command's answer: the read waits up to a second to show what it wrote
         * @example 1024
         */
        readonly 'Automation-Position'?: components['parameters']['Automation-Position'];
        /**
         * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
         * @example build-4711
         */
        readonly 'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of requests. `Link` with `rel="next"` leads to the next one. */
      readonly 200: {
        headers: {
          readonly 'Automation-Consistency': components['headers']['Automation-Consistency'];
          readonly Link: components['headers']['Link'];
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': {
            readonly items: readonly components['schemas']['RequestResource'][];
            readonly next_cursor: string | null;
            /** @description Of all pages, when asked for */
            readonly total?: number;
          };
        };
      };
      readonly 400: components['responses']['ValidationFailedOrInvalidHeaderOrInvalidCursor'];
      readonly 401: components['responses']['Unauthenticated'];
      readonly 403: components['responses']['Forbidden'];
      readonly 406: components['responses']['NotAcceptable'];
      readonly 431: components['responses']['HeadersTooLarge'];
      readonly 503: components['responses']['ShuttingDownOrReadModelUnavailable'];
      readonly default: components['responses']['InternalError'];
    };
  };
  readonly submitRequest: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /**
         * @description Makes the command safe to repeat: the same key, path and body are carried out once
         * @example 0f8fad5b-d9cb-469f-a165-70867728950e
         */
        readonly 'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /**
         * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
         * @example build-4711
         */
        readonly 'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['SubmitRequestBody'];
      };
    };
    readonly responses: {
      /** @description The request, with its `Location`. */
      readonly 201: {
        headers: {
          readonly 'Automation-Position': components['headers']['Automation-Position'];
          readonly ETag: components['headers']['ETag'];
          readonly 'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          readonly Location: components['headers']['Location'];
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['RequestResource'];
        };
      };
      readonly 400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidHeader'];
      readonly 401: components['responses']['Unauthenticated'];
      readonly 403: components['responses']['Forbidden'];
      readonly 406: components['responses']['NotAcceptable'];
      readonly 408: components['responses']['RequestTimeout'];
      readonly 409: components['responses']['Conflict'];
      readonly 413: components['responses']['PayloadTooLarge'];
      readonly 415: components['responses']['UnsupportedMediaType'];
      readonly 422: components['responses']['IdempotencyKeyReused'];
      readonly 431: components['responses']['HeadersTooLarge'];
      readonly 503: components['responses']['ShuttingDownOrEventStoreUnavailable'];
      readonly default: components['responses']['InternalError'];
    };
  };
  readonly getRequest: {
    readonly parameters: {
      readonly query?: {
        /** @description The request as it was at this time */
        readonly as_of?: string;
        /** @description The request after this event */
        readonly version?: number;
      };
      readonly header?: {
        /**
         * @description From a command's answer: the read waits up to a second to show what it wrote
         * @example 1024
         */
        readonly 'Automation-Position'?: components['parameters']['Automation-Position'];
        /**
         * @description Entity tags the caller has: 304 when the request is still at one of them
         * @example "0"
         */
        readonly 'If-None-Match'?: components['parameters']['If-None-Match'];
        /**
         * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
         * @example build-4711
         */
        readonly 'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      readonly path: {
        /** @description Of the request, in any case */
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The request. */
      readonly 200: {
        headers: {
          readonly ETag: components['headers']['ETag'];
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['RequestResource'];
        };
      };
      /** @description The caller has this version already (`If-None-Match`). */
      readonly 304: {
        headers: {
          readonly ETag: components['headers']['ETag'];
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content?: never;
      };
      readonly 400: components['responses']['ValidationFailedOrInvalidIdOrInvalidHeader'];
      readonly 401: components['responses']['Unauthenticated'];
      readonly 403: components['responses']['Forbidden'];
      readonly 404: components['responses']['NotFound'];
      readonly 406: components['responses']['NotAcceptable'];
      readonly 431: components['responses']['HeadersTooLarge'];
      readonly 503: components['responses']['ShuttingDownOrEventStoreUnavailable'];
      readonly default: components['responses']['InternalError'];
    };
  };
  readonly reviseRequest: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /**
         * @description Makes the command safe to repeat: the same key, path and body are carried out once
         * @example 0f8fad5b-d9cb-469f-a165-70867728950e
         */
        readonly 'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /**
         * @description Only when the request is still at this version, as it came in `ETag`; `*` is any
         * @example "0"
         */
        readonly 'If-Match'?: components['parameters']['If-Match'];
        /**
         * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
         * @example build-4711
         */
        readonly 'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      readonly path: {
        /** @description Of the request, in any case */
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: {
      readonly content: {
        readonly 'application/json': components['schemas']['ReviseRequestBody'];
        readonly 'application/merge-patch+json': components['schemas']['ReviseRequestBody'];
      };
    };
    readonly responses: {
      /** @description The request. */
      readonly 200: {
        headers: {
          readonly 'Automation-Position': components['headers']['Automation-Position'];
          readonly ETag: components['headers']['ETag'];
          readonly 'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['RequestResource'];
        };
      };
      readonly 400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      readonly 401: components['responses']['Unauthenticated'];
      readonly 403: components['responses']['Forbidden'];
      readonly 404: components['responses']['NotFound'];
      readonly 406: components['responses']['NotAcceptable'];
      readonly 408: components['responses']['RequestTimeout'];
      readonly 409: components['responses']['IllegalTransitionOrStaleAttemptOrEvidenceMissingOrApprovalRequiredOrConflict'];
      readonly 412: components['responses']['VersionMismatch'];
      readonly 413: components['responses']['PayloadTooLarge'];
      readonly 415: components['responses']['UnsupportedMediaType'];
      readonly 422: components['responses']['IdempotencyKeyReused'];
      readonly 431: components['responses']['HeadersTooLarge'];
      readonly 503: components['responses']['ShuttingDownOrEventStoreUnavailable'];
      readonly default: components['responses']['InternalError'];
    };
  };
  readonly listAttempts: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /**
         * @description From a command's answer: the read waits up to a second to show what it wrote
         * @example 1024
         */
        readonly 'Automation-Position'?: components['parameters']['Automation-Position'];
        /**
         * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
         * @example build-4711
         */
        readonly 'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      readonly path: {
        /** @description Of the request, in any case */
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The attempts. */
      readonly 200: {
        headers: {
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': {
            readonly items: readonly components['schemas']['AttemptResource'][];
          };
        };
      };
      readonly 400: components['responses']['ValidationFailedOrInvalidIdOrInvalidHeader'];
      readonly 401: components['responses']['Unauthenticated'];
      readonly 403: components['responses']['Forbidden'];
      readonly 404: components['responses']['NotFound'];
      readonly 406: components['responses']['NotAcceptable'];
      readonly 431: components['responses']['HeadersTooLarge'];
      readonly 503: components['responses']['ShuttingDownOrEventStoreUnavailableOrReadModelUnavailable'];
      readonly default: components['responses']['InternalError'];
    };
  };
  readonly claimRequest: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /**
         * @description Makes the command safe to repeat: the same key, path and body are carried out once
         * @example 0f8fad5b-d9cb-469f-a165-70867728950e
         */
        readonly 'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /**
         * @description Only when the request is still at this version, as it came in `ETag`; `*` is any
         * @example "0"
         */
        readonly 'If-Match'?: components['parameters']['If-Match'];
        /**
         * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
         * @example build-4711
         */
        readonly 'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      readonly path: {
        /** @description Of the request, in any case */
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['ClaimRequestBody'];
      };
    };
    readonly responses: {
      /** @description The attempt, with its tokens. */
      readonly 201: {
        headers: {
          readonly 'Automation-Position': components['headers']['Automation-Position'];
          readonly ETag: components['headers']['ETag'];
          readonly 'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['ClaimResource'];
        };
      };
      readonly 400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      readonly 401: components['responses']['Unauthenticated'];
      readonly 403: components['responses']['Forbidden'];
      readonly 404: components['responses']['NotFound'];
      readonly 406: components['responses']['NotAcceptable'];
      readonly 408: components['responses']['RequestTimeout'];
      readonly 409: components['responses']['AlreadyClaimedOrNotClaimableOrConflict'];
      readonly 412: components['responses']['VersionMismatch'];
      readonly 413: components['responses']['PayloadTooLarge'];
      readonly 415: components['responses']['UnsupportedMediaType'];
      readonly 422: components['responses']['IdempotencyKeyReused'];
      readonly 431: components['responses']['HeadersTooLarge'];
      readonly 503: components['responses']['ShuttingDownOrEventStoreUnavailable'];
      readonly default: components['responses']['InternalError'];
    };
  };
  readonly heartbeat: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /**
         * @description Makes the command safe to repeat: the same key, path and body are carried out once
         * @example 0f8fad5b-d9cb-469f-a165-70867728950e
         */
        readonly 'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /**
         * @description Only when the request is still at this version, as it came in `ETag`; `*` is any
         * @example "0"
         */
        readonly 'If-Match'?: components['parameters']['If-Match'];
        /**
         * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
         * @example build-4711
         */
        readonly 'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      readonly path: {
        /** @description Number of the attempt */
        readonly attempt: number;
        /** @description Of the request, in any case */
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: {
      readonly content: {
        readonly 'application/json': components['schemas']['HeartbeatBody'];
      };
    };
    readonly responses: {
      /** @description The lease is whole again. */
      readonly 200: {
        headers: {
          readonly 'Automation-Position': components['headers']['Automation-Position'];
          readonly 'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['HeartbeatResource'];
        };
      };
      readonly 400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      readonly 401: components['responses']['Unauthenticated'];
      readonly 403: components['responses']['Forbidden'];
      readonly 404: components['responses']['NotFound'];
      readonly 406: components['responses']['NotAcceptable'];
      readonly 408: components['responses']['RequestTimeout'];
      readonly 409: components['responses']['StaleAttemptOrConflict'];
      readonly 412: components['responses']['VersionMismatch'];
      readonly 413: components['responses']['PayloadTooLarge'];
      readonly 415: components['responses']['UnsupportedMediaType'];
      readonly 422: components['responses']['IdempotencyKeyReused'];
      readonly 431: components['responses']['HeadersTooLarge'];
      readonly 503: components['responses']['ShuttingDownOrEventStoreUnavailableOrReadModelUnavailable'];
      readonly default: components['responses']['InternalError'];
    };
  };
  readonly reportAttempt: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /**
         * @description Makes the command safe to repeat: the same key, path and body are carried out once
         * @example 0f8fad5b-d9cb-469f-a165-70867728950e
         */
        readonly 'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /**
         * @description Only when the request is still at this version, as it came in `ETag`; `*` is any
         * @example "0"
         */
        readonly 'If-Match'?: components['parameters']['If-Match'];
        /**
         * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
         * @example build-4711
         */
        readonly 'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      readonly path: {
        /** @description Number of the attempt */
        readonly attempt: number;
        /** @description Of the request, in any case */
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['ReportAttemptBody'];
      };
    };
    readonly responses: {
      /** @description The request. */
      readonly 200: {
        headers: {
          readonly 'Automation-Position': components['headers']['Automation-Position'];
          readonly ETag: components['headers']['ETag'];
          readonly 'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['RequestResource'];
        };
      };
      readonly 400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      readonly 401: components['responses']['Unauthenticated'];
      readonly 403: components['responses']['Forbidden'];
      readonly 404: components['responses']['NotFound'];
      readonly 406: components['responses']['NotAcceptable'];
      readonly 408: components['responses']['RequestTimeout'];
      readonly 409: components['responses']['Conflict'];
      readonly 412: components['responses']['VersionMismatch'];
      readonly 413: components['responses']['PayloadTooLarge'];
      readonly 415: components['responses']['UnsupportedMediaType'];
      readonly 422: components['responses']['IdempotencyKeyReused'];
      readonly 431: components['responses']['HeadersTooLarge'];
      readonly 503: components['responses']['ShuttingDownOrEventStoreUnavailable'];
      readonly default: components['responses']['InternalError'];
    };
  };
  readonly cancelRequest: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /**
         * @description Makes the command safe to repeat: the same key, path and body are carried out once
         * @example 0f8fad5b-d9cb-469f-a165-70867728950e
         */
        readonly 'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /**
         * @description Only when the request is still at this version, as it came in `ETag`; `*` is any
         * @example "0"
         */
        readonly 'If-Match'?: components['parameters']['If-Match'];
        /**
         * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
         * @example build-4711
         */
        readonly 'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      readonly path: {
        /** @description Of the request, in any case */
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: {
      readonly content: {
        readonly 'application/json': components['schemas']['ReasonBody'];
      };
    };
    readonly responses: {
      /** @description The request. */
      readonly 200: {
        headers: {
          readonly 'Automation-Position': components['headers']['Automation-Position'];
          readonly ETag: components['headers']['ETag'];
          readonly 'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['RequestResource'];
        };
      };
      readonly 400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      readonly 401: components['responses']['Unauthenticated'];
      readonly 403: components['responses']['Forbidden'];
      readonly 404: components['responses']['NotFound'];
      readonly 406: components['responses']['NotAcceptable'];
      readonly 408: components['responses']['RequestTimeout'];
      readonly 409: components['responses']['IllegalTransitionOrConflict'];
      readonly 412: components['responses']['VersionMismatch'];
      readonly 413: components['responses']['PayloadTooLarge'];
      readonly 415: components['responses']['UnsupportedMediaType'];
      readonly 422: components['responses']['IdempotencyKeyReused'];
      readonly 431: components['responses']['HeadersTooLarge'];
      readonly 503: components['responses']['ShuttingDownOrEventStoreUnavailable'];
      readonly default: components['responses']['InternalError'];
    };
  };
  readonly listRequestEvents: {
    readonly parameters: {
      readonly query?: {
        /** @description Position of the log, decimal: only events after it */
        readonly after?: string;
        readonly limit?: number;
        readonly type?: readonly (
          | 'RequestSubmitted'
          | 'RequestDetailsRevised'
          | 'RequestClaimed'
          | 'PlanningStarted'
          | 'ImplementationStarted'
          | 'TestingStarted'
          | 'ReviewStarted'
          | 'DeploymentStarted'
          | 'RequestBlocked'
          | 'BlockRevised'
          | 'RequestUnblocked'
          | 'RequestCompleted'
          | 'RequestFailed'
          | 'RequestCancelled'
          | 'RequestRequeued'
          | 'PhaseNoted'
          | 'SessionAttached'
          | 'PlanAttached'
          | 'MilestonesPlanned'
          | 'MilestoneStatusChanged'
          | 'PullRequestOpened'
          | 'TestResultsRecorded'
          | 'ErrorNoted'
          | 'FieldsCleared'
          | 'AttemptProgressed'
          | 'AttemptEnded'
          | 'AttemptReportedLate'
          | 'AttemptLost'
        )[];
      };
      readonly header?: {
        /**
         * @description From a command's answer: the read waits up to a second to show what it wrote
         * @example 1024
         */
        readonly 'Automation-Position'?: components['parameters']['Automation-Position'];
        /**
         * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
         * @example build-4711
         */
        readonly 'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      readonly path: {
        /** @description Of the request, in any case */
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description A page of events. */
      readonly 200: {
        headers: {
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': {
            readonly items: readonly components['schemas']['EventResource'][];
            readonly next_cursor: string | null;
          };
        };
      };
      readonly 400: components['responses']['ValidationFailedOrInvalidIdOrInvalidHeader'];
      readonly 401: components['responses']['Unauthenticated'];
      readonly 403: components['responses']['Forbidden'];
      readonly 404: components['responses']['NotFound'];
      readonly 406: components['responses']['NotAcceptable'];
      readonly 431: components['responses']['HeadersTooLarge'];
      readonly 503: components['responses']['ShuttingDownOrEventStoreUnavailable'];
      readonly default: components['responses']['InternalError'];
    };
  };
  readonly retryRequest: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /**
         * @description Makes the command safe to repeat: the same key, path and body are carried out once
         * @example 0f8fad5b-d9cb-469f-a165-70867728950e
         */
        readonly 'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /**
         * @description Only when the request is still at this version, as it came in `ETag`; `*` is any
         * @example "0"
         */
        readonly 'If-Match'?: components['parameters']['If-Match'];
        /**
         * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
         * @example build-4711
         */
        readonly 'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      readonly path: {
        /** @description Of the request, in any case */
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: {
      readonly content: {
        readonly 'application/json': components['schemas']['ReasonBody'];
      };
    };
    readonly responses: {
      /** @description The request. */
      readonly 200: {
        headers: {
          readonly 'Automation-Position': components['headers']['Automation-Position'];
          readonly ETag: components['headers']['ETag'];
          readonly 'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['RequestResource'];
        };
      };
      readonly 400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      readonly 401: components['responses']['Unauthenticated'];
      readonly 403: components['responses']['Forbidden'];
      readonly 404: components['responses']['NotFound'];
      readonly 406: components['responses']['NotAcceptable'];
      readonly 408: components['responses']['RequestTimeout'];
      readonly 409: components['responses']['IllegalTransitionOrConflict'];
      readonly 412: components['responses']['VersionMismatch'];
      readonly 413: components['responses']['PayloadTooLarge'];
      readonly 415: components['responses']['UnsupportedMediaType'];
      readonly 422: components['responses']['IdempotencyKeyReused'];
      readonly 431: components['responses']['HeadersTooLarge'];
      readonly 503: components['responses']['ShuttingDownOrEventStoreUnavailable'];
      readonly default: components['responses']['InternalError'];
    };
  };
  readonly changeStatus: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: {
        /**
         * @description Makes the command safe to repeat: the same key, path and body are carried out once
         * @example 0f8fad5b-d9cb-469f-a165-70867728950e
         */
        readonly 'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /**
         * @description Only when the request is still at this version, as it came in `ETag`; `*` is any
         * @example "0"
         */
        readonly 'If-Match'?: components['parameters']['If-Match'];
        /**
         * @description Ties calls together: it comes back with the answer, and is in every event that the call makes
         * @example build-4711
         */
        readonly 'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      readonly path: {
        /** @description Of the request, in any case */
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['ChangeStatusBody'];
        readonly 'application/merge-patch+json': components['schemas']['ChangeStatusBody'];
      };
    };
    readonly responses: {
      /** @description The request. */
      readonly 200: {
        headers: {
          readonly 'Automation-Position': components['headers']['Automation-Position'];
          readonly ETag: components['headers']['ETag'];
          readonly 'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          readonly 'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          readonly 'X-Request-Id': components['headers']['X-Request-Id'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['RequestResource'];
        };
      };
      readonly 400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      readonly 401: components['responses']['Unauthenticated'];
      readonly 403: components['responses']['Forbidden'];
      readonly 404: components['responses']['NotFound'];
      readonly 406: components['responses']['NotAcceptable'];
      readonly 408: components['responses']['RequestTimeout'];
      readonly 409: components['responses']['IllegalTransitionOrStaleAttemptOrEvidenceMissingOrApprovalRequiredOrConflict'];
      readonly 412: components['responses']['VersionMismatch'];
      readonly 413: components['responses']['PayloadTooLarge'];
      readonly 415: components['responses']['UnsupportedMediaType'];
      readonly 422: components['responses']['IdempotencyKeyReused'];
      readonly 431: components['responses']['HeadersTooLarge'];
      readonly 503: components['responses']['ShuttingDownOrEventStoreUnavailable'];
      readonly default: components['responses']['InternalError'];
    };
  };
}
