import type { GitSettings } from './git-settings.ts';
import type { CommandOptions } from '../programs/run-command.ts';
import { runCommand } from '../programs/run-command.ts';

/** A git command failed or was stopped. `complaint` has credentials redacted. */
export class GitError extends Error {
  override readonly name = 'GitError';
  constructor(
    /** The git subcommand, such as `fetch`. */
    readonly command: string,
    readonly complaint: string,
    /** True when git was killed and may have left lock files. */
    readonly killed = false,
  ) {
    super(`git ${command} failed: ${complaint}`);
  }
}

export interface GitOptions extends Pick<CommandOptions, 'cwd' | 'signal' | 'input' | 'consume'> {
  /** Maximum time without output. A fetch or push that reports progress may take longer. */
  readonly silenceMs?: number;
}

/** Default maximum time without output, which bounds a remote that accepts connections and never answers. */
export const SILENCE_MS = 300_000;
/** Maximum duration of any git command. */
const LIMIT_MS = 12 * 3_600_000;

/**
 * Settings for every git command, but not for git processes it starts in another repository, which has its own hooks: no hooks, no file
 * system monitor, no transport that runs a command, no background maintenance, and bounded memory (large objects are streamed).
 */
const SETTINGS: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.attributesFile=/dev/null',
  'core.fsmonitor=false',
  'core.bigFileThreshold=16m',
  'pack.threads=1',
  'pack.windowMemory=64m',
  'pack.deltaCacheSize=64m',
  'protocol.allow=never',
  'protocol.http.allow=always',
  'protocol.https.allow=always',
  'protocol.ssh.allow=always',
  'protocol.git.allow=always',
  'protocol.file.allow=always',
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.detachedHead=false',
];

/**
 * Runs git with the worker's configuration and returns its trimmed output.
 *
 * @throws GitError when git fails, exceeds a limit, or prints more than can be read
 */
export async function git(args: readonly string[], settings: GitSettings, options: GitOptions): Promise<string> {
  const { silenceMs = SILENCE_MS, ...rest } = options;
  const end = await runCommand('git', [...SETTINGS.flatMap((setting) => ['-c', setting]), ...args], {
    ...rest,
    env: settings.environment,
    secrets: settings.secrets,
    limitMs: LIMIT_MS,
    silenceMs,
  });
  const command = args.find((word) => /^[a-z][a-z-]+$/.test(word)) ?? 'command';
  if (end.code !== 0) throw new GitError(command, withoutProgress(end.complaint), end.code === null);
  if (end.cut) throw new GitError(command, 'its output is too long');
  return end.stdout.trim();
}

/** Removes progress lines. */
function withoutProgress(complaint: string): string {
  const lines = complaint.split('\n').map((line) => line.trimEnd());
  const told = lines.filter(
    (line) => !/^(?:remote: )?[A-Z][a-z -]+: +\d+(?:%|, done\.|$)|^(?:remote: )?Total \d/.test(line),
  );
  return told.filter((line) => line !== '').join('\n') || 'it gave no reason';
}
