import type { Mirror } from './mirror.ts';
import { numberOf, pushedRef } from './names.ts';
import { highest, readRoom } from './room.ts';

export interface Beginning {
  /** Ref in the mirror: work of earlier attempts, at the remote or not pushed yet; otherwise the base branch. */
  readonly from: string;
  /** Commit at that ref; null when the base branch is gone. */
  readonly start: string | null;
  /** Commit at the request's branch on the remote; null when the branch does not exist. */
  readonly seen: string | null;
}

/**
 * Decides which ref the next attempt starts from. A person who deleted the request's branch does not want its commits back, so those
 * are ignored; work that never reached the branch still counts. The mirror has to be fresh.
 *
 * @param base branch that new work starts from
 */
export async function beginningOf(mirror: Mirror, requestId: string, branch: string, base: string): Promise<Beginning> {
  const ofBranch = `refs/remotes/origin/${branch}`;
  const ofBase = `refs/remotes/origin/${base}`;
  // Earlier versions kept the work of all attempts in this one.
  const former = `refs/heads/automation/${requestId}`;
  const { own, theirs, pushed, at } = await readRoom(mirror, requestId, [ofBranch, ofBase, former]);
  const seen = at(ofBranch);
  const delivered = highest([...own, ...theirs], 'delivered');
  const candidates = new Map([...theirs].filter(([ref]) => numberOf(ref, 'attempt') !== null));
  for (const [ref, commit] of own) {
    if (numberOf(ref, 'attempt') === null) continue;
    // A ref that was pushed and is missing now was deleted at the remote.
    if (pushed.get(pushedRef(ref)) !== commit) candidates.set(ref, commit);
  }
  const formerCommit = at(former);
  const latest =
    highest(candidates, 'attempt') ?? (formerCommit === null ? null : { ref: former, commit: formerCommit, number: 0 });
  const isLater = latest !== null && latest.number > (delivered?.number ?? -1);
  if (seen === null) {
    if (isLater) return { from: latest.ref, start: latest.commit, seen };
    return { from: ofBase, start: at(ofBase), seen };
  }
  const goesOn = latest !== null && (await isAncestor(mirror, seen, latest.commit));
  // Commits pushed by an earlier attempt may be rewritten; those pushed by a person may not.
  const isOurs = isLater && delivered?.commit === seen;
  if (latest !== null && (goesOn || isOurs)) return { from: latest.ref, start: latest.commit, seen };
  return { from: ofBranch, start: seen, seen };
}

export async function isAncestor(mirror: Mirror, of: string, commit: string): Promise<boolean> {
  if (of === commit) return true;
  return mirror.inMirror(['merge-base', '--is-ancestor', of, commit]).then(
    () => true,
    () => false,
  );
}
