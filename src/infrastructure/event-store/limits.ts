/** Limits of the store thread. Times are in ms. */
export interface EventStoreLimits {
  /** Timeout of an append, including retries. With the slack it must stay below 3 s. */
  readonly appendTimeoutMs: number;
  /** Timeout of a stream read, including retries. */
  readonly readTimeoutMs: number;
  /** Timeout of reading one page of the log. If few events match, the page ends earlier, at the position it has reached. */
  readonly readLogTimeoutMs: number;
  /** Timeout of the health probe. With the slack it must stay below 1 s. */
  readonly tailTimeoutMs: number;
  /** How long after its deadline the main thread fails a call that the store thread has not answered. */
  readonly slackMs: number;
  /** How long `close` waits for pending calls, and then again for the thread to close the log. */
  readonly closeTimeoutMs: number;

  readonly maxPendingAppends: number;
  /** Concurrent appends to a server; other pending ones wait in the store thread. */
  readonly maxAppendsInFlight: number;
  /** Total size of pending appends, in UTF-16 units of data and metadata. */
  readonly maxPendingAppendUnits: number;
  /** Pending reads of all kinds. */
  readonly maxPendingReads: number;
  /** Pages read concurrently, each of about `batchMaxUnits`; other pending reads wait. */
  readonly maxPagesAtOnce: number;
  readonly maxSubscriptions: number;

  /** Size of one append: data, metadata and types. The limit of a server with default settings. */
  readonly maxAppendBytes: number;

  /** Maximum number of events in a batch of a subscription. */
  readonly batchMaxEvents: number;
  /** A batch or page ends with the event that brings it to this many UTF-16 units of data and metadata. */
  readonly batchMaxUnits: number;
  /** Batches of one subscription that may be sent to the main thread before its reader takes them. */
  readonly batchesAhead: number;
  /** Minimum interval between live batches: a message to the main thread costs more than an event. */
  readonly paceMs: number;
  /** Minimum interval between batches that only move the position. */
  readonly positionIntervalMs: number;

  readonly heartbeatMs: number;
  /** The store thread is replaced after this many unanswered heartbeats in a row. */
  readonly missedHeartbeats: number;
  /** The store thread is replaced if it answers no call for this long, even if it answers heartbeats. */
  readonly unansweredMs: number;
  /**
   * Interval at which a silent subscription is checked against the log. It is dropped if an event found there does not arrive before the
   * next check.
   */
  readonly silenceMs: number;
}

export const defaultLimits: EventStoreLimits = {
  appendTimeoutMs: 2_500,
  readTimeoutMs: 2_500,
  readLogTimeoutMs: 2_500,
  tailTimeoutMs: 800,
  slackMs: 150,
  closeTimeoutMs: 3_000,
  maxPendingAppends: 4_096,
  maxAppendsInFlight: 128,
  maxPendingAppendUnits: 64 * 1024 * 1024,
  maxPendingReads: 1_024,
  maxPagesAtOnce: 32,
  maxSubscriptions: 64,
  maxAppendBytes: 1024 * 1024,
  batchMaxEvents: 1_024,
  batchMaxUnits: 1024 * 1024,
  batchesAhead: 2,
  paceMs: 1,
  positionIntervalMs: 1_000,
  heartbeatMs: 1_000,
  missedHeartbeats: 5,
  unansweredMs: 6_000,
  silenceMs: 5_000,
};
