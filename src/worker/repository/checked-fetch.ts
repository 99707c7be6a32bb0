import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GitError } from './git.ts';
import type { Mirror } from './mirror.ts';

/**
 * Fetches from an intake into the mirror, with git's checks of every object. A `.gitmodules` or `.gitattributes` that these refuse, and
 * that people have had in the repository before, is theirs to mend, and no reason to refuse new work.
 *
 * @throws GitError when anything else is wrong with what is fetched
 */
export async function fetchChecked(
  mirror: Mirror,
  intake: string,
  refspecs: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const list = join(intake, 'old-faults');
  const checks = ['-c', 'fetch.fsckObjects=true', '-c', `fetch.fsck.skipList=${list}`];
  const old = new Set<string>();
  for (;;) {
    await writeFile(list, [...old].map((id) => `${id}\n`).join(''));
    try {
      await mirror.inMirror([...checks, 'fetch', '--progress', '--no-tags', intake, ...refspecs], signal);
      return;
    } catch (error) {
      const said = error instanceof GitError ? error.complaint : '';
      const refused = [...said.matchAll(REFUSED)].map(([, id = '']) => id).filter((id) => !old.has(id));
      if (refused.length === 0) throw error;
      for (const id of refused) if (await wasThere(mirror, id)) old.add(id);
      if (!refused.every((id) => old.has(id))) throw error;
    }
  }
}

const REFUSED = /object ([0-9a-f]{40,64}): git(?:modules|attributes)\w*:/g;

/** Under such a name: what an agent has committed under another one before does not count. */
async function wasThere(mirror: Mirror, id: string): Promise<boolean> {
  const places = [':(glob)**/.gitmodules', ':(glob)**/.gitattributes'];
  const find = ['log', '--max-count=1', '--format=%H', `--find-object=${id}`, '--remotes=origin', '--', ...places];
  return (await mirror.inMirror(find).catch(() => '')) !== '';
}
