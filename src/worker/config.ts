import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError } from '../config.ts';
import type { ClaudeOptions } from './claude/options.ts';
import { claudeCommand, DEFAULT_TOOLS } from './claude/options.ts';
import type { LogLevel } from '../infrastructure/observability/logger.ts';
import { LOG_LEVELS } from '../infrastructure/observability/logger.ts';
import type { Credentials } from './repository/remote.ts';
import { QUEUE_URL_FORM, queueUrlOf } from '../infrastructure/sqs/queue-url.ts';
import { hasControls, misspeltVariables, PATH_WANTED } from '../variables.ts';
import type { AgentOutput } from './config-values.ts';
import {
  agentOutput,
  amount,
  branchName,
  branchPrefix,
  ciPaths,
  COMMAND_WANTED,
  commandLine,
  defaultName,
  existingPath,
  httpUrl,
  logLevel,
  modelName,
  NAME_WANTED,
  pauseScale,
  programName,
  REPOSITORY_WANTED,
  repositoryPlace,
  SHOWN_REPOSITORY_WANTED,
  shownRepositoryPlace,
  toolNames,
  userName,
  variableNames,
  wholeNumber,
  workerName,
} from './config-values.ts';

/** How long an agent may take; 0 switches a limit off. */
export interface AgentLimits {
  readonly totalMs: number;
  /** Without a byte of output. */
  readonly silenceMs: number;
  /** From the start to the first byte of output. */
  readonly firstOutputMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** From the last `result` message to the end of the process. */
  readonly afterResultMs: number;
}

export interface WorkerConfig {
  readonly name: string;
  /** Without a slash at the end. */
  readonly apiUrl: string;
  readonly apiKeyFile: string | null;
  /** Null: `/pending` is polled instead. */
  readonly queueUrl: string | null;
  /** How long one call to the queue waits for a message. */
  readonly queueWaitSeconds: number;
  readonly concurrency: number;
  /** Absolute. What must outlive this process: which attempts it claimed, and end reports that were not accepted yet. */
  readonly stateDir: string;
  readonly leaseSeconds: number;
  /** Between two looks at `/pending`. */
  readonly sweepMs: number;
  /** How long SIGTERM lets agents go on before they are ended and their requests handed back. */
  readonly drainMs: number;
  /** Of pauses whose length is the worker's to choose. */
  readonly pauseScale: number;
  /** Claude Code with the kit; null where another command is given. */
  readonly claude: ClaudeOptions | null;
  /** Program and arguments; `{id}` stands for the request's id. */
  readonly agentCommand: readonly string[];
  readonly agentOutput: AgentOutput;
  /** Absolute; the agent's working folder where there is no repository. */
  readonly agentDir: string;
  /** As whom the agent runs; the worker's own user when null. */
  readonly agentUser: string | null;
  /** Of which each attempt gets a clone; an address without credentials. */
  readonly repository: string | null;
  /** Those that its address was given with. */
  readonly repositoryCredentials: Credentials | null;
  /** How many bytes an attempt may commit, unpacked. */
  readonly commitBytes: number;
  /** Where new work begins; null for the repository's own main branch. */
  readonly baseBranch: string | null;
  /** What the names of branches begin with, before the id of their request. */
  readonly branchPrefix: string;
  /** Whether a change of what CI runs waits for a person. */
  readonly ciPaths: 'hold' | 'allow';
  /** How much of the disk clones may take that had to be kept, in bytes. */
  readonly keptBytes: number;
  /** Opens a pull request for a branch and prints its address; `{branch}` and `{id}` stand for what they say. */
  readonly publishCommand: readonly string[] | null;
  /** How long the end of a run waits for a repository that takes nothing. */
  readonly publishMs: number;
  /** Names of variables that the agent gets beside the usual ones; a name may end in `*`. */
  readonly agentEnv: readonly string[];
  readonly limits: AgentLimits;
  readonly logLevel: LogLevel;
}

