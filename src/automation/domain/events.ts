import type {
  AttemptReport,
  BlockReason,
  Instant,
  Milestone,
  MilestoneStatus,
  Priority,
  Request,
  RequestType,
  RunFigures,
  Status,
  TestResults,
  AgentMark,
} from './request.ts';

/** What people revise of a request by PATCH, and agents may not: what it asks for, and how urgent it is. */
export const DETAILS = ['title', 'description', 'priority'] as const satisfies readonly (keyof Request)[];
export type Details = Pick<Request, (typeof DETAILS)[number]>;

/**
 * Everything that can happen to a request. This union is the storage format: fields may be added (with a default in the codec); any other
 * change needs a new type and an upcaster. The names alone should tell the story.
 */
export type RequestEvent =
  | Happened<'RequestSubmitted', { type: RequestType; priority: Priority; title: string; description: string }>
  | Happened<'RequestDetailsRevised', Partial<Details>>
  /** A worker claimed the request, which moves it to `planning`. */
  | Happened<
      'RequestClaimed',
      {
        attempt: number;
        worker: string;
        session_id: string | null;
        lease_seconds: number;
        claimed_by: string;
        /** Absent means false, as in events from before workers could deliver. */
        delivers?: true;
        /** Absent if the worker did not say. */
        agent?: AgentMark;
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
  /** The same block with updated details. Contains only what changed. */
  | Happened<'BlockRevised', { reason?: BlockReason; resume_at?: Instant | null }>
  /** Work continues in the status the block interrupted. */
  | Happened<'RequestUnblocked', { to: Status }>
  /** The agent says it is done. The request completes once its worker has delivered the work. */
  | Happened<'CompletionClaimed', { attempt: number }>
  /** The work must not be delivered as it is. */
  | Happened<'CompletionClaimVoided', { cause: VoidCause }>
  | Happened<'RequestCompleted'>
  | Happened<'RequestFailed', { error_message: string | null; error_code: string | null }>
  | Happened<'RequestCancelled', { reason: string | null }>
  /**
   * Back to `pending`. `counted`: this is a retry. `approved`: this approves the request as it is. `returns_in_a_row`: consecutive
   * automatic returns for a cause of its own (absent: 0).
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
  /** A report for an attempt that had already ended otherwise: kept for the record, without changing the status. */
  | Happened<'AttemptReportedLate', { attempt: number } & AttemptReport>
  /** The lease of the attempt expired. */
  | Happened<'AttemptLost', { attempt: number }>;

export type RequeueCause = 'retry' | 'released' | 'lease_lost' | 'resumed';

/**
 * `work_resumed`: the agent went back to work or blocked the request. `orders_changed`: the title or description changed. `started_over`: a
 * retry starts again.
 */
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

/** An event with its place and time, as the fold needs it. */
export type RecordedRequestEvent = RequestEvent & {
  readonly request_id: string;
  /** Position in the request's stream, from 0. */
  readonly revision: number;
  readonly occurred_at: Instant;
  /** The principal that caused it. */
  readonly principal: string;
  /** The attempt whose token was used, if any. */
  readonly attempt?: number;
};
