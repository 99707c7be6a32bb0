import type {
  AttemptReport,
  BlockReason,
  Instant,
  Milestone,
  MilestoneStatus,
  Priority,
  RequestType,
  RunFigures,
  Status,
  TestResults,
} from '../domain/request.ts';

/**
 * What can happen in the life of a request. This union is the storage format: a field may be added (with its default in the
 * codec), anything else is a new type with an upcaster. Whoever reads only the names should understand the story.
 */
export type RequestEvent =
  | Happened<'RequestSubmitted', { type: RequestType; priority: Priority; title: string; description: string }>
  | Happened<'RequestDetailsRevised', { title?: string; description?: string; priority?: Priority }>
  /** A worker took the request on: it is in planning from here. */
  | Happened<
      'RequestClaimed',
      {
        attempt: number;
        worker: string;
        session_id: string | null;
        lease_seconds: number;
        claimed_by: string;
        /** Absent: false, as in events of before there was delivery. */
        delivers?: true;
      }
    >
  | Happened<'PlanningStarted'>
  | Happened<'ImplementationStarted'>
  | Happened<'TestingStarted'>
  | Happened<'ReviewStarted'>
  | Happened<'DeploymentStarted'>
  | Happened<
      'RequestBlocked',
      {
        reason: BlockReason;
        from_status: Status;
        message: string | null;
        error_code: string | null;
        resume_at: Instant | null;
      }
    >
  /** The same block, with more known of it. Only what changed is there. */
  | Happened<'BlockRevised', { reason?: BlockReason; resume_at?: Instant | null }>
  /** Work goes on where the block had stopped it. */
  | Happened<'RequestUnblocked', { to: Status }>
  /** The agent says that it is done; the request completes once its worker has delivered the work. */
  | Happened<'CompletionClaimed', { attempt: number }>
  /** The work is not to be delivered as it is. */
  | Happened<'CompletionClaimVoided', { cause: VoidCause }>
  | Happened<'RequestCompleted'>
  | Happened<'RequestFailed', { error_message: string | null; error_code: string | null }>
  | Happened<'RequestCancelled', { reason: string | null }>
  /**
   * Back to `pending`. `counted` says whether it counts as a retry, `approved` that it approves the request as it is, `returns_in_a_row`
   * how often in a row it has gone back by itself for a cause of its own (absent: 0).
   */
  | Happened<
      'RequestRequeued',
      {
        cause: RequeueCause;
        from_status: Status;
        reason: string | null;
        counted: boolean;
        approved: boolean;
        returns_in_a_row?: number;
      }
    >
  | Happened<'PhaseNoted', { current_phase: string }>
  | Happened<'SessionAttached', { session_id: string }>
  | Happened<'PlanAttached', { plan_document: string }>
  | Happened<'MilestonesPlanned', { milestones: readonly Milestone[] }>
  | Happened<'MilestoneStatusChanged', { id: string; status: MilestoneStatus }>
  | Happened<'PullRequestOpened', { pr_url: string }>
  | Happened<'TestResultsRecorded', { test_results: TestResults }>
  | Happened<'ErrorNoted', { error_message?: string; error_code?: string }>
  | Happened<'FieldsCleared', { fields: readonly ClearableField[] }>
  | Happened<'AttemptProgressed', { attempt: number } & RunFigures>
  | Happened<'AttemptEnded', { attempt: number } & AttemptReport>
  /** A report of an attempt that had ended otherwise before: kept for the record, it changes no state. */
  | Happened<'AttemptReportedLate', { attempt: number } & AttemptReport>
  /** The attempt's lease ran out. */
  | Happened<'AttemptLost', { attempt: number }>;

export type RequeueCause = 'retry' | 'released' | 'lease_lost' | 'resumed';

/** The agent went on working or asks something, the orders are others, or a retry begins anew. */
export type VoidCause = 'work_resumed' | 'orders_changed' | 'started_over';

export const CLEARABLE_FIELDS = [
  'current_phase',
  'session_id',
  'plan_document',
  'pr_url',
  'test_results',
  'error_message',
  'error_code',
] as const;
export type ClearableField = (typeof CLEARABLE_FIELDS)[number];

export type RequestEventType = RequestEvent['type'];

interface Happened<Type extends string, Data = Record<never, never>> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}

/** An event with what the fold needs to know of its place and time. */
export type RecordedRequestEvent = RequestEvent & {
  readonly request_id: string;
  /** Its place in the request's stream, from 0. */
  readonly revision: number;
  readonly occurred_at: Instant;
  /** Who caused it. */
  readonly principal: string;
  /** Number of the attempt whose token was used. */
  readonly attempt?: number;
};
