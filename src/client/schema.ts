// Made from docs/openapi.json by scripts/openapi.mjs. Do not edit.

export interface paths {
  '/api/v1/automation/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The history of all requests
     * @description In the order of the log.
     */
    get: operations['listEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/health': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * How the service and each of its parts are
     * @description 503 when it cannot do its work.
     */
    get: operations['getHealth'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/keys': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * All keys
     * @description Oldest first, with those that are over; never with what would open something.
     */
    get: operations['listKeys'];
    put?: never;
    /**
     * Create an API key
     * @description Its secret is in this answer and nowhere else. With the first key the service stops being open to everyone on its machine.
     */
    post: operations['createKey'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/keys/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Get a key
     * @description Without what would open something.
     */
    get: operations['getKey'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/keys/{id}/revoke': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * End a key
     * @description At once and for good, its old secret too. Repeated, it changes nothing.
     */
    post: operations['revokeKey'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/keys/{id}/rotate': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Give a key a new secret
     * @description The old one is valid for a while more, so that nothing stops while it is exchanged.
     */
    post: operations['rotateKey'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/pending': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What a worker should take next
     * @description Requests that are pending, the most urgent first, then the oldest.
     */
    get: operations['listPending'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/refusals': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What was refused to whom
     * @description Bad credentials, missing scopes, stale attempts, too many calls. Recorded within minutes, alike ones counted together.
     */
    get: operations['listRefusals'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/requests': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List requests
     * @description Filtered and in order, a page at a time. `Link` with `rel="next"` leads to the next page.
     */
    get: operations['listRequests'];
    put?: never;
    /**
     * Submit a request
     * @description It is durable before the answer, and waits for a worker.
     */
    post: operations['submitRequest'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/requests/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Get a request
     * @description As it is now, or as it was after an event (`version`) or at a time (`as_of`); not both.
     */
    get: operations['getRequest'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    /**
     * Change fields of a request
     * @description A merge patch: what is left out stays, null clears, lists and objects are replaced whole. All of it happens or nothing.
     */
    patch: operations['reviseRequest'];
    trace?: never;
  };
  '/api/v1/automation/requests/{id}/attempts': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The attempts on a request
     * @description Oldest first. `outcome` is null while an attempt is live.
     */
    get: operations['listAttempts'];
    put?: never;
    /**
     * Claim a pending request
     * @description Of two workers that try, one gets it. The tokens open what belongs to this attempt alone. With `delivers` the agent only claims completion, and the request completes when the report says that the work is delivered. Where `deliver` is given, the work is done and only has to be delivered; a claim that does not deliver is then 409 `not-claimable`.
     */
    post: operations['claimRequest'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/requests/{id}/attempts/{attempt}/heartbeat': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Keep the lease of a live attempt
     * @description The answer says whether the worker should stop. New figures are noted at most once a minute.
     */
    post: operations['heartbeat'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/requests/{id}/attempts/{attempt}/report': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * The worker's end report
     * @description Ends the attempt, and moves the request on where its agent did not. A late report of an older attempt is kept, and changes no state.
     */
    post: operations['reportAttempt'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/requests/{id}/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Cancel a request
     * @description One that has not ended. A running attempt sees it in its next heartbeat.
     */
    post: operations['cancelRequest'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/requests/{id}/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The history of a request */
    get: operations['listRequestEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/requests/{id}/retry': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Put a request back to pending
     * @description One that is failed or blocked. The reason is also the answer to a question. `approve` approves title, description and delivered commit as they are at `version`, until one of them changes; another version is 412.
     */
    post: operations['retryRequest'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/requests/{id}/status': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    /**
     * Change the status of a request
     * @description Along the table of transitions; the same status again is no change.
     */
    patch: operations['changeStatus'];
    trace?: never;
  };
  '/api/v1/automation/workers': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Who works
     * @description Every worker that was heard of within a week, by name.
     */
    get: operations['listWorkers'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/workers/{worker}/hello': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * A worker's sign of life
     * @description At its start, on each change of its state, and once a minute. Without one for three minutes it is `gone`.
     */
    post: operations['sayHello'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    AccessHealthResource: {
      last_error: string | null;
      /**
       * @description Open: to everyone on this machine, since there are no keys
       * @enum {string}
       */
      mode: 'open' | 'keys';
      /** @enum {string} */
      status: 'ok' | 'degraded' | 'down';
    };
    AttemptResource: {
      attempt: number;
      /** @description What it delivered */
      branch: string | null;
      /** @description What it delivered */
      commit: string | null;
      cost_usd: number | null;
      /** @description As claimed: its worker delivers the work */
      delivers: boolean;
      /** @description As reported */
      delivery: components['schemas']['DeliveryResource'] | null;
      duration_ms: number | null;
      /** Format: date-time */
      ended_at: string | null;
      error_code: string | null;
      error_message: string | null;
      exit_code: number | null;
      /**
       * Format: date-time
       * @description While the attempt is live
       */
      lease_expires_at: string | null;
      num_turns: number | null;
      /** @enum {string|null} */
      outcome: 'succeeded' | 'failed' | 'blocked' | 'released' | 'lost' | null;
      /** Format: date-time */
      resume_at: string | null;
      session_id: string | null;
      /** Format: date-time */
      started_at: string;
      usage: {
        [key: string]: unknown;
      } | null;
      worker: string;
    };
    BlockResource: {
      /** @enum {string} */
      from_status:
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
      message: string | null;
      /** @enum {string} */
      reason: 'approval' | 'question' | 'usage_limit' | 'budget' | 'dependency' | 'policy' | 'worker_lost' | 'other';
      /**
       * Format: date-time
       * @description When it goes back to `pending` by itself
       */
      resume_at: string | null;
      /** Format: date-time */
      since: string;
    };
    ChangeStatusBody: {
      /** @example milestone 2 of 5: endpoints */
      current_phase?: string | null;
      error_code?: string | null;
      error_message?: string | null;
      /**
       * @description Only with status blocked
       * @default other
       * @enum {string}
       */
      reason?: 'approval' | 'question' | 'usage_limit' | 'budget' | 'dependency' | 'policy' | 'worker_lost' | 'other';
      /**
       * Format: date-time
       * @description Only with status blocked
       */
      resume_at?: string | null;
      session_id?: string | null;
      /** @enum {string} */
      status:
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
    ClaimRequestBody: {
      /**
       * @description The worker delivers the work: its agent claims completion, and the report completes the request
       * @default false
       */
      delivers?: boolean | null;
      /** @default 120 */
      lease_seconds?: number | null;
      session_id?: string | null;
      /** @example dev-1 */
      worker: string;
    };
    ClaimResource: {
      /** @description For the agent it runs */
      agent_token: string;
      attempt: number;
      /** @description The worker's, for this request and attempt */
      attempt_token: string;
      /** @description The work is done: deliver it and report, and run no agent */
      deliver: components['schemas']['DeliverResource'] | null;
      /** Format: date-time */
      lease_expires_at: string;
      request: components['schemas']['RequestResource'];
    };
    CreateKeyBody: {
      /**
       * Format: date-time
       * @description Null, or left out: never
       */
      expires_at?: string | null;
      /**
       * @description The principal that events will name
       * @example dev-1
       */
      name: string;
      /** @enum {string} */
      role: 'submitter' | 'operator' | 'worker' | 'auditor' | 'admin';
    };
    DeliveredBody: {
      /** @example automation/0197e0c8-3f5a-7c3e-9d43-0a6d1b2c3d4e */
      branch: string;
      /** @example f2ca1bb6c7e907d06dafe4687e579fce76b37e4e */
      commit: string;
      /** Format: uri */
      pr_url?: string | null;
    };
    DeliverResource: {
      /** @description A person has approved this commit: nothing of it is held any more */
      approved: boolean;
      /** @description Null: what `ref` has */
      commit: string | null;
      /** @description Where the commit is kept */
      ref: string;
    };
    DeliveryResource: {
      /** @description Whose work it is */
      attempt: number;
      branch: string | null;
      /** @description Null also where nothing had to be delivered */
      commit: string | null;
      /** Format: uri */
      pr_url: string | null;
      /** @description Why it could not be delivered */
      reason: string | null;
      /**
       * @description `claimed`: the agent says that it is done, and the worker is to deliver the work
       * @enum {string}
       */
      state: 'claimed' | 'undelivered' | 'delivered';
    };
    EventResource: {
      data: {
        [key: string]: unknown;
      };
      /** Format: uuid */
      id: string;
      metadata: {
        [key: string]: unknown;
      };
      /** Format: date-time */
      occurred_at: string | null;
      /**
       * @description In the log; decimal
       * @example 1024
       */
      position: string;
      /** Format: uuid */
      request_id: string;
      /** @description In the request's stream */
      revision: number;
      schema_version: number;
      /** @example RequestSubmitted */
      type: string;
    };
    FaultResource: {
      detail: string;
      /**
       * @description JSON pointer into the body, or `?name` of a query parameter
       * @example /title
       */
      pointer: string;
    };
    FollowerHealthResource: {
      lag: components['schemas']['LagResource'];
      last_error: string | null;
      /** @description In the log; decimal */
      position: string | null;
      /** @description Events that could not be read, since the start */
      skipped: number;
      /** @example live */
      state: string;
      /** @enum {string} */
      status: 'ok' | 'degraded' | 'down';
    };
    HealthChecksResource: {
      access: components['schemas']['AccessHealthResource'];
      event_store: components['schemas']['PartHealthResource'];
      /** @description Each read model and forwarder, by name */
      projections: {
        [key: string]: components['schemas']['FollowerHealthResource'];
      };
      queue: components['schemas']['QueueHealthResource'];
      read_model: components['schemas']['PartHealthResource'];
      workers: components['schemas']['WorkersHealthResource'];
    };
    HealthResource: {
      checks: components['schemas']['HealthChecksResource'];
      /** @enum {string} */
      status: 'ok' | 'degraded' | 'down';
      version: string;
    };
    HeartbeatBody: {
      cost_usd?: number | null;
      num_turns?: number | null;
      /** @description Token counts, at most 8 KiB */
      usage?: {
        [key: string]: unknown;
      } | null;
    };
    HeartbeatResource: {
      /** @description Either way the worker stops its agent */
      directives: ('cancel' | 'drain')[];
      /** Format: date-time */
      lease_expires_at: string;
    };
    HelloBody: {
      /** @description Why it is paused or locked out */
      reason?: string | null;
      /** @description Those it works on by name; empty for one that serves requests without a repository alone */
      repositories: string[];
      /** @enum {string} */
      state: 'working' | 'idle' | 'paused' | 'locked_out';
      /**
       * Format: date-time
       * @description When its pause is expected to end
       */
      until?: string | null;
      /** @example 0.1.0 */
      version: string;
    };
    IssuedKeyResource: {
      /** Format: date-time */
      created_at: string;
      created_by: string;
      /** Format: date-time */
      expires_at: string | null;
      /**
       * @description How the secret begins, to recognise it by
       * @example abk_3fGh
       */
      hint: string;
      /** Format: uuid */
      id: string;
      /** @description The secret, shown this once. Null in the answer to a repeated call: rotate if the first one was lost. */
      key: string | null;
      /**
       * Format: date-time
       * @description To the hour, as far as other instances are concerned
       */
      last_used_at: string | null;
      /** @description The principal that events name */
      name: string;
      /**
       * Format: date-time
       * @description Until then the secret before the last rotation is valid too
       */
      previous_valid_until: string | null;
      /** Format: date-time */
      revoked_at: string | null;
      revoked_by: string | null;
      /** @enum {string} */
      role: 'submitter' | 'operator' | 'worker' | 'auditor' | 'admin';
      /** Format: date-time */
      rotated_at: string | null;
      /** @enum {string} */
      status: 'active' | 'expired' | 'revoked';
    };
    KeyResource: {
      /** Format: date-time */
      created_at: string;
      created_by: string;
      /** Format: date-time */
      expires_at: string | null;
      /**
       * @description How the secret begins, to recognise it by
       * @example abk_3fGh
       */
      hint: string;
      /** Format: uuid */
      id: string;
      /**
       * Format: date-time
       * @description To the hour, as far as other instances are concerned
       */
      last_used_at: string | null;
      /** @description The principal that events name */
      name: string;
      /**
       * Format: date-time
       * @description Until then the secret before the last rotation is valid too
       */
      previous_valid_until: string | null;
      /** Format: date-time */
      revoked_at: string | null;
      revoked_by: string | null;
      /** @enum {string} */
      role: 'submitter' | 'operator' | 'worker' | 'auditor' | 'admin';
      /** Format: date-time */
      rotated_at: string | null;
      /** @enum {string} */
      status: 'active' | 'expired' | 'revoked';
    };
    LagResource: {
      /** @description Received and not yet handled */
      events: number;
      /** @description For how long something that is known has been waiting */
      ms: number;
    };
    MilestoneBody: {
      description?: string | null;
      /** @example m1 */
      id: string;
      /** @enum {string} */
      status: 'pending' | 'in_progress' | 'completed' | 'failed' | 'skipped';
      /** @example Middleware */
      title: string;
    };
    NothingToDeliverBody: {
      /** @enum {boolean} */
      nothing: true;
    };
    PartHealthResource: {
      /** @enum {string} */
      status: 'ok' | 'degraded' | 'down';
    };
    PausedWorkerResource: {
      /** @example dev-1 */
      name: string;
      reason: string | null;
      /**
       * Format: date-time
       * @description When it expects to go on
       */
      until: string | null;
    };
    ProblemResource: {
      /** @description Of `illegal-transition`: where it can go */
      allowed?: (
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
      attempt?: number;
      /**
       * @description Stable: decide by it
       * @example validation-failed
       */
      code: string;
      /**
       * @description Of `not-claimable`
       * @enum {string}
       */
      current_status?:
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
      detail: string;
      /** @description Of `validation-failed`: each fault */
      errors?: components['schemas']['FaultResource'][];
      /**
       * @description Of `illegal-transition`
       * @enum {string}
       */
      from?:
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
      instance: string;
      /** @description Of `evidence-missing`: what has to be recorded first */
      missing?: string[];
      /** @description Of `forbidden`: what the credential lacks */
      missing_scope?: string;
      /** @description Of `rate-limited`, where it is about open requests: how many are allowed */
      open_requests?: number;
      request_id: string;
      status: number;
      title: string;
      /**
       * @description Of `illegal-transition`
       * @enum {string}
       */
      to?:
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
      type: string;
    };
    QueueHealthResource: {
      /** @description Without a queue, requests are stored and found by looking */
      configured: boolean;
      last_error: string | null;
      /** @enum {string} */
      status: 'ok' | 'degraded' | 'down';
    };
    ReasonBody: {
      reason?: string | null;
    };
    RefusalResource: {
      address: string | null;
      /** @example unauthenticated */
      code: string;
      /** @description So often, alike but for the time */
      count: number;
      /**
       * @description Why, where the caller was told less
       * @example expired-key
       */
      fault: string;
      /** Format: date-time */
      first_at: string;
      /** Format: date-time */
      last_at: string;
      /** @example POST */
      method: string;
      missing_scope: string | null;
      /** @description Who it was, or whose the credential had been */
      principal: string | null;
      /** Format: uuid */
      request_id: string | null;
      /** @example /api/v1/automation/requests/:id */
      route: string | null;
    };
    RefusalsResource: {
      /** Format: date-time */
      from: string;
      /** @description In the log; decimal */
      position: string;
      refusals: components['schemas']['RefusalResource'][];
      total: number;
      /** @description Of so many no more is known: there were too many kinds at once */
      unlisted: number;
      /** Format: date-time */
      until: string;
    };
    ReportAttemptBody: {
      cost_usd?: number | null;
      /** @description What became of the finished work */
      delivery?:
        | components['schemas']['DeliveredBody']
        | components['schemas']['NothingToDeliverBody']
        | components['schemas']['UndeliveredBody']
        | null;
      duration_ms?: number | null;
      error_code?: string | null;
      error_message?: string | null;
      /** @description Of the agent; minus the signal when a signal ended it */
      exit_code?: number | null;
      num_turns?: number | null;
      /** @enum {string} */
      outcome: 'succeeded' | 'failed' | 'blocked' | 'released';
      /**
       * Format: date-time
       * @description Only with outcome blocked
       */
      resume_at?: string | null;
      /** @description Token counts, at most 8 KiB */
      usage?: {
        [key: string]: unknown;
      } | null;
    };
    RequestResource: {
      /** @description Number of the latest attempt; 0 until first claimed */
      attempt: number;
      blocked: components['schemas']['BlockResource'] | null;
      /** @description What was delivered last */
      branch: string | null;
      /** @description What was delivered last */
      commit: string | null;
      /** Format: date-time */
      completed_at: string | null;
      /** Format: date-time */
      created_at: string;
      /** @description The principal that submitted it */
      created_by: string;
      /** @example milestone 2 of 5: endpoints */
      current_phase: string | null;
      delivery: components['schemas']['DeliveryResource'] | null;
      description: string;
      error_code: string | null;
      error_message: string | null;
      /** Format: uuid */
      id: string;
      /** Format: date-time */
      last_update: string;
      milestones: components['schemas']['MilestoneBody'][];
      /** @description Markdown */
      plan_document: string | null;
      /** Format: uri */
      pr_url: string | null;
      /** @enum {string} */
      priority: 'low' | 'medium' | 'high' | 'critical';
      queue_message_id: string | null;
      /**
       * Format: date-time
       * @description When it was handed to the queue
       */
      queued_at: string | null;
      retry_count: number;
      /** @description The Claude Code session */
      session_id: string | null;
      /** Format: date-time */
      started_at: string | null;
      /** @enum {string} */
      status:
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
      test_results: components['schemas']['TestResultsBody'] | null;
      title: string;
      /** @description A part of its history was deleted or truncated in the event store: this is what was known last, and commands are refused */
      truncated: boolean;
      /** @enum {string} */
      type: 'feature' | 'bug' | 'research' | 'refactor';
      /** @description Revision of its last event */
      version: number;
    };
    RetryRequestBody: {
      /**
       * @description Approves the request as it is at `version`; needs `version`
       * @default false
       */
      approve?: boolean | null;
      reason?: string | null;
      /** @description Only with `approve`: what has been looked at */
      version?: number | null;
    };
    ReviseRequestBody: {
      /** @example milestone 2 of 5: endpoints */
      current_phase?: string | null;
      description?: string;
      error_code?: string | null;
      error_message?: string | null;
      milestones?: components['schemas']['MilestoneBody'][];
      /** @description Markdown */
      plan_document?: string | null;
      /** Format: uri */
      pr_url?: string | null;
      /** @enum {string} */
      priority?: 'low' | 'medium' | 'high' | 'critical';
      session_id?: string | null;
      /** @enum {string} */
      status?:
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
      test_results?: components['schemas']['TestResultsBody'] | null;
      title?: string;
    };
    RevokeKeyBody: {
      reason?: string | null;
    };
    RotateKeyBody: {
      /**
       * Format: date-time
       * @description Left out: the same term again
       */
      expires_at?: string | null;
      /**
       * @description For so long the old secret is valid too
       * @default 3600
       */
      overlap_seconds?: number | null;
    };
    SubmitRequestBody: {
      /** @example Limit to 100 requests/minute per IP. */
      description: string;
      /**
       * @default medium
       * @enum {string|null}
       */
      priority?: 'low' | 'medium' | 'high' | 'critical' | null;
      /** @example Add rate limiting to public endpoints */
      title: string;
      /** @enum {string} */
      type: 'feature' | 'bug' | 'research' | 'refactor';
    };
    TestResultsBody: {
      duration_ms?: number | null;
      failed: number;
      passed: number;
      /** Format: uri */
      report_url?: string | null;
      skipped: number;
      summary?: string | null;
    };
    UndeliveredBody: {
      undelivered: components['schemas']['UndeliveredWorkBody'];
    };
    UndeliveredWorkBody: {
      /** @example f2ca1bb6c7e907d06dafe4687e579fce76b37e4e */
      commit: string;
      /** @description Where the commit is kept */
      ref: string;
      /** @description In words, for a person */
      why: string;
    };
    WorkerResource: {
      /**
       * Format: date-time
       * @description Last sign of life: a hello, claim or heartbeat
       */
      last_seen_at: string;
      /** @example dev-1 */
      name: string;
      reason: string | null;
      repositories: string[];
      /**
       * @description `gone`: not heard of for three minutes
       * @enum {string}
       */
      state: 'working' | 'idle' | 'paused' | 'locked_out' | 'gone';
      /** Format: date-time */
      until: string | null;
      /** @description Null for a worker that claims and never says hello */
      version: string | null;
    };
    WorkersHealthResource: {
      /** @description Those whose agent is not logged in */
      locked_out: string[];
      paused: components['schemas']['PausedWorkerResource'][];
      /** @enum {string} */
      status: 'ok' | 'degraded' | 'down';
      /** @description Requests that have waited for ten minutes while no worker takes any */
      unattended: number;
    };
  };
  responses: {
    /** @description `already-claimed`: Request already claimed. `not-claimable`: Request not claimable. `history-truncated`: Event history truncated. `conflict`: Concurrent update. */
    AlreadyClaimedOrNotClaimableOrHistoryTruncatedOrConflict: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'already-claimed' | 'not-claimable' | 'history-truncated' | 'conflict';
        };
      };
    };
    /** @description `conflict`: Concurrent update. */
    Conflict: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'conflict';
        };
      };
    };
    /** @description `forbidden`: Permission denied. */
    Forbidden: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'forbidden';
        };
      };
    };
    /** @description `headers-too-large`: Request headers too large. */
    HeadersTooLarge: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'headers-too-large';
        };
      };
    };
    /** @description `history-truncated`: Event history truncated. `conflict`: Concurrent update. */
    HistoryTruncatedOrConflict: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'history-truncated' | 'conflict';
        };
      };
    };
    /** @description `idempotency-key-reused`: Idempotency key reused. */
    IdempotencyKeyReused: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'idempotency-key-reused';
        };
      };
    };
    /** @description `illegal-transition`: Illegal status transition. `history-truncated`: Event history truncated. `conflict`: Concurrent update. */
    IllegalTransitionOrHistoryTruncatedOrConflict: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'illegal-transition' | 'history-truncated' | 'conflict';
        };
      };
    };
    /** @description `illegal-transition`: Illegal status transition. `request-ended`: Request already ended. `stale-attempt`: Attempt already ended. `attempt-budget`: Attempt history limit reached. `evidence-missing`: Evidence missing. `approval-required`: Approval required. `history-truncated`: Event history truncated. `conflict`: Concurrent update. */
    IllegalTransitionOrRequestEndedOrStaleAttemptOrAttemptBudgetOrEvidenceMissingOrApprovalRequiredOrHistoryTruncatedOrConflict: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code:
            | 'illegal-transition'
            | 'request-ended'
            | 'stale-attempt'
            | 'attempt-budget'
            | 'evidence-missing'
            | 'approval-required'
            | 'history-truncated'
            | 'conflict';
        };
      };
    };
    /** @description `internal-error`: Internal error. */
    InternalError: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'internal-error';
        };
      };
    };
    /** @description `key-name-taken`: Key name already in use. `key-revoked`: Key already revoked. `conflict`: Concurrent update. */
    KeyNameTakenOrKeyRevokedOrConflict: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'key-name-taken' | 'key-revoked' | 'conflict';
        };
      };
    };
    /** @description `key-name-taken`: Key name already in use. `too-many-keys`: Too many API keys. `conflict`: Concurrent update. */
    KeyNameTakenOrTooManyKeysOrConflict: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'key-name-taken' | 'too-many-keys' | 'conflict';
        };
      };
    };
    /** @description `not-acceptable`: No acceptable representation. */
    NotAcceptable: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'not-acceptable';
        };
      };
    };
    /** @description `not-found`: Not found. */
    NotFound: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'not-found';
        };
      };
    };
    /** @description `payload-too-large`: Request body too large. */
    PayloadTooLarge: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'payload-too-large';
        };
      };
    };
    /** @description `rate-limited`: Rate limit exceeded. */
    RateLimited: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'Retry-After': components['headers']['Retry-After'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'rate-limited';
        };
      };
    };
    /** @description `request-timeout`: Request timed out. */
    RequestTimeout: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'request-timeout';
        };
      };
    };
    /** @description `shutting-down`: Server shutting down. `event-store-unavailable`: Event store unavailable. `identity-provider-unavailable`: Identity provider unavailable. */
    ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailable: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'Retry-After': components['headers']['Retry-After'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'shutting-down' | 'event-store-unavailable' | 'identity-provider-unavailable';
        };
      };
    };
    /** @description `shutting-down`: Server shutting down. `event-store-unavailable`: Event store unavailable. `identity-provider-unavailable`: Identity provider unavailable. `foreign-log`: Wrong event log connected. */
    ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLog: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'Retry-After': components['headers']['Retry-After'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'shutting-down' | 'event-store-unavailable' | 'identity-provider-unavailable' | 'foreign-log';
        };
      };
    };
    /** @description `shutting-down`: Server shutting down. `event-store-unavailable`: Event store unavailable. `identity-provider-unavailable`: Identity provider unavailable. `foreign-log`: Wrong event log connected. `read-model-unavailable`: Read model unavailable. */
    ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLogOrReadModelUnavailable: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'Retry-After': components['headers']['Retry-After'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code:
            | 'shutting-down'
            | 'event-store-unavailable'
            | 'identity-provider-unavailable'
            | 'foreign-log'
            | 'read-model-unavailable';
        };
      };
    };
    /** @description `stale-attempt`: Attempt already ended. `history-truncated`: Event history truncated. `conflict`: Concurrent update. */
    StaleAttemptOrHistoryTruncatedOrConflict: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'stale-attempt' | 'history-truncated' | 'conflict';
        };
      };
    };
    /** @description `unauthenticated`: Authentication required. */
    Unauthenticated: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'WWW-Authenticate': components['headers']['WWW-Authenticate'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'unauthenticated';
        };
      };
    };
    /** @description `unsupported-media-type`: Unsupported media type. */
    UnsupportedMediaType: {
      headers: {
        'Accept-Encoding': components['headers']['Accept-Encoding'];
        'Accept-Patch': components['headers']['Accept-Patch'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'unsupported-media-type';
        };
      };
    };
    /** @description `validation-failed`: Validation failed. `invalid-header`: Invalid header. */
    ValidationFailedOrInvalidHeader: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'validation-failed' | 'invalid-header';
        };
      };
    };
    /** @description `validation-failed`: Validation failed. `invalid-header`: Invalid header. `invalid-cursor`: Invalid cursor. */
    ValidationFailedOrInvalidHeaderOrInvalidCursor: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'validation-failed' | 'invalid-header' | 'invalid-cursor';
        };
      };
    };
    /** @description `validation-failed`: Validation failed. `invalid-id`: Malformed id in the path. `invalid-header`: Invalid header. */
    ValidationFailedOrInvalidIdOrInvalidHeader: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'validation-failed' | 'invalid-id' | 'invalid-header';
        };
      };
    };
    /** @description `validation-failed`: Validation failed. `malformed-json`: Malformed JSON in the body. `invalid-header`: Invalid header. */
    ValidationFailedOrMalformedJsonOrInvalidHeader: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'validation-failed' | 'malformed-json' | 'invalid-header';
        };
      };
    };
    /** @description `validation-failed`: Validation failed. `malformed-json`: Malformed JSON in the body. `invalid-id`: Malformed id in the path. `invalid-header`: Invalid header. */
    ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader: {
      headers: {
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'validation-failed' | 'malformed-json' | 'invalid-id' | 'invalid-header';
        };
      };
    };
    /** @description `version-mismatch`: Version mismatch. */
    VersionMismatch: {
      headers: {
        ETag: components['headers']['ETag'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'X-Correlation-Id': components['headers']['X-Correlation-Id'];
        'X-Request-Id': components['headers']['X-Request-Id'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['ProblemResource'] & {
          /** @enum {string} */
          code: 'version-mismatch';
        };
      };
    };
  };
  parameters: {
    /** @description From a command's answer: the read waits up to a second to show what it wrote */
    'Automation-Position': string;
    /** @description Makes the command safe to repeat: the same key, path and body are carried out once */
    'Idempotency-Key': string;
    /** @description Only when the request is still at this version, as it came in `ETag`, such as `"0"`, or at one of a list; `*` is any */
    'If-Match': string;
    /** @description Entity tags the caller has: 304 when the request is still at one of them */
    'If-None-Match': string;
    /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
    'X-Correlation-Id': string;
  };
  requestBodies: never;
  headers: {
    /** @description How a body may be encoded: not at all */
    'Accept-Encoding': string;
    /** @description What a PATCH may be sent as */
    'Accept-Patch': string;
    /** @description Only when the list may be behind what the caller has written */
    'Automation-Consistency': 'eventual';
    /**
     * @description Sent back with a read, on any instance, it makes the read show what was written here
     * @example 1024
     */
    'Automation-Position': string;
    /**
     * @description The version of the request
     * @example "0"
     */
    ETag: string;
    /** @description Only on an answer that is given again, to a command that was carried out before */
    'Idempotent-Replayed': 'true';
    /** @description The next page, with `rel="next"`; the last page has none */
    Link: string;
    /** @description Where that which is new is to be found */
    Location: string;
    /**
     * @description How many of them are left, and for how many seconds that holds
     * @example "calls";r=599;t=1
     */
    RateLimit: string;
    /**
     * @description How many calls the caller may make in how many seconds, where calls are limited
     * @example "calls";q=600;w=60
     */
    'RateLimit-Policy': string;
    /** @description Seconds */
    'Retry-After': string;
    /** @description How to authenticate */
    'WWW-Authenticate': string;
    /** @description As it was sent, or made */
    'X-Correlation-Id': string;
    /** @description Of this call, in logs and problems */
    'X-Request-Id': string;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  listEvents: {
    parameters: {
      query?: {
        /** @description Position of the log, decimal: only events after it */
        after?: string;
        /** @description At or after this time */
        from?: string;
        limit?: number;
        principal?: string;
        request_id?: string;
        /** @description Before this time */
        to?: string;
        type?: (
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
          | 'CompletionClaimed'
          | 'CompletionClaimVoided'
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
      header?: {
        /** @description From a command's answer: the read waits up to a second to show what it wrote */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of events. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            items: components['schemas']['EventResource'][];
            next_cursor: string | null;
          };
        };
      };
      400: components['responses']['ValidationFailedOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  getHealth: {
    parameters: {
      query?: never;
      header?: {
        /** @description From a command's answer: the read waits up to a second to show what it wrote */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description `ok` or `degraded`. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['HealthResource'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      /** @description `down`. Or `shutting-down`: Server shutting down. `event-store-unavailable`: Event store unavailable. `identity-provider-unavailable`: Identity provider unavailable. */
      503: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'Retry-After': components['headers']['Retry-After'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['HealthResource'];
          'application/problem+json': components['schemas']['ProblemResource'] & {
            /** @enum {string} */
            code: 'shutting-down' | 'event-store-unavailable' | 'identity-provider-unavailable';
          };
        };
      };
      default: components['responses']['InternalError'];
    };
  };
  listKeys: {
    parameters: {
      query?: never;
      header?: {
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The keys. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            items: components['schemas']['KeyResource'][];
          };
        };
      };
      400: components['responses']['ValidationFailedOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  createKey: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to repeat: the same key, path and body are carried out once */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateKeyBody'];
      };
    };
    responses: {
      /** @description The key, with its secret. */
      201: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['IssuedKeyResource'];
        };
      };
      400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['KeyNameTakenOrTooManyKeysOrConflict'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['IdempotencyKeyReused'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  getKey: {
    parameters: {
      query?: never;
      header?: {
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description Of the key, in any case */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The key. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['KeyResource'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  revokeKey: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to repeat: the same key, path and body are carried out once */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description Of the key, in any case */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['RevokeKeyBody'];
      };
    };
    responses: {
      /** @description The key. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['KeyResource'];
        };
      };
      400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  rotateKey: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to repeat: the same key, path and body are carried out once */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description Of the key, in any case */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['RotateKeyBody'];
      };
    };
    responses: {
      /** @description The key, with its new secret. */
      200: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['IssuedKeyResource'];
        };
      };
      400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['KeyNameTakenOrKeyRevokedOrConflict'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['IdempotencyKeyReused'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  listPending: {
    parameters: {
      query?: {
        limit?: number;
        type?: ('feature' | 'bug' | 'research' | 'refactor')[];
      };
      header?: {
        /** @description From a command's answer: the read waits up to a second to show what it wrote */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Requests that wait for a worker. */
      200: {
        headers: {
          'Automation-Consistency': components['headers']['Automation-Consistency'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            items: components['schemas']['RequestResource'][];
          };
        };
      };
      400: components['responses']['ValidationFailedOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLogOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  listRefusals: {
    parameters: {
      query?: {
        /** @description Position of the log, decimal: only what was recorded after it */
        after?: string;
        limit?: number;
      };
      header?: {
        /** @description From a command's answer: the read waits up to a second to show what it wrote */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of what was refused. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            items: components['schemas']['RefusalsResource'][];
            next_cursor: string | null;
          };
        };
      };
      400: components['responses']['ValidationFailedOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  listRequests: {
    parameters: {
      query?: {
        /** @description Completed, failed or cancelled at or after this time */
        completed_after?: string;
        /** @description Completed, failed or cancelled before this time */
        completed_before?: string;
        created_after?: string;
        created_before?: string;
        /** @description The principal that submitted */
        created_by?: string;
        /** @description `next_cursor` of the page before, with the same filters and sort */
        cursor?: string;
        include_total?: boolean;
        limit?: number;
        priority?: ('low' | 'medium' | 'high' | 'critical')[];
        /** @description Each word is in the title or the description, in any case; at most 10 different words */
        q?: string;
        session_id?: string;
        /** @description Statuses sort by name. By `completed_at` and `-completed_at`, what has not ended comes last. Ties are in order of submission, reversed for `-` */
        sort?:
          | '-created_at'
          | 'created_at'
          | '-last_update'
          | 'last_update'
          | 'priority'
          | 'status'
          | '-status'
          | 'completed_at'
          | '-completed_at';
        /** @description `open` is each that is not terminal */
        status?: (
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
          | 'open'
        )[];
        type?: ('feature' | 'bug' | 'research' | 'refactor')[];
        updated_after?: string;
      };
      header?: {
        /** @description From a command's answer: the read waits up to a second to show what it wrote */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of requests. `Link` with `rel="next"` leads to the next one. */
      200: {
        headers: {
          'Automation-Consistency': components['headers']['Automation-Consistency'];
          Link: components['headers']['Link'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            items: components['schemas']['RequestResource'][];
            next_cursor: string | null;
            /** @description Of all pages, when asked for */
            total?: number;
          };
        };
      };
      400: components['responses']['ValidationFailedOrInvalidHeaderOrInvalidCursor'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLogOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  submitRequest: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to repeat: the same key, path and body are carried out once */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['SubmitRequestBody'];
      };
    };
    responses: {
      /** @description The request, with its `Location`. */
      201: {
        headers: {
          'Automation-Position': components['headers']['Automation-Position'];
          ETag: components['headers']['ETag'];
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RequestResource'];
        };
      };
      400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['IdempotencyKeyReused'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLogOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  getRequest: {
    parameters: {
      query?: {
        /** @description The request as it was at this time */
        as_of?: string;
        /** @description The request after this event */
        version?: number;
      };
      header?: {
        /** @description From a command's answer: the read waits up to a second to show what it wrote */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Entity tags the caller has: 304 when the request is still at one of them */
        'If-None-Match'?: components['parameters']['If-None-Match'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description Of the request, in any case */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The request. */
      200: {
        headers: {
          ETag: components['headers']['ETag'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RequestResource'];
        };
      };
      /** @description The caller has this version already (`If-None-Match`). */
      304: {
        headers: {
          ETag: components['headers']['ETag'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['ValidationFailedOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLog'];
      default: components['responses']['InternalError'];
    };
  };
  reviseRequest: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to repeat: the same key, path and body are carried out once */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Only when the request is still at this version, as it came in `ETag`, such as `"0"`, or at one of a list; `*` is any */
        'If-Match'?: components['parameters']['If-Match'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description Of the request, in any case */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['ReviseRequestBody'];
        'application/merge-patch+json': components['schemas']['ReviseRequestBody'];
      };
    };
    responses: {
      /** @description The request. */
      200: {
        headers: {
          'Automation-Position': components['headers']['Automation-Position'];
          ETag: components['headers']['ETag'];
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RequestResource'];
        };
      };
      400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['IllegalTransitionOrRequestEndedOrStaleAttemptOrAttemptBudgetOrEvidenceMissingOrApprovalRequiredOrHistoryTruncatedOrConflict'];
      412: components['responses']['VersionMismatch'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['IdempotencyKeyReused'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLog'];
      default: components['responses']['InternalError'];
    };
  };
  listAttempts: {
    parameters: {
      query?: never;
      header?: {
        /** @description From a command's answer: the read waits up to a second to show what it wrote */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description Of the request, in any case */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The attempts. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            items: components['schemas']['AttemptResource'][];
          };
        };
      };
      400: components['responses']['ValidationFailedOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLogOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  claimRequest: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to repeat: the same key, path and body are carried out once */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Only when the request is still at this version, as it came in `ETag`, such as `"0"`, or at one of a list; `*` is any */
        'If-Match'?: components['parameters']['If-Match'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description Of the request, in any case */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ClaimRequestBody'];
      };
    };
    responses: {
      /** @description The attempt, with its tokens. */
      201: {
        headers: {
          'Automation-Position': components['headers']['Automation-Position'];
          ETag: components['headers']['ETag'];
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ClaimResource'];
        };
      };
      400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['AlreadyClaimedOrNotClaimableOrHistoryTruncatedOrConflict'];
      412: components['responses']['VersionMismatch'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['IdempotencyKeyReused'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLog'];
      default: components['responses']['InternalError'];
    };
  };
  heartbeat: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to repeat: the same key, path and body are carried out once */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Only when the request is still at this version, as it came in `ETag`, such as `"0"`, or at one of a list; `*` is any */
        'If-Match'?: components['parameters']['If-Match'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description Number of the attempt */
        attempt: number;
        /** @description Of the request, in any case */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['HeartbeatBody'];
      };
    };
    responses: {
      /** @description The lease is whole again. */
      200: {
        headers: {
          'Automation-Position': components['headers']['Automation-Position'];
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['HeartbeatResource'];
        };
      };
      400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['StaleAttemptOrHistoryTruncatedOrConflict'];
      412: components['responses']['VersionMismatch'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['IdempotencyKeyReused'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLogOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  reportAttempt: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to repeat: the same key, path and body are carried out once */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Only when the request is still at this version, as it came in `ETag`, such as `"0"`, or at one of a list; `*` is any */
        'If-Match'?: components['parameters']['If-Match'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description Number of the attempt */
        attempt: number;
        /** @description Of the request, in any case */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ReportAttemptBody'];
      };
    };
    responses: {
      /** @description The request. */
      200: {
        headers: {
          'Automation-Position': components['headers']['Automation-Position'];
          ETag: components['headers']['ETag'];
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RequestResource'];
        };
      };
      400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['HistoryTruncatedOrConflict'];
      412: components['responses']['VersionMismatch'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['IdempotencyKeyReused'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLog'];
      default: components['responses']['InternalError'];
    };
  };
  cancelRequest: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to repeat: the same key, path and body are carried out once */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Only when the request is still at this version, as it came in `ETag`, such as `"0"`, or at one of a list; `*` is any */
        'If-Match'?: components['parameters']['If-Match'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description Of the request, in any case */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['ReasonBody'];
      };
    };
    responses: {
      /** @description The request. */
      200: {
        headers: {
          'Automation-Position': components['headers']['Automation-Position'];
          ETag: components['headers']['ETag'];
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RequestResource'];
        };
      };
      400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['IllegalTransitionOrHistoryTruncatedOrConflict'];
      412: components['responses']['VersionMismatch'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['IdempotencyKeyReused'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLog'];
      default: components['responses']['InternalError'];
    };
  };
  listRequestEvents: {
    parameters: {
      query?: {
        /** @description Position of the log, decimal: only events after it */
        after?: string;
        limit?: number;
        type?: (
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
          | 'CompletionClaimed'
          | 'CompletionClaimVoided'
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
      header?: {
        /** @description From a command's answer: the read waits up to a second to show what it wrote */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description Of the request, in any case */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of events. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            items: components['schemas']['EventResource'][];
            next_cursor: string | null;
          };
        };
      };
      400: components['responses']['ValidationFailedOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  retryRequest: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to repeat: the same key, path and body are carried out once */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Only when the request is still at this version, as it came in `ETag`, such as `"0"`, or at one of a list; `*` is any */
        'If-Match'?: components['parameters']['If-Match'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description Of the request, in any case */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['RetryRequestBody'];
      };
    };
    responses: {
      /** @description The request. */
      200: {
        headers: {
          'Automation-Position': components['headers']['Automation-Position'];
          ETag: components['headers']['ETag'];
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RequestResource'];
        };
      };
      400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['IllegalTransitionOrHistoryTruncatedOrConflict'];
      412: components['responses']['VersionMismatch'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['IdempotencyKeyReused'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLog'];
      default: components['responses']['InternalError'];
    };
  };
  changeStatus: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to repeat: the same key, path and body are carried out once */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Only when the request is still at this version, as it came in `ETag`, such as `"0"`, or at one of a list; `*` is any */
        'If-Match'?: components['parameters']['If-Match'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description Of the request, in any case */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ChangeStatusBody'];
        'application/merge-patch+json': components['schemas']['ChangeStatusBody'];
      };
    };
    responses: {
      /** @description The request. */
      200: {
        headers: {
          'Automation-Position': components['headers']['Automation-Position'];
          ETag: components['headers']['ETag'];
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RequestResource'];
        };
      };
      400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['IllegalTransitionOrRequestEndedOrStaleAttemptOrAttemptBudgetOrEvidenceMissingOrApprovalRequiredOrHistoryTruncatedOrConflict'];
      412: components['responses']['VersionMismatch'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['IdempotencyKeyReused'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLog'];
      default: components['responses']['InternalError'];
    };
  };
  listWorkers: {
    parameters: {
      query?: never;
      header?: {
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The workers. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': {
            items: components['schemas']['WorkerResource'][];
          };
        };
      };
      400: components['responses']['ValidationFailedOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLogOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  sayHello: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to repeat: the same key, path and body are carried out once */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Ties calls together, such as `build-4711`: it comes back with the answer, and is in every event of the call */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The worker's name, percent-encoded */
        worker: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['HelloBody'];
      };
    };
    responses: {
      /** @description Noted. */
      204: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLogOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
}
