import type { AgentOutput } from '../config-values.ts';
import type { AgentUser } from '../programs/agent-user.ts';

/** Variables any program needs: paths, user, locale, and network access. */
const USUAL: readonly string[] = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'LC_*',
  'TZ',
  'TMPDIR',
  'TERM',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/**
 * Variables of Claude Code: its account and its configuration folder. Markers of an enclosing session (`CLAUDECODE` and the like) are
 * left out on purpose.
 */
const CLAUDE: readonly string[] = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'ANTHROPIC_BASE_URL',
  'ANTHROPIC_MODEL',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'CLAUDE_CONFIG_DIR',
];

/**
 * Measured with the CLI: without the first, a background command that never ends keeps a finished run alive for ten minutes; without
 * the second, a rejected login takes three minutes to surface. Longer backoff is up to the worker and the queue.
 */
const CLAUDE_SETTINGS: Readonly<Record<string, string>> = {
  CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
  CLAUDE_CODE_MAX_RETRIES: '3',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
};

/** Default author of the agent's commits; the worker's environment overrides it. */
const GIT_IDENTITY: Readonly<Record<string, string>> = {
  GIT_AUTHOR_NAME: 'Automation Agent',
  GIT_AUTHOR_EMAIL: 'automation-agent@localhost',
  GIT_COMMITTER_NAME: 'Automation Agent',
  GIT_COMMITTER_EMAIL: 'automation-agent@localhost',
};

/** Name of the variable that marks every process of a run. */
export const MARK_NAME = 'AUTOMATION_RUN_ID';

export interface RunIdentity {
  readonly apiUrl: string;
  readonly requestId: string;
  readonly attempt: number;
  readonly runId: string;
  readonly agentToken: string;
  readonly correlationId: string | null;
}

/** The agent's complete environment: allow-listed variables of the worker, plus what the agent needs to report on its request. */
export function agentEnvironment(
  run: RunIdentity,
  options: {
    readonly output: AgentOutput;
    readonly user: AgentUser | null;
    readonly extra: readonly string[];
    readonly worker: Readonly<Record<string, string | undefined>>;
  },
): Record<string, string> {
  const claude = options.output === 'stream-json';
  const allowed = [...USUAL, ...Object.keys(GIT_IDENTITY), ...(claude ? CLAUDE : []), ...options.extra];
  const environment: Record<string, string> = { ...GIT_IDENTITY };
  for (const [name, value] of Object.entries(options.worker)) {
    if (value !== undefined && allowed.some((pattern) => matches(pattern, name))) environment[name] = value;
  }
  const { user } = options;
  if (user) Object.assign(environment, { HOME: user.home, USER: user.name, LOGNAME: user.name });
  if (claude) Object.assign(environment, CLAUDE_SETTINGS);
  return Object.assign(environment, {
    AUTOMATION_API_URL: run.apiUrl,
    AUTOMATION_REQUEST_ID: run.requestId,
    AUTOMATION_ATTEMPT: String(run.attempt),
    AUTOMATION_AGENT_TOKEN: run.agentToken,
    AUTOMATION_SESSION_ID: run.runId,
    ...(run.correlationId === null ? {} : { AUTOMATION_CORRELATION_ID: run.correlationId }),
    [MARK_NAME]: run.runId,
  });
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
