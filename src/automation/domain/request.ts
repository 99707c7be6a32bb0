/** What a request is: the vocabulary of the domain, in the names of the HTTP contract, which are also those of the stored events. */

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

/** How an attempt ended, as its worker reports it. */
export const REPORTED_OUTCOMES = ['succeeded', 'failed', 'blocked', 'released'] as const;
export type ReportedOutcome = (typeof REPORTED_OUTCOMES)[number];

/** ISO 8601 in UTC with milliseconds. */
export type Instant = string;

export interface Block {
  readonly reason: BlockReason;
  readonly message: string | null;
  readonly since: Instant;
  readonly from_status: Status;
  /** When set, the request goes back to `pending` by itself after this time. */
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

/** The figures a worker reports of a run. */
export interface RunFigures {
  readonly num_turns?: number;
  readonly cost_usd?: number;
  /** Token counts as the agent gives them; at most 8 KiB of JSON. */
  readonly usage?: Readonly<Record<string, unknown>>;
}

/**
 * What became of the finished work, as its worker reports it: written to a branch, nothing to write, or kept elsewhere. `ref` is where
 * the remote or the worker keeps a commit that could not be delivered.
 */
export type DeliveryReport =
  | { readonly branch: string; readonly commit: string; readonly pr_url?: string }
  | { readonly nothing: true }
  | { readonly undelivered: { readonly commit: string; readonly ref: string; readonly why: string } };

/** A worker's end report. */
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
 * Where the finished work is. `claimed`: its agent has said that it is done; `undelivered`: the worker could not deliver it. In both the
 * request completes once the work is delivered.
 */
export interface Delivery {
  readonly state: (typeof DELIVERY_STATES)[number];
  /** Whose work it is. */
  readonly attempt: number;
  readonly branch: string | null;
  /** Null where nothing had to be delivered, or nobody has said yet. */
  readonly commit: string | null;
  readonly pr_url: string | null;
  /** Why it could not be delivered. */
  readonly reason: string | null;
  /** Where the commit is kept until then; null: where the work of its attempt is kept during the run. */
  readonly ref: string | null;
}

/** One run of a request by one worker. Its number is the fence: commands of any but the live attempt change nothing. */
export interface Attempt {
  readonly attempt: number;
  readonly worker: string;
  /** The principal that claimed, whose credentials serve beside the attempt's own token. */
  readonly claimed_by: string;
  readonly session_id: string | null;
  readonly lease_seconds: number;
  /** Its worker delivers the work, so its agent only claims to be done. */
  readonly delivers: boolean;
  readonly started_at: Instant;
  readonly ended_at: Instant | null;
  /** Null while the attempt is live. */
  readonly outcome: ReportedOutcome | 'lost' | null;
  /** The end report, also one that came late. */
  readonly report: AttemptReport | null;
  readonly figures: RunFigures;
  /** When figures were last recorded while it ran. */
  readonly progressed_at: Instant | null;
}

/** A request, folded from its events. */
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
  /** What was delivered last. */
  readonly branch: string | null;
  readonly commit: string | null;
  /** Null until the work is claimed to be done, and again when the claim is void. */
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
  /** Oldest first; the last one is the latest, and the only one that can be live. */
  readonly attempts: readonly Attempt[];
  /** True once someone who may manage requests has approved it, until the title, the description or the delivered commit changes. */
  readonly approved: boolean;
  /** Attempts lost in a row, since the last report or retry. */
  readonly lost_in_a_row: number;
  /** How often in a row it went back to `pending` by itself for a cause of its own, since a person's last retry. */
  readonly returns_in_a_row: number;
  /** Attempts in a row whose worker did not find the work that it should have delivered. */
  readonly elsewhere_in_a_row: number;
  /** Ids of the milestones that were planned or worked on since the latest claim. */
  readonly planned: readonly string[];
  /** The attempt whose token moved the status last; null when somebody else did. */
  readonly moved_by: number | null;
}

/** The attempt that a worker is running now, if any. */
export function liveAttempt(request: Request): Attempt | null {
  const latest = request.attempts.at(-1);
  return latest?.outcome === null ? latest : null;
}
