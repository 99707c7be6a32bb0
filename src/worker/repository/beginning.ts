import type { Mirror } from './mirror.ts';
import { numberOf, pushedRef, roomOf } from './names.ts';

export interface Beginning {
  /** Ref in the mirror: work of earlier attempts, at the remote or not pushed yet; otherwise the base branch. */
  readonly from: string;
  /** Commit at the request's branch on the remote; null when the branch does not exist. */
  readonly seen: string | null;
}

/**
 * Decides which ref the next attempt starts from. A person who deleted the request's branch does not want its commits back, so those
 * are ignored; work that never reached the branch still counts.
 *
 * @param base branch that new work starts from
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
    // A ref that was pushed and is missing now was deleted at the remote.
    if (pushed.get(pushedRef(ref)) !== commit) candidates.set(ref, commit);
  }
  const [ref, commit] = await latest(mirror, requestId, candidates);
  const isLater = ref !== null && (numberOf(ref, 'attempt') ?? 0) > (delivered?.number ?? -1);
  if (seen === null) return { from: isLater ? ref : `refs/remotes/origin/${base}`, seen };
  const goesOn = ref !== null && (await isAncestor(mirror, seen, commit));
  // Commits pushed by an earlier attempt may be rewritten; those pushed by a person may not.
  const isOurs = isLater && delivered?.commit === seen;
  return { from: goesOn || isOurs ? (ref ?? '') : `refs/remotes/origin/${branch}`, seen };
}

/** Fetches the request's refs from the remote. Keys are their names in the mirror, below `refs/theirs/`. */
export async function fetchRoom(mirror: Mirror, requestId: string): Promise<ReadonlyMap<string, string>> {
  const here = theirsOf(roomOf(requestId));
  await mirror.inMirror(['fetch', '--quiet', '--prune', '--no-tags', mirror.url, `+${roomOf(requestId)}/*:${here}/*`]);
  return refsBelow(mirror, here);
}

/** Refs of the mirror below a prefix, with their object ids. */
export async function refsBelow(mirror: Mirror, prefix: string): Promise<ReadonlyMap<string, string>> {
  const lines = await mirror.inMirror(['for-each-ref', '--format=%(refname) %(objectname)', `${prefix}/`]);
  return new Map(
    lines.split('\n').flatMap((line) => {
      const [ref, id] = line.split(' ');
      return ref && id ? [[ref, id] as const] : [];
    }),
  );
}

/** The `attempt-<n>` or `delivered-<n>` ref with the highest number; null when there is none. */
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

/** The latest attempt's ref and commit. Falls back to the single ref in which earlier versions kept the work of all attempts. */
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
