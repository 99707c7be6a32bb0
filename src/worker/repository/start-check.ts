import type { Logger } from '../../infrastructure/observability/logger.ts';
import { ConfigError } from '../../config.ts';
import { GitError } from './git.ts';
import type { Base, Mirror } from './mirror.ts';

/** Nothing is ever written there. */
const TRIAL = 'refs/automation/start-check';

/** What git says of a repository in a local folder that a newer one has made. */
const UNKNOWN_FORMAT = /unknown repository extension|repo version|extensions\.\w+/i;

/**
 * Looks before the first agent runs whether there is a branch to begin at, and whether work could be written to the repository: whether
 * names are free, and whether the credentials are for writing. What hooks and rules of the server will say of the work itself nobody
 * can know.
 *
 * @throws ConfigError when it could not, for certain; a repository that cannot be reached may be there later
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
        `The git of this worker does not know the format of the repository (reftable needs 2.45): update it, or name the repository by its address at a server. It says: ${error.complaint.replaceAll(/\s+/g, ' ')}`,
      ]);
    log.warn({ err: error }, 'the repository cannot be reached: what can be written to it is not known');
    return;
  }
  if (base.branch === null) throw new ConfigError([`There is nothing that work could begin at: ${base.why}.`]);
  const taken = heads.split('\n').flatMap((line) => /\trefs\/heads\/(\S+)$/.exec(line)?.[1] ?? []);
  const clash = foldersOf(branchPrefix).find((folder) => taken.includes(folder));
  if (clash !== undefined)
    throw new ConfigError([
      `The repository has a branch ${clash}, so none can be called ${branchPrefix}…: rename it, or give another AUTOMATION_BRANCH_PREFIX.`,
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
  log.info('the repository lets itself be written to; what its hooks and rules will say of the work is not known');
}

/** What must not be the name of a branch: `a` and `a/b` for the prefix `a/b/c-`. */
function foldersOf(prefix: string): readonly string[] {
  const parts = prefix.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}
