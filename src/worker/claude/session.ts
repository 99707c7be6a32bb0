import { chown, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Kit } from '../../agent-kit/kit.ts';
import { commandNames, fitted, hookSettings, quoted } from '../../agent-kit/kit.ts';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import type { AgentUser } from '../programs/agent-user.ts';
import type { SessionProgress } from './stream-json.ts';
import { backoffMs, pause } from '../patience.ts';
import { runCommand } from '../programs/run-command.ts';
import { SealedFiles } from './sealed-files.ts';
import { startViolation } from './start-check.ts';

export interface SessionOptions {
  /** Where this session's folder is made, and what is kept of it. Absolute. */
  readonly sessionsDir: string;
  readonly transcriptsDir: string;
  readonly runId: string;
  readonly kit: Kit;
  readonly user: AgentUser | null;
  /** A home that sessions share; null for one of its own. */
  readonly home: string | null;
  /** The worker's own, for the account of the model. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

/** Where the requests of the model go when the worker's environment does not say. */
const MODEL_URL = 'https://api.anthropic.com';
const FLUSH_LIMIT_MS = 30_000;
const TRANSCRIPTS_KEPT = 200;
/** Of the status script: the service is away. */
const UNREACHABLE = 4;

/**
 * All that one run of Claude Code reads beside the repository: a copy of the kit in a config folder of its own, and outside of that
 * the settings with the guard's hooks. The CLI reads settings of its config folder again whenever they change; what the command line
 * names it reads once.
 *
 * ```
 * config/     CLAUDE_CONFIG_DIR: commands, agents and scripts of the kit; the CLI keeps the transcript here
 * settings.json, key      what `--settings` names; the key of the model, for its `apiKeyHelper`
 * home/ tmp/ spool/ hooks/    what belongs to the agent: the last two by way of the kit's scripts and hooks
 * ```
 */
export class ClaudeSession {
  /** For the command line. */
  readonly args: readonly string[];
  /** On top of what the agent's environment holds; undefined takes a variable away. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly #options: SessionOptions;
  readonly #dir: string;
  readonly #sealed: SealedFiles;

  private constructor(options: SessionOptions, sealed: SealedFiles) {
    this.#options = options;
    this.#dir = join(options.sessionsDir, options.runId);
    this.#sealed = sealed;
    this.args = ['--settings', join(this.#dir, 'settings.json'), '--add-dir', join(this.#dir, 'tmp')];
    this.environment = {
      CLAUDE_CONFIG_DIR: join(this.#dir, 'config'),
      ...(options.user ? {} : { HOME: options.home ?? join(this.#dir, 'home') }),
      TMPDIR: join(this.#dir, 'tmp'),
      AUTOMATION_SPOOL_DIR: join(this.#dir, 'spool'),
      AUTOMATION_HOOK_STATE_DIR: join(this.#dir, 'hooks'),
      // What the guard keeps the agent away from. The clone, `config` and `tmp` lie in there and are more the agent's own.
      AUTOMATION_PROTECTED_PATHS: dirname(options.sessionsDir),
      ANTHROPIC_API_KEY: undefined,
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
    };
  }

  static async prepare(options: SessionOptions): Promise<ClaudeSession> {
    const { sessionsDir, runId, user, kit } = options;
    const dir = join(sessionsDir, runId);
    // Another user's agent passes through, and sees nothing on the way.
    await mkdir(dir, { mode: user ? 0o711 : 0o700 });
    for (const name of ['config', 'home', 'tmp', 'spool', 'hooks']) await ownFolder(join(dir, name), user);
    const key = options.environment.ANTHROPIC_API_KEY;
    if (key !== undefined && key !== '') {
      await writeFile(join(dir, 'key'), key, { mode: 0o400 });
      if (user) await chown(join(dir, 'key'), user.uid, user.gid);
    }
    const scripts = quoted(join(dir, 'config/scripts'));
    const place = { node: process.execPath, scripts, hookScripts: scripts };
    const files = fitted(kit, place).map(({ path, content }) => ({ path: `config/${path}`, content }));
    const settings = settingsOf(dir, hookSettings(place), options.environment);
    const sealed = await SealedFiles.write(
      dir,
      [
        ...files,
        { path: 'settings.json', content: `${JSON.stringify(settings, null, 2)}\n` },
        { path: 'config/settings.json', content: '{}\n' },
      ],
      ['config/scripts', 'config/commands', 'config/agents'],
    );
    return new ClaudeSession(options, sealed);
  }

  /** Whether the session began as it has to, as far as it has told: what is wrong, in words, or null. */
  violation(progress: SessionProgress): string | null {
    return startViolation(progress, commandNames(this.#options.kit));
  }

  /** Whether kit and settings are as they were made: what is not, in words, or null. */
  async tampering(): Promise<string | null> {
    const path = await this.#sealed.changed();
    return path === null ? null : `The agent's commands, scripts or settings were changed while it ran: ${path}.`;
  }

  /**
   * Reports of the agent that the service could not take when they were made are sent now, as the agent, with its token. Goes on while
   * the service is away, until the signal comes.
   */
  async flush(environment: Readonly<Record<string, string>>, stopping: AbortSignal): Promise<void> {
    const { user, log } = this.#options;
    for (let tries = 1; (await this.#spooled()) && !stopping.aborted; tries += 1) {
      const script = join(this.#dir, 'config/scripts/update_request_status.mjs');
      const { code, complaint } = await runCommand(process.execPath, [script, '--flush', '--timeout', '20'], {
        cwd: '/',
        env: environment,
        limitMs: FLUSH_LIMIT_MS,
        user,
        signal: stopping,
      });
      if (code === 0) log.info('sent what the agent had kept for the service');
      else log.warn({ exit_code: code, complaint }, 'what the agent had kept for the service could not be sent');
      if (code !== UNREACHABLE || !(await pause(backoffMs(tries + 2), stopping))) return;
    }
  }

  /** Keeps the transcript and what the guard decided, and removes the rest. Never throws: what is left is removed at the next start. */
  async close(): Promise<void> {
    const { sessionsDir, transcriptsDir, runId, log } = this.#options;
    try {
      await clearAway(sessionsDir, runId, transcriptsDir);
    } catch (error) {
      log.warn({ err: error, run_id: runId }, 'the session folder could not be removed');
    }
  }

  async #spooled(): Promise<boolean> {
    const names = await readdir(join(this.#dir, 'spool')).catch(() => []);
    return names.some((name) => name.endsWith('.json'));
  }
}

/**
 * The guard's hooks, and all that could lead the model's key elsewhere: what is named here cannot be named otherwise by settings that
 * the agent writes.
 */
function settingsOf(dir: string, hooks: object, environment: SessionOptions['environment']): object {
  const key = environment.ANTHROPIC_API_KEY;
  const within = (path: string): string => `/${join(dir, path)}`;
  return {
    disableAllHooks: false,
    env: { ANTHROPIC_BASE_URL: environment.ANTHROPIC_BASE_URL ?? MODEL_URL },
    ...(key === undefined || key === '' ? {} : { apiKeyHelper: `cat ${quoted(join(dir, 'key'))}` }),
    permissions: {
      deny: [`Read(${within('key')})`, ...['config/**', 'settings.json', 'key'].map((path) => `Edit(${within(path)})`)],
    },
    hooks,
  };
}

/** Moves what is kept of a session, and removes its folder. */
export async function clearAway(sessionsDir: string, runId: string, transcriptsDir: string): Promise<void> {
  const dir = join(sessionsDir, runId);
  const kept = join(transcriptsDir, runId);
  await mkdir(kept, { recursive: true, mode: 0o700 });
  for (const part of ['config/projects', 'hooks'])
    await rename(join(dir, part), join(kept, basename(part))).catch(() => undefined);
  await removeOldest(transcriptsDir, TRANSCRIPTS_KEPT);
  await rm(dir, { recursive: true, force: true });
}

async function ownFolder(path: string, user: AgentUser | null): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  if (user) await chown(path, user.uid, user.gid);
}

/** By name there is no order, so by age. */
async function removeOldest(dir: string, keep: number): Promise<void> {
  const names = await readdir(dir);
  if (names.length <= keep) return;
  const aged = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(dir, name))).mtimeMs })));
  aged.sort((a, b) => a.at - b.at);
  for (const { name } of aged.slice(0, names.length - keep))
    await rm(join(dir, name), { recursive: true, force: true });
}
