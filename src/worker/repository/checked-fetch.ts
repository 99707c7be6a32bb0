import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GitError } from './git.ts';
import type { Mirror } from './mirror.ts';

/**
 * Fetches from an intake into the mirror, letting git check every object (`fsck`). A `.gitmodules` or `.gitattributes` that fails the
 * check but was in the repository before is for its owners to fix and no reason to reject new work.
 *
 * @throws GitError when any other check fails
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

/** Whether the object was in the repository before under one of these names. An agent may have committed it under other names. */
async function wasThere(mirror: Mirror, id: string): Promise<boolean> {
  const places = [':(glob)**/.gitmodules', ':(glob)**/.gitattributes'];
  const find = ['log', '--max-count=1', '--format=%H', `--find-object=${id}`, '--remotes=origin', '--', ...places];
  return (await mirror.inMirror(find).catch(() => '')) !== '';
}
