import type { RunFigures } from '../../automation/domain/request.ts';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import type { ClaudeSession } from '../claude/session.ts';
import type { WorkerConfig } from '../config.ts';
import { findProgram } from '../programs/program.ts';
import type { AgentEnd, AgentProcess } from './agent-process.ts';
import { startAgent } from './agent-process.ts';
import type { AgentUser } from '../programs/agent-user.ts';
import type { RunIdentity } from './environment.ts';
import { agentEnvironment, MARK_NAME } from './environment.ts';
import { OutputTail, secretValues } from '../programs/output-tail.ts';
import type { ResultMessage } from '../claude/stream-json.ts';
import { StreamJsonReader } from '../claude/stream-json.ts';
import type { Verdict } from './verdict.ts';
import { brokeRules, reachVerdict } from './verdict.ts';

export interface AgentRunOptions {
  readonly config: WorkerConfig;
  readonly log: Logger;
  readonly identity: RunIdentity;
  readonly dir: string;
  readonly user: AgentUser | null;
  /** The worker's environment. The agent gets the variables on an allow-list. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Further values to redact from the agent's output. */
  readonly secrets: readonly string[];
  /** Null unless the agent is Claude Code with the kit. */
  readonly session: ClaudeSession | null;
  /** Aborted when the run is over and nothing should wait for the service any longer. */
  readonly stopping: AbortSignal;
}

/** Why a run was ended early. */
interface BrokenRule {
  readonly message: string;
  /** True when the rule was broken at the start: nothing was done, and every other run would break it too. */
  readonly atStart: boolean;
}

/** Runs the agent on one request: starts it, reads its output and judges how it ended. */
export class AgentRun {
  readonly #options: AgentRunOptions;
  readonly #stdoutTail = new OutputTail(TAIL_CHARACTERS);
  readonly #stderrTail = new OutputTail(TAIL_CHARACTERS);
  readonly #reader: StreamJsonReader | null;
  #agent: AgentProcess | null = null;
  #resultSeen: ResultMessage | null = null;
  #broken: BrokenRule | null = null;
  #looking: Promise<void> | null = null;
  #stepsSeen = 0;

  constructor(options: AgentRunOptions) {
    this.#options = options;
    this.#reader = options.config.agentOutput === 'stream-json' ? new StreamJsonReader() : null;
  }

  /** The figures known so far. */
  get figures(): RunFigures {
    return this.#reader?.facts.figures ?? {};
  }

  /** Stops the agent. Does nothing when it is not running. */
  stop(): void {
    this.#agent?.stop();
  }

  async run(): Promise<Verdict> {
    const { config, log, identity, dir } = this.#options;
    const { session } = this.#options;
    const all = agentEnvironment(identity, {
      output: config.agentOutput,
      user: this.#options.user,
      extra: config.agentEnv,
      worker: this.#options.environment,
    });
    const secrets = [...this.#options.secrets, ...secretValues(all)];
    const environment = session ? withSession(all, session) : all;
    const judge = (end: AgentEnd): Verdict => {
      const facts = this.#reader?.facts ?? null;
      // Programs explain their failures on stderr; stdout is the second choice.
      const told = this.#stderrTail.read(secrets, TAIL_CODE_POINTS);
      const tail = told === '' && !facts ? this.#stdoutTail.read(secrets, TAIL_CODE_POINTS) : told;
      return reachVerdict({ end, facts, tail, secrets, now: Date.now(), limits: config.limits });
    };
    const [name = '', ...args] = commandLine(config, identity, session);
    const program = await findProgram(name, { path: environment.PATH ?? '', cwd: dir });
    if (program === null) {
      log.error('agent program not found');
      return judge(NEVER_STARTED);
    }
    this.#agent = startAgent({
      program,
      args,
      cwd: dir,
      environment,
      mark: `${MARK_NAME}=${identity.runId}`,
      limits: config.limits,
      user: this.#options.user,
      onOutput: (chunk, stream) => {
        this.#read(chunk, stream);
      },
      onEnding: () => this.#reader?.ending(),
    });
    log.info({ pid: this.#agent.pid }, 'agent started');
    const end = await this.#agent.ended;
    this.#agent = null;
    this.#reader?.end();
    this.#logEnd(end);
    if (!session) return judge(end);
    await this.#looking;
    this.#breaks(await session.tampering(), false);
    // The flush runs a script of the session, so only when the script is unchanged.
    if (!this.#broken) await session.flush(environment, this.#options.stopping);
    const verdict = judge(end);
    return this.#broken ? brokeRules(verdict, this.#broken.message, this.#broken.atStart) : verdict;
  }

  #read(chunk: Buffer, stream: 'stdout' | 'stderr'): void {
    if (stream === 'stderr') {
      this.#stderrTail.push(chunk);
    } else if (this.#reader) {
      this.#reader.push(chunk);
      this.#watch(this.#reader);
      if (this.#reader.result === this.#resultSeen) return;
      this.#resultSeen = this.#reader.result;
      this.#agent?.expectEnd();
    } else {
      this.#stdoutTail.push(chunk);
    }
  }

  /** Checks at the start of the session that the guard is on, and after each step that nothing was tampered with. */
  #watch({ progress }: StreamJsonReader): void {
    const { session } = this.#options;
    if (!session || this.#broken) return;
    if (this.#stepsSeen === 0) this.#breaks(session.violation(progress), true);
    if (progress.steps === this.#stepsSeen) return;
    this.#stepsSeen = progress.steps;
    this.#looking ??= session
      .tampering()
      .then((changed) => {
        this.#breaks(changed, false);
      })
      .finally(() => {
        this.#looking = null;
      });
  }

  #breaks(message: string | null, atStart: boolean): void {
    if (message === null || this.#broken) return;
    this.#broken = { message, atStart };
    this.#options.log.error({ message }, 'policy violation: ending the run');
    this.stop();
  }

  #logEnd(end: AgentEnd): void {
    const { log, identity } = this.#options;
    const facts = this.#reader?.facts;
    log.info(
      {
        exit_code: end.exitCode,
        signal: end.signal,
        ended_for: end.endedFor,
        duration_ms: end.durationMs,
        left_behind: end.leftBehind,
        agent_version: facts?.init?.version,
        model: facts?.init?.model,
        num_turns: facts?.figures.num_turns,
      },
      'agent ended',
    );
    if (!end.allGone) log.error({ run_id: identity.runId }, 'some processes of the agent could not be ended');
  }
}

const TAIL_CHARACTERS = 8_192;
const TAIL_CODE_POINTS = 3_000;
const NEVER_STARTED: AgentEnd = {
  exitCode: null,
  signal: null,
  endedFor: null,
  durationMs: 0,
  startError: 'ENOENT',
  leftBehind: 0,
  allGone: true,
};

/** Claude Code uses the run's id as its session id, so that the session can be found and resumed. */
function commandLine(
  config: WorkerConfig,
  { requestId, runId }: RunIdentity,
  session: ClaudeSession | null,
): readonly string[] {
  const [program = '', ...rest] = config.agentCommand;
  const args = rest.map((argument) => argument.replaceAll('{id}', requestId));
  const ownSession = rest.some((argument) => /^--(?:session-id|resume|continue|fork-session)(?:=|$)/.test(argument));
  if (config.agentOutput === 'stream-json' && !ownSession) args.push('--session-id', runId);
  return [program, ...args, ...(session?.args ?? [])];
}

function withSession(all: Readonly<Record<string, string>>, session: ClaudeSession): Record<string, string> {
  const merged = Object.entries({ ...all, ...session.environment });
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
