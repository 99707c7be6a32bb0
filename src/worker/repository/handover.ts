import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentRefs } from './agent-refs.ts';
import { readAgentRefs } from './agent-refs.ts';
import { isAncestor } from './beginning.ts';
import { fetchChecked } from './checked-fetch.ts';
import type { Clone, Run } from './clone.ts';
import type { Mirror } from './mirror.ts';
import { attemptRef, otherRef, roomOf } from './names.ts';
import { copyObjects } from './objects.ts';
import { HostileRepository } from './plain-file.ts';
import { notPushed, pushRefs, readRoom } from './room.ts';
import { checkWeight } from './weight.ts';

/** Maximum number of refs besides the agent's branch that are taken over. */
const MAX_OTHERS = 200;

/**
 * Copies the agent's commits on its branch into the mirror.
 *
 * @returns false when there is nothing new
 * @throws GitError when git fails
 * @throws HostileRepository when the clone cannot be read or is too large
 */
export function takeOver(mirror: Mirror, run: Run, clone: Clone, signal?: AbortSignal): Promise<boolean> {
  return mirror.inTurn(async () => {
    const refs = await readAgentRefs(clone.dir);
    const ours = refs.tips.get(`refs/heads/${clone.branch}`) ?? null;
    const mayBeElsewhere = (ours === null || ours === clone.start) && refs.head !== null && refs.head !== ours;
    const now = mayBeElsewhere ? refs.head : ours;
    const kept = attemptRef(run);
    const isKept = clone.taken === clone.start || (await mirror.refs(kept)).get(kept) === clone.taken;
    if (isKept && (now === null || now === clone.taken)) return false;
    const intake = await copyIn(mirror, clone, refs);
    const commits = (mayBeElsewhere ? [ours, refs.head] : [ours]).filter((it) => it !== null);
    const arrived = await bring(mirror, run, intake, commits, signal);
    const commit = mayBeElsewhere ? await chooseHead(mirror, ours, refs.head ?? '') : (ours ?? clone.taken);
    const isNew = commit !== clone.taken || !isKept;
    await mirror.updateRefs([...(isNew ? [[kept, commit] as const] : []), ...gone(arrived)]);
    clone.taken = commit;
    return isNew;
  });
}

/**
 * The agent is told to work on our branch. When that did not move, but a different commit with new work is checked out, the agent has
 * worked there. Earlier work on our branch is never discarded for it.
 */
async function chooseHead(mirror: Mirror, ours: string | null, head: string): Promise<string> {
  if (ours === null) return head;
  if (!(await hasOwn(mirror, head, []))) return ours;
  return (await isAncestor(mirror, ours, head)) || !(await hasOwn(mirror, ours, [])) ? head : ours;
}

/**
 * Copies everything else with a name in the agent's repository into the mirror: other branches, work trees, stashes, tags. Call it
 * after the agent has ended.
 *
 * @throws GitError when git fails
 * @throws HostileRepository when the clone cannot be read, is too large, or has too many refs
 */
export function takeOverRest(mirror: Mirror, run: Run, clone: Clone, signal?: AbortSignal): Promise<void> {
  return mirror.inTurn(async () => {
    const refs = await readAgentRefs(clone.dir);
    const names = new Map<string, string>();
    if (refs.head !== null) names.set(refs.head, 'HEAD');
    for (const [name, id] of refs.tips) names.set(id, name);
    for (const id of [clone.taken, clone.start]) names.delete(id);
    if (names.size === 0) return;
    const known = new Set((await mirror.refs('refs/remotes/origin', 'refs/tags')).values());
    const others = [...names].filter(([id]) => !known.has(id));
    if (others.length === 0) return;
    if (others.length > MAX_OTHERS)
      throw new HostileRepository(`The clone has more than ${MAX_OTHERS} refs of its own.`);
    const intake = await copyIn(mirror, clone, refs);
    const ids = others.map(([id]) => id);
    const arrived = await bring(mirror, run, intake, ids, signal);
    const kept: (readonly [string, string])[] = [];
    for (const [id, name] of others)
      if (await hasOwn(mirror, id, [clone.taken])) kept.push([otherRef(run, name, id), id]);
    await mirror.updateRefs([...kept, ...gone(arrived)]);
  });
}

/**
 * Pushes the request's refs in the mirror that were not pushed yet.
 *
 * @throws GitError when the remote rejects the push or cannot be reached
 */
export function pushKept(mirror: Mirror, requestId: string, signal?: AbortSignal): Promise<void> {
  return mirror.inTurn(async () => {
    const waiting = notPushed(await readRoom(mirror, requestId));
    if (waiting.size > 0) await pushRefs(mirror, waiting, signal);
  });
}

/** Whether every commit taken over from an attempt is at the remote, as far as the mirror knows. */
export async function isAccountedFor(mirror: Mirror, { requestId, attempt }: Run): Promise<boolean> {
  const waiting = notPushed(await readRoom(mirror, requestId));
  for (const [ref, id] of waiting) {
    const isOfRun =
      ref === attemptRef({ requestId, attempt }) || ref.startsWith(`${roomOf(requestId)}/other-${attempt}/`);
    if (isOfRun && (await hasOwn(mirror, id, []))) return false;
  }
  return true;
}

/** Whether an object has history that is neither in a branch or tag of the remote nor reachable from `below`. */
export async function hasOwn(mirror: Mirror, id: string, below: readonly string[]): Promise<boolean> {
  const found = await mirror.inMirror([
    'rev-list',
    '--max-count=1',
    id,
    '--not',
    ...below,
    '--glob=refs/remotes/origin/*',
    '--tags',
  ]);
  return found !== '';
}

/** Copies the clone's objects into a repository of the worker's own, the intake, and returns its path. */
async function copyIn(mirror: Mirror, clone: Clone, { gitDir }: AgentRefs): Promise<string> {
  const intake = `${clone.dir}.intake`;
  await mirror.init(intake, '--bare');
  // Without alternates, so that checkWeight sees only the agent's objects.
  const alternates = join(intake, 'objects/info/alternates');
  await rm(alternates, { force: true });
  await copyObjects(gitDir, intake, mirror.gitDir, clone.packs);
  await checkWeight(mirror, intake);
  await writeFile(alternates, `${join(mirror.gitDir, 'objects')}\n`);
  return intake;
}

/** Fetches commits from the intake into refs of the mirror, lets git check them, and returns the names of these refs. */
async function bring(
  mirror: Mirror,
  { runId }: Run,
  intake: string,
  commits: readonly string[],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  // Refs left by an earlier call may name objects that are gone from the clone.
  await rm(join(intake, 'refs/taken'), { recursive: true, force: true });
  const updates = commits.map((id) => `update refs/taken/${id} ${id}\n`);
  await mirror.git([`--git-dir=${intake}`, 'update-ref', '--stdin'], { input: updates.join('') });
  const arrived = commits.map((id) => `refs/intake/${runId}/${id}`);
  await fetchChecked(
    mirror,
    intake,
    commits.map((id, at) => `+refs/taken/${id}:${arrived[at]}`),
    signal,
  );
  return arrived;
}

function gone(refs: readonly string[]): readonly (readonly [string, null])[] {
  return refs.map((ref) => [ref, null]);
}
