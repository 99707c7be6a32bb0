// Made from docs/openapi.json by scripts/openapi.mjs. Do not edit.

export interface paths {
  '/api/v1/automation/audit': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List the actions of operators
     * @description Rebuilds, verifications, retries, skips and exports, oldest first. Each is recorded before it begins (`…Requested`: who, why, with which parameters) and when it ends (`…Finished` with its result, or `…Failed` with a code). An action without an end is under way or was cut off.
     */
    get: operations['listAudit'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List the events of all requests
     * @description In the order of the event log. With `Accept: application/x-ndjson`, the response has all events up to the newest one at the time of the call, one a line. `limit` is then not allowed. A response that is cut off continues after the position of its last whole line.
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
  '/api/v1/automation/events/stream': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Follow the events of all requests
     * @description Server-Sent Events: first what was recorded after `Last-Event-ID`, or else `after`, then each event as it is recorded, without gap or repeat. `id` is the position, `event` the type, and `data` the event as JSON. A comment comes after 15 s without an event. The stream ends with the event `end` if the credential is no longer valid. A client that does not read is disconnected, and can go on after the last event it has.
     */
    get: operations['streamEvents'];
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
     * Get the health of the service
     * @description 200 for `ok` and `degraded`, 503 for `down`.
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
     * List API keys
     * @description Oldest first, including expired and revoked keys. Never includes the secrets.
     */
    get: operations['listKeys'];
    put?: never;
    /**
     * Create an API key
     * @description The secret is part of this answer and is never shown again. Once there is a key, every call needs one; until then the service is open to everyone on its machine.
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
     * Get an API key
     * @description Never includes the secret.
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
     * Revoke an API key
     * @description Takes effect immediately and permanently, for the secret from before a rotation as well. Revoking a key again changes nothing.
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
     * Rotate an API key
     * @description Gives the key a new secret. The old secret stays valid for `overlap_seconds`, so nothing stops while it is replaced.
     */
    post: operations['rotateKey'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/me': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Get the caller
     * @description Who the caller is, what it may do, and what is switched on. Open to every credential.
     */
    get: operations['getMe'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/parked': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List parked events
     * @description Events that a consumer of the log could not handle, in the order in which they were parked. They are tried three times within eleven seconds, and then wait for an operator.
     */
    get: operations['listParked'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/parked/{id}/retry': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Retry a parked event
     * @description Handles the event again, and then those that wait behind it, in order. If one fails, it is parked in turn. Waits up to five seconds for the consumer. The queue gets messages again that it had before, with the same ids.
     */
    post: operations['retryParked'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/parked/{id}/skip': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Skip a parked event
     * @description The consumer passes over the event for good, also when its tables are rebuilt, and handles those that wait behind it. The event stays in the log, so what the consumer shows of this request differs from the log from then on.
     */
    post: operations['skipParked'];
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
     * List pending requests
     * @description What a worker should take next: the most urgent requests first, then the oldest.
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
  '/api/v1/automation/projections': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List projections
     * @description Everything that follows the event log, with its progress. The same on every instance.
     */
    get: operations['listProjections'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/projections/{projection}/rebuild': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Follow a rebuild
     * @description The latest rebuild of the read model.
     */
    get: operations['getRebuild'];
    put?: never;
    /**
     * Rebuild a read model
     * @description Builds the tables of the read model anew from the event log, beside the live ones, and swaps them. Meanwhile reads are answered as before. It goes on after a restart. `Location` is where its progress can be followed.
     */
    post: operations['rebuildProjection'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/projections/{projection}/verify': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Compare a read model with the log
     * @description Folds the events of every request again and compares the result with its row. Takes up to 75 s; what is not compared by then is counted in `could_not_check`. Ends when the connection is closed. 409 while another verification of the projection is under way, or if it cannot be compared.
     */
    get: operations['verifyProjection'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/proof/checkpoint': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Get the latest checkpoint
     * @description The signed root of the tree over all events, as C2SP `tlog-checkpoint` says. Signed each minute if there is something new.
     */
    get: operations['getCheckpoint'];
    put?: never;
    /**
     * Sign a checkpoint now
     * @description With all events recorded before the call. If there is nothing new, the latest checkpoint stays.
     */
    post: operations['signCheckpoint'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/proof/consistency': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Prove that the tree only grew
     * @description The hashes that show that the tree of `to` leaves begins with the tree of `from` leaves.
     */
    get: operations['proveConsistency'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/proof/keys': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Get the public keys of checkpoints
     * @description All keys that ever signed, oldest first, each on a line as C2SP `signed-note` writes it.
     */
    get: operations['getProofKeys'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/proof/tile/{level}/{first}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Get a tile of the tree
     * @description As C2SP `tlog-tiles` says: `<level>/<index>`, or `entries/<index>` for the entries themselves; a tile of less than 256 hashes, or entries, has `.p/<width>` at the end.
     */
    get: operations['getTile'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/proof/tile/{level}/{first}/{second}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Get a tile of the tree
     * @description As C2SP `tlog-tiles` says: `<level>/<index>`, or `entries/<index>` for the entries themselves; a tile of less than 256 hashes, or entries, has `.p/<width>` at the end.
     */
    get: operations['getTileBelow'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/proof/tile/{level}/{first}/{second}/{third}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Get a tile of the tree
     * @description As C2SP `tlog-tiles` says: `<level>/<index>`, or `entries/<index>` for the entries themselves; a tile of less than 256 hashes, or entries, has `.p/<width>` at the end.
     */
    get: operations['getTileFarBelow'];
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
     * List refused calls
     * @description Calls refused for bad credentials, missing scopes, stale attempts or rate limits. Recorded within minutes; refusals that only differ in time are counted together.
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
     * @description One page at a time, filtered and sorted. The `Link` header with `rel="next"` is the URL of the next page. `as_of` needs `audit:read` as well.
     */
    get: operations['listRequests'];
    put?: never;
    /**
     * Submit a request
     * @description The request is stored durably before the response is sent, and then waits for a worker.
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
     * @description As it is now, as it was after an event (`version`), or as it was at a time (`as_of`).
     */
    get: operations['getRequest'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    /**
     * Update a request
     * @description A JSON merge patch: fields left out are unchanged, null clears a field, and lists and objects are replaced as a whole. The patch is applied atomically.
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
     * List the attempts of a request
     * @description Oldest first. `outcome` is null while an attempt is live.
     */
    get: operations['listAttempts'];
    put?: never;
    /**
     * Claim a pending request
     * @description If several workers try, one gets it. The tokens are valid for this attempt only. With `delivers`, the agent only claims completion, and the request completes when the worker reports that the work is delivered. If `deliver` is not null, the work is done and only has to be delivered; a claim without `delivers` is then refused with 409 `not-claimable`.
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
     * Renew the lease of a live attempt
     * @description The answer tells the worker whether to stop. New figures are recorded at most once a minute.
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
     * Report the end of an attempt
     * @description Ends the attempt, and moves the request on if its agent did not. A late report of an earlier attempt is recorded, and changes nothing else.
     */
    post: operations['reportAttempt'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/requests/{id}/audit-bundle': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Get the history of a request as a file that proves itself
     * @description All events with their hash chain, a proof for each that it is in the tree of the log, the signed checkpoint, and a readable index. Check it offline with `npm run verify -- --bundle FILE`.
     */
    get: operations['getAuditBundle'];
    put?: never;
    post?: never;
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
     * @description Only a request that has not ended. The worker of a running attempt is told with its next heartbeat.
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
    /** List the events of a request */
    get: operations['listRequestEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/requests/{id}/events/stream': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Follow the events of a request
     * @description Server-Sent Events: first what was recorded after `Last-Event-ID`, or else `after`, then each event as it is recorded, without gap or repeat. `id` is the position, `event` the type, and `data` the event as JSON. A comment comes after 15 s without an event. The stream ends with the event `end` if the credential is no longer valid. A client that does not read is disconnected, and can go on after the last event it has.
     */
    get: operations['streamRequestEvents'];
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
     * Retry a request
     * @description Returns a failed or blocked request to `pending`. The reason also serves as the answer to a question. `approve` approves the title, description and delivered commit as of `version`; the approval lasts until one of them changes. If the request is at another version, the response is 412.
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
     * @description Only the transitions of the lifecycle are allowed. Setting the current status again changes nothing.
     */
    patch: operations['changeStatus'];
    trace?: never;
  };
  '/api/v1/automation/requests/{id}/versions/{version}/diff': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Show what an event of a request changed
     * @description A JSON Patch (RFC 6902) from the previous version of the request to this one. For version 0 it adds the whole request.
     */
    get: operations['diffVersions'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/automation/stats': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Get statistics
     * @description Counts, times, throughput and cost of a time, exact. Times are in seconds. Callers that may only see their own requests get the statistics of these.
     */
    get: operations['getStats'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
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
     * List workers
     * @description All workers seen within the last week, sorted by name.
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
     * Tell the service that a worker is alive
     * @description A worker says hello when it starts, whenever its state changes, and once a minute. After three minutes without a sign of life it is `gone`.
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
       * @description `open`: there are no API keys, and everyone on this machine has access
       * @enum {string}
       */
      mode: 'open' | 'keys';
      /** @enum {string} */
      status: 'ok' | 'degraded' | 'down';
    };
    AgentMarkBody: {
      /**
       * @description Of the kit's files: commands, agents, guard and scripts
       * @example 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
       */
      kit_sha256?: string | null;
      /** @example 0.1.0+1f2e3d4c5b6a */
      kit_version?: string | null;
      /**
       * @description Of the agent's command line, which has the prompt
       * @example 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
       */
      prompt_sha256?: string | null;
    };
    /** @description One run of a request by one worker. */
    AttemptResource: {
      attempt: number;
      /** @description The delivered branch */
      branch: string | null;
      /** @description The delivered commit */
      commit: string | null;
      cost_usd: number | null;
      /** @description Whether the worker claimed the request with `delivers` */
      delivers: boolean;
      /** @description As the worker reported it */
      delivery: components['schemas']['DeliveryResource'] | null;
      duration_ms: number | null;
      /** Format: date-time */
      ended_at: string | null;
      error_code: string | null;
      error_message: string | null;
      exit_code: number | null;
      /**
       * Format: date-time
       * @description Null once the attempt has ended
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
    AttemptStatsResource: {
      /** @description The same by outcome; `live` for those that still run */
      by_outcome: {
        [key: string]: number;
      };
      /** @description Those that failed by `error_code`; the 50 most frequent */
      failed_by_code: {
        [key: string]: number;
      };
      started: number;
    };
    /** @description The history of a request, with everything needed to verify it offline. */
    AuditBundleResource: {
      /** @description A signed note for people: a line for each event with revision, time, type, principal and hash */
      chain: string;
      /** @description The checkpoint of the tree that all proofs lead to, a signed note */
      checkpoint: string;
      events: components['schemas']['BundledEventResource'][];
      /** @enum {string} */
      format: 'automation-audit-bundle/1';
      /** @description Public keys, as C2SP `signed-note` writes them */
      keys: string[];
      /** Format: date-time */
      made_at: string;
      /** @description A C2SP `tlog-proof` for each event, in their order */
      proofs: string[];
      /** Format: uuid */
      request_id: string;
    };
    /** @description An event of the audit, as stored. */
    AuditEventResource: {
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
       * @description Position in the event log, as a decimal string
       * @example 1024
       */
      position: string;
      /** @description Revision in its stream */
      revision: number;
      schema_version: number;
      /** @example RequestSubmitted */
      type: string;
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
       * @description When the request returns to `pending` by itself
       */
      resume_at: string | null;
      /** Format: date-time */
      since: string;
    };
    /** @description An event as it is stored. */
    BundledEventResource: {
      data: {
        [key: string]: unknown;
      };
      /** Format: uuid */
      id: string;
      /** @description With the hash that links it to the event before it */
      metadata: {
        [key: string]: unknown;
      };
      /** @description Number of the event in its stream */
      revision: number;
      /** @example automation_request-01a13b5c-7e60-7c52-9e0f-2f4c1d6f8a11 */
      stream: string;
      /** @example RequestSubmitted */
      type: string;
    };
    ChangeStatusBody: {
      /** @example milestone 2 of 5: endpoints */
      current_phase?: string | null;
      error_code?: string | null;
      error_message?: string | null;
      /**
       * @description Only with status `blocked`
       * @default other
       * @enum {string}
       */
      reason?: 'approval' | 'question' | 'usage_limit' | 'budget' | 'dependency' | 'policy' | 'worker_lost' | 'other';
      /**
       * Format: date-time
       * @description Only with status `blocked`
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
      agent?: components['schemas']['AgentMarkBody'] | null;
      /**
       * @description The worker delivers the work: its agent only claims completion, and the report completes the request
       * @default false
       */
      delivers?: boolean | null;
      /** @default 120 */
      lease_seconds?: number | null;
      session_id?: string | null;
      /** @example dev-1 */
      worker: string;
    };
    /** @description The new attempt, with its tokens. */
    ClaimResource: {
      /** @description The token of the worker's agent */
      agent_token: string;
      attempt: number;
      /** @description The worker's token, for this request and attempt */
      attempt_token: string;
      /** @description The work is done: deliver it and report, without running an agent */
      deliver: components['schemas']['DeliverResource'] | null;
      /** Format: date-time */
      lease_expires_at: string;
      request: components['schemas']['RequestResource'];
    };
    /** @description A proof that one tree begins with another (RFC 6962, section 2.1.2). */
    ConsistencyResource: {
      /** @description Number of leaves of the older tree */
      from: number;
      /** @description Hashes in the order of RFC 6962, in base64 */
      hashes: string[];
      /** @description Number of leaves of the newer tree */
      to: number;
    };
    ConsumerHealthResource: {
      lag: components['schemas']['LagResource'];
      last_error: string | null;
      /** @description Events that it cannot handle; later events of their requests wait */
      parked: number;
      /** @description Position in the event log, as a decimal string */
      position: string | null;
      /** @description Events of unknown types skipped since the start */
      skipped: number;
      /** @example live */
      state: string;
      /** @enum {string} */
      status: 'ok' | 'degraded' | 'down';
    };
    CreateKeyBody: {
      /**
       * Format: date-time
       * @description Null or omitted: the key never expires
       */
      expires_at?: string | null;
      /**
       * @description The principal recorded in events
       * @example dev-1
       */
      name: string;
      /** @enum {string} */
      role: 'submitter' | 'operator' | 'worker' | 'auditor' | 'admin';
    };
    DayResource: {
      completed: number;
      created: number;
      /**
       * Format: date
       * @description A day in UTC
       */
      day: string;
      /** @description How often a request became `failed`, also if it was retried later */
      failed: number;
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
      /** @description A person has approved this commit, so nothing holds it back any longer */
      approved: boolean;
      /** @description Null: the commit at `ref` */
      commit: string | null;
      /** @description The ref that holds the commit */
      ref: string;
    };
    DeliveryResource: {
      /** @description The attempt that did the work */
      attempt: number;
      branch: string | null;
      /** @description Also null when there was nothing to deliver */
      commit: string | null;
      /** Format: uri */
      pr_url: string | null;
      /** @description Why the work could not be delivered */
      reason: string | null;
      /**
       * @description `claimed`: the agent says it is done, and the worker has yet to deliver the work
       * @enum {string}
       */
      state: 'claimed' | 'undelivered' | 'delivered';
    };
    DriftResource: {
      /** @description What the read model has */
      actual:
        | string
        | number
        | boolean
        | unknown[]
        | {
            [key: string]: unknown;
          }
        | null;
      /** @description What the log says. Of long values, an excerpt from shortly before the difference */
      expected:
        | string
        | number
        | boolean
        | unknown[]
        | {
            [key: string]: unknown;
          }
        | null;
      /**
       * @description The column that differs; of a counter its status, type and priority. `id`: the row is missing or left over. `version`: it lacks events
       * @example title
       */
      field: string;
      /**
       * Format: uuid
       * @description The request; null for a counter
       */
      id: string | null;
    };
    /** @description An event of a request, as stored. */
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
       * @description Position in the event log, as a decimal string
       * @example 1024
       */
      position: string;
      /** Format: uuid */
      request_id: string;
      /** @description Revision in its stream */
      revision: number;
      schema_version: number;
      /** @example RequestSubmitted */
      type: string;
    };
    FaultResource: {
      detail: string;
      /**
       * @description JSON Pointer to the field in the body, or `?name` for a query parameter
       * @example /title
       */
      pointer: string;
    };
    FeaturesResource: {
      /**
       * @description `open`: there are no API keys, and everyone on this machine has access
       * @enum {string}
       */
      access: 'open' | 'keys';
      /** @description Tokens of an identity provider are accepted */
      oidc: boolean;
      /** @description Requests are sent to a queue; without one, workers poll */
      queue: boolean;
    };
    HealthChecksResource: {
      access: components['schemas']['AccessHealthResource'];
      event_store: components['schemas']['PartHealthResource'];
      /** @description Each consumer of the event log, by name */
      projections: {
        [key: string]: components['schemas']['ConsumerHealthResource'];
      };
      queue: components['schemas']['QueueHealthResource'];
      read_model: components['schemas']['ReadModelHealthResource'];
      workers: components['schemas']['WorkersHealthResource'];
    };
    /** @description The health of the service and its parts. */
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
    /** @description The renewed lease, and what the worker should do. */
    HeartbeatResource: {
      /** @description Either one tells the worker to stop its agent */
      directives: ('cancel' | 'drain')[];
      /** Format: date-time */
      lease_expires_at: string;
    };
    HelloBody: {
      /** @description Why the worker is paused or locked out */
      reason?: string | null;
      /** @description The repositories it works on; empty if it only takes requests without a repository */
      repositories: string[];
      /** @enum {string} */
      state: 'working' | 'idle' | 'paused' | 'locked_out';
      /**
       * Format: date-time
       * @description When the worker expects its pause to end
       */
      until?: string | null;
      /** @example 0.1.0 */
      version: string;
    };
    /** @description An API key, with its secret. */
    IssuedKeyResource: {
      /** Format: date-time */
      created_at: string;
      created_by: string;
      /** Format: date-time */
      expires_at: string | null;
      /**
       * @description The first characters of the secret, to recognise it by
       * @example abk_3fGh
       */
      hint: string;
      /** Format: uuid */
      id: string;
      /** @description The secret, shown only once. Null in the answer to a repeated call: if the first answer was lost, rotate the key. */
      key: string | null;
      /**
       * Format: date-time
       * @description Use on other instances of the service shows up to an hour late
       */
      last_used_at: string | null;
      /** @description The principal recorded in events */
      name: string;
      /**
       * Format: date-time
       * @description Until when the secret from before the last rotation is still valid
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
    /** @description An API key, without its secret. */
    KeyResource: {
      /** Format: date-time */
      created_at: string;
      created_by: string;
      /** Format: date-time */
      expires_at: string | null;
      /**
       * @description The first characters of the secret, to recognise it by
       * @example abk_3fGh
       */
      hint: string;
      /** Format: uuid */
      id: string;
      /**
       * Format: date-time
       * @description Use on other instances of the service shows up to an hour late
       */
      last_used_at: string | null;
      /** @description The principal recorded in events */
      name: string;
      /**
       * Format: date-time
       * @description Until when the secret from before the last rotation is still valid
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
      /** @description Events received and not yet handled */
      events: number;
      /** @description How long the oldest known event has been waiting */
      ms: number;
    };
    /** @description The caller, what it may do, and what is switched on. */
    MeResource: {
      features: components['schemas']['FeaturesResource'];
      /** @description Sees only the requests that it created */
      own_only: boolean;
      policy: components['schemas']['PolicyResource'];
      /**
       * @description As recorded in events. Of a token, the principal that claimed
       * @example olga
       */
      principal: string;
      /** @description Empty for a token */
      roles: ('submitter' | 'operator' | 'worker' | 'auditor' | 'admin')[];
      /** @description Empty for a token, which opens what belongs to its request */
      scopes: ('requests:submit' | 'requests:read' | 'requests:manage' | 'attempts:work' | 'audit:read' | 'admin')[];
      /** @description Null for other credentials */
      token: components['schemas']['TokenResource'] | null;
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
    /** @description An event that a consumer of the log could not handle. Later events of its request wait behind it; those of other requests do not. */
    ParkedResource: {
      /** @description Later events of the request that wait */
      behind: number;
      /** @example requests */
      consumer: string;
      /** Format: uuid */
      event_id: string;
      /** @example RequestClaimed */
      event_type: string;
      /** Format: uuid */
      id: string;
      /**
       * Format: date-time
       * @description When it is next tried without being asked
       */
      next_try_at: string | null;
      /** Format: date-time */
      parked_at: string;
      /**
       * @description Position in the event log, as a decimal string
       * @example 1024
       */
      position: string;
      /** @description What a retry handles, in order: the event and those behind it, at most ten. A skip leaves out the first */
      preview: components['schemas']['PreviewedEventResource'][];
      /** @description The request, or what the name of a stream that is not ours has in its place */
      request_id: string;
      /** @description Revision in the request's stream */
      revision: number;
      /**
       * @description `retrying`, `skipping`: it is being tried again or skipped; `parked`: it is left to an operator
       * @enum {string}
       */
      state: 'retrying' | 'skipping' | 'parked';
      /** @description The latest ten, oldest first */
      tries: components['schemas']['TryResource'][];
    };
    PartHealthResource: {
      /** @enum {string} */
      status: 'ok' | 'degraded' | 'down';
    };
    /** @description An operation of a JSON Patch (RFC 6902). */
    PatchOperationResource: {
      /** @enum {string} */
      op: 'add' | 'remove' | 'replace';
      /**
       * @description A JSON Pointer; empty for the whole request
       * @example /status
       */
      path: string;
      /** @description Absent for `remove` */
      value?:
        | string
        | number
        | boolean
        | unknown[]
        | {
            [key: string]: unknown;
          }
        | null;
    };
    PausedWorkerResource: {
      /** @example dev-1 */
      name: string;
      reason: string | null;
      /**
       * Format: date-time
       * @description When the worker expects to continue
       */
      until: string | null;
    };
    /** @description Seconds. Null if nothing was measured. */
    PercentilesResource: {
      p50: number | null;
      p90: number | null;
    };
    PolicyResource: {
      /** @description The submitter of a request may not approve it */
      four_eyes: boolean;
      /** @description Number of consecutive lost attempts at which a request fails */
      max_attempts: number;
      /** @description Those who may only submit and read see only their own requests */
      own_only: boolean;
      /** @description Deployments have to be approved */
      require_approval: boolean;
      /**
       * @description Names the policy in the metadata of events, and in the audit event that has its content
       * @example 1:9f86d081884c7d659a2feaa0c55ad015
       */
      version: string;
    };
    PreviewedEventResource: {
      /** Format: uuid */
      event_id: string;
      /** @example RequestClaimed */
      event_type: string;
      /**
       * @description Position in the event log, as a decimal string
       * @example 1024
       */
      position: string;
      /** @description Revision in the request's stream */
      revision: number;
    };
    ProblemResource: {
      /** @description With `illegal-transition`: the statuses that are allowed */
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
      /** @description With `already-claimed` and `stale-attempt`: the attempt in question */
      attempt?: number;
      /**
       * @description Stable, for programs to match on
       * @example validation-failed
       */
      code: string;
      /**
       * @description With `not-claimable`
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
      /** @description With `validation-failed`: what is wrong with each field */
      errors?: components['schemas']['FaultResource'][];
      /**
       * @description With `illegal-transition`
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
      /** @description With `evidence-missing`: what must be recorded first */
      missing?: string[];
      /** @description With `forbidden`: the scope that the credential lacks */
      missing_scope?: string;
      /** @description With `rate-limited`, if the limit is on open requests: how many are allowed */
      open_requests?: number;
      request_id: string;
      status: number;
      title: string;
      /**
       * @description With `illegal-transition`
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
    /** @description A read model, or something else that follows the event log. */
    ProjectionResource: {
      /**
       * @description `read_model`: its tables can be rebuilt from the log. `deadlines`: its tables also hold renewals, which the log does not have. `proof`: it keeps the tree that proves the log. `forwarder`: it sends messages
       * @enum {string}
       */
      kind: 'read_model' | 'deadlines' | 'proof' | 'forwarder';
      lag: components['schemas']['LagResource'];
      /** @description Code of the current error */
      last_error: string | null;
      /** @example requests */
      name: string;
      /** @description Events that could not be handled, and wait for an operator */
      parked: number;
      /** @description Position in the event log, as a decimal string */
      position: string | null;
      /** @description Events handled per second, over the last 10 s */
      rate: number;
      /** @description The rebuild that is under way */
      rebuild: components['schemas']['RebuildResource'] | null;
      /**
       * @description As seen by the instance that runs it. `standby`: another one does, and has not told for 15 s
       * @example live
       */
      state: string;
      /** @description Events of unknown types, skipped since the start of the process */
      unknown: number;
    };
    QueueHealthResource: {
      /** @description Without a queue, requests are stored, and workers poll for them */
      configured: boolean;
      last_error: string | null;
      /** @enum {string} */
      status: 'ok' | 'degraded' | 'down';
    };
    ReadModelHealthResource: {
      /**
       * Format: date-time
       * @description The earliest `as_of` of the list. Null while unknown
       */
      as_of_from: string | null;
      /** @enum {string} */
      status: 'ok' | 'degraded' | 'down';
    };
    ReasonBody: {
      reason?: string | null;
    };
    RebuildFaultResource: {
      /** @example TypeError, in evolve */
      cause: string;
      /** Format: uuid */
      event_id: string;
      /** @description Position in the event log, as a decimal string */
      position: string;
      /** @example RequestSubmitted */
      type: string;
    };
    /** @description The latest rebuild of a projection. `done` of `total` is its progress. */
    RebuildResource: {
      /** @description Position in the event log that the new tables have reached */
      done: number;
      /**
       * Format: date-time
       * @description When it is expected to end
       */
      eta: string | null;
      /**
       * @description `none`: there was none. `waiting`: it begins within seconds. `stopped`: at an event that cannot be handled; asked for again, it goes on. `finished`: its tables are the live ones
       * @enum {string}
       */
      state: 'none' | 'waiting' | 'running' | 'stopped' | 'finished';
      /** @description The event at which it stopped */
      stopped_at: components['schemas']['RebuildFaultResource'] | null;
      /** @description Position in the event log of the live tables */
      total: number;
    };
    RefusalResource: {
      address: string | null;
      /** @example unauthenticated */
      code: string;
      /** @description How often this refusal occurred */
      count: number;
      /**
       * @description The reason, which the caller may not have been told in full
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
      /** @description The caller, or the owner of the credential */
      principal: string | null;
      /** Format: uuid */
      request_id: string | null;
      /** @example /api/v1/automation/requests/:id */
      route: string | null;
    };
    /** @description Refusals recorded together; those that only differ in time are counted. */
    RefusalsResource: {
      /** Format: date-time */
      from: string;
      /** @description Position in the event log, as a decimal string */
      position: string;
      refusals: components['schemas']['RefusalResource'][];
      total: number;
      /** @description Further refusals, counted but not listed because there were too many different ones */
      unlisted: number;
      /** Format: date-time */
      until: string;
    };
    ReportAttemptBody: {
      cost_usd?: number | null;
      /** @description What happened to the finished work */
      delivery?:
        | components['schemas']['DeliveredBody']
        | components['schemas']['NothingToDeliverBody']
        | components['schemas']['UndeliveredBody']
        | null;
      duration_ms?: number | null;
      error_code?: string | null;
      error_message?: string | null;
      /** @description Exit code of the agent; the negative signal number if a signal ended it */
      exit_code?: number | null;
      num_turns?: number | null;
      /** @enum {string} */
      outcome: 'succeeded' | 'failed' | 'blocked' | 'released';
      /**
       * Format: date-time
       * @description Only with outcome `blocked`
       */
      resume_at?: string | null;
      /** @description Token counts, at most 8 KiB */
      usage?: {
        [key: string]: unknown;
      } | null;
    };
    /** @description The request. */
    RequestResource: {
      /** @description Number of the latest attempt; 0 until the request is first claimed */
      attempt: number;
      blocked: components['schemas']['BlockResource'] | null;
      /** @description The branch delivered last */
      branch: string | null;
      /** @description The commit delivered last */
      commit: string | null;
      /** Format: date-time */
      completed_at: string | null;
      /** Format: date-time */
      created_at: string;
      /** @description The principal that submitted the request */
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
       * @description When the request was sent to the queue
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
      /** @description Part of the history was deleted or truncated in the event store. The request is shown as last known, and commands are refused */
      truncated: boolean;
      /** @enum {string} */
      type: 'feature' | 'bug' | 'research' | 'refactor';
      /** @description Revision of the latest event */
      version: number;
    };
    RetryRequestBody: {
      /**
       * @description Approves the request as of `version`, which is then required
       * @default false
       */
      approve?: boolean | null;
      reason?: string | null;
      /** @description Only with `approve`: the version that was reviewed */
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
       * @description If omitted, the key is renewed for the same length of time
       */
      expires_at?: string | null;
      /**
       * @description How long the old secret stays valid
       * @default 3600
       */
      overlap_seconds?: number | null;
    };
    /** @description What became of a parked event. */
    SettledParkedResource: {
      /** @description Why it failed again */
      cause: string | null;
      /** @example requests */
      consumer: string;
      /** Format: uuid */
      event_id: string;
      /** @example RequestClaimed */
      event_type: string;
      /** Format: uuid */
      id: string;
      /**
       * @description `failed`: it failed again and stays parked; `pending`: the consumer has not come to it within five seconds, and does it later
       * @enum {string}
       */
      outcome: 'handled' | 'skipped' | 'failed' | 'pending';
      /**
       * @description Position in the event log, as a decimal string
       * @example 1024
       */
      position: string;
      request_id: string;
    };
    SettleParkedBody: {
      /** @description Recorded in the audit */
      reason?: string | null;
    };
    /** @description Statistics of a time. */
    StatsResource: {
      /** @description Attempts that began in this time */
      attempts: components['schemas']['AttemptStatsResource'];
      /** @description Empty: requests have no labels yet */
      by_label: {
        [key: string]: number;
      };
      by_priority: {
        [key: string]: number;
      };
      /** @description Empty: requests have no repository yet */
      by_repository: {
        [key: string]: number;
      };
      /** @description Requests created in this time by the status they have today */
      by_status: {
        [key: string]: number;
      };
      by_type: {
        [key: string]: number;
      };
      /** @description What these attempts cost: the sum of the largest figure that each has reported */
      cost_usd: number;
      /** Format: date-time */
      from: string;
      /** @description From submission to completion, of requests completed in this time */
      lead_time: components['schemas']['PercentilesResource'];
      /** @description Each day on which something happened, oldest first */
      throughput: components['schemas']['DayResource'][];
      /** @description How long requests stayed in a status, each time they left one in this time */
      time_in_status: {
        [key: string]: components['schemas']['PercentilesResource'];
      };
      /** Format: date-time */
      to: string;
      /** @description The turns of these attempts, likewise */
      turns: number;
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
    TokenResource: {
      attempt: number;
      /** @enum {string} */
      holder: 'worker' | 'agent';
      /** Format: uuid */
      request_id: string;
    };
    TryResource: {
      /** Format: date-time */
      at: string;
      /**
       * @description Kind of error, code and place. Never contains text of a request
       * @example SQLSTATE 23514, table requests, constraint requests_check
       */
      cause: string;
    };
    UndeliveredBody: {
      undelivered: components['schemas']['UndeliveredWorkBody'];
    };
    UndeliveredWorkBody: {
      /** @example f2ca1bb6c7e907d06dafe4687e579fce76b37e4e */
      commit: string;
      /** @description The ref that holds the commit */
      ref: string;
      /** @description Why the work could not be delivered, for people to read */
      why: string;
    };
    /** @description The comparison of a read model with the event log. */
    VerificationResource: {
      /** @description Requests compared */
      checked: number;
      /** @description False if time was up before everything was compared */
      complete: boolean;
      /** @description Requests that were not compared: their history is truncated or unreadable, they changed too fast, or time was up */
      could_not_check: number;
      /** @description The first 200 differences */
      drifted: components['schemas']['DriftResource'][];
      /** @description Differences beyond those */
      not_listed: number;
    };
    /** @description A worker. */
    WorkerResource: {
      /**
       * Format: date-time
       * @description When it last said hello, claimed a request or sent a heartbeat
       */
      last_seen_at: string;
      /** @example dev-1 */
      name: string;
      reason: string | null;
      repositories: string[];
      /**
       * @description `gone`: not seen for three minutes
       * @enum {string}
       */
      state: 'working' | 'idle' | 'paused' | 'locked_out' | 'gone';
      /** Format: date-time */
      until: string | null;
      /** @description Null if the worker claims requests without ever saying hello */
      version: string | null;
    };
    WorkersHealthResource: {
      /** @description Workers whose agent is not logged in */
      locked_out: string[];
      paused: components['schemas']['PausedWorkerResource'][];
      /** @enum {string} */
      status: 'ok' | 'degraded' | 'down';
      /** @description Requests that have waited for ten minutes while no worker is available; counted up to 1,000 */
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
    /** @description `foreign-log`: Wrong event log connected. */
    ForeignLog: {
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
          code: 'foreign-log';
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
    /** @description `history-truncated`: Event history truncated. `history-too-large`: Event history too large. */
    HistoryTruncatedOrHistoryTooLarge: {
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
          code: 'history-truncated' | 'history-too-large';
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
    /** @description `shutting-down`: Server shutting down. `event-store-unavailable`: Event store unavailable. `identity-provider-unavailable`: Identity provider unavailable. `read-model-unavailable`: Read model unavailable. */
    ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrReadModelUnavailable: {
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
            'shutting-down' | 'event-store-unavailable' | 'identity-provider-unavailable' | 'read-model-unavailable';
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
    /** @description From the answer to a command: the read waits up to a second for the command's changes. */
    'Automation-Position': string;
    /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
    'Idempotency-Key': string;
    /** @description The command is only carried out if the request is at this version, as returned in `ETag`, such as `"0"`, or at one of several. `*` matches any version. */
    'If-Match': string;
    /** @description Entity tags that the caller has. If the request is at one of these versions, the response is 304. */
    'If-None-Match': string;
    /** @description The `id` of the last event that the client has. It wins over `after`. */
    'Last-Event-ID': string;
    /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
    'X-Correlation-Id': string;
  };
  requestBodies: never;
  headers: {
    /** @description The content encodings that are accepted: none */
    'Accept-Encoding': string;
    /** @description The media types that a PATCH accepts */
    'Accept-Patch': string;
    /** @description Only if the list may not reflect the latest writes of the caller yet */
    'Automation-Consistency': 'eventual';
    /**
     * @description Send it with a read, to any instance, and the read reflects this write
     * @example 1024
     */
    'Automation-Position': string;
    /**
     * @description The version of the request
     * @example "0"
     */
    ETag: string;
    /** @description Only on the repeated answer to a command that was already carried out */
    'Idempotent-Replayed': 'true';
    /** @description URL of the next page, with `rel="next"`; not on the last page */
    Link: string;
    /** @description URL of the new resource */
    Location: string;
    /**
     * @description The calls remaining (`r`), and the seconds until the quota is restored (`t`)
     * @example "calls";r=599;t=1
     */
    RateLimit: string;
    /**
     * @description The quota of calls (`q`) per window of seconds (`w`), if calls are limited
     * @example "calls";q=600;w=60
     */
    'RateLimit-Policy': string;
    /** @description Seconds to wait before the next call */
    'Retry-After': string;
    /** @description How to authenticate */
    'WWW-Authenticate': string;
    /** @description As sent with the call, or else generated */
    'X-Correlation-Id': string;
    /** @description Identifies this call in logs and problems */
    'X-Request-Id': string;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  listAudit: {
    parameters: {
      query?: {
        /** @description Only what was recorded after this position in the event log, a decimal string */
        after?: string;
        /** @description The request id of the call, or the id of the event, that caused it */
        causation_id?: string;
        /** @description The `X-Correlation-Id` of the call, or its request id if it sent none */
        correlation_id?: string;
        /** @description At or after this time */
        from?: string;
        limit?: number;
        principal?: string;
        /** @description Before this time */
        to?: string;
        type?: (
          | 'RebuildRequested'
          | 'RebuildFinished'
          | 'RebuildFailed'
          | 'VerificationRequested'
          | 'VerificationFinished'
          | 'VerificationFailed'
          | 'RetryRequested'
          | 'RetryFinished'
          | 'RetryFailed'
          | 'SkipRequested'
          | 'SkipFinished'
          | 'SkipFailed'
          | 'ExportRequested'
          | 'ExportFinished'
          | 'ExportFailed'
          | 'PolicyRecorded'
        )[];
      };
      header?: {
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of results, in `items`. `next_cursor` is null on the last page. */
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
            items: components['schemas']['AuditEventResource'][];
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
  listEvents: {
    parameters: {
      query?: {
        /** @description Only what was recorded after this position in the event log, a decimal string */
        after?: string;
        /** @description The request id of the call, or the id of the event, that caused it */
        causation_id?: string;
        /** @description The `X-Correlation-Id` of the call, or its request id if it sent none */
        correlation_id?: string;
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
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of results, in `items`. `next_cursor` is null on the last page. */
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
          'application/x-ndjson': string;
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
  streamEvents: {
    parameters: {
      query?: {
        /** @description Only what was recorded after this position in the event log, a decimal string */
        after?: string;
        /** @description The request id of the call, or the id of the event, that caused it */
        causation_id?: string;
        /** @description The `X-Correlation-Id` of the call, or its request id if it sent none */
        correlation_id?: string;
        /** @description At or after this time */
        from?: string;
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
        /** @description The `id` of the last event that the client has. It wins over `after`. */
        'Last-Event-ID'?: components['parameters']['Last-Event-ID'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Server-Sent Events. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'text/event-stream': string;
        };
      };
      400: components['responses']['ValidationFailedOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      406: components['responses']['NotAcceptable'];
      409: components['responses']['ForeignLog'];
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
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The health of the service and its parts. */
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
      /** @description The health of the service and its parts. Or `shutting-down`: Server shutting down. `event-store-unavailable`: Event store unavailable. `identity-provider-unavailable`: Identity provider unavailable. */
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
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The results, in `items`. */
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
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
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
      /** @description An API key, with its secret. */
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
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The key's id. Case-insensitive. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description An API key, without its secret. */
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
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The key's id. Case-insensitive. */
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
      /** @description An API key, without its secret. */
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
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The key's id. Case-insensitive. */
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
      /** @description An API key, with its secret. */
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
  getMe: {
    parameters: {
      query?: never;
      header?: {
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The caller, what it may do, and what is switched on. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['MeResource'];
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
  listParked: {
    parameters: {
      query?: {
        /** @description Only those of this consumer, by the name in `/health` */
        consumer?: string;
        /** @description `next_cursor` of the page before */
        cursor?: string;
        limit?: number;
      };
      header?: {
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of results, in `items`. `next_cursor` is null on the last page. */
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
            items: components['schemas']['ParkedResource'][];
            next_cursor: string | null;
          };
        };
      };
      400: components['responses']['ValidationFailedOrInvalidHeaderOrInvalidCursor'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  retryParked: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['SettleParkedBody'];
      };
    };
    responses: {
      /** @description What became of a parked event. */
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
          'application/json': components['schemas']['SettledParkedResource'];
        };
      };
      400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['IdempotencyKeyReused'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  skipParked: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['SettleParkedBody'];
      };
    };
    responses: {
      /** @description What became of a parked event. */
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
          'application/json': components['schemas']['SettledParkedResource'];
        };
      };
      400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['IdempotencyKeyReused'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrReadModelUnavailable'];
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
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The results, in `items`. */
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
  listProjections: {
    parameters: {
      query?: never;
      header?: {
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The results, in `items`. */
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
            items: components['schemas']['ProjectionResource'][];
          };
        };
      };
      400: components['responses']['ValidationFailedOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  getRebuild: {
    parameters: {
      query?: never;
      header?: {
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The projection's name. */
        projection: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The latest rebuild of a projection. `done` of `total` is its progress. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RebuildResource'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  rebuildProjection: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The projection's name. */
        projection: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['ReasonBody'];
      };
    };
    responses: {
      /** @description No content. */
      202: {
        headers: {
          'Idempotent-Replayed': components['headers']['Idempotent-Replayed'];
          Location: components['headers']['Location'];
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
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      422: components['responses']['IdempotencyKeyReused'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  verifyProjection: {
    parameters: {
      query?: never;
      header?: {
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The projection's name. */
        projection: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The comparison of a read model with the event log. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['VerificationResource'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      409: components['responses']['Conflict'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLogOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  getCheckpoint: {
    parameters: {
      query?: never;
      header?: {
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A signed note: origin, number of leaves, root, and the signature. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'text/plain': string;
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
  signCheckpoint: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A signed note: origin, number of leaves, root, and the signature. */
      201: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'text/plain': string;
        };
      };
      400: components['responses']['ValidationFailedOrMalformedJsonOrInvalidHeader'];
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
  proveConsistency: {
    parameters: {
      query: {
        /** @description Number of leaves of the older tree */
        from: number;
        /** @description Number of leaves of the newer tree */
        to: number;
      };
      header?: {
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A proof that one tree begins with another (RFC 6962, section 2.1.2). */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ConsistencyResource'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  getProofKeys: {
    parameters: {
      query?: never;
      header?: {
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Verifier keys, `<name>+<id>+<key>`, one a line. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'text/plain': string;
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
  getTile: {
    parameters: {
      query?: never;
      header?: {
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description A part of the index of the tile in C2SP form, or its width. */
        first: string;
        /** @description The level of the tile, 0 to 63, or `entries`. */
        level: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Hashes of 32 bytes, or entries, each after its length as two bytes. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      400: components['responses']['ValidationFailedOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  getTileBelow: {
    parameters: {
      query?: never;
      header?: {
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description A part of the index of the tile in C2SP form, or its width. */
        first: string;
        /** @description The level of the tile, 0 to 63, or `entries`. */
        level: string;
        /** @description A part of the index of the tile in C2SP form, or its width. */
        second: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Hashes of 32 bytes, or entries, each after its length as two bytes. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      400: components['responses']['ValidationFailedOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  getTileFarBelow: {
    parameters: {
      query?: never;
      header?: {
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description A part of the index of the tile in C2SP form, or its width. */
        first: string;
        /** @description The level of the tile, 0 to 63, or `entries`. */
        level: string;
        /** @description A part of the index of the tile in C2SP form, or its width. */
        second: string;
        /** @description A part of the index of the tile in C2SP form, or its width. */
        third: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Hashes of 32 bytes, or entries, each after its length as two bytes. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      400: components['responses']['ValidationFailedOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  listRefusals: {
    parameters: {
      query?: {
        /** @description Only what was recorded after this position in the event log, a decimal string */
        after?: string;
        limit?: number;
      };
      header?: {
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of results, in `items`. `next_cursor` is null on the last page. */
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
        /** @description The list as it was at this time: each request after its last event up to then. Needs `audit:read`. Not before the time that the health of the read model names, and not in the future */
        as_of?: string;
        /** @description Completed, failed or cancelled at or after this time */
        completed_after?: string;
        /** @description Completed, failed or cancelled before this time */
        completed_before?: string;
        created_after?: string;
        created_before?: string;
        /** @description The principal that submitted the request */
        created_by?: string;
        /** @description `next_cursor` of the previous page. Filters and sort must be the same */
        cursor?: string;
        include_total?: boolean;
        limit?: number;
        priority?: ('low' | 'medium' | 'high' | 'critical')[];
        /** @description Words that all occur in the title or the description, case-insensitively; at most 10 different ones */
        q?: string;
        session_id?: string;
        /** @description Statuses are sorted by name. With `completed_at` and `-completed_at`, requests that have not ended come last. Ties are sorted by submission, in reverse with `-` */
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
        /** @description `open` stands for all statuses that are not final */
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
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of results, in `items`. `next_cursor` is null on the last page. */
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
            /** @description The number of requests on all pages, with `include_total` */
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
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
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
      /** @description The request. */
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
        /** @description Shows the request as of this time */
        as_of?: string;
        /** @description Shows the request as of this version */
        version?: number;
      };
      header?: {
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Entity tags that the caller has. If the request is at one of these versions, the response is 304. */
        'If-None-Match'?: components['parameters']['If-None-Match'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The request's id. Case-insensitive. */
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
      /** @description The caller already has this version (`If-None-Match`). */
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
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description The command is only carried out if the request is at this version, as returned in `ETag`, such as `"0"`, or at one of several. `*` matches any version. */
        'If-Match'?: components['parameters']['If-Match'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The request's id. Case-insensitive. */
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
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The request's id. Case-insensitive. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The results, in `items`. */
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
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description The command is only carried out if the request is at this version, as returned in `ETag`, such as `"0"`, or at one of several. `*` matches any version. */
        'If-Match'?: components['parameters']['If-Match'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The request's id. Case-insensitive. */
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
      /** @description The new attempt, with its tokens. */
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
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description The command is only carried out if the request is at this version, as returned in `ETag`, such as `"0"`, or at one of several. `*` matches any version. */
        'If-Match'?: components['parameters']['If-Match'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The number of the attempt. */
        attempt: number;
        /** @description The request's id. Case-insensitive. */
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
      /** @description The renewed lease, and what the worker should do. */
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
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description The command is only carried out if the request is at this version, as returned in `ETag`, such as `"0"`, or at one of several. `*` matches any version. */
        'If-Match'?: components['parameters']['If-Match'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The number of the attempt. */
        attempt: number;
        /** @description The request's id. Case-insensitive. */
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
  getAuditBundle: {
    parameters: {
      query?: never;
      header?: {
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The request's id. Case-insensitive. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The history of a request, with everything needed to verify it offline. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AuditBundleResource'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      409: components['responses']['HistoryTruncatedOrHistoryTooLarge'];
      429: components['responses']['RateLimited'];
      431: components['responses']['HeadersTooLarge'];
      503: components['responses']['ShuttingDownOrEventStoreUnavailableOrIdentityProviderUnavailableOrForeignLogOrReadModelUnavailable'];
      default: components['responses']['InternalError'];
    };
  };
  cancelRequest: {
    parameters: {
      query?: never;
      header?: {
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description The command is only carried out if the request is at this version, as returned in `ETag`, such as `"0"`, or at one of several. `*` matches any version. */
        'If-Match'?: components['parameters']['If-Match'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The request's id. Case-insensitive. */
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
        /** @description Only what was recorded after this position in the event log, a decimal string */
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
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The request's id. Case-insensitive. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of results, in `items`. `next_cursor` is null on the last page. */
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
  streamRequestEvents: {
    parameters: {
      query?: {
        /** @description Only what was recorded after this position in the event log, a decimal string */
        after?: string;
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
        /** @description The `id` of the last event that the client has. It wins over `after`. */
        'Last-Event-ID'?: components['parameters']['Last-Event-ID'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The request's id. Case-insensitive. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Server-Sent Events. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'text/event-stream': string;
        };
      };
      400: components['responses']['ValidationFailedOrInvalidIdOrInvalidHeader'];
      401: components['responses']['Unauthenticated'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      409: components['responses']['ForeignLog'];
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
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description The command is only carried out if the request is at this version, as returned in `ETag`, such as `"0"`, or at one of several. `*` matches any version. */
        'If-Match'?: components['parameters']['If-Match'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The request's id. Case-insensitive. */
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
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description The command is only carried out if the request is at this version, as returned in `ETag`, such as `"0"`, or at one of several. `*` matches any version. */
        'If-Match'?: components['parameters']['If-Match'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The request's id. Case-insensitive. */
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
  diffVersions: {
    parameters: {
      query?: never;
      header?: {
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The request's id. Case-insensitive. */
        id: string;
        /** @description The version of the request: the revision of an event in the request's stream. */
        version: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The results. */
      200: {
        headers: {
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          'X-Correlation-Id': components['headers']['X-Correlation-Id'];
          'X-Request-Id': components['headers']['X-Request-Id'];
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['PatchOperationResource'][];
          'application/json-patch+json': components['schemas']['PatchOperationResource'][];
        };
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
  getStats: {
    parameters: {
      query?: {
        /** @description From this time on. Default: 90 days before `to` */
        from?: string;
        /** @description With one of these labels, separated by commas; `-` stands for none */
        label?: string;
        /** @description Of these repositories, separated by commas; `-` stands for none */
        repository?: string;
        /** @description Before this time, at most 366 days after `from`. Default: now */
        to?: string;
      };
      header?: {
        /** @description From the answer to a command: the read waits up to a second for the command's changes. */
        'Automation-Position'?: components['parameters']['Automation-Position'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Statistics of a time. */
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
          'application/json': components['schemas']['StatsResource'];
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
  listWorkers: {
    parameters: {
      query?: never;
      header?: {
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The results, in `items`. */
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
        /** @description Makes the command safe to retry: the same key, path and body are carried out once. */
        'Idempotency-Key'?: components['parameters']['Idempotency-Key'];
        /** @description Ties calls together, such as `build-4711`. Returned with the answer, and recorded in every event of the call. */
        'X-Correlation-Id'?: components['parameters']['X-Correlation-Id'];
      };
      path: {
        /** @description The worker's name, percent-encoded. */
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
      /** @description No content. */
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
