import type { GitSettings } from './git-settings.ts';
import type { CommandOptions } from '../programs/run-command.ts';
import { runCommand } from '../programs/run-command.ts';

/** Git said no, or did not come to an end. Its words hold no credentials that we know the form of. */
export class GitError extends Error {
  override readonly name = 'GitError';
  constructor(
    /** The first word of the command. */
    readonly command: string,
    readonly complaint: string,
    /** It was ended from outside, and may have left its locks. */
    readonly killed = false,
  ) {
    super(`git ${command} failed: ${complaint}`);
  }
}

export interface GitOptions extends Pick<CommandOptions, 'cwd' | 'signal' | 'input' | 'consume'> {
  /** Without a word of it. A fetch or push tells its progress, and may take as long as it goes on. */
  readonly silenceMs?: number;
}

/** A remote that accepts and never answers costs that much, and no more. */
export const SILENCE_MS = 300_000;
/** Nothing that is worth waiting for takes longer. */
const LIMIT_MS = 12 * 3_600_000;

/**
 * What holds for every call, and for nothing that git starts in another repository (whose hooks are that one's business): no hooks, no
 * helper that watches files, no transport that runs a command, no housekeeping that outlives the call, and bounded memory: large
 * objects are passed on as they are.
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

/** Runs git with the worker's configuration, and answers what it printed. @throws GitError */
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
  if (end.cut) throw new GitError(command, 'it said more than can be read');
  return end.stdout.trim();
}

/** What is a sign of life only. */
function withoutProgress(complaint: string): string {
  const lines = complaint.split('\n').map((line) => line.trimEnd());
  const told = lines.filter(
    (line) => !/^(?:remote: )?[A-Z][a-z -]+: +\d+(?:%|, done\.|$)|^(?:remote: )?Total \d/.test(line),
  );
  return told.filter((line) => line !== '').join('\n') || 'it gave no reason';
}
