/** Limits of the store thread. Each has a default that suits the service; tests narrow some of them. */
export interface EventStoreLimits {
  /** How long an append is tried before it counts as unavailable. Together with the slack it stays below 3 s. */
  readonly appendTimeout_ms: number;
  /** How long a read of a stream is tried. */
  readonly readTimeout_ms: number;
  /** How long one page of the log may take. Where a filter matches little it ends before that, with the place it has reached. */
  readonly readLogTimeout_ms: number;
  /** How long the probe of health waits. Together with the slack it stays below 1 s. */
  readonly tailTimeout_ms: number;
  /** How much later the main thread gives up by itself, should the store thread not have answered in time. */
  readonly slack_ms: number;
  /** How long `close` waits for pending calls, and again for the thread to let go of the log. */
  readonly closeTimeout_ms: number;

  readonly maxPendingAppends: number;
  /** Appends that are under way to a server at once; the rest of the pending ones wait in the store thread. */
  readonly maxAppendsInFlight: number;
  /** Counted in UTF-16 units of data and metadata of all pending appends. */
  readonly maxPendingAppendUnits: number;
  /** Reads of all kinds. */
  readonly maxPendingReads: number;
  /** Pages that are read at once, each of about `batchMaxUnits`; the rest of the pending reads wait for their turn. */
  readonly maxPagesAtOnce: number;
  readonly maxSubscriptions: number;

  /** Data, metadata and types of one append together: the limit of a server with default settings. */
  readonly maxAppendBytes: number;

  /** A batch of a subscription holds at most so many events, … */
  readonly batchMaxEvents: number;
  /** … and ends with the event that passes so many UTF-16 units of data and metadata. So does a page of a read. */
  readonly batchMaxUnits: number;
  /** Batches of one subscription that may lie on the main thread, or on the way to it, without having been taken. */
  readonly batchesAhead: number;
  /** Least time between two batches of live events: crossing to the main thread costs more than an event does. */
  readonly pace_ms: number;
  /** A position that moves without a matching event is handed over at most this often. */
  readonly positionInterval_ms: number;

  readonly heartbeat_ms: number;
  /** A store thread that leaves so many heartbeats in a row unanswered is replaced. */
  readonly missedHeartbeats: number;
  /** A store thread that answers no call for so long is replaced, though its heart beats. */
  readonly unanswered_ms: number;
  /** A subscription silent for so long is compared with the log; found behind twice in a row, it is dropped. */
  readonly silence_ms: number;
}

export const defaultLimits: EventStoreLimits = {
  appendTimeout_ms: 2_500,
  readTimeout_ms: 2_500,
  readLogTimeout_ms: 2_500,
  tailTimeout_ms: 800,
  slack_ms: 150,
  closeTimeout_ms: 3_000,
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
  pace_ms: 1,
  positionInterval_ms: 1_000,
  heartbeat_ms: 1_000,
  missedHeartbeats: 5,
  unanswered_ms: 6_000,
  silence_ms: 5_000,
};
