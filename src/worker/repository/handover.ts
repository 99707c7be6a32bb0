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

/** More names than this, each with commits of its own, no agent has a use for. */
const MAX_OTHERS = 200;

/**
 * Takes over what the agent has committed for its branch, into the mirror.
 *
 * @returns false when there is nothing new
 * @throws GitError, HostileRepository
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
 * Our branch is what an agent is told to work on. Where it did not move, and another one is checked out that has commits of its own,
 * the agent has worked there; but earlier work in our branch is not given up for it.
 */
async function chooseHead(mirror: Mirror, ours: string | null, head: string): Promise<string> {
  if (ours === null) return head;
  if (!(await hasOwn(mirror, head, []))) return ours;
  return (await isAncestor(mirror, ours, head)) || !(await hasOwn(mirror, ours, [])) ? head : ours;
}

/**
 * Takes over all else that hangs on a name in the agent's repository: other branches, other work trees, stashes, tags. Once the agent
 * has ended.
 *
 * @throws GitError, HostileRepository
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
      throw new HostileRepository(`The clone has more than ${MAX_OTHERS} names of its own.`);
    const intake = await copyIn(mirror, clone, refs);
    const place = `refs/intake/${run.runId}`;
    await bring(mirror, intake, new Map(others.map(([id]) => [`${place}/${id}`, id])), signal);
    for (const [id, name] of others)
      if (await hasOwn(mirror, id, [clone.taken])) await mirror.inMirror(['update-ref', otherRef(run, name, id), id]);
    await forget(mirror, place);
  });
}

/**
 * Pushes what is kept of a request and was not pushed yet, to the refs of its own.
 *
 * @throws GitError when the remote does not take it
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

/** Whether each commit of an attempt that was taken over is at the remote, as far as is known here. */
export async function isAccountedFor(mirror: Mirror, { requestId, attempt }: Run): Promise<boolean> {
  const waiting = await notPushed(mirror, requestId);
  for (const [ref, id] of waiting) {
    const isOfRun =
      ref === attemptRef({ requestId, attempt }) || ref.startsWith(`${roomOf(requestId)}/other-${attempt}/`);
    if (isOfRun && (await hasOwn(mirror, id, []))) return false;
  }
  return true;
}

/** Whether something hangs on an object that is neither at a branch or tag of the remote nor below the commits given. */
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

/** A repository of the worker's own beside the clone, with the clone's objects. */
async function copyIn(mirror: Mirror, clone: Clone, { gitDir }: AgentRefs): Promise<string> {
  const intake = `${clone.dir}.intake`;
  await mirror.init(intake, '--bare');
  // While it is weighed it borrows from nobody.
  const alternates = join(intake, 'objects/info/alternates');
  await rm(alternates, { force: true });
  await copyObjects(gitDir, intake, mirror.gitDir, clone.packs);
  await checkWeight(mirror, intake);
  await writeFile(alternates, `${join(mirror.gitDir, 'objects')}\n`);
  return intake;
}

/** Fetches objects from the intake into refs of the mirror, checked on the way. */
async function bring(mirror: Mirror, intake: string, wanted: ReadonlyMap<string, string>, signal?: AbortSignal) {
  // What an earlier call left may name what is gone from the clone since.
  await rm(join(intake, 'refs/taken'), { recursive: true, force: true });
  for (const id of wanted.values()) await mirror.git([`--git-dir=${intake}`, 'update-ref', `refs/taken/${id}`, id]);
  const specs = [...wanted].map(([ref, id]) => `+refs/taken/${id}:${ref}`);
  await fetchChecked(mirror, intake, specs, signal);
}

async function forget(mirror: Mirror, place: string): Promise<void> {
  for (const ref of (await refsBelow(mirror, place)).keys()) await mirror.inMirror(['update-ref', '-d', ref]);
}
