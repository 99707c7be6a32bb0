/** How Claude Code is run. */
export interface ClaudeOptions {
  /** Name or path of the program. */
  readonly program: string;
  /** Null means the CLI's default, which changes between versions. */
  readonly model: string | null;
  /** A run that reaches it is blocked with code `budget`; null means no limit. */
  readonly maxTurns: number | null;
  /** Cost limit of one run in US dollars; null means no limit. */
  readonly maxBudgetUsd: number | null;
  /** Tools the agent may use without asking, because nobody is there to answer. */
  readonly allowedTools: readonly string[];
  /** Absolute path of a home folder that attempts share, for caches. Null gives each attempt an empty one. */
  readonly home: string | null;
}

/** The widest mode the CLI accepts for root; sufficient together with `--allowedTools`. */
export const PERMISSION_MODE = 'acceptEdits';

export const DEFAULT_TOOLS: readonly string[] = [
  'Bash',
  'Read',
  'Edit',
  'Write',
  'NotebookEdit',
  'Skill',
  'Agent',
  'WebFetch',
  'WebSearch',
];

/** Tools that make sense only when somebody returns to the session, or that leave the clone. */
const SENSELESS_TOOLS = ['ScheduleWakeup', 'CronCreate', 'Monitor', 'EnterWorktree', 'Workflow', 'SendMessage'];

/**
 * Program and arguments for Claude Code. `{id}` stands for the request's id, the only part of a request that ever reaches a command
 * line. The prompt comes first, because a flag that takes a list consumes the words after it.
 *
 * Permissions are set here. Settings in the repository are ignored (`--setting-sources user`).
 */
export function claudeCommand(options: ClaudeOptions): readonly string[] {
  return [
    options.program,
    '-p',
    '/process-request {id}',
    '--output-format',
    'stream-json',
    '--verbose',
    '--include-hook-events',
    '--permission-mode',
    PERMISSION_MODE,
    '--allowedTools',
    options.allowedTools.join(','),
    '--disallowedTools',
    SENSELESS_TOOLS.join(','),
    '--setting-sources',
    'user',
    '--strict-mcp-config',
    ...(options.model === null ? [] : ['--model', options.model]),
    ...(options.maxTurns === null ? [] : ['--max-turns', String(options.maxTurns)]),
    ...(options.maxBudgetUsd === null ? [] : ['--max-budget-usd', String(options.maxBudgetUsd)]),
  ];
}
