import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { API_URL, DEFAULT_API_URL, existing, LOG_LEVEL, PATH, QUEUE_URL, wholeNumber } from '../configuration/kinds.ts';
import type { Environment } from '../configuration/names.ts';
import { Variables } from '../configuration/variables.ts';
import type { LogLevel } from '../infrastructure/observability/logger.ts';
import type { ClaudeOptions } from './claude/options.ts';
import { claudeCommand, DEFAULT_TOOLS } from './claude/options.ts';
import type { AgentOutput } from './config-values.ts';
import {
  AGENT_OUTPUT,
  AMOUNT,
  BRANCH,
  BRANCH_PREFIX,
  CI_PATHS,
  COMMAND,
  defaultName,
  MODEL,
  PAUSE_SCALE,
  PROGRAM,
  REPOSITORY,
  SHOWN_REPOSITORY,
  TOOL_NAMES,
  USER,
  VARIABLE_NAMES,
  WORKER_NAME,
} from './config-values.ts';
import type { Credentials } from './repository/remote.ts';

/** Time limits of an agent in ms. 0 disables a limit. */
export interface AgentLimits {
  readonly totalMs: number;
  /** Maximum time without output. */
  readonly silenceMs: number;
  /** Maximum time until the first output. */
  readonly firstOutputMs: number;
  /** Time between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** Maximum time from the last output after a `result` message to the end of the process. */
  readonly afterResultMs: number;
}

export interface WorkerConfig {
  readonly name: string;
  /** Base URL of the service, without a trailing slash. */
  readonly apiUrl: string;
  readonly apiKeyFile: string | null;
  /** URL of the SQS queue; null means that `/pending` is polled instead. */
  readonly queueUrl: string | null;
  /** How long one receive call waits for a message, 0 to 20 s. */
  readonly queueWaitSeconds: number;
  readonly concurrency: number;
  /** Absolute path of the folder for what must outlive this process: claimed attempts, unsent end reports and clones. */
  readonly stateDir: string;
  readonly leaseSeconds: number;
  /** Interval between polls of `/pending`. */
  readonly sweepMs: number;
  /** How long agents may continue after SIGTERM before they are stopped and their requests handed back. */
  readonly drainMs: number;
  /** Factor for pauses whose length the worker chooses, 0.001 to 10. */
  readonly pauseScale: number;
  /** Options of Claude Code with the kit; null when another agent command is configured. */
  readonly claude: ClaudeOptions | null;
  /** Program and arguments; `{id}` stands for the request's id. */
  readonly agentCommand: readonly string[];
  readonly agentOutput: AgentOutput;
  /** Absolute path of the agent's working folder when no repository is configured. */
  readonly agentDir: string;
  /** User the agent runs as; null means the worker's own user. */
  readonly agentUser: string | null;
  /** URL, without credentials, of the repository that each attempt gets a clone of; null for none. */
  readonly repository: string | null;
  /** Credentials that were part of the repository's URL. */
  readonly repositoryCredentials: Credentials | null;
  /** Maximum size of what an attempt commits, in bytes, uncompressed. */
  readonly commitBytes: number;
  /** Branch that new work starts from; null means the repository's HEAD. */
  readonly baseBranch: string | null;
  /** Prefix of branch names, followed by the request's id. */
  readonly branchPrefix: string;
  /** Whether changes to CI files wait for a person's approval (`hold`). */
  readonly ciPaths: 'hold' | 'allow';
  /** Disk space that kept clones may use, in bytes. */
  readonly keptBytes: number;
  /** Command that opens a pull request and prints its URL. `{branch}` and `{id}` are replaced with the branch and the request's id. */
  readonly publishCommand: readonly string[] | null;
  /** How long pushes are retried at the end of a run. */
  readonly publishMs: number;
  /** Names of additional environment variables passed to the agent. A name may end in `*`. */
  readonly agentEnv: readonly string[];
  readonly limits: AgentLimits;
  readonly logLevel: LogLevel;
}

