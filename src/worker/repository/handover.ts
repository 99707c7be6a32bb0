import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readBranch } from './agent-refs.ts';
import { fetchChecked } from './checked-fetch.ts';
import type { Clone } from './clone.ts';
import { GitError } from './git.ts';
import type { Mirror } from './mirror.ts';
import { copyObjects } from './objects.ts';
import { checkWeight } from './weight.ts';

export interface Pushed {
  /** Where the work lies now: our branch, or one of its own where another attempt had moved ours on. */
  readonly branch: string;
  readonly commit: string;
}

/** Takes over what the agent has committed; false when there is nothing new. @throws GitError, HostileRepository */
export async function takeOver(mirror: Mirror, clone: Clone, signal?: AbortSignal): Promise<boolean> {
  return mirror.inTurn(async () => {
    const from = join(clone.dir, '.git');
    const commit = await readBranch(from, clone.branch);
    if (commit === null || commit === clone.taken) return false;
    const intake = `${clone.dir}.intake`;
    await mirror.init(intake, '--bare');
    // While it is weighed it borrows from nobody.
    const alternates = join(intake, 'objects/info/alternates');
    await rm(alternates, { force: true });
    await copyObjects(from, intake, mirror.gitDir, clone.packs);
    await checkWeight(mirror, intake);
    await writeFile(alternates, `${join(mirror.gitDir, 'objects')}\n`);
    await mirror.git([`--git-dir=${intake}`, 'update-ref', 'refs/heads/taken', commit]);
    await fetchChecked(mirror, intake, [`+refs/heads/taken:refs/heads/${clone.branch}`], signal);
    clone.taken = commit;
    return true;
  });
}

/**
 * Pushes what was taken over. Where somebody else has moved our branch on, the work goes to a branch of its own, so that neither is
 * lost. Null when there is nothing to push.
 *
 * @throws GitError when the remote does not take it
 */
export async function push(
  mirror: Mirror,
  clone: Clone,
  attempt: number,
  signal?: AbortSignal,
): Promise<Pushed | null> {
  return mirror.inTurn(async () => {
    const commit = clone.taken;
    if (commit === clone.start && clone.seen === null) return null;
    if (commit === clone.seen) return { branch: clone.branch, commit };
    const ref = `refs/heads/${clone.branch}`;
    try {
      const lease = `--force-with-lease=${ref}:${clone.seen ?? ''}`;
      await mirror.inMirror(['push', '--quiet', lease, mirror.url, `${commit}:${ref}`], signal);
      clone.seen = commit;
      return { branch: clone.branch, commit };
    } catch (error) {
      if (!(error instanceof GitError) || !/stale info|rejected/.test(error.complaint)) throw error;
      const own = `${clone.branch}-attempt-${attempt}`;
      await mirror.inMirror(['push', '--quiet', '--force', mirror.url, `${commit}:refs/heads/${own}`], signal);
      return { branch: own, commit };
    }
  });
}
