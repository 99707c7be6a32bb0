import { isAncestor } from './beginning.ts';
import { CI_PATHSPECS } from './ci-paths.ts';
import { hasOwn } from './handover.ts';
import type { Mirror } from './mirror.ts';
import { attemptRef, deliveredRef, numberOf, theirsRef } from './names.ts';
import type { Room } from './room.ts';
import { highest, notPushed, pushRefs, readRoom } from './room.ts';

/** Work to push to the request's branch. */
export interface Order {
  readonly requestId: string;
  readonly attempt: number;
  readonly branch: string;
  readonly commit: string;
  /** Commit at the branch on the remote when the agent started; null for no branch, missing when unknown. */
  readonly seen?: string | null;
  /** Whether changes to CI files need a person's approval. */
  readonly holdsCi: boolean;
}

export interface Written {
  /** The request's branch, or a branch of the attempt's own when somebody else had pushed to the request's branch. */
  readonly branch: string;
  readonly commit: string;
}

/** The work was not delivered, and a retry alone will not help. */
export class NotDelivered extends Error {
  override readonly name = 'NotDelivered';
  constructor(
    message: string,
    readonly kind: 'held' | 'deleted',
  ) {
    super(message);
  }
}

/**
 * Pushes work to the branch of its request. Idempotent: it can be repeated at any time.
 *
 * @returns null when the repository has all of the work already
 * @throws GitError when the remote rejects the push or cannot be reached
 * @throws NotDelivered when a person has to decide first
 */
export function deliver(mirror: Mirror, order: Order, signal?: AbortSignal): Promise<Written | null> {
  return mirror.inTurn(async () => {
    const { requestId, branch, commit } = order;
    const base = (await mirror.refresh(requestId)).branch ?? 'HEAD';
    const own = `${branch}-attempt-${order.attempt}`;
    const [ofBranch, ofOwn] = [`refs/remotes/origin/${branch}`, `refs/remotes/origin/${own}`];
    const room = await readRoom(mirror, requestId, [ofBranch, ofOwn]);
    const before = highest([...room.own, ...room.theirs], 'delivered');
    const now = room.at(ofBranch);
    const there = room.at(ofOwn);
    if (now === commit) return written(mirror, order, branch, room, signal);
    if (there === commit) return written(mirror, order, own, room, signal);
    if (now === null && !(await hasOwn(mirror, commit, []))) return null;
    if (now === null && before !== null && (await isAncestor(mirror, commit, before.commit)))
      throw new NotDelivered(
        `The branch ${branch} was deleted from the repository after the work was pushed to it. Restore it at ${commit} to deliver the work, or cancel the request.`,
        'deleted',
      );
    if (order.holdsCi) await requireNoCiChange(mirror, `refs/remotes/origin/${base}`, commit);
    const isOurs =
      now === (order.seen ?? null) ||
      now === before?.commit ||
      (now !== null && (await isAncestor(mirror, now, commit)));
    const [target, replaced] = isOurs ? [branch, now] : [own, there];
    await push(mirror, commit, `refs/heads/${target}`, replaced, signal);
    return written(mirror, order, target, room, signal);
  });
}

/** @throws NotDelivered when CI files change, which a person has to approve */
async function requireNoCiChange(mirror: Mirror, base: string, commit: string): Promise<void> {
  const diff = (...commits: readonly string[]) =>
    mirror.inMirror(['diff', '--name-only', '--no-renames', '--no-ext-diff', ...commits, '--', ...CI_PATHSPECS]);
  const changed = await diff(`${base}...${commit}`).catch(async () =>
    // Without a common ancestor, everything counts.
    diff(await mirror.inMirror(['hash-object', '-t', 'tree', '/dev/null']), commit),
  );
  const files = changed.split('\n').filter((name) => name !== '');
  if (files.length === 0) return;
  const named = files.slice(0, 10).join(', ') + (files.length > 10 ? ` and ${files.length - 10} more` : '');
  throw new NotDelivered(
    `The work changes CI files (${named}), so a person has to approve ${commit} before it is pushed to a branch.`,
    'held',
  );
}

async function push(mirror: Mirror, commit: string, ref: string, now: string | null, signal?: AbortSignal) {
  const lease = `--force-with-lease=${ref}:${now ?? ''}`;
  await mirror.inMirror(['push', '--quiet', lease, mirror.url, `${commit}:${ref}`], signal);
}

/** Records the delivery in the mirror and at the remote, so that a branch missing later is known to have been deleted. */
async function written(
  mirror: Mirror,
  order: Order,
  branch: string,
  room: Room,
  signal?: AbortSignal,
): Promise<Written> {
  const { commit } = order;
  const mark = deliveredRef(order);
  await mirror.updateRefs([
    [`refs/remotes/origin/${branch}`, commit],
    [mark, commit],
  ]);
  // Best effort, together with whatever else waits: the remote may reject such refs, and the branch is delivered anyway.
  if (room.own.get(mark) !== commit)
    await pushRefs(mirror, new Map([...notPushed(room), [mark, commit]]), signal).catch(() => undefined);
  return { branch, commit };
}

/** What the service wants delivered: a commit, or the commit at a ref when `commit` is null. */
export interface Wanted {
  readonly commit: string | null;
  readonly ref: string;
}

/**
 * Finds the commit of undelivered work, at the remote or in the mirror.
 *
 * @returns null when neither has it
 * @throws GitError when the remote cannot be reached
 */
export function findWork(mirror: Mirror, requestId: string, { commit, ref }: Wanted): Promise<string | null> {
  return mirror.inTurn(async () => {
    await mirror.refresh(requestId);
    if (commit !== null) return (await hasCommit(mirror, commit)) ? commit : null;
    const number = numberOf(ref, 'attempt');
    if (number === null) return null;
    const name = attemptRef({ requestId, attempt: number });
    const { own, theirs } = await readRoom(mirror, requestId);
    return own.get(name) ?? theirs.get(theirsRef(name)) ?? null;
  });
}

function hasCommit(mirror: Mirror, commit: string): Promise<boolean> {
  return mirror.inMirror(['cat-file', '-e', `${commit}^{commit}`]).then(
    () => true,
    () => false,
  );
}
