import type { AttemptReport } from '../automation/domain/request.ts';
import type { Logger } from '../infrastructure/observability/logger.ts';
import { AgentRun } from './agent/agent-run.ts';
import type { AgentUser } from './programs/agent-user.ts';
import type { Verdict } from './agent/verdict.ts';
import type { AutomationApi } from './api.ts';
import { logged } from './api.ts';
import type { Claim } from './claim.ts';
import type { ClaudeSession } from './claude/session.ts';
import type { ClaudeSessions } from './claude/sessions.ts';
import type { WorkerConfig } from './config.ts';
import { deliverWork, figuresOf, sayable, settleWork, wordsOf } from './delivery.ts';
import type { LeaseEnd } from './lease.ts';
import { holdLease } from './lease.ts';
import type { Workspace, Workspaces } from './repository/workspace.ts';

export interface AttemptOptions {
  readonly config: WorkerConfig;
  readonly api: AutomationApi;
  readonly log: Logger;
  readonly workspaces: Workspaces;
  /** Null unless the agent is Claude Code with the kit. */
  readonly sessions: ClaudeSessions | null;
  /** Null means the agent runs as the worker's user. */
  readonly agentUser: AgentUser | null;
  readonly requestId: string;
  readonly runId: string;
  readonly claim: Claim;
  readonly correlationId: string | null;
  /** The worker's own environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Called after each renewal of the lease. */
  readonly onBeat: () => void;
}

type HandBack = LeaseEnd | 'shutdown';

/** Report texts for attempts that were handed back while the agent worked. */
const HANDED_BACK: Readonly<Record<HandBack, { code: string; message: string }>> = {
  cancel: { code: 'cancelled', message: 'Somebody else ended the request, so the agent was stopped.' },
  drain: { code: 'drained', message: 'Somebody else blocked the request, so the agent was stopped.' },
  'lease-lost': { code: 'lease-lost', message: 'The lease could not be renewed, so the agent was stopped.' },
  shutdown: { code: 'worker-stopped', message: 'The worker was stopped and handed the request back.' },
};

/** Runs one attempt on a claimed request under a lease, from preparing the workspace to the verdict. */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #stopping = new AbortController();
  #run: AgentRun | null = null;
  #handBack: HandBack | null = null;

  constructor(options: AttemptOptions) {
    this.#options = options;
  }

  /** Stops the agent if it is running, and hands the request back. */
  handBack(reason: HandBack): void {
    this.#handBack ??= reason;
    this.#stopping.abort();
    this.#run?.stop();
  }

  async run(): Promise<Verdict> {
    const { config, api, log, requestId, claim, correlationId } = this.#options;
    let workspace: Workspace | null = null;
    let session: ClaudeSession | null = null;
    const lease = holdLease({
      api,
      log,
      requestId,
      attempt: claim.attempt,
      attemptToken: claim.attemptToken,
      leaseSeconds: config.leaseSeconds,
      correlationId,
      figures: () => this.#run?.figures ?? {},
      onBeat: () => {
        this.#options.onBeat();
        workspace?.checkpoint();
      },
      onEnd: (reason) => {
        log.warn({ reason }, 'stopping the agent');
        this.handBack(reason);
      },
    });
    try {
      if (this.#handBack) return { report: handedBack({ outcome: 'released' }, this.#handBack), pause: null };
      if (claim.deliver) return await this.#deliverOnly(claim.deliver);
      try {
        session = (await this.#options.sessions?.prepare(this.#options.runId)) ?? null;
        workspace = await this.#prepare();
      } catch (error) {
        log.error(logged(error), 'could not prepare a workspace');
        return workspaceFailed(error);
      }
      const verdict = await this.#runAgent(workspace.dir, session);
      return await this.#settle(verdict, workspace);
    } finally {
      await session?.close();
      await lease.stop();
    }
  }

  #prepare(): Promise<Workspace> {
    const { workspaces, runId, requestId, claim } = this.#options;
    return workspaces.prepare({ runId, requestId, attempt: claim.attempt });
  }

  async #runAgent(dir: string, session: ClaudeSession | null): Promise<Verdict> {
    const { config, log, requestId, runId, claim, correlationId, environment } = this.#options;
    if (this.#handBack) return { report: { outcome: 'released' }, pause: null };
    const { attempt, agentToken } = claim;
    this.#run = new AgentRun({
      config,
      log,
      dir,
      user: this.#options.agentUser,
      environment,
      identity: { apiUrl: config.apiUrl, requestId, attempt, runId, agentToken, correlationId },
      secrets: [claim.attemptToken],
      session,
      stopping: this.#stopping.signal,
    });
    return this.#run.run();
  }

  /** Takes over and delivers the agent's work, and adds the result to the report. */
  async #settle(verdict: Verdict, workspace: Workspace): Promise<Verdict> {
    const { outcome, error_code: code } = verdict.report;
    const brokeRules = outcome === 'blocked' && (code === 'policy' || code === 'budget');
    const mayDeliver = this.#handBack === null && !brokeRules;
    const report = await settleWork(this.#options, workspace, verdict.report, mayDeliver, this.#stopping.signal);
    return this.#withHandBack({ ...verdict, report });
  }

  /** Delivers finished work of an earlier attempt without running an agent. */
  async #deliverOnly(wanted: NonNullable<Claim['deliver']>): Promise<Verdict> {
    const { workspaces, requestId, config, log } = this.#options;
    const patience = { until: performance.now() + config.publishMs, stopping: this.#stopping.signal };
    try {
      const work = await workspaces.find(requestId, wanted);
      if (work === null) return { report: WORK_ELSEWHERE, pause: null };
      const report = await deliverWork(this.#options, work, wanted.approved, patience);
      await workspaces.clear(requestId, patience);
      return this.#withHandBack({ report, pause: null });
    } catch (error) {
      log.error(logged(error), 'the repository is unreachable');
      return workspaceFailed(error);
    }
  }

  /** A delivery that happened is reported, even when the attempt was to be handed back meanwhile. */
  #withHandBack(verdict: Verdict): Verdict {
    const { delivery } = verdict.report;
    const isDelivered = delivery !== undefined && !('undelivered' in delivery);
    if (this.#handBack === null || isDelivered) return verdict;
    return { report: handedBack(verdict.report, this.#handBack), pause: null };
  }
}

/** Another worker has the work, so this one leaves the request to it. */
const WORK_ELSEWHERE: AttemptReport = {
  outcome: 'released',
  error_code: 'work-elsewhere',
  error_message:
    'The finished work is neither in the repository nor on this worker, which leaves the request to others.',
};

/** The request is not to blame, and other requests would fail the same way. */
function workspaceFailed(error: unknown): Verdict {
  const message = `Could not prepare a workspace: ${wordsOf(error)}`;
  return {
    report: { outcome: 'released', error_code: 'workspace-failed', error_message: sayable(message) },
    pause: { cause: 'agent-unusable' },
  };
}

function handedBack(report: AttemptReport, reason: HandBack): AttemptReport {
  const { code, message } = HANDED_BACK[reason];
  return { outcome: 'released', error_code: code, error_message: message, ...figuresOf(report) };
}