export const USAGE = `Usage: npm run worker -- [options]
       npm run worker -- clones list | discard ID | salvage

Takes requests from the queue, runs an agent on each, and reports how it ended. Each option has a variable.

  --api-url URL           AUTOMATION_API_URL                where the service listens (http://127.0.0.1:8000)
  --name NAME             AUTOMATION_WORKER_NAME            what the history calls this worker (the host name)
  --concurrency N         AUTOMATION_WORKER_CONCURRENCY     agents at once, 1 to 64 (1)
  --state-dir DIR         AUTOMATION_WORKER_STATE_DIR       end reports not yet accepted (.worker)
  --claude PROGRAM        AUTOMATION_CLAUDE_PROGRAM         Claude Code (claude)
  --model NAME            AUTOMATION_CLAUDE_MODEL           its model (what the CLI takes by default, which changes)
  --max-turns N           AUTOMATION_CLAUDE_MAX_TURNS       turns of one run (500); 0 is no limit
  --max-budget-usd USD    AUTOMATION_CLAUDE_MAX_BUDGET_USD  cost of one run (no limit)
  --agent-command JSON    AUTOMATION_AGENT_COMMAND          another agent: a JSON array; {id} is the request's id
  --repository PLACE      AUTOMATION_REPOSITORY             git repository of which each attempt gets a clone
  --base BRANCH           AUTOMATION_BASE_BRANCH            where new work begins (its main branch)
  --publish-command JSON  AUTOMATION_PUBLISH_COMMAND        opens a pull request for {branch} and prints its address
  --agent-dir DIR         AUTOMATION_AGENT_DIR              without a repository: the agent's working folder (this one)
  --run-as USER           AUTOMATION_AGENT_USER             the agent's user, for a worker that runs as root
  --help

Without AWS_SQS_AUTOMATION_QUEUE_URL it polls the service's list of pending requests. docs/claude-code.md names the other variables.
`;

const DEFAULT_API_URL = 'http://127.0.0.1:8000';

