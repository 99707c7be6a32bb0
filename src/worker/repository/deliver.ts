import { fetchRoom, highest, isAncestor, refsBelow } from './beginning.ts';
import { CI_PATHSPECS } from './ci-paths.ts';
import { hasOwn } from './handover.ts';
import type { Mirror } from './mirror.ts';
import { attemptRef, deliveredRef, numberOf, roomOf } from './names.ts';

/** What is to be written to the request's branch, by which attempt. */
export interface Order {
  readonly requestId: string;
  readonly attempt: number;
  readonly branch: string;
  readonly commit: string;
  /** What the remote had at the branch when the agent began; left out where that is not known. */
  readonly seen?: string | null;
  /** Whether a change of what CI runs waits for a person. */
  readonly holdsCi: boolean;
}

export interface Written {
  /** The request's branch, or one of its own where somebody else had moved that on. */
  readonly branch: string;
  readonly commit: string;
}

/** The work is not written, and trying again alone changes nothing. */
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
 * Writes work to the branch of its request. It may be called again at any time: what is written already is left as it is.
 *
 * @returns null when there is nothing that the repository does not have
 * @throws GitError when the remote does not take it
 * @throws NotDelivered when a person has to look first
 */
export function deliver(mirror: Mirror, order: Order, signal?: AbortSignal): Promise<Written | null> {
  return mirror.inTurn(async () => {
    const { requestId, branch, commit } = order;
    const base = (await mirror.refresh()).branch ?? 'HEAD';
    const theirs = await fetchRoom(mirror, requestId);
    const before = highest([...(await refsBelow(mirror, roomOf(requestId))), ...theirs], 'delivered');
    const now = await mirror.resolve(`refs/remotes/origin/${branch}`);
    const own = `${branch}-attempt-${order.attempt}`;
    const there = await mirror.resolve(`refs/remotes/origin/${own}`);
    if (now === commit) return written(mirror, order, branch, signal);
    if (there === commit) return written(mirror, order, own, signal);
    if (now === null && !(await hasOwn(mirror, commit, []))) return null;
    if (now === null && before !== null && (await isAncestor(mirror, commit, before.commit)))
      throw new NotDelivered(
        `The branch ${branch} was deleted at the repository after the work had been written to it. Restore it at ${commit} to have it delivered, or cancel the request.`,
        'deleted',
      );
    if (order.holdsCi) await requireNoCiChange(mirror, `refs/remotes/origin/${base}`, commit);
    const isOurs =
      now === (order.seen ?? null) ||
      now === before?.commit ||
      (now !== null && (await isAncestor(mirror, now, commit)));
    if (isOurs) return push(mirror, order, branch, now, signal);
    return push(mirror, order, own, there, signal);
  });
}

/** @throws NotDelivered when what CI runs would change, which a person has to allow */
async function requireNoCiChange(mirror: Mirror, base: string, commit: string): Promise<void> {
  const common = await mirror
    .inMirror(['merge-base', base, commit])
    .catch(() => mirror.inMirror(['hash-object', '-t', 'tree', '/dev/null']));
  const command = ['diff', '--name-only', '--no-renames', '--no-ext-diff', common, commit, '--', ...CI_PATHSPECS];
  const files = (await mirror.inMirror(command)).split('\n').filter((name) => name !== '');
  if (files.length === 0) return;
  const named = files.slice(0, 10).join(', ') + (files.length > 10 ? ` and ${files.length - 10} more` : '');
  throw new NotDelivered(
    `The work changes what CI runs (${named}), so a person has to approve ${commit} before it is written to a branch.`,
    'held',
  );
}

async function push(mirror: Mirror, order: Order, branch: string, now: string | null, signal?: AbortSignal) {
  const ref = `refs/heads/${branch}`;
  const lease = `--force-with-lease=${ref}:${now ?? ''}`;
  await mirror.inMirror(['push', '--quiet', lease, mirror.url, `${order.commit}:${ref}`], signal);
  return written(mirror, order, branch, signal);
}

/** Remembered here and at the remote, so that a branch that is gone later is known to have been deleted. */
async function written(mirror: Mirror, order: Order, branch: string, signal?: AbortSignal): Promise<Written> {
  const { commit } = order;
  await mirror.inMirror(['update-ref', `refs/remotes/origin/${branch}`, commit]);
  const mark = deliveredRef(order);
  if ((await mirror.resolve(mark)) !== commit) {
    await mirror.inMirror(['update-ref', mark, commit]);
    // A remote that refuses these refs has taken the branch all the same.
    await mirror.inMirror(['push', '--quiet', mirror.url, `+${commit}:${mark}`], signal).catch(() => undefined);
  }
  return { branch, commit };
}

/** What the service asks to be delivered: a commit, or whatever lies at a ref. */
export interface Wanted {
  readonly commit: string | null;
  readonly ref: string;
}

/**
 * Finds work that was not delivered yet, at the remote or here.
 *
 * @returns null when neither has it
 * @throws GitError when the remote cannot be reached
 */
export function findWork(mirror: Mirror, requestId: string, { commit, ref }: Wanted): Promise<string | null> {
  return mirror.inTurn(async () => {
    await mirror.refresh();
    const theirs = await fetchRoom(mirror, requestId);
    const own = await refsBelow(mirror, roomOf(requestId));
    if (commit !== null) return (await hasCommit(mirror, commit)) ? commit : null;
    const number = numberOf(ref, 'attempt');
    if (number === null) return null;
    const name = attemptRef({ requestId, attempt: number });
    return own.get(name) ?? theirs.get(name.replace(/^refs\/automation\//, 'refs/theirs/')) ?? null;
  });
}

function hasCommit(mirror: Mirror, commit: string): Promise<boolean> {
  return mirror.inMirror(['cat-file', '-e', `${commit}^{commit}`]).then(
    () => true,
    () => false,
  );
}