export const USAGE = `Usage: npm run worker -- [options]
       npm run worker -- clones list | discard ID | salvage

Takes requests from the queue, runs an agent on each, and reports how it ended. Every option can also be set by its variable.
Defaults are in parentheses.

  --api-url URL           AUTOMATION_API_URL                URL of the service (http://127.0.0.1:8000)
  --name NAME             AUTOMATION_WORKER_NAME            name of this worker in the history (host name)
  --concurrency N         AUTOMATION_WORKER_CONCURRENCY     number of agents at once, 1 to 64 (1)
  --state-dir DIR         AUTOMATION_WORKER_STATE_DIR       folder for the worker's state (.worker)
  --claude PROGRAM        AUTOMATION_CLAUDE_PROGRAM         name or path of Claude Code (claude)
  --model NAME            AUTOMATION_CLAUDE_MODEL           model (the CLI's default, which changes between versions)
  --max-turns N           AUTOMATION_CLAUDE_MAX_TURNS       turn limit of one run, 0 for none (500)
  --max-budget-usd USD    AUTOMATION_CLAUDE_MAX_BUDGET_USD  cost limit of one run (none)
  --agent-command JSON    AUTOMATION_AGENT_COMMAND          another agent, as a JSON array; {id} is the request's id
  --repository PLACE      AUTOMATION_REPOSITORY             git repository that each attempt gets a clone of
  --base BRANCH           AUTOMATION_BASE_BRANCH            branch that new work starts from (the repository's HEAD)
  --publish-command JSON  AUTOMATION_PUBLISH_COMMAND        command that opens a pull request for {branch} and prints its URL
  --agent-dir DIR         AUTOMATION_AGENT_DIR              the agent's working folder without a repository (this folder)
  --run-as USER           AUTOMATION_AGENT_USER             user the agent runs as; requires a worker that runs as root
  --help                                                    show this help

Without AWS_SQS_AUTOMATION_QUEUE_URL the worker polls the service for pending requests. See docs/claude-code.md for more variables.
`;

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

/**
 * Reads the configuration. The command line takes precedence over the environment. Returns null when help was requested.
 *
 * @throws ConfigError listing every problem
 */
