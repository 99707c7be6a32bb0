import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { HostileRepository, readText } from './plain-file.ts';

const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const MAX_PACKED_BYTES = 64 * 1024 ** 2;
const MAX_LOG_BYTES = 4 * 1024 ** 2;
const MAX_REFS = 100_000;
const MAX_DEPTH = 40;

/** The refs of an agent's repository. */
export interface AgentRefs {
  /** The repository's folder: the clone's `.git`, or the folder inside the clone that `.git` points to. */
  readonly gitDir: string;
  /** The commit that is checked out; null on a branch without commits. */
  readonly head: string | null;
  /** Object ids by name: refs, stashes, and the HEADs of other work trees. */
  readonly tips: ReadonlyMap<string, string>;
}

/**
 * Reads the refs of an agent's repository from its files, without running git in it. Anything unreadable is an error and never
 * skipped, because a commit may depend on it.
 *
 * @throws HostileRepository naming what could not be read
 */
export async function readAgentRefs(clone: string): Promise<AgentRefs> {
  const gitDir = await findGitDir(clone);
  if (await isThere(join(gitDir, 'reftable'))) throw unreadable('it keeps its refs in a reftable');
  const tips = new Map<string, string>();
  // Loose refs first: they win over packed ones, and git writes packed-refs before it deletes the loose files.
  await readLoose(gitDir, 'refs', tips);
  await readPacked(gitDir, tips);
  const head = await readHead(gitDir, tips);
  await readWorktrees(gitDir, tips);
  await readStashes(gitDir, tips);
  return { gitDir, head, tips };
}

async function findGitDir(clone: string): Promise<string> {
  const path = join(clone, '.git');
  const found = await lstat(path).catch(() => null);
  if (found?.isDirectory()) return path;
  if (found === null) throw unreadable('its .git is gone');
  const [, place] = /^gitdir: ([^\0\n]{1,4096})\n?$/.exec(await readText(path, 8_192)) ?? [];
  if (place === undefined) throw unreadable('its .git is no repository');
  const gitDir = resolve(clone, place);
  if (!gitDir.startsWith(`${clone}${sep}`)) throw unreadable('its .git points out of the clone');
  if (await isThere(join(gitDir, 'commondir'))) throw unreadable('its .git is a work tree of another repository');
  return gitDir;
}

async function readLoose(gitDir: string, folder: string, tips: Map<string, string>, prefix = ''): Promise<void> {
  if (folder.split('/').length > MAX_DEPTH) throw unreadable('its refs are nested too deep');
  for (const entry of await list(join(gitDir, folder))) {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) await readLoose(gitDir, name, tips, prefix);
    else if (!entry.name.endsWith('.lock')) {
      const text = (await readText(join(gitDir, name), 4_096)).trim();
      // A symbolic ref adds nothing, and a ref that was just removed is in packed-refs.
      if (/^ref: refs\/\S+$/.test(text) || (text === '' && !(await isThere(join(gitDir, name))))) continue;
      if (!OBJECT_ID.test(text)) throw unreadable(`${name.slice(-100)} names no object`);
      if (tips.size >= MAX_REFS) throw unreadable('it has too many refs');
      tips.set(`${prefix}${name}`, text);
    }
  }
}

async function readPacked(gitDir: string, tips: Map<string, string>): Promise<void> {
  const text = await readText(join(gitDir, 'packed-refs'), MAX_PACKED_BYTES + 1);
  if (text.length > MAX_PACKED_BYTES) throw unreadable('its packed-refs is too large');
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#') || line.startsWith('^')) continue;
    const [, id = '', name = ''] = /^([0-9a-f]+) (refs\/\S+)$/.exec(line) ?? [];
    if (!OBJECT_ID.test(id)) throw unreadable('its packed-refs has a line that is none');
    if (tips.size >= MAX_REFS) throw unreadable('it has too many refs');
    if (!tips.has(name)) tips.set(name, id);
  }
}

async function readHead(gitDir: string, tips: ReadonlyMap<string, string>): Promise<string | null> {
  const text = (await readText(join(gitDir, 'HEAD'), 4_096)).trim();
  if (OBJECT_ID.test(text)) return text;
  const [, name] = /^ref: (refs\/\S+)$/.exec(text) ?? [];
  if (name === undefined || name.split('/').includes('..')) throw unreadable('its HEAD names nothing');
  return tips.get(name) ?? null;
}

async function readWorktrees(gitDir: string, tips: Map<string, string>): Promise<void> {
  for (const { name } of await list(join(gitDir, 'worktrees'))) {
    const folder = join(gitDir, 'worktrees', name);
    const head = (await readText(join(folder, 'HEAD'), 4_096)).trim();
    if (OBJECT_ID.test(head)) tips.set(`worktrees/${name}/HEAD`, head);
    else if (!/^(?:ref: refs\/\S+)?$/.test(head)) throw unreadable(`the HEAD of its work tree ${name} names nothing`);
    await readLoose(folder, 'refs', tips, `worktrees/${name}/`);
  }
}

/** Reads the reflog of the stash, the only place that names stashes other than the latest. */
async function readStashes(gitDir: string, tips: Map<string, string>): Promise<void> {
  const text = await readText(join(gitDir, 'logs/refs/stash'), MAX_LOG_BYTES + 1);
  if (text.length > MAX_LOG_BYTES) throw unreadable('it has too many stashes');
  const ids = text.split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const [at, id] of ids.entries()) if (OBJECT_ID.test(id)) tips.set(`stash@${at}`, id);
}

/** Lists a folder; empty when it does not exist. Rejects a link in its place. */
async function list(folder: string): Promise<readonly Dirent[]> {
  const found = await lstat(folder).catch(() => null);
  if (found === null) return [];
  if (!found.isDirectory()) throw unreadable(`it has something else than a folder at ${folder.slice(-100)}`);
  return readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unreadable(`${folder.slice(-100)} cannot be listed`);
  });
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function unreadable(what: string): HostileRepository {
  return new HostileRepository(`The clone cannot be read: ${what}.`);
}
