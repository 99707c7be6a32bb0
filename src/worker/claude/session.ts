import { chown, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Kit } from '../../agent-kit/kit.ts';
import { commandNames, fitted, hookSettings, quoted } from '../../agent-kit/kit.ts';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import type { AgentUser } from '../programs/agent-user.ts';
import type { SessionProgress } from './stream-json.ts';
import { backoffMs, pause } from '../../infrastructure/backoff.ts';
import { DELAYS } from '../patience.ts';
import { runCommand } from '../programs/run-command.ts';
import { SealedFiles } from './sealed-files.ts';
import { startViolation } from './start-check.ts';

export interface SessionOptions {
  /** Absolute path of the folder in which this session's folder is created. */
  readonly sessionsDir: string;
  /** Absolute path of the folder for transcripts kept after a session. */
  readonly transcriptsDir: string;
  readonly runId: string;
  readonly kit: Kit;
  readonly user: AgentUser | null;
  /** Home folder that sessions share; null gives this session its own. */
  readonly home: string | null;
  /** The worker's environment, for the model account. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

/** Default URL of the model's API. */
const MODEL_URL = 'https://api.anthropic.com';
const FLUSH_LIMIT_MS = 30_000;
const TRANSCRIPTS_KEPT = 200;
/** Exit code of the status script when the service is unreachable. */
const UNREACHABLE = 4;

/**
 * Everything one run of Claude Code reads besides the repository: a copy of the kit in its own config folder, and outside that folder
 * the settings with the guard's hooks. The CLI rereads the settings in its config folder whenever they change, but reads the file named
 * on the command line only once.
 *
 * ```
 * config/                   CLAUDE_CONFIG_DIR: commands, agents and scripts of the kit; the CLI writes the transcript here
 * settings.json             file passed with `--settings`
 * key                       the model's API key, for `apiKeyHelper`
 * home/ tmp/ spool/ hooks/  the agent's own; `spool` and `hooks` are written by the kit's scripts and hooks
 * ```
 */
export class ClaudeSession {
  /** Arguments to append to the command line. */
  readonly args: readonly string[];
  /** Overrides for the agent's environment; undefined removes a variable. */
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
      // The guard keeps the agent out of this folder, except for the clone, `config` and `tmp` inside it.
      AUTOMATION_PROTECTED_PATHS: dirname(options.sessionsDir),
      ANTHROPIC_API_KEY: undefined,
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
    };
  }

  /** Creates the session's folder with kit, settings and key. */
  static async prepare(options: SessionOptions): Promise<ClaudeSession> {
    const { sessionsDir, runId, user, kit } = options;
    const dir = join(sessionsDir, runId);
    // 0711 lets an agent with its own user traverse the folder without listing it.
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

  /** Returns what is wrong with the start of the session, as a sentence; null when nothing is, or it is too early to tell. */
  violation(progress: SessionProgress): string | null {
    return startViolation(progress, commandNames(this.#options.kit));
  }

  /** Returns a sentence naming the first file of kit or settings that was changed; null when none was. */
  async tampering(): Promise<string | null> {
    const path = await this.#sealed.changed();
    return path === null ? null : `The agent's commands, scripts or settings were changed while it ran: ${path}.`;
  }

  /**
   * Sends the reports that the agent had to spool because the service was unreachable, as the agent and with its token. Retries while
   * the service is unreachable, until `stopping` is aborted.
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
      if (code === 0) log.info('sent the reports spooled by the agent');
      else log.warn({ exit_code: code, complaint }, 'could not send the reports spooled by the agent');
      if (code !== UNREACHABLE || !(await pause(backoffMs(tries + 2, DELAYS), stopping))) return;
    }
  }

  /** Keeps the transcript and the guard's log, and removes the rest. Never throws: leftovers are removed at the next start. */
  async close(): Promise<void> {
    const { sessionsDir, transcriptsDir, runId, log } = this.#options;
    try {
      await clearAway(sessionsDir, runId, transcriptsDir);
    } catch (error) {
      log.warn({ err: error, run_id: runId }, 'could not remove the session folder');
    }
  }

  async #spooled(): Promise<boolean> {
    const names = await readdir(join(this.#dir, 'spool')).catch(() => []);
    return names.some((name) => name.endsWith('.json'));
  }
}

/**
 * Settings with the guard's hooks, and with everything that could redirect the model's key: settings written by the agent cannot
 * override what is set here.
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

/** Moves transcript and hook state of a session to `transcriptsDir`, and removes the session's folder. */
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

/** Removes the oldest entries by modification time; their names, run ids, have no order. */
async function removeOldest(dir: string, keep: number): Promise<void> {
  const names = await readdir(dir);
  if (names.length <= keep) return;
  const aged = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(dir, name))).mtimeMs })));
  aged.sort((a, b) => a.at - b.at);
  for (const { name } of aged.slice(0, names.length - keep))
    await rm(join(dir, name), { recursive: true, force: true });
}
