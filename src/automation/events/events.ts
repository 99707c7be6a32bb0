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
      { attempt: number; worker: string; session_id: string | null; lease_seconds: number; claimed_by: string }
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
  | Happened<'RequestCompleted'>
  | Happened<'RequestFailed', { error_message: string | null; error_code: string | null }>
  | Happened<'RequestCancelled', { reason: string | null }>
  /** Back to `pending`. `counted` says whether it counts as a retry; `approved` that it answers a block of reason `approval`. */
  | Happened<
      'RequestRequeued',
      { cause: RequeueCause; from_status: Status; reason: string | null; counted: boolean; approved: boolean }
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
