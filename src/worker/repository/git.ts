import { runCommand } from './run-command.ts';

/** Git said no, or did not come to an end. Its words hold no credentials that we know the form of. */
export class GitError extends Error {
  override readonly name = 'GitError';
  constructor(
    /** The first word of the command. */
    readonly command: string,
    readonly complaint: string,
  ) {
    super(`git ${command} failed: ${complaint}`);
  }
}

export interface GitOptions {
  readonly cwd: string;
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
}

/** A fetch or push over a slow line; a remote that accepts and never answers costs that much, and no more. */
const DEFAULT_LIMIT_MS = 300_000;

/**
 * What holds for every call: no hooks, no helper that watches files, no transport that runs a command, no housekeeping that outlives
 * the call.
 */
const SETTINGS: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'protocol.ext.allow=never',
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.detachedHead=false',
];

/** Runs git, and answers what it printed. @throws GitError */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
  const end = await runCommand('git', [...settings, ...args], {
    cwd: options.cwd,
    env: gitEnvironment(process.env),
    limitMs: options.limitMs ?? DEFAULT_LIMIT_MS,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (end.code !== 0) throw new GitError(args.find((word) => /^[a-z][a-z-]+$/.test(word)) ?? 'command', end.complaint);
  return end.stdout.trim();
}

/** The worker's own, with which it reaches the repository, without what would point git somewhere else; and nobody to be asked. */
function gitEnvironment(environment: NodeJS.ProcessEnv): Record<string, string | undefined> {
  const kept = Object.entries(environment).filter(
    ([name]) => !/^GIT_(?!SSH|ASKPASS|HTTP|PROXY|SSL|CONFIG_)/.test(name),
  );
  return { ...Object.fromEntries(kept), GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
}
