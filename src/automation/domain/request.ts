/** The vocabulary of the domain. Names are those of the HTTP contract and of the stored events. */

export const REQUEST_TYPES = ['feature', 'bug', 'research', 'refactor'] as const;
export type RequestType = (typeof REQUEST_TYPES)[number];

/** From least to most urgent. */
export const PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Priority = (typeof PRIORITIES)[number];

export const STATUSES = [
  'pending',
  'planning',
  'implementing',
  'testing',
  'reviewing',
  'deploying',
  'completed',
  'failed',
  'blocked',
  'cancelled',
] as const;
export type Status = (typeof STATUSES)[number];

export const BLOCK_REASONS = [
  'approval',
  'question',
  'usage_limit',
  'budget',
  'dependency',
  'policy',
  'worker_lost',
  'other',
] as const;
export type BlockReason = (typeof BLOCK_REASONS)[number];

export const MILESTONE_STATUSES = ['pending', 'in_progress', 'completed', 'failed', 'skipped'] as const;
export type MilestoneStatus = (typeof MILESTONE_STATUSES)[number];

/** How an attempt ended, as reported by its worker. */
export const REPORTED_OUTCOMES = ['succeeded', 'failed', 'blocked', 'released'] as const;
export type ReportedOutcome = (typeof REPORTED_OUTCOMES)[number];

/** ISO 8601 in UTC with milliseconds. */
export type Instant = string;

export interface Block {
  readonly reason: BlockReason;
  readonly message: string | null;
  readonly since: Instant;
  readonly from_status: Status;
  /** After this time the request returns to `pending` automatically. Null: never. */
  readonly resume_at: Instant | null;
}

export interface Milestone {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly status: MilestoneStatus;
}

export interface TestResults {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly duration_ms?: number;
  readonly summary?: string;
  readonly report_url?: string;
}

/** Run figures reported by a worker. */
export interface RunFigures {
  readonly num_turns?: number;
  readonly cost_usd?: number;
  /** Token counts as reported by the agent; at most 8 KiB of JSON. */
  readonly usage?: Readonly<Record<string, unknown>>;
}

/**
 * The outcome of delivering finished work: pushed to a branch, nothing to deliver, or undelivered. `ref` is where the remote or the worker
 * keeps an undelivered commit.
 */
export type DeliveryReport =
  | { readonly branch: string; readonly commit: string; readonly pr_url?: string }
  | { readonly nothing: true }
  | { readonly undelivered: { readonly commit: string; readonly ref: string; readonly why: string } };

/** A worker's end report. */
/** What a worker will run, as it says when it claims. */
export interface AgentMark {
  /** Version of the kit. */
  readonly kit_version?: string;
  /** SHA-256 of the kit's files, in hex. */
  readonly kit_sha256?: string;
  /** SHA-256 of the agent's command line as configured, which has the prompt. */
  readonly prompt_sha256?: string;
}

export interface AttemptReport extends RunFigures {
  readonly outcome: ReportedOutcome;
  readonly error_code?: string;
  readonly error_message?: string;
  readonly exit_code?: number;
  readonly duration_ms?: number;
  readonly resume_at?: Instant;
  readonly delivery?: DeliveryReport;
}

export const DELIVERY_STATES = ['claimed', 'undelivered', 'delivered'] as const;

/**
 * The state of finished work. `claimed`: the agent says it is done. `undelivered`: the worker could not deliver it. Either way the request
 * completes once the work is delivered.
 */
export interface Delivery {
  readonly state: (typeof DELIVERY_STATES)[number];
  /** The attempt that did the work. */
  readonly attempt: number;
  readonly branch: string | null;
  /** Null if there was nothing to deliver, or no worker has reported a commit yet. */
  readonly commit: string | null;
  readonly pr_url: string | null;
  /** Why delivery failed. */
  readonly reason: string | null;
  /** Where an undelivered commit is kept. Null: the ref to which its attempt pushes during the run. */
  readonly ref: string | null;
}

/** One run of a request by one worker. The attempt number is a fencing token: commands from any but the live attempt change nothing. */
export interface Attempt {
  readonly attempt: number;
  readonly worker: string;
  /** The principal that claimed. Its own credentials are accepted besides the attempt's token. */
  readonly claimed_by: string;
  readonly session_id: string | null;
  readonly lease_seconds: number;
  /** The worker delivers the work, so its agent only claims completion. */
  readonly delivers: boolean;
  readonly started_at: Instant;
  readonly ended_at: Instant | null;
  /** Null while the attempt is live. */
  readonly outcome: ReportedOutcome | 'lost' | null;
  /** The end report, even if it came late. */
  readonly report: AttemptReport | null;
  readonly figures: RunFigures;
  /** When figures were last recorded during the run. */
  readonly progressed_at: Instant | null;
}

/** A request folded from its events. */
export interface Request {
  readonly id: string;
  readonly type: RequestType;
  readonly priority: Priority;
  readonly title: string;
  readonly description: string;
  readonly status: Status;
  readonly blocked: Block | null;
  readonly current_phase: string | null;
  readonly session_id: string | null;
  readonly milestones: readonly Milestone[];
  readonly plan_document: string | null;
  readonly pr_url: string | null;
  /** Branch and commit of the latest delivery. */
  readonly branch: string | null;
  readonly commit: string | null;
  /** Null until the agent claims completion, and again when the claim is voided. */
  readonly delivery: Delivery | null;
  readonly test_results: TestResults | null;
  readonly error_message: string | null;
  readonly error_code: string | null;
  readonly retry_count: number;
  readonly created_at: Instant;
  readonly started_at: Instant | null;
  readonly completed_at: Instant | null;
  readonly last_update: Instant;
  readonly created_by: string;
  /** Revision of the last event. */
  readonly version: number;
  /** Oldest first. Only the last one can be live. */
  readonly attempts: readonly Attempt[];
  /** True once someone allowed to manage requests approved it, until the title, description or delivered commit changes. */
  readonly approved: boolean;
  /** Consecutive attempts lost since the last report or retry. */
  readonly lost_in_a_row: number;
  /** Consecutive automatic returns to `pending` for a cause of its own since a person's last retry. */
  readonly returns_in_a_row: number;
  /** Consecutive attempts whose worker did not find the work to deliver. */
  readonly elsewhere_in_a_row: number;
  /** Ids of the milestones planned or worked on since the latest claim. */
  readonly planned: readonly string[];
  /** The attempt whose token last changed the status. Null if somebody else did. */
  readonly moved_by: number | null;
}

/** The attempt that is running now, or null. */
export function liveAttempt(request: Request): Attempt | null {
  const latest = request.attempts.at(-1);
  return latest?.outcome === null ? latest : null;
}
