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
  /** Null for an agent other than Claude Code with the kit. */
  readonly sessions: ClaudeSessions | null;
  /** Null: the agent runs as the worker does. */
  readonly agentUser: AgentUser | null;
  readonly requestId: string;
  readonly runId: string;
  readonly claim: Claim;
  readonly correlationId: string | null;
  /** The worker's own environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** When the lease was renewed. */
  readonly onBeat: () => void;
}

type HandBack = LeaseEnd | 'shutdown';

/** Why an attempt was handed back although its agent worked. */
const HANDED_BACK: Readonly<Record<HandBack, { code: string; message: string }>> = {
  cancel: { code: 'cancelled', message: 'The request was ended by somebody else, and the agent was stopped.' },
  drain: { code: 'drained', message: 'The request was blocked by somebody else, and the agent was stopped.' },
  'lease-lost': { code: 'lease-lost', message: 'The lease could not be renewed, and the agent was stopped.' },
  shutdown: { code: 'worker-stopped', message: 'The worker was stopped, and handed the request back.' },
};

/** One attempt on a claimed request, from its workspace to the verdict, under a lease. */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #stopping = new AbortController();
  #run: AgentRun | null = null;
  #handBack: HandBack | null = null;

  constructor(options: AttemptOptions) {
    this.#options = options;
  }

  /** Stops the agent, if it runs, and hands the request back. */
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
        log.warn({ reason }, 'the agent is stopped');
        this.handBack(reason);
      },
    });
    try {
      if (claim.deliver) return await this.#deliverOnly(claim.deliver);
      try {
        session = (await this.#options.sessions?.prepare(this.#options.runId)) ?? null;
        workspace = await this.#prepare();
      } catch (error) {
        log.error(logged(error), 'no workspace could be made');
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

  /** What became of the agent's work belongs to how the attempt ended. */
  async #settle(verdict: Verdict, workspace: Workspace): Promise<Verdict> {
    const { outcome, error_code: code } = verdict.report;
    const brokeRules = outcome === 'blocked' && (code === 'policy' || code === 'budget');
    const mayDeliver = this.#handBack === null && !brokeRules;
    const report = await settleWork(this.#options, workspace, verdict.report, mayDeliver, this.#stopping.signal);
    return this.#withHandBack({ ...verdict, report });
  }

  /** The work is done, by an earlier attempt: what is missing is its way to the repository. */
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
      log.error(logged(error), 'the repository cannot be reached');
      return workspaceFailed(error);
    }
  }

  /** What is delivered is delivered, whatever was asked meanwhile. */
  #withHandBack(verdict: Verdict): Verdict {
    const { delivery } = verdict.report;
    const isDelivered = delivery !== undefined && !('undelivered' in delivery);
    if (this.#handBack === null || isDelivered) return verdict;
    return { report: handedBack(verdict.report, this.#handBack), pause: null };
  }
}

/** It waits on another worker, which this one does not keep from it. */
const WORK_ELSEWHERE: AttemptReport = {
  outcome: 'released',
  error_code: 'work-elsewhere',
  error_message: 'The finished work is neither at the repository nor with this worker, which passes the request over.',
};

/** The request is not to blame, and no other would fare better. */
function workspaceFailed(error: unknown): Verdict {
  const message = `No workspace could be made: ${wordsOf(error)}`;
  return {
    report: { outcome: 'released', error_code: 'workspace-failed', error_message: sayable(message) },
    pause: { cause: 'agent-unusable' },
  };
}

function handedBack(report: AttemptReport, reason: HandBack): AttemptReport {
  const { code, message } = HANDED_BACK[reason];
  return { outcome: 'released', error_code: code, error_message: message, ...figuresOf(report) };
}
