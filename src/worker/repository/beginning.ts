import type { Mirror } from './mirror.ts';

export function branchOf(requestId: string): string {
  return `automation/${requestId}`;
}

/** What earlier attempts left at the remote, or here where it could not be pushed yet; else the base. */
export async function beginningOf(
  mirror: Mirror,
  branch: string,
  remote: string | null,
  base: string,
): Promise<string> {
  const own = await mirror.resolve(`refs/heads/${branch}`);
  const theirs = remote === null ? `refs/remotes/origin/${base}` : `refs/remotes/origin/${branch}`;
  if (own === null || own === remote) return theirs;
  if (remote === null) return `refs/heads/${branch}`;
  const goesOn = await mirror.inMirror(['merge-base', '--is-ancestor', remote, own]).then(
    () => true,
    () => false,
  );
  return goesOn ? `refs/heads/${branch}` : theirs;
}
