import type { Mirror } from './mirror.ts';
import { numberOf, pushedRef, roomOf, theirsRef } from './names.ts';

type Refs = ReadonlyMap<string, string>;

/** The refs of a request in the mirror, with their object ids. */
export interface Room {
  /** Kept in the mirror. */
  readonly own: Refs;
  /** As they were at the remote when the mirror was last refreshed for this request. Keys are names below `refs/theirs/`. */
  readonly theirs: Refs;
  /** What was last pushed of those in `own`. Keys are names below `refs/pushed/`. */
  readonly pushed: Refs;
  /** Object id of one of the other refs that were asked for; null when it does not exist. */
  readonly at: (ref: string) => string | null;
}

/** @param others further refs to look up */
export async function readRoom(mirror: Mirror, requestId: string, others: readonly string[] = []): Promise<Room> {
  const room = roomOf(requestId);
  const all = await mirror.refs(room, theirsRef(room), pushedRef(room), ...others);
  const below = (folder: string): Refs => new Map([...all].filter(([ref]) => ref.startsWith(`${folder}/`)));
  return {
    own: below(room),
    theirs: below(theirsRef(room)),
    pushed: below(pushedRef(room)),
    at: (ref) => all.get(ref) ?? null,
  };
}

/** The refs that hold work, and were not pushed as they are now. */
export function notPushed({ own, pushed }: Room): Refs {
  return new Map(
    [...own].filter(([ref, id]) => numberOf(ref, 'delivered') === null && pushed.get(pushedRef(ref)) !== id),
  );
}

/**
 * Pushes refs of a request, and remembers what was pushed.
 *
 * @throws GitError when the remote rejects one of them or cannot be reached
 */
export async function pushRefs(mirror: Mirror, refs: Refs, signal?: AbortSignal): Promise<void> {
  const specs = [...refs].map(([ref, id]) => `+${id}:${ref}`);
  await mirror.inMirror(['push', '--quiet', mirror.url, ...specs], signal);
  await mirror.updateRefs([...refs].map(([ref, id]) => [pushedRef(ref), id]));
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
