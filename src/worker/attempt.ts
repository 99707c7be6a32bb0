import type { AttemptReport } from '../automation/domain/request.ts';
import type { Logger } from '../infrastructure/observability/logger.ts';
import type { AgentEnd, AgentProcess } from './agent/agent-process.ts';
import { startAgent } from './agent/agent-process.ts';
import { agentEnvironment, MARK_NAME, secretValues } from './agent/environment.ts';
import { OutputTail } from './agent/output-tail.ts';
import type { ResultMessage, StreamFacts } from './agent/stream-json.ts';
import { StreamJsonReader } from './agent/stream-json.ts';
import type { Verdict } from './agent/verdict.ts';
import { reachVerdict } from './agent/verdict.ts';
import type { AutomationApi } from './api.ts';
import type { Claim } from './claim.ts';
import type { WorkerConfig } from './config.ts';
import type { LeaseEnd } from './lease.ts';
import { holdLease } from './lease.ts';
import { findProgram } from './program.ts';

export interface AttemptOptions {
  readonly config: WorkerConfig;
  readonly api: AutomationApi;
  readonly log: Logger;
  readonly requestId: string;
  readonly runId: string;
  readonly claim: Claim;
  readonly correlationId: string | null;
  /** The worker's own environment, of which the agent gets a part. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** When the lease was renewed. */
  readonly onBeat: () => void;
}

/** Why an attempt was handed back although its agent worked. */
const HANDED_BACK: Readonly<Record<LeaseEnd | 'shutdown', { code: string; message: string }>> = {
  cancel: { code: 'cancelled', message: 'The request was ended by somebody else, and the agent was stopped.' },
  drain: { code: 'drained', message: 'The request was blocked by somebody else, and the agent was stopped.' },
  'lease-lost': { code: 'lease-lost', message: 'The lease could not be renewed, and the agent was stopped.' },
  shutdown: { code: 'worker-stopped', message: 'The worker was stopped, and handed the request back.' },
};

/** One run of the agent on a claimed request, from its start to the verdict. */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #stdoutTail = new OutputTail(TAIL_CHARACTERS);
  readonly #stderrTail = new OutputTail(TAIL_CHARACTERS);
  readonly #reader: StreamJsonReader | null;
  #agent: AgentProcess | null = null;
  #handBack: LeaseEnd | 'shutdown' | null = null;
  #resultSeen: ResultMessage | null = null;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#reader = options.config.agentOutput === 'stream-json' ? new StreamJsonReader() : null;
  }

  /** Stops the agent, if it runs, and hands the request back. */
  handBack(reason: LeaseEnd | 'shutdown'): void {
    this.#handBack ??= reason;
    this.#agent?.stop();
  }

  async run(): Promise<Verdict> {
    const { config, api, log, requestId, claim, correlationId } = this.#options;
    const lease = holdLease({
      api,
      log,
      requestId,
      attempt: claim.attempt,
      attemptToken: claim.attemptToken,
      leaseSeconds: config.leaseSeconds,
      correlationId,
      figures: () => this.#reader?.facts.figures ?? {},
      onBeat: this.#options.onBeat,
      onEnd: (reason) => {
        log.warn({ reason }, 'the agent is stopped');
        this.handBack(reason);
      },
    });
    try {
      const verdict = await this.#runAgent();
      return this.#handBack ? { report: handedBack(verdict.report, this.#handBack), pause: null } : verdict;
    } finally {
      await lease.stop();
    }
  }

  async #runAgent(): Promise<Verdict> {
    const { config, log, requestId, runId, claim, correlationId } = this.#options;
    const environment = agentEnvironment(
      { apiUrl: config.apiUrl, requestId, attempt: claim.attempt, runId, agentToken: claim.agentToken, correlationId },
      { output: config.agentOutput, extra: config.agentEnv, worker: this.#options.environment },
    );
    const secrets = [claim.attemptToken, ...secretValues(environment)];
    const [name = '', ...args] = agentArguments(config, requestId, runId);
    const program = await findProgram(name, { path: environment.PATH ?? '', cwd: config.agentDir });
    const judge = (end: AgentEnd, facts: StreamFacts | null, tail: string): Verdict =>
      reachVerdict({ end, facts, tail, secrets, now: Date.now(), limits: config.limits });
    if (program === null || this.#handBack) {
      if (program === null) log.error('the program of the agent cannot be found');
      return judge(neverStarted(program === null ? 'ENOENT' : null), null, '');
    }
    const agent = startAgent({
      program,
      args,
      cwd: config.agentDir,
      environment,
      mark: `${MARK_NAME}=${runId}`,
      limits: config.limits,
      onOutput: (chunk, stream) => {
        this.#read(chunk, stream);
      },
    });
    this.#agent = agent;
    log.info({ pid: agent.pid }, 'agent started');
    const end = await agent.ended;
    this.#agent = null;
    this.#reader?.end();
    const facts = this.#reader?.facts ?? null;
    log.info(
      {
        exit_code: end.exitCode,
        signal: end.signal,
        ended_for: end.endedFor,
        duration_ms: end.durationMs,
        left_behind: end.leftBehind,
        agent_version: facts?.version,
        model: facts?.model,
        num_turns: facts?.figures.num_turns,
      },
      'agent ended',
    );
    if (!end.allGone) log.error({ run_id: runId }, 'processes of the agent could not be ended');
    // What a program says of its own failure is on stderr; text on stdout is the output itself, and second best.
    const tail =
      this.#stderrTail.read(secrets, TAIL_CODE_POINTS) ||
      (facts ? '' : this.#stdoutTail.read(secrets, TAIL_CODE_POINTS));
    return judge(end, facts, tail);
  }

  #read(chunk: Buffer, stream: 'stdout' | 'stderr'): void {
    if (stream === 'stderr') {
      this.#stderrTail.push(chunk);
    } else if (this.#reader) {
      this.#reader.push(chunk);
      if (this.#reader.result === this.#resultSeen) return;
      this.#resultSeen = this.#reader.result;
      this.#agent?.expectEnd();
    } else {
      this.#stdoutTail.push(chunk);
    }
  }
}

function neverStarted(startError: string | null): AgentEnd {
  return { exitCode: null, signal: null, endedFor: 'asked', durationMs: 0, startError, leftBehind: 0, allGone: true };
}

const TAIL_CHARACTERS = 8_192;
const TAIL_CODE_POINTS = 3_000;

/** Claude Code takes the run's id for its session, so that the two have one name, and a session can be opened again. */
function agentArguments(config: WorkerConfig, requestId: string, runId: string): readonly string[] {
  const [program = '', ...rest] = config.agentCommand;
  const args = rest.map((argument) => argument.replaceAll('{id}', requestId));
  const ownSession = rest.some((argument) => /^--(?:session-id|resume|continue|fork-session)(?:=|$)/.test(argument));
  if (config.agentOutput === 'stream-json' && !ownSession) args.push('--session-id', runId);
  return [program, ...args];
}

function handedBack(report: AttemptReport, reason: LeaseEnd | 'shutdown'): AttemptReport {
  const { code, message } = HANDED_BACK[reason];
  const { duration_ms, exit_code, num_turns, cost_usd, usage } = report;
  return {
    outcome: 'released',
    error_code: code,
    error_message: message,
    ...(duration_ms === undefined ? {} : { duration_ms }),
    ...(exit_code === undefined ? {} : { exit_code }),
    ...(num_turns === undefined ? {} : { num_turns }),
    ...(cost_usd === undefined ? {} : { cost_usd }),
    ...(usage === undefined ? {} : { usage }),
  };
}
