/** Names of the refs that hold work, at the remote and in the mirror. */
import type { Run } from './clone.ts';

/** Prefix of all refs of a request. Branch lists do not show them. */
export function roomOf(requestId: string): string {
  return `refs/automation/${requestId}`;
}

/** Ref of the attempt's work until it is delivered. */
export function attemptRef({ requestId, attempt }: Pick<Run, 'requestId' | 'attempt'>): string {
  return `${roomOf(requestId)}/attempt-${attempt}`;
}

/** Ref that records a delivery, so that a branch missing later is known to have been deleted. */
export function deliveredRef({ requestId, attempt }: Pick<Run, 'requestId' | 'attempt'>): string {
  return `${roomOf(requestId)}/delivered-${attempt}`;
}

/** Ref of commits outside the attempt's branch. The commit id in the name prevents clashes, including those between folder and file. */
export function otherRef({ requestId, attempt }: Run, name: string, commit: string): string {
  const word = name
    .replace(/^refs\/(?:heads\/)?/, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 60);
  return `${roomOf(requestId)}/other-${attempt}/${word}-${commit.slice(0, 12)}`;
}

/** Ref that records what was last pushed of one of our refs. */
export function pushedRef(ref: string): string {
  return ref.replace(/^refs\/automation\//, 'refs/pushed/');
}

/** Ref in the mirror that shows one of our refs as it is at the remote. */
export function theirsRef(ref: string): string {
  return ref.replace(/^refs\/automation\//, 'refs/theirs/');
}

/** The number in `attempt-<n>` or `delivered-<n>`; null for any other ref. */
export function numberOf(ref: string, word: 'attempt' | 'delivered'): number | null {
  const [, kind, digits] = /\/(attempt|delivered)-(\d{1,9})$/.exec(ref) ?? [];
  return kind === word ? Number(digits) : null;
}
