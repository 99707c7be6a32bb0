import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError } from '../config.ts';
import type { LogLevel } from '../infrastructure/observability/logger.ts';
import { LOG_LEVELS } from '../infrastructure/observability/logger.ts';

/** How the agent's output is read: Claude Code's messages, one JSON object a line, or plain text of which only a tail is kept. */
export type AgentOutput = 'stream-json' | 'text';

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
  /** Program and arguments; `{id}` stands for the request's id. */
  readonly agentCommand: readonly string[];
  readonly agentOutput: AgentOutput;
  /** Absolute; the agent's working folder. */
  readonly agentDir: string;
  /** Names of variables that the agent gets beside the usual ones; a name may end in `*`. */
  readonly agentEnv: readonly string[];
  readonly limits: AgentLimits;
  readonly logLevel: LogLevel;
}

/**
 * Claude Code, headless. What it may do without asking is named here and not in the repository's settings, since the CLI ignores the
 * permissions of a folder that nobody has declared trusted. The prompt comes first: a flag with a list eats the words behind it.
 */
export const DEFAULT_AGENT_COMMAND: readonly string[] = [
  'claude',
  '-p',
  '/process-request {id}',
  '--output-format',
  'stream-json',
  '--verbose',
  '--permission-mode',
  'acceptEdits',
  '--allowedTools',
  'Bash,Read,Edit,Write,Skill,Agent',
  '--strict-mcp-config',
];

export const USAGE = `Usage: npm run worker -- [options]

Takes requests from the queue, runs an agent on each, and reports how it ended. Each option has a variable.

  --api-url URL           AUTOMATION_API_URL                where the service listens (http://127.0.0.1:8000)
  --name NAME             AUTOMATION_WORKER_NAME            what the history calls this worker (the host name)
  --concurrency N         AUTOMATION_WORKER_CONCURRENCY     agents at once, 1 to 64 (1)
  --state-dir DIR         AUTOMATION_WORKER_STATE_DIR       end reports not yet accepted (.worker)
  --agent-command JSON    AUTOMATION_AGENT_COMMAND          program and arguments as a JSON array; {id} is the request's id
  --agent-dir DIR         AUTOMATION_AGENT_DIR              the agent's working folder (this one)
  --help

Without AWS_SQS_AUTOMATION_QUEUE_URL it polls the service's list of pending requests. docs/claude-code.md names the other variables.
`;

