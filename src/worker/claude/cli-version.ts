import { ConfigError } from '../../configuration/variables.ts';
import type { AgentUser } from '../programs/agent-user.ts';
import { findProgram } from '../programs/program.ts';
import { runCommand } from '../programs/run-command.ts';

/** First version in which a crashed, hanging or missing guard blocks the tool call (`onFailure`); earlier versions let it through. */
const MINIMUM_VERSION = '2.1.295';

/** Without `@latest`, npm on Node older than 22 silently installs an old version that still supports that Node. */
const INSTALL =
  'npm install -g @anthropic-ai/claude-code@latest (without @latest, npm on Node older than 22 installs an old version)';

/** Whether the kit's guard works with this version, such as `2.1.330`. */
export function isSupported(version: string): boolean {
  const parts = /^(\d+)\.(\d+)\.(\d+)$/.exec(version)?.slice(1).map(Number);
  if (!parts) return false;
  const wanted = MINIMUM_VERSION.split('.').map(Number);
  for (const [at, number] of parts.entries()) {
    if (number !== wanted[at]) return number > (wanted[at] ?? 0);
  }
  return true;
}

/**
 * Asks the CLI for its version, running it as the user it will run as later.
 *
 * @throws ConfigError when the CLI is missing, too old, or does not answer within 30 s
 */
export async function checkCli(
  program: string,
  options: {
    readonly cwd: string;
    readonly user: AgentUser | null;
    readonly environment: Readonly<Record<string, string | undefined>>;
  },
): Promise<string> {
  const { PATH = '', HOME } = options.environment;
  const path = await findProgram(program, { path: PATH, cwd: options.cwd });
  if (path === null) {
    throw new ConfigError([
      `Program ${JSON.stringify(program)} not found: install Claude Code with ${INSTALL}, or set AUTOMATION_CLAUDE_PROGRAM to its path.`,
    ]);
  }
  const env = { PATH, HOME: options.user?.home ?? HOME, DISABLE_AUTOUPDATER: '1' };
  const { code, stdout, complaint } = await runCommand(path, ['--version'], {
    cwd: '/',
    env,
    limitMs: 30_000,
    user: options.user,
  });
  const version = /^\d+\.\d+\.\d+/.exec(stdout)?.[0];
  if (code !== 0 || version === undefined) {
    throw new ConfigError([`${path} --version did not print a version: ${complaint}`]);
  }
  if (!isSupported(version)) {
    throw new ConfigError([
      `Claude Code ${version} is too old: the guard requires ${MINIMUM_VERSION} or newer. Update it with ${INSTALL}.`,
    ]);
  }
  return version;
}
