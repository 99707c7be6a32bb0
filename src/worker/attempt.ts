import type { AttemptReport } from '../automation/domain/request.ts';
import type { Logger } from '../infrastructure/observability/logger.ts';
import { AgentRun } from './agent/agent-run.ts';
import type { AgentUser } from './agent/agent-user.ts';
import { firstCodePoints, plainText } from './agent/output-tail.ts';
import type { Verdict } from './agent/verdict.ts';
import type { AutomationApi } from './api.ts';
import { logged } from './api.ts';
import type { Claim } from './claim.ts';
import type { ClaudeSession } from './claude/session.ts';
import type { ClaudeSessions } from './claude/sessions.ts';
import type { WorkerConfig } from './config.ts';
import type { LeaseEnd } from './lease.ts';
import { holdLease } from './lease.ts';
import { announcePullRequest } from './pull-request.ts';
import type { Outcome, Workspace, Workspaces } from './repository/workspace.ts';

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
      try {
        session = (await this.#options.sessions?.prepare(this.#options.runId)) ?? null;
        workspace = await this.#prepare();
      } catch (error) {
        log.error(logged(error), 'no workspace could be made');
        return workspaceFailed(error);
      }
      const verdict = await this.#runAgent(workspace.dir, session);
      return await this.#publish(verdict, await workspace.finish(this.#stopping.signal));
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
  async #publish(verdict: Verdict, { pushed, trouble }: Outcome): Promise<Verdict> {
    if (this.#handBack) return { report: handedBack(verdict.report, this.#handBack), pause: null };
    if (verdict.report.outcome !== 'succeeded') return verdict;
    if (trouble !== null) {
      const error_message = sayable(`The work could not be pushed, and waits on the worker: ${trouble}`);
      return { ...verdict, report: { ...verdict.report, outcome: 'blocked', error_code: 'dependency', error_message } };
    }
    if (pushed === null) return verdict;
    const failure = await announcePullRequest(this.#options, pushed.branch, this.#stopping.signal);
    if (failure === null) return verdict;
    return { ...verdict, report: { ...verdict.report, error_code: 'publish-failed', error_message: sayable(failure) } };
  }
}

/** The request is not to blame, and no other would fare better. */
function workspaceFailed(error: unknown): Verdict {
  const message = `No workspace could be made: ${error instanceof Error ? error.message : String(error)}`;
  return {
    report: { outcome: 'released', error_code: 'workspace-failed', error_message: sayable(message) },
    pause: { cause: 'agent-unusable' },
  };
}

function sayable(text: string): string {
  return firstCodePoints(plainText(text).trim(), 4_000);
}

function handedBack(report: AttemptReport, reason: HandBack): AttemptReport {
  const { outcome: _outcome, error_code: _code, error_message: _message, resume_at: _resume, ...figures } = report;
  const { code, message } = HANDED_BACK[reason];
  return { outcome: 'released', error_code: code, error_message: message, ...figures };
}