const OPTIONS = {
  'api-url': { type: 'string' },
  name: { type: 'string' },
  concurrency: { type: 'string' },
  'state-dir': { type: 'string' },
  'agent-command': { type: 'string' },
  'agent-dir': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the command line over the environment. Null: help is asked for. Throws {@link ConfigError} with every problem at once. */
export function readWorkerConfig(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): WorkerConfig | null {
  const problems: string[] = [];
  const flags = readFlags(args, problems);
  if (flags.help) return null;

  const read = (name: string, flag?: string): string | null => {
    const text = flag ?? environment[name]?.trim() ?? '';
    return text === '' ? null : text;
  };
  const check = <T>(name: string, text: string | null, parse: (text: string) => T | undefined, wanted: string) => {
    if (text === null) return undefined;
    const value = parse(text);
    if (value === undefined) problems.push(`${name} must be ${wanted}.`);
    return value;
  };
  const whole = (name: string, fallback: number, min: number, max: number, flag?: string): number =>
    check(name, read(name, flag), wholeNumber(min, max), `a whole number from ${min} to ${max}`) ?? fallback;
  const seconds = (name: string, fallback: number, max = 604_800): number => whole(name, fallback, 0, max) * 1000;

  const queueUrl = check(
    'AWS_SQS_AUTOMATION_QUEUE_URL',
    read('AWS_SQS_AUTOMATION_QUEUE_URL'),
    httpUrl,
    'the URL of an SQS queue',
  );
  const command = check(
    'AUTOMATION_AGENT_COMMAND',
    read('AUTOMATION_AGENT_COMMAND', flags['agent-command']),
    commandLine,
    COMMAND_WANTED,
  );
  const agentCommand = command ?? DEFAULT_AGENT_COMMAND;
  const output = check('AUTOMATION_AGENT_OUTPUT', read('AUTOMATION_AGENT_OUTPUT'), agentOutput, 'stream-json or text');
  const agentOutputKind = output ?? (agentCommand.includes('stream-json') ? 'stream-json' : 'text');
  const apiUrl = read('AUTOMATION_API_URL', flags['api-url']) ?? 'http://127.0.0.1:8000';
  const config: WorkerConfig = {
    name:
      check('AUTOMATION_WORKER_NAME', read('AUTOMATION_WORKER_NAME', flags.name), workerName, NAME_WANTED) ??
      defaultName(),
    apiUrl: check('AUTOMATION_API_URL', apiUrl, httpUrl, 'a URL such as http://127.0.0.1:8000') ?? '',
    apiKeyFile:
      check('AUTOMATION_API_KEY_FILE', read('AUTOMATION_API_KEY_FILE'), existingPath, 'a file that is there') ?? null,
    queueUrl: queueUrl ?? null,
    queueWaitSeconds: whole('AUTOMATION_QUEUE_WAIT_SECONDS', 10, 0, 20),
    concurrency: whole('AUTOMATION_WORKER_CONCURRENCY', 1, 1, 64, flags.concurrency),
    stateDir: resolve(read('AUTOMATION_WORKER_STATE_DIR', flags['state-dir']) ?? '.worker'),
    leaseSeconds: whole('AUTOMATION_WORKER_LEASE_SECONDS', 120, 15, 3600),
    sweepMs: whole('AUTOMATION_WORKER_SWEEP_SECONDS', queueUrl ? 60 : 2, 1, 3600) * 1000,
    drainMs: seconds('AUTOMATION_WORKER_DRAIN_SECONDS', 15),
    agentCommand,
    agentOutput: agentOutputKind,
    agentDir:
      check(
        'AUTOMATION_AGENT_DIR',
        read('AUTOMATION_AGENT_DIR', flags['agent-dir']),
        existingPath,
        'a folder that is there',
      ) ?? process.cwd(),
    agentEnv:
      check(
        'AUTOMATION_AGENT_ENV',
        read('AUTOMATION_AGENT_ENV'),
        variableNames,
        'names of variables, comma-separated',
      ) ?? [],
    limits: {
      totalMs: seconds('AUTOMATION_AGENT_TOTAL_SECONDS', 7200),
      silenceMs: seconds('AUTOMATION_AGENT_SILENCE_SECONDS', 1200),
      firstOutputMs: seconds('AUTOMATION_AGENT_FIRST_OUTPUT_SECONDS', agentOutputKind === 'stream-json' ? 60 : 0),
      graceMs: seconds('AUTOMATION_AGENT_GRACE_SECONDS', 10, 300),
      afterResultMs: seconds('AUTOMATION_AGENT_AFTER_RESULT_SECONDS', 10, 3600),
    },
    logLevel: check('LOG_LEVEL', read('LOG_LEVEL'), logLevel, `one of ${LOG_LEVELS.join(', ')}`) ?? 'info',
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

const NAME_WANTED = 'letters, digits, dots, dashes and underscores, at most 100, not beginning with a dot or dash';
const COMMAND_WANTED =
  'a JSON array of strings such as ["claude","-p","/process-request {id}"], in which {id} may stand in arguments only';

function readFlags(args: readonly string[], problems: string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return {};
  }
}

function wholeNumber(min: number, max: number) {
  return (text: string): number | undefined => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    return value >= min && value <= max ? value : undefined;
  };
}

function httpUrl(text: string): string | undefined {
  return /^https?:\/\/[^\s/]/.test(text) && URL.canParse(text) ? text.replace(/\/+$/, '') : undefined;
}

function workerName(text: string): string | undefined {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/.test(text) ? text : undefined;
}

function defaultName(): string {
  return workerName(hostname()) ?? 'worker';
}

function existingPath(text: string): string | undefined {
  const path = resolve(text);
  return existsSync(path) ? path : undefined;
}

function agentOutput(text: string): AgentOutput | undefined {
  return text === 'stream-json' || text === 'text' ? text : undefined;
}

function logLevel(text: string): LogLevel | undefined {
  return LOG_LEVELS.find((level) => level === text);
}

function variableNames(text: string): readonly string[] | undefined {
  const names = text.split(',').map((name) => name.trim());
  return names.every((name) => /^[A-Za-z_][A-Za-z0-9_]*\*?$/.test(name)) ? names : undefined;
}

function commandLine(text: string): readonly string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value) || value.length === 0) return undefined;
  if (!value.every((item): item is string => typeof item === 'string' && !item.includes('\0'))) return undefined;
  const [program = ''] = value;
  // A prompt that begins with the id can never be taken for an option, because an id begins with a digit or a letter.
  return program === '' || program.includes('{id}') ? undefined : value;
}
