import type { RunFigures } from '../../automation/domain/request.ts';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import type { WorkerConfig } from '../config.ts';
import { findProgram } from '../program.ts';
import type { AgentEnd, AgentProcess } from './agent-process.ts';
import { startAgent } from './agent-process.ts';
import type { AgentUser } from './agent-user.ts';
import type { RunIdentity } from './environment.ts';
import { agentEnvironment, MARK_NAME, secretValues } from './environment.ts';
import { OutputTail } from './output-tail.ts';
import type { ResultMessage } from './stream-json.ts';
import { StreamJsonReader } from './stream-json.ts';
import type { Verdict } from './verdict.ts';
import { reachVerdict } from './verdict.ts';

export interface AgentRunOptions {
  readonly config: WorkerConfig;
  readonly log: Logger;
  readonly identity: RunIdentity;
  readonly dir: string;
  readonly user: AgentUser | null;
  /** The worker's own environment, of which the agent gets a part. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** More that must not show up in what is told of the run. */
  readonly secrets: readonly string[];
}

/** The agent's program on one request: started, read, and judged by how it ended. */
export class AgentRun {
  readonly #options: AgentRunOptions;
  readonly #stdoutTail = new OutputTail(TAIL_CHARACTERS);
  readonly #stderrTail = new OutputTail(TAIL_CHARACTERS);
  readonly #reader: StreamJsonReader | null;
  #agent: AgentProcess | null = null;
  #resultSeen: ResultMessage | null = null;

  constructor(options: AgentRunOptions) {
    this.#options = options;
    this.#reader = options.config.agentOutput === 'stream-json' ? new StreamJsonReader() : null;
  }

  /** As far as they are known. */
  get figures(): RunFigures {
    return this.#reader?.facts.figures ?? {};
  }

  /** Ends the agent, if it runs. */
  stop(): void {
    this.#agent?.stop();
  }

  async run(): Promise<Verdict> {
    const { config, log, identity, dir } = this.#options;
    const environment = agentEnvironment(identity, {
      output: config.agentOutput,
      user: this.#options.user,
      extra: config.agentEnv,
      worker: this.#options.environment,
    });
    const secrets = [...this.#options.secrets, ...secretValues(environment)];
    const judge = (end: AgentEnd): Verdict => {
      const facts = this.#reader?.facts ?? null;
      // What a program says of its own failure is on stderr; text on stdout is the output itself, and second best.
      const told = this.#stderrTail.read(secrets, TAIL_CODE_POINTS);
      const tail = told === '' && !facts ? this.#stdoutTail.read(secrets, TAIL_CODE_POINTS) : told;
      return reachVerdict({ end, facts, tail, secrets, now: Date.now(), limits: config.limits });
    };
    const [name = '', ...args] = commandLine(config, identity);
    const program = await findProgram(name, { path: environment.PATH ?? '', cwd: dir });
    if (program === null) {
      log.error('the program of the agent cannot be found');
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
    });
    log.info({ pid: this.#agent.pid }, 'agent started');
    const end = await this.#agent.ended;
    this.#agent = null;
    this.#reader?.end();
    this.#logEnd(end);
    return judge(end);
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
        agent_version: facts?.version,
        model: facts?.model,
        num_turns: facts?.figures.num_turns,
      },
      'agent ended',
    );
    if (!end.allGone) log.error({ run_id: identity.runId }, 'processes of the agent could not be ended');
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

/** Claude Code takes the run's id for its session, so that the two have one name, and a session can be opened again. */
function commandLine(config: WorkerConfig, { requestId, runId }: RunIdentity): readonly string[] {
  const [program = '', ...rest] = config.agentCommand;
  const args = rest.map((argument) => argument.replaceAll('{id}', requestId));
  const ownSession = rest.some((argument) => /^--(?:session-id|resume|continue|fork-session)(?:=|$)/.test(argument));
  if (config.agentOutput === 'stream-json' && !ownSession) args.push('--session-id', runId);
  return [program, ...args];
}
