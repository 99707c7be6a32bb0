/** The names under which work lies at a repository, the worker's own mirror included. */
import type { Run } from './clone.ts';

/** Where all that belongs to a request is kept, and no branch list shows it. */
export function roomOf(requestId: string): string {
  return `refs/automation/${requestId}`;
}

/** What an attempt has committed, while it lasts and until it is delivered. */
export function attemptRef({ requestId, attempt }: Pick<Run, 'requestId' | 'attempt'>): string {
  return `${roomOf(requestId)}/attempt-${attempt}`;
}

/** Says that the branch was written, so that one that is gone later is known to have been deleted. */
export function deliveredRef({ requestId, attempt }: Pick<Run, 'requestId' | 'attempt'>): string {
  return `${roomOf(requestId)}/delivered-${attempt}`;
}

/** What an attempt has committed beside its branch. The commit in the name keeps two of them apart, and a folder from a file. */
export function otherRef({ requestId, attempt }: Run, name: string, commit: string): string {
  const word = name
    .replace(/^refs\/(?:heads\/)?/, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 60);
  return `${roomOf(requestId)}/other-${attempt}/${word}-${commit.slice(0, 12)}`;
}

/** What the remote has taken of a ref of ours. */
export function pushedRef(ref: string): string {
  return ref.replace(/^refs\/automation\//, 'refs/pushed/');
}

/** The number at the end of `attempt-<n>` or `delivered-<n>`; null for another ref. */
export function numberOf(ref: string, word: 'attempt' | 'delivered'): number | null {
  const [, kind, digits] = /\/(attempt|delivered)-(\d{1,9})$/.exec(ref) ?? [];
  return kind === word ? Number(digits) : null;
}
