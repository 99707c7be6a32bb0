import { readFile } from 'node:fs/promises';

/** The user that runs PostgreSQL's programs, which refuse to run as root. */
export interface RunAs {
  /** For messages, such as `the user postgres`. */
  readonly label: string;
  /** Prepended to the program's command line. */
  readonly prefix: readonly string[];
  /** User and group that Node switches to when it spawns the program. */
  readonly spawnAs?: { readonly uid: number; readonly gid: number };
  /** Required owner of PostgreSQL's files; null if the current user owns them anyway. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

/** Runs as the current user. */
export const asSelf: RunAs = { label: 'the same user', prefix: [], owner: null };

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Runs as another user with one privilege: to read files and enter folders regardless of their mode. It can then reach a project or data
 * folder inside a home folder of mode 700. It can read no more than root, who grants the privilege; and the service's role in PostgreSQL is
 * not a superuser, so it cannot make the server read files.
 */
export function asUserWhoReadsAll(user: User): RunAs {
  const capability = '+dac_read_search';
  return {
    label: `the user ${user.name}`,
    prefix: [
      'setpriv',
      `--reuid=${user.uid}`,
      `--regid=${user.gid}`,
      '--clear-groups',
      `--inh-caps=${capability}`,
      `--ambient-caps=${capability}`,
      // PostgreSQL checks with access(2) whether it may run its programs, which ignores capabilities without this bit.
      '--securebits=+no_setuid_fixup',
    ],
    owner: { uid: user.uid, gid: user.gid },
  };
}

/** Runs as another user without privileges: for systems without `setpriv`, or containers that took the capability from root. */
export function asUser(user: User): RunAs {
  const ids = { uid: user.uid, gid: user.gid };
  return { label: `the user ${user.name}`, prefix: [], spawnAs: ids, owner: ids };
}

/** Users listed in `/etc/passwd`; empty if it cannot be read. */
export async function readUsers(): Promise<User[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    const user = { name: name ?? '', uid: Number(uid), gid: Number(gid) };
    return user.name && Number.isInteger(user.uid) && Number.isInteger(user.gid) && gid ? [user] : [];
  });
}
