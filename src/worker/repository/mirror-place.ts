/** Location of mirrors in the state folder, and cleanup before one is used. */
import { chmod, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFile } from '../../infrastructure/replace-file.ts';
import { isObject } from '../api.ts';
import { git, GitError } from './git.ts';
import type { GitSettings } from './git-settings.ts';
import { mirrorName } from './remote.ts';

/** Hash algorithm of a repository's object ids. */
export type ObjectFormat = 'sha1' | 'sha256';

export function mirrorsDir(folder: string): string {
  return join(folder, 'mirrors');
}

/** Path of the mirror for a URL. Each repository has its own, so that histories never mix. */
export function mirrorPlace(folder: string, url: string): string {
  return join(mirrorsDir(folder), mirrorName(url));
}

/**
 * Removes what a killed git or worker left in a repository that nobody else uses: lock files, which would make every later command fail,
 * partial packs, which would fill the disk, and refs of commits that were being taken over.
 */
export async function removeRemains(gitDir: string): Promise<void> {
  for (const name of await readdir(gitDir, { recursive: true })) {
    if (REMAINS.test(name)) await rm(join(gitDir, name), { recursive: true, force: true });
  }
}

const REMAINS = /\.lock$|^refs\/intake$|^objects\/(?:.*\/)?(?:\.?tmp[-_]|incoming-)[^/]*$/;

/** Creates an empty bare repository atomically. @throws GitError when git fails */
export async function makeMirror(gitDir: string, format: ObjectFormat, settings: GitSettings): Promise<void> {
  const draft = `${gitDir}.draft`;
  await rm(draft, { recursive: true, force: true });
  const args = ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, draft];
  await git(args, settings, { cwd: dirname(gitDir) });
  // The parent folders may be traversable by the agents' user.
  await chmod(draft, 0o700);
  await rm(gitDir, { recursive: true, force: true });
  await rename(draft, gitDir);
}

/** Path of the mirror in earlier versions, which had one per state folder. */
export function formerPlace(folder: string): string {
  return join(folder, 'mirror.git');
}

/**
 * Migrates the single mirror of earlier versions, with its clones, if it belongs to this repository. Otherwise it stays where it is,
 * and the repository of its clones is unknown.
 *
 * @returns true when such a mirror stays because it belongs to another repository, or this one has a mirror already
 * @throws GitError when the repository cannot be reached to find out
 */
export async function takeOverFormer(folder: string, settings: GitSettings): Promise<boolean> {
  const former = formerPlace(folder);
  const place = mirrorPlace(folder, settings.url);
  if (!(await isThere(former))) return false;
  if (await isThere(place)) return true;
  await removeRemains(former);
  if (!(await fetchedLast(former, settings.url)) && !(await sharesHistory(former, settings))) return true;
  await rememberRemote(join(folder, 'clones'), settings.url);
  await rename(former, place);
  return false;
}

async function fetchedLast(gitDir: string, url: string): Promise<boolean> {
  const text = await readFile(join(gitDir, 'FETCH_HEAD'), 'utf8').catch(() => '');
  // Git writes the URL without credentials and without a trailing `.git`.
  const [, place] = /^\S+\t[^\n]*\t[^\n]* of (\S+)$/m.exec(text) ?? [];
  return place !== undefined && mirrorName(place) === mirrorName(url.replace(/\/+$/, '').replace(/\.git$/, ''));
}

async function sharesHistory(gitDir: string, settings: GitSettings): Promise<boolean> {
  const inFormer = (...args: readonly string[]): Promise<string> =>
    git([`--git-dir=${gitDir}`, ...args], settings, { cwd: gitDir });
  const tips = await inFormer(
    'for-each-ref',
    '--count=50',
    '--sort=-committerdate',
    '--format=%(objectname)',
    'refs/remotes/origin',
  );
  if (tips === '') return true;
  await inFormer('fetch', '--progress', '--no-tags', settings.url, '+HEAD:refs/asked');
  try {
    await inFormer('merge-base', 'refs/asked', ...tips.split('\n'));
    return true;
  } catch (error) {
    if (error instanceof GitError) return false;
    throw error;
  }
}

async function rememberRemote(clonesDir: string, remote: string): Promise<void> {
  for (const name of (await readdir(clonesDir)).filter((it) => it.endsWith('.json'))) {
    const file = join(clonesDir, name);
    const memory: unknown = await readFile(file, 'utf8')
      .then(JSON.parse, () => null)
      .catch(() => null);
    if (!isObject(memory) || memory.remote !== undefined) continue;
    await replaceFile(file, JSON.stringify({ ...memory, remote }));
  }
}

export function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
