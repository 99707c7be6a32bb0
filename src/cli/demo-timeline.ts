/** Describes events in words for the demo. */
export interface DemoEvent {
  readonly position: string;
  readonly revision: number;
  readonly type: string;
  readonly occurred_at: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The status that an event leads to, if any. */
const LEADS_TO: Readonly<Record<string, string>> = {
  RequestSubmitted: 'pending',
  RequestClaimed: 'planning',
  PlanningStarted: 'planning',
  ImplementationStarted: 'implementing',
  TestingStarted: 'testing',
  ReviewStarted: 'reviewing',
  DeploymentStarted: 'deploying',
  RequestBlocked: 'blocked',
  RequestRequeued: 'pending',
  RequestFailed: 'failed',
  RequestCancelled: 'cancelled',
  RequestCompleted: 'completed',
};

export function statusAfter(event: DemoEvent): string | null {
  return LEADS_TO[event.type] ?? null;
}

/** Summarises an event in one line. */
export function describe({ type, data }: DemoEvent): string {
  switch (type) {
    case 'RequestSubmitted':
      return `${text(data.type)}, ${text(data.priority)}`;
    case 'RequestClaimed':
      return `attempt ${text(data.attempt)} by ${text(data.worker)}`;
    case 'PhaseNoted':
      return text(data.current_phase);
    case 'PlanAttached':
      return `${text(data.plan_document).split('\n')[0] ?? ''} (${text(data.plan_document).length} characters)`;
    case 'MilestonesPlanned':
      return list(data.milestones)
        .map((it) => text((it as { id?: unknown }).id))
        .join(', ');
    case 'MilestoneStatusChanged':
      return `${text(data.id)}: ${text(data.status)}`;
    case 'TestResultsRecorded': {
      const { passed, failed, skipped } = (data.test_results ?? {}) as Record<string, unknown>;
      return `${text(passed)} passed, ${text(failed)} failed, ${text(skipped)} skipped`;
    }
    case 'PullRequestOpened':
      return text(data.pr_url);
    case 'RequestFailed':
    case 'RequestBlocked':
      return text(data.error_message ?? data.message ?? '');
    case 'AttemptLost':
      return `attempt ${text(data.attempt)}: lease expired`;
    case 'RequestRequeued':
      return text(data.cause).replaceAll('_', ' ');
    case 'AttemptEnded':
      return `${text(data.outcome)}, exit code ${text(data.exit_code ?? 'none')}, ${seconds(Number(data.duration_ms ?? 0))}`;
    default:
      return '';
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

/** Time spent in each status, in the order in which the statuses were first reached. */
export function timeInStatuses(
  events: readonly DemoEvent[],
): readonly { readonly status: string; readonly ms: number }[] {
  const spent = new Map<string, number>();
  let current: { status: string; since: number } | null = null;
  for (const event of events) {
    const status = statusAfter(event);
    if (status === null) continue;
    const at = Date.parse(event.occurred_at);
    if (current) spent.set(current.status, (spent.get(current.status) ?? 0) + at - current.since);
    current = { status, since: at };
  }
  return [...spent].map(([status, ms]) => ({ status, ms }));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
