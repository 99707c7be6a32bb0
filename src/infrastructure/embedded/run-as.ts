import { readFile } from 'node:fs/promises';

/** As which user PostgreSQL's programs run. They refuse to run as root. */
export interface RunAs {
  /** For people: `the user postgres`. */
  readonly label: string;
  /** A command line put before the program's. */
  readonly prefix: readonly string[];
  /** The user and group for Node to switch to when it spawns. */
  readonly spawnAs?: { readonly uid: number; readonly gid: number };
  /** Who must own PostgreSQL's files; null when they are this process's own user's anyway. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

/** As the user who runs this process. */
export const asSelf: RunAs = { label: 'the same user', prefix: [], owner: null };

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * As another user, with the one privilege to read and pass through folders regardless of their mode, so that neither a
 * project nor a data folder below a home folder of mode 700 is out of reach. It reads no more than root, who grants it;
 * the role that the service uses in PostgreSQL is no superuser and cannot make the server read files.
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
      // PostgreSQL asks with access(2) whether it may run its programs, which counts no capability without this.
      '--securebits=+no_setuid_fixup',
    ],
    owner: { uid: user.uid, gid: user.gid },
  };
}

/** As another user with no privilege: where `setpriv` is missing or the capability has been taken from root, as in many containers. */
export function asUser(user: User): RunAs {
  const ids = { uid: user.uid, gid: user.gid };
  return { label: `the user ${user.name}`, prefix: [], spawnAs: ids, owner: ids };
}

/** The users of `/etc/passwd`; empty when it cannot be read. */
export async function readUsers(): Promise<User[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    const user = { name: name ?? '', uid: Number(uid), gid: Number(gid) };
    return user.name && Number.isInteger(user.uid) && Number.isInteger(user.gid) && gid ? [user] : [];
  });
}
