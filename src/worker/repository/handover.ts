import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentRefs } from './agent-refs.ts';
import { readAgentRefs } from './agent-refs.ts';
import { isAncestor, refsBelow } from './beginning.ts';
import { fetchChecked } from './checked-fetch.ts';
import type { Clone, Run } from './clone.ts';
import type { Mirror } from './mirror.ts';
import { attemptRef, numberOf, otherRef, pushedRef, roomOf } from './names.ts';
import { copyObjects } from './objects.ts';
import { HostileRepository } from './plain-file.ts';
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
    const isKept = clone.taken === clone.start || (await mirror.resolve(attemptRef(run))) === clone.taken;
    if (isKept && (now === null || now === clone.taken)) return false;
    const intake = await copyIn(mirror, clone, refs);
    const place = `refs/intake/${run.runId}`;
    const commits = (mayBeElsewhere ? [ours, refs.head] : [ours]).filter((it) => it !== null);
    await bring(mirror, intake, new Map(commits.map((commit) => [`${place}/${commit}`, commit])), signal);
    const commit = mayBeElsewhere ? await chooseHead(mirror, ours, refs.head ?? '') : (ours ?? clone.taken);
    const isNew = commit !== clone.taken || !isKept;
    if (isNew) await mirror.inMirror(['update-ref', attemptRef(run), commit]);
    await forget(mirror, place);
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
    const known = await knownTips(mirror);
    for (const id of [clone.taken, clone.start]) known.add(id);
    const others = [...names].filter(([id]) => !known.has(id));
    if (others.length === 0) return;
    if (others.length > MAX_OTHERS)
      throw new HostileRepository(`The clone has more than ${MAX_OTHERS} refs of its own.`);
    const intake = await copyIn(mirror, clone, refs);
    const place = `refs/intake/${run.runId}`;
    await bring(mirror, intake, new Map(others.map(([id]) => [`${place}/${id}`, id])), signal);
    for (const [id, name] of others)
      if (await hasOwn(mirror, id, [clone.taken])) await mirror.inMirror(['update-ref', otherRef(run, name, id), id]);
    await forget(mirror, place);
  });
}

/**
 * Pushes the request's refs in the mirror that were not pushed yet.
 *
 * @throws GitError when the remote rejects the push or cannot be reached
 */
export function pushKept(mirror: Mirror, requestId: string, signal?: AbortSignal): Promise<void> {
  return mirror.inTurn(async () => {
    const waiting = await notPushed(mirror, requestId);
    if (waiting.length === 0) return;
    const specs = waiting.map(([ref, id]) => `+${id}:${ref}`);
    await mirror.inMirror(['push', '--quiet', mirror.url, ...specs], signal);
    for (const [ref, id] of waiting) await mirror.inMirror(['update-ref', pushedRef(ref), id]);
  });
}

/** Whether every commit taken over from an attempt is at the remote, as far as the mirror knows. */
export async function isAccountedFor(mirror: Mirror, { requestId, attempt }: Run): Promise<boolean> {
  const waiting = await notPushed(mirror, requestId);
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

async function notPushed(mirror: Mirror, requestId: string): Promise<readonly (readonly [string, string])[]> {
  const own = await refsBelow(mirror, roomOf(requestId));
  const pushed = await refsBelow(mirror, pushedRef(roomOf(requestId)));
  return [...own].filter(([ref, id]) => numberOf(ref, 'delivered') === null && pushed.get(pushedRef(ref)) !== id);
}

async function knownTips(mirror: Mirror): Promise<Set<string>> {
  const ids = await mirror.inMirror(['for-each-ref', '--format=%(objectname)', 'refs/remotes/origin/', 'refs/tags/']);
  return new Set(ids.split('\n'));
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

/** Fetches objects from the intake into refs of the mirror, and lets git check them. */
async function bring(mirror: Mirror, intake: string, wanted: ReadonlyMap<string, string>, signal?: AbortSignal) {
  // Refs left by an earlier call may name objects that are gone from the clone.
  await rm(join(intake, 'refs/taken'), { recursive: true, force: true });
  for (const id of wanted.values()) await mirror.git([`--git-dir=${intake}`, 'update-ref', `refs/taken/${id}`, id]);
  const specs = [...wanted].map(([ref, id]) => `+refs/taken/${id}:${ref}`);
  await fetchChecked(mirror, intake, specs, signal);
}

async function forget(mirror: Mirror, place: string): Promise<void> {
  for (const ref of (await refsBelow(mirror, place)).keys()) await mirror.inMirror(['update-ref', '-d', ref]);
}