const OPTIONS = {
  'api-url': { type: 'string' },
  name: { type: 'string' },
  concurrency: { type: 'string' },
  'state-dir': { type: 'string' },
  claude: { type: 'string' },
  model: { type: 'string' },
  'max-turns': { type: 'string' },
  'max-budget-usd': { type: 'string' },
  'agent-command': { type: 'string' },
  'agent-dir': { type: 'string' },
  'run-as': { type: 'string' },
  repository: { type: 'string' },
  base: { type: 'string' },
  'publish-command': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the command line over the environment. Null: help is asked for. Throws {@link ConfigError} with every problem at once. */
export function readWorkerConfig(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): WorkerConfig | null {
  const problems = misspeltVariables(environment);
  const flags = readFlags(args, problems);
  if (flags.help) return null;

  /** Null when neither the command line nor the environment says anything. */
  const value = <T>(
    name: string,
    flag: string | undefined,
    parse: (text: string) => T | undefined,
    wanted: string,
  ): T | null => {
    const text = flag ?? environment[name]?.trim() ?? '';
    if (text === '') return null;
    // JSON may have lines, and sees to the rest itself.
    const parsed = hasControls(text) && parse !== commandLine ? undefined : parse(text);
    if (parsed === undefined) problems.push(`${name} must be ${wanted}.`);
    return parsed ?? null;
  };
  const whole = (name: string, fallback: number, min: number, max: number, flag?: string): number =>
    value(name, flag, wholeNumber(min, max), `a whole number from ${min} to ${max}`) ?? fallback;
  const seconds = (name: string, fallback: number, max = 604_800): number => whole(name, fallback, 0, max) * 1000;
  const command = (name: string, flag?: string) => value(name, flag, commandLine, COMMAND_WANTED);

  const queueUrl = value('AWS_SQS_AUTOMATION_QUEUE_URL', undefined, queueUrlOf, QUEUE_URL_FORM);
  const otherAgent = command('AUTOMATION_AGENT_COMMAND', flags['agent-command']);
  const claude: ClaudeOptions = {
    program: value('AUTOMATION_CLAUDE_PROGRAM', flags.claude, programName, 'the name or path of a program') ?? 'claude',
    model: value('AUTOMATION_CLAUDE_MODEL', flags.model, modelName, 'the name of a model'),
    maxTurns: whole('AUTOMATION_CLAUDE_MAX_TURNS', 500, 0, 100_000, flags['max-turns']) || null,
    maxBudgetUsd: value(
      'AUTOMATION_CLAUDE_MAX_BUDGET_USD',
      flags['max-budget-usd'],
      amount,
      'an amount such as 2.50, above 0',
    ),
    allowedTools:
      value('AUTOMATION_CLAUDE_TOOLS', undefined, toolNames, 'names of tools, comma-separated') ?? DEFAULT_TOOLS,
    home: value('AUTOMATION_AGENT_HOME', undefined, existingPath, 'a folder that is there'),
  };
  const repository =
    flags.repository === undefined
      ? value('AUTOMATION_REPOSITORY', undefined, repositoryPlace, REPOSITORY_WANTED)
      : value('AUTOMATION_REPOSITORY', flags.repository, shownRepositoryPlace, SHOWN_REPOSITORY_WANTED);
  const agentCommand = otherAgent ?? claudeCommand(claude);
  const likely = agentCommand.includes('stream-json') ? 'stream-json' : 'text';
  const said = value('AUTOMATION_AGENT_OUTPUT', undefined, agentOutput, 'stream-json or text') ?? likely;
  // What Claude Code says is how the worker sees that the guard is on.
  const output = otherAgent ? said : 'stream-json';
  const config: WorkerConfig = {
    name: value('AUTOMATION_WORKER_NAME', flags.name, workerName, NAME_WANTED) ?? defaultName(),
    apiUrl:
      value('AUTOMATION_API_URL', flags['api-url'], httpUrl, `a URL such as ${DEFAULT_API_URL}`) ?? DEFAULT_API_URL,
    apiKeyFile: value('AUTOMATION_API_KEY_FILE', undefined, existingPath, 'a file that is there'),
    queueUrl,
    queueWaitSeconds: whole('AUTOMATION_QUEUE_WAIT_SECONDS', 10, 0, 20),
    concurrency: whole('AUTOMATION_WORKER_CONCURRENCY', 1, 1, 64, flags.concurrency),
    stateDir: value('AUTOMATION_WORKER_STATE_DIR', flags['state-dir'], resolve, PATH_WANTED) ?? resolve('.worker'),
    leaseSeconds: whole('AUTOMATION_WORKER_LEASE_SECONDS', 120, 15, 3600),
    sweepMs: whole('AUTOMATION_WORKER_SWEEP_SECONDS', queueUrl ? 60 : 2, 1, 3600) * 1000,
    drainMs: seconds('AUTOMATION_WORKER_DRAIN_SECONDS', 15),
    pauseScale: value('AUTOMATION_WORKER_PAUSE_SCALE', undefined, pauseScale, 'a number from 0.001 to 10') ?? 1,
    claude: otherAgent ? null : claude,
    agentCommand,
    agentOutput: output,
    agentDir:
      value('AUTOMATION_AGENT_DIR', flags['agent-dir'], existingPath, 'a folder that is there') ?? process.cwd(),
    agentEnv: value('AUTOMATION_AGENT_ENV', undefined, variableNames, 'names of variables, comma-separated') ?? [],
    agentUser: value('AUTOMATION_AGENT_USER', flags['run-as'], userName, 'the name of a user of this machine'),
    repository: repository?.url ?? null,
    repositoryCredentials: repository?.credentials ?? null,
    commitBytes: whole('AUTOMATION_COMMIT_MIB', 256, 1, 65_536) * 1024 ** 2,
    baseBranch: value('AUTOMATION_BASE_BRANCH', flags.base, branchName, 'the name of a branch'),
    branchPrefix:
      value(
        'AUTOMATION_BRANCH_PREFIX',
        undefined,
        branchPrefix,
        'the beginning of a branch name, such as automation/',
      ) ?? 'automation/',
    ciPaths: value('AUTOMATION_CI_PATHS', undefined, ciPaths, 'hold or allow') ?? 'hold',
    keptBytes: whole('AUTOMATION_KEPT_CLONES_MIB', 10_240, 0, 10_000_000) * 1024 ** 2,
    publishCommand: command('AUTOMATION_PUBLISH_COMMAND', flags['publish-command']),
    publishMs: seconds('AUTOMATION_PUBLISH_SECONDS', 120, 3600),
    limits: {
      totalMs: seconds('AUTOMATION_AGENT_TOTAL_SECONDS', 7200),
      silenceMs: seconds('AUTOMATION_AGENT_SILENCE_SECONDS', 1200),
      firstOutputMs: seconds('AUTOMATION_AGENT_FIRST_OUTPUT_SECONDS', output === 'stream-json' ? 60 : 0),
      graceMs: seconds('AUTOMATION_AGENT_GRACE_SECONDS', 10, 300),
      afterResultMs: seconds('AUTOMATION_AGENT_AFTER_RESULT_SECONDS', 10, 3600),
    },
    logLevel: value('LOG_LEVEL', undefined, logLevel, `one of ${LOG_LEVELS.join(', ')}`) ?? 'info',
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

function readFlags(args: readonly string[], problems: string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return {};
  }
}
