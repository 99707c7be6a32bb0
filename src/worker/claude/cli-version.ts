import { ConfigError } from '../../config.ts';
import type { AgentUser } from '../programs/agent-user.ts';
import { findProgram } from '../programs/program.ts';
import { runCommand } from '../programs/run-command.ts';

/** The first in which a guard that crashes, hangs or is missing stops the tool call (`onFailure`): before, it let it through. */
const MINIMUM_VERSION = '2.1.295';

/** Without `@latest`, npm under a Node older than 22 takes an old version that still names that Node, and says nothing. */
const INSTALL =
  'npm install -g @anthropic-ai/claude-code@latest, with the @latest, since npm under a Node older than 22 takes an old version without it';

/** Whether a version such as `2.1.330` is one that the kit is safe with. */
export function isSupported(version: string): boolean {
  const parts = /^(\d+)\.(\d+)\.(\d+)$/.exec(version)?.slice(1).map(Number);
  if (!parts) return false;
  const wanted = MINIMUM_VERSION.split('.').map(Number);
  for (const [at, number] of parts.entries()) {
    if (number !== wanted[at]) return number > (wanted[at] ?? 0);
  }
  return true;
}

/** Asks the CLI for its version, as the user it will run as. @throws ConfigError when it is missing or too old */
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
      `${JSON.stringify(program)} is no program on this machine: install Claude Code (${INSTALL}), or say where it is with AUTOMATION_CLAUDE_PROGRAM.`,
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
    throw new ConfigError([`${path} --version does not tell its version: ${complaint}`]);
  }
  if (!isSupported(version)) {
    throw new ConfigError([
      `Claude Code ${version} is too old: the guard holds from ${MINIMUM_VERSION} on. Update it: ${INSTALL}.`,
    ]);
  }
  return version;
}
