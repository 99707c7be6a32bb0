import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kit } from '../../agent-kit/kit.ts';
import { readKit } from '../../agent-kit/kit.ts';
import { ConfigError } from '../../configuration/variables.ts';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import type { AgentUser } from '../programs/agent-user.ts';
import { openWay } from '../programs/agent-user.ts';
import { checkCli } from './cli-version.ts';
import type { ClaudeOptions } from './options.ts';
import { ClaudeSession, clearAway } from './session.ts';

/** Creates a session for each run of Claude Code. */
export interface ClaudeSessions {
  readonly kit: Pick<Kit, 'version' | 'sha256'>;
  prepare(runId: string): Promise<ClaudeSession>;
}

/**
 * Checks, before anything is claimed, that Claude Code is installed and recent enough and that the kit can be read. Clears sessions
 * left by an earlier run of this worker.
 *
 * @throws ConfigError when Claude Code is missing or too old, or the agent's user cannot run Node or reach the sessions folder
 */
export async function openSessions(options: {
  readonly claude: ClaudeOptions;
  readonly stateDir: string;
  /** `stateDir` or a folder above it: the topmost folder whose mode the worker may change for the agent's user. */
  readonly outermost: string;
  readonly agentDir: string;
  readonly user: AgentUser | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}): Promise<ClaudeSessions> {
  const { claude, user, environment, log } = options;
  const version = await checkCli(claude.program, { cwd: options.agentDir, user, environment });
  if (user) checkNode(user);
  const kit = await readKit();
  const stateDir = await realpath(options.stateDir);
  const sessionsDir = join(stateDir, 'sessions');
  const transcriptsDir = join(stateDir, 'transcripts');
  for (const dir of [sessionsDir, transcriptsDir]) {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await chmod(dir, 0o700);
  }
  // The transcript is the best evidence of a run that was killed together with its worker, so it is kept.
  for (const runId of await readdir(sessionsDir)) await clearAway(sessionsDir, runId, transcriptsDir);
  if (user) await openWay(user, sessionsDir, await realpath(options.outermost));
  log.info({ claude_code: version, kit: kit.version, model: claude.model ?? "the CLI's default" }, 'agent checked');
  if (!ACCOUNT.some((name) => environment[name])) {
    log.warn(
      `none of ${ACCOUNT.join(', ')} is set: the agent may not be logged in, since a login stored in a home folder is not used`,
    );
  }
  return {
    kit,
    prepare: (runId) =>
      ClaudeSession.prepare({
        sessionsDir,
        transcriptsDir,
        runId,
        kit,
        user,
        home: claude.home,
        environment,
        log,
      }),
  };
}

/** Variables that log a session in. Each attempt has its own config folder, which holds no login. */
const ACCOUNT = ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'];

/** The guard runs as the agent's user with this process's Node, so that user must be able to run it. */
function checkNode({ name, uid, gid }: AgentUser): void {
  const { status } = spawnSync(process.execPath, ['--version'], {
    uid,
    gid,
    cwd: '/',
    stdio: 'ignore',
    timeout: 10_000,
  });
  if (status === 0) return;
  throw new ConfigError([
    `The user ${name} cannot run ${process.execPath}, which the guard needs: install the project where that user can access it.`,
  ]);
}
