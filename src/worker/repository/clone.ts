import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mirror } from './mirror.ts';

/** A clone for one attempt. It has no remote and no credentials; what is committed in it is taken over by the mirror. */
export interface Clone {
  /** The agent's working folder. */
  readonly dir: string;
  readonly branch: string;
  /** The commit the agent began at. */
  readonly start: string;
  /** What the remote had at our branch when last seen; null for nothing. */
  seen: string | null;
  /** The last commit that was taken over. */
  taken: string;
  /** Files of packs that it began with, which the mirror has the objects of; unknown of clones of an older worker. */
  readonly packs?: readonly string[];
}

/** After its work is pushed. */
export async function removeClone(mirror: Mirror, runId: string): Promise<void> {
  await rm(mirror.cloneDir(runId), { recursive: true, force: true });
  await rm(`${mirror.cloneDir(runId)}.intake`, { recursive: true, force: true });
}

/** The runs whose clones are here. */
export async function listClones(mirror: Mirror): Promise<readonly string[]> {
  const entries = await readdir(mirror.clonesDir, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && !entry.name.endsWith('.intake')).map(({ name }) => name);
}

/** What lies beside clones that are gone, and drafts, when a kill came between two removals. */
export async function removeRests(clonesDir: string): Promise<void> {
  const names = await readdir(clonesDir);
  for (const name of names) {
    const [runId = ''] = name.split('.');
    // An intake may be half-written, and is made anew.
    const isRest = name !== runId && (/\.(?:draft|intake)$/.test(name) || !names.includes(runId));
    if (isRest) await rm(join(clonesDir, name), { recursive: true, force: true });
  }
}
