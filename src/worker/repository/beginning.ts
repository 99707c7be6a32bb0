import type { Mirror } from './mirror.ts';
import { numberOf, pushedRef, roomOf } from './names.ts';

export interface Beginning {
  /** A ref of the mirror: what earlier attempts left at the remote, or here where it could not be pushed yet; else the base. */
  readonly from: string;
  /** What the remote has at the request's branch; null for nothing. */
  readonly seen: string | null;
}

/**
 * Where the next attempt begins. A person who deleted the branch does not want it back, so what had been in it is left; what never came
 * into it is still worth something.
 *
 * @param base the branch that new work begins at
 * @throws GitError when the remote cannot be reached
 */
export async function beginningOf(mirror: Mirror, requestId: string, branch: string, base: string): Promise<Beginning> {
  const theirs = await fetchRoom(mirror, requestId);
  const own = await refsBelow(mirror, roomOf(requestId));
  const pushed = await refsBelow(mirror, pushedRef(roomOf(requestId)));
  const seen = await mirror.resolve(`refs/remotes/origin/${branch}`);
  const delivered = highest([...own, ...theirs], 'delivered');
  const candidates = new Map([...theirs].filter(([ref]) => numberOf(ref, 'attempt') !== null));
  for (const [ref, commit] of own) {
    if (numberOf(ref, 'attempt') === null) continue;
    // What the remote had taken and has no more was deleted there.
    if (pushed.get(pushedRef(ref)) !== commit) candidates.set(ref, commit);
  }
  const [ref, commit] = await latest(mirror, requestId, candidates);
  const isLater = ref !== null && (numberOf(ref, 'attempt') ?? 0) > (delivered?.number ?? -1);
  if (seen === null) return { from: isLater ? ref : `refs/remotes/origin/${base}`, seen };
  const goesOn = ref !== null && (await isAncestor(mirror, seen, commit));
  // What an earlier attempt wrote there itself may be rewritten; what a person put there may not.
  const isOurs = isLater && delivered?.commit === seen;
  return { from: goesOn || isOurs ? (ref ?? '') : `refs/remotes/origin/${branch}`, seen };
}

/** The request's own refs at the remote, by their names there. */
export async function fetchRoom(mirror: Mirror, requestId: string): Promise<ReadonlyMap<string, string>> {
  const here = theirsOf(roomOf(requestId));
  await mirror.inMirror(['fetch', '--quiet', '--prune', '--no-tags', mirror.url, `+${roomOf(requestId)}/*:${here}/*`]);
  return refsBelow(mirror, here);
}

/** Refs of the mirror, with the objects at them. */
export async function refsBelow(mirror: Mirror, prefix: string): Promise<ReadonlyMap<string, string>> {
  const lines = await mirror.inMirror(['for-each-ref', '--format=%(refname) %(objectname)', `${prefix}/`]);
  return new Map(
    lines.split('\n').flatMap((line) => {
      const [ref, id] = line.split(' ');
      return ref && id ? [[ref, id] as const] : [];
    }),
  );
}

/** What was written to the branch last. */
export function highest(
  refs: Iterable<readonly [string, string]>,
  word: 'attempt' | 'delivered',
): { readonly ref: string; readonly commit: string; readonly number: number } | null {
  let found: { ref: string; commit: string; number: number } | null = null;
  for (const [ref, commit] of refs) {
    const number = numberOf(ref, word);
    if (number !== null && (found === null || number >= found.number)) found = { ref, commit, number };
  }
  return found;
}

export async function isAncestor(mirror: Mirror, of: string, commit: string): Promise<boolean> {
  return mirror.inMirror(['merge-base', '--is-ancestor', of, commit]).then(
    () => true,
    () => false,
  );
}

function theirsOf(ref: string): string {
  return ref.replace(/^refs\/automation\//, 'refs/theirs/');
}

/** Earlier versions kept the work of all attempts at one ref. */
async function latest(
  mirror: Mirror,
  requestId: string,
  candidates: ReadonlyMap<string, string>,
): Promise<readonly [string, string] | readonly [null, '']> {
  const found = highest(candidates, 'attempt');
  if (found) return [found.ref, found.commit];
  const old = `refs/heads/automation/${requestId}`;
  const commit = await mirror.resolve(old);
  return commit === null ? [null, ''] : [old, commit];
}
