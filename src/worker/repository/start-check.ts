import type { Logger } from '../../infrastructure/observability/logger.ts';
import { ConfigError } from '../../configuration/variables.ts';
import { GitError } from './git.ts';
import type { Base, Mirror } from './mirror.ts';

/** Target of the trial push, which is a dry run: nothing is ever written there. */
const TRIAL = 'refs/automation/start-check';

/** Git's errors about a local repository created by a newer git. */
const UNKNOWN_FORMAT = /unknown repository extension|repo version|extensions\.\w+/i;

/**
 * Checks, before the first agent runs, that there is a branch to start from and that work can be pushed: that branch names are free and
 * the credentials allow writing. Whether server hooks and rules will accept the work cannot be known in advance.
 *
 * @throws ConfigError when a push is certain to fail; an unreachable repository is only logged, because it may come back
 */
export async function checkRemote(mirror: Mirror, branchPrefix: string, log: Logger): Promise<void> {
  let base: Base;
  let heads: string;
  try {
    base = await mirror.findBase();
    const folders = foldersOf(branchPrefix).map((it) => `refs/heads/${it}`);
    heads = folders.length === 0 ? '' : await mirror.inMirror(['ls-remote', '--heads', mirror.url, ...folders]);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    if (UNKNOWN_FORMAT.test(error.complaint))
      throw new ConfigError([
        `This worker's git does not support the repository's format (reftable needs 2.45): update git, or use the repository's URL on a server. Git says: ${error.complaint.replaceAll(/\s+/g, ' ')}`,
      ]);
    log.warn({ err: error }, 'the repository is unreachable; write access was not checked');
    return;
  }
  if (base.branch === null) throw new ConfigError([`There is no branch to start work from: ${base.why}.`]);
  const taken = heads.split('\n').flatMap((line) => /\trefs\/heads\/(\S+)$/.exec(line)?.[1] ?? []);
  const clash = foldersOf(branchPrefix).find((folder) => taken.includes(folder));
  if (clash !== undefined)
    throw new ConfigError([
      `The repository has a branch ${clash}, so no branch can be named ${branchPrefix}…: rename it, or set another AUTOMATION_BRANCH_PREFIX.`,
    ]);
  try {
    const tree = await mirror.inMirror(['hash-object', '-w', '-t', 'tree', '/dev/null']);
    const who = ['-c', 'user.name=automation', '-c', 'user.email=automation@localhost'];
    const commit = await mirror.inMirror([...who, 'commit-tree', tree, '-m', 'Nothing']);
    await mirror.inMirror(['push', '--quiet', '--dry-run', mirror.url, `${commit}:${TRIAL}`]);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new ConfigError([`The repository can be read, but not written to: ${error.complaint}`]);
  }
  log.info('the repository is writable; its hooks and rules were not checked');
}

/** Names that must not be branches: `a` and `a/b` for the prefix `a/b/c-`. */
function foldersOf(prefix: string): readonly string[] {
  const parts = prefix.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}