export function readWorkerConfig(args: readonly string[], environment: Environment): WorkerConfig | null {
  const variables = new Variables(environment);
  const flags = readFlags(args, variables);
  if (flags.help) return null;
  const whole = (name: string, fallback: number, min: number, max: number, flag?: string): number =>
    variables.value(name, wholeNumber(min, max), flag) ?? fallback;
  const seconds = (name: string, fallback: number, max = 604_800): number => whole(name, fallback, 0, max) * 1000;

  const queueUrl = variables.value('AWS_SQS_AUTOMATION_QUEUE_URL', QUEUE_URL);
  const otherAgent = variables.value('AUTOMATION_AGENT_COMMAND', COMMAND, flags['agent-command']);
  const claude: ClaudeOptions = {
    program: variables.value('AUTOMATION_CLAUDE_PROGRAM', PROGRAM, flags.claude) ?? 'claude',
    model: variables.value('AUTOMATION_CLAUDE_MODEL', MODEL, flags.model),
    maxTurns: whole('AUTOMATION_CLAUDE_MAX_TURNS', 500, 0, 100_000, flags['max-turns']) || null,
    maxBudgetUsd: variables.value('AUTOMATION_CLAUDE_MAX_BUDGET_USD', AMOUNT, flags['max-budget-usd']),
    allowedTools: variables.value('AUTOMATION_CLAUDE_TOOLS', TOOL_NAMES) ?? DEFAULT_TOOLS,
    home: variables.value('AUTOMATION_AGENT_HOME', existing('folder')),
  };
  const repository = variables.value(
    'AUTOMATION_REPOSITORY',
    flags.repository === undefined ? REPOSITORY : SHOWN_REPOSITORY,
    flags.repository,
  );
  const agentCommand = otherAgent ?? claudeCommand(claude);
  const likely = agentCommand.includes('stream-json') ? 'stream-json' : 'text';
  const said = variables.value('AUTOMATION_AGENT_OUTPUT', AGENT_OUTPUT) ?? likely;
  // The worker needs Claude Code's messages to verify that the guard is on.
  const output = otherAgent ? said : 'stream-json';
  const config: WorkerConfig = {
    name: variables.value('AUTOMATION_WORKER_NAME', WORKER_NAME, flags.name) ?? defaultName(),
    apiUrl: variables.value('AUTOMATION_API_URL', API_URL, flags['api-url']) ?? DEFAULT_API_URL,
    apiKeyFile: variables.value('AUTOMATION_API_KEY_FILE', existing('file')),
    queueUrl,
    queueWaitSeconds: whole('AUTOMATION_QUEUE_WAIT_SECONDS', 10, 0, 20),
    concurrency: whole('AUTOMATION_WORKER_CONCURRENCY', 1, 1, 64, flags.concurrency),
    stateDir: variables.value('AUTOMATION_WORKER_STATE_DIR', PATH, flags['state-dir']) ?? resolve('.worker'),
    leaseSeconds: whole('AUTOMATION_WORKER_LEASE_SECONDS', 120, 15, 3600),
    sweepMs: whole('AUTOMATION_WORKER_SWEEP_SECONDS', queueUrl ? 60 : 2, 1, 3600) * 1000,
    drainMs: seconds('AUTOMATION_WORKER_DRAIN_SECONDS', 15),
    pauseScale: variables.value('AUTOMATION_WORKER_PAUSE_SCALE', PAUSE_SCALE) ?? 1,
    claude: otherAgent ? null : claude,
    agentCommand,
    agentOutput: output,
    agentDir: variables.value('AUTOMATION_AGENT_DIR', existing('folder'), flags['agent-dir']) ?? process.cwd(),
    agentEnv: variables.value('AUTOMATION_AGENT_ENV', VARIABLE_NAMES) ?? [],
    agentUser: variables.value('AUTOMATION_AGENT_USER', USER, flags['run-as']),
    repository: repository?.url ?? null,
    repositoryCredentials: repository?.credentials ?? null,
    commitBytes: whole('AUTOMATION_COMMIT_MIB', 256, 1, 65_536) * 1024 ** 2,
    baseBranch: variables.value('AUTOMATION_BASE_BRANCH', BRANCH, flags.base),
    branchPrefix: variables.value('AUTOMATION_BRANCH_PREFIX', BRANCH_PREFIX) ?? 'automation/',
    ciPaths: variables.value('AUTOMATION_CI_PATHS', CI_PATHS) ?? 'hold',
    keptBytes: whole('AUTOMATION_KEPT_CLONES_MIB', 10_240, 0, 10_000_000) * 1024 ** 2,
    publishCommand: variables.value('AUTOMATION_PUBLISH_COMMAND', COMMAND, flags['publish-command']),
    publishMs: seconds('AUTOMATION_PUBLISH_SECONDS', 120, 3600),
    limits: {
      totalMs: seconds('AUTOMATION_AGENT_TOTAL_SECONDS', 7200),
      silenceMs: seconds('AUTOMATION_AGENT_SILENCE_SECONDS', 1200),
      firstOutputMs: seconds('AUTOMATION_AGENT_FIRST_OUTPUT_SECONDS', output === 'stream-json' ? 60 : 0),
      graceMs: seconds('AUTOMATION_AGENT_GRACE_SECONDS', 10, 300),
      afterResultMs: seconds('AUTOMATION_AGENT_AFTER_RESULT_SECONDS', 10, 3600),
    },
    logLevel: variables.value('LOG_LEVEL', LOG_LEVEL) ?? 'info',
  };
  variables.check();
  return Object.freeze(config);
}

function readFlags(args: readonly string[], variables: Variables) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    variables.report(error instanceof Error ? error.message : String(error));
    return {};
  }
}
