import { GitError } from './git.ts';
import type { Mirror } from './mirror.ts';
import { resolveUrl } from './remote.ts';

interface Submodule {
  readonly path: string;
  readonly url: string;
}

/**
 * Fetches submodules into a fresh clone. Only those that the base has at the same path and URL: an agent can add others, and the
 * worker's credentials may open repositories the agent must not see.
 *
 * @returns messages about what is missing
 */
export async function furnish(
  mirror: Mirror,
  dir: string,
  { start, base }: { readonly start: string; readonly base: string },
): Promise<readonly string[]> {
  const notes: string[] = [];
  const wanted = await submodulesOf(mirror, start);
  const known = wanted.size === 0 ? wanted : await submodulesOf(mirror, base);
  for (const [name, { path, url }] of wanted) {
    const ofBase = known.get(name);
    if (ofBase?.path !== path || ofBase.url !== url) {
      notes.push(`submodule ${path} is left out: it is not on the base branch, or differs there`);
      continue;
    }
    try {
      await mirror.git(['-C', dir, 'config', `submodule.${name}.url`, mirror.rewrite(resolveUrl(url, mirror.url))]);
      // Nested submodules are as trustworthy as the commit that names them.
      const isSame = (await objectAt(mirror, start, path)) === (await objectAt(mirror, base, path));
      const update = ['submodule', 'update', '--init', '--progress', ...(isSame ? ['--recursive'] : [])];
      await mirror.git(['-C', dir, ...update, '--', path]);
      if (!isSame) notes.push(`submodules within ${path} are left out: ${path} is not at the base branch's commit`);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      notes.push(`submodule ${path} is left out: ${error.complaint}`);
    }
  }
  if (await usesLfs(mirror, start))
    notes.push('files in git-lfs are there as pointers only: the worker does not fetch their contents');
  return notes;
}

async function submodulesOf(mirror: Mirror, commit: string): Promise<ReadonlyMap<string, Submodule>> {
  const blob = await objectAt(mirror, commit, '.gitmodules');
  if (blob === '') return new Map();
  // A malformed .gitmodules counts as empty.
  const list = await mirror.inMirror(['config', `--blob=${blob}`, '-z', '--list']).catch(() => '');
  const found = new Map<string, { path: string; url: string }>();
  for (const entry of list.split('\0')) {
    const [, name = '', key, value = ''] = /^submodule\.(.+)\.(path|url)\n(.*)$/s.exec(entry) ?? [];
    if (key === 'path' || key === 'url')
      found.set(name, { ...(found.get(name) ?? { path: '', url: '' }), [key]: value });
  }
  return new Map([...found].filter(([, { path, url }]) => path !== '' && url !== '' && !url.startsWith('-')));
}

/** Object id of a path at a commit; empty when the path does not exist. */
function objectAt(mirror: Mirror, commit: string, path: string): Promise<string> {
  return mirror.inMirror(['rev-parse', '--verify', '--quiet', `${commit}:${path}`]).catch(() => '');
}

async function usesLfs(mirror: Mirror, commit: string): Promise<boolean> {
  const search = ['grep', '--quiet', 'filter=lfs', commit, '--', ':(glob)**/.gitattributes'];
  return mirror.inMirror(search).then(
    () => true,
    () => false,
  );
}
