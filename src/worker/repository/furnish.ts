import { GitError } from './git.ts';
import type { Mirror } from './mirror.ts';
import { resolveUrl } from './remote.ts';

interface Submodule {
  readonly path: string;
  readonly url: string;
}

/**
 * Fetches into a fresh clone what lies beside the repository itself: its submodules. Those alone that the base names with the same
 * address, since an agent can write others, and the worker's credentials may open what the agent is not to see.
 *
 * @returns what is missing, in words
 */
export async function furnish(
  mirror: Mirror,
  dir: string,
  { start, base }: { readonly start: string; readonly base: string },
): Promise<readonly string[]> {
  const notes: string[] = [];
  const known = await submodulesOf(mirror, base);
  for (const [name, { path, url }] of await submodulesOf(mirror, start)) {
    const ofBase = known.get(name);
    if (ofBase?.path !== path || ofBase.url !== url) {
      notes.push(`submodule ${path} is left out: the base does not name it, or names another place`);
      continue;
    }
    try {
      await mirror.git(['-C', dir, 'config', `submodule.${name}.url`, mirror.rewrite(resolveUrl(url, mirror.url))]);
      // Those within it are as trustworthy as the commit that names them.
      const isSame = (await objectAt(mirror, start, path)) === (await objectAt(mirror, base, path));
      const update = ['submodule', 'update', '--init', '--progress', ...(isSame ? ['--recursive'] : [])];
      await mirror.git(['-C', dir, ...update, '--', path]);
      if (!isSame) notes.push(`submodules within ${path} are left out: it is not at the commit of the base`);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      notes.push(`submodule ${path} is left out: ${error.complaint}`);
    }
  }
  if (await usesLfs(mirror, start))
    notes.push('files kept by git-lfs are there as pointers only: the worker does not fetch their contents');
  return notes;
}

async function submodulesOf(mirror: Mirror, commit: string): Promise<ReadonlyMap<string, Submodule>> {
  const blob = await objectAt(mirror, commit, '.gitmodules');
  if (blob === '') return new Map();
  // What git cannot read has no submodules to offer.
  const list = await mirror.inMirror(['config', `--blob=${blob}`, '-z', '--list']).catch(() => '');
  const found = new Map<string, { path: string; url: string }>();
  for (const entry of list.split('\0')) {
    const [, name = '', key, value = ''] = /^submodule\.(.+)\.(path|url)\n(.*)$/s.exec(entry) ?? [];
    if (key === 'path' || key === 'url')
      found.set(name, { ...(found.get(name) ?? { path: '', url: '' }), [key]: value });
  }
  return new Map([...found].filter(([, { path, url }]) => path !== '' && url !== '' && !url.startsWith('-')));
}

/** Empty where there is nothing. */
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
