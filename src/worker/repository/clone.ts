import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../infrastructure/replace-file.ts';
import { isObject } from '../api.ts';
import { readRequestId, UUID } from '../request-id.ts';

export interface Run {
  readonly runId: string;
  readonly requestId: string;
  readonly attempt: number;
}

/** A clone for one attempt. It has no remote and no credentials; the mirror takes over what is committed in it. */
export interface Clone {
  /** The agent's working folder. */
  readonly dir: string;
  readonly branch: string;
  /** The commit the agent started from. */
  readonly start: string;
  /** Commit at the request's branch on the remote when it was cloned; null when the branch did not exist. */
  readonly seen: string | null;
  /** The last commit taken over into the mirror. */
  taken: string;
  /** Names of the pack files it started with, whose objects the mirror has; missing for clones made by an older worker. */
  readonly packs?: readonly string[];
}

/** Metadata stored beside a clone, so that a later run of the worker knows what it belongs to. */
export interface Memory {
  readonly run: Run;
  readonly clone: Clone;
  /** URL of the remote, without credentials. */
  readonly remote: string;
  /** Set when the run is over and not all of its work is at the remote. */
  readonly kept: { readonly since: string; readonly reason: string } | null;
}

/** Writes the metadata atomically. */
export async function remember(folder: string, memory: Memory): Promise<void> {
  await replaceFile(join(folder, `${memory.run.runId}.json`), JSON.stringify(memory));
}

/**
 * Reads the metadata of a clone; null when there is none, which means that no agent has used the clone.
 *
 * @throws UnknownClone when the file is malformed
 */
export async function recall(folder: string, runId: string): Promise<Memory | null> {
  const text = await readFile(join(folder, `${runId}.json`), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const memory = readMemory(text, folder, runId);
  if (memory === null) throw new UnknownClone(`${join(folder, runId)}.json is malformed.`);
  return memory;
}

/** Nobody can tell what the clone belongs to, so it is left for a person. */
class UnknownClone extends Error {
  override readonly name = 'UnknownClone';
}

function readMemory(text: string, folder: string, runId: string): Memory | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || !isObject(value.run) || !isObject(value.clone)) return null;
  const { run, clone, remote, kept = null } = value;
  const { attempt } = run;
  const { branch, start, taken, seen, packs } = clone;
  const requestId = readRequestId(run.requestId);
  if (run.runId !== runId || requestId === null || typeof attempt !== 'number' || !Number.isSafeInteger(attempt))
    return null;
  if (typeof branch !== 'string' || !/^[\w./-]{1,400}$/.test(branch) || branch.includes('..')) return null;
  if (!isObjectId(start) || !isObjectId(taken) || !(seen === null || isObjectId(seen))) return null;
  // Written by an older worker; its repository is unknown.
  if (typeof remote !== 'string') return null;
  return {
    run: { runId, requestId, attempt },
    // The stored path may be outdated if the state folder was moved.
    clone: { dir: join(folder, runId), branch, start, taken, seen, ...(isNames(packs) ? { packs } : {}) },
    remote,
    kept:
      isObject(kept) && typeof kept.since === 'string' && typeof kept.reason === 'string'
        ? { since: kept.since, reason: kept.reason }
        : null,
  };
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((it) => typeof it === 'string');
}

function isObjectId(value: unknown): value is string {
  return typeof value === 'string' && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value);
}

/** Run ids of the clones in a folder. */
export async function listClones(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && UUID.test(entry.name)).map(({ name }) => name);
}

/** Clones that were kept after their run. `memory` is null when the metadata cannot be read. */
export async function listKept(
  folder: string,
): Promise<readonly { readonly runId: string; readonly memory: Memory | null }[]> {
  const kept: { runId: string; memory: Memory | null }[] = [];
  for (const runId of await listClones(folder)) {
    try {
      const memory = await recall(folder, runId);
      if (memory?.kept) kept.push({ runId, memory });
    } catch {
      kept.push({ runId, memory: null });
    }
  }
  return kept;
}

/** Removes a clone. If the worker is killed meanwhile, the next start removes the rest. */
export async function removeClone(folder: string, runId: string): Promise<void> {
  const dir = join(folder, runId);
  const gone = `${dir}.gone`;
  await rm(gone, { recursive: true, force: true });
  await rename(dir, gone).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
  for (const rest of [`${dir}.json`, `${dir}.intake`, gone]) await rm(rest, { recursive: true, force: true });
}

/** Removes drafts and files of clones that are gone, left when the worker was killed during a removal. */
export async function removeRests(clonesDir: string): Promise<void> {
  const names = await readdir(clonesDir);
  for (const name of names) {
    const [runId = ''] = name.split('.');
    // An intake may be incomplete; it is recreated when needed.
    const isRest = name !== runId && (/\.(?:draft|gone|intake)$/.test(name) || !names.includes(runId));
    if (isRest) await rm(join(clonesDir, name), { recursive: true, force: true });
  }
}

/** Disk usage of a folder in bytes. Concurrent changes may be missed. */
async function diskBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await diskBytes(path);
    else if (entry.isFile())
      bytes += await stat(path).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      );
  }
  return bytes;
}

/** Disk usage of a clone and its intake in bytes. */
export async function cloneBytes(folder: string, runId: string): Promise<number> {
  const dir = join(folder, runId);
  return (await diskBytes(dir)) + (await diskBytes(`${dir}.intake`));
}
