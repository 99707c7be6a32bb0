/** How Claude Code is run. */
export interface ClaudeOptions {
  /** Name or path of the program. */
  readonly program: string;
  /** Null for the CLI's own default, which changes with its version. */
  readonly model: string | null;
  /** A run that reaches it is blocked for its budget; null for none. */
  readonly maxTurns: number | null;
  readonly maxBudgetUsd: number | null;
  /** What the agent may use without asking, since nobody is there to be asked. */
  readonly allowedTools: readonly string[];
  /** Absolute; a home that attempts share, for caches. Null: each has an empty one of its own. */
  readonly home: string | null;
}

/** Under the root user the CLI takes no wider one; with `--allowedTools` it is enough. */
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

/** What makes sense only where somebody comes back to the session, or would leave the clone. */
const SENSELESS_TOOLS = ['ScheduleWakeup', 'CronCreate', 'Monitor', 'EnterWorktree', 'Workflow', 'SendMessage'];

/**
 * Program and arguments; `{id}` stands for the request's id, the only thing of a request that ever stands on a command line. The
 * prompt comes first: a flag with a list eats the words behind it.
 *
 * What a run may do is named here, and not in settings of the repository: those are not read at all (`--setting-sources user`).
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
