import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from '../../config.ts';

/** The user an agent runs as, where that is another than the worker's. */
export interface AgentUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** @throws ConfigError when there is no such user, or this process may not run anything as another */
export async function findAgentUser(name: string): Promise<AgentUser> {
  if (process.getuid?.() !== 0) {
    throw new ConfigError([
      'AUTOMATION_AGENT_USER needs a worker that runs as root: nobody else can run an agent as another user.',
    ]);
  }
  const users = await readFile('/etc/passwd', 'utf8');
  const fields = users
    .split('\n')
    .map((line) => line.split(':'))
    .find(([login]) => login === name);
  const [, , uid, gid, , home = '/'] = fields ?? [];
  if (!Number(uid) || !Number(gid)) {
    throw new ConfigError([
      `AUTOMATION_AGENT_USER must be a user of this machine other than root, and ${name} is not.`,
    ]);
  }
  return { name, uid: Number(uid), gid: Number(gid), home };
}

/**
 * Lets the user pass through the worker's folders to its clone, and see nothing in them on the way.
 *
 * @param folder where the clones lie
 * @param outermost the first folder above it that is the worker's to open
 * @throws ConfigError when a folder further up does not let it through
 */
export async function openWay(user: AgentUser, folder: string, outermost: string): Promise<void> {
  for (let at = folder; at.startsWith(outermost); at = dirname(at)) await chmod(at, 0o711);
  const child = spawn('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], {
    uid: user.uid,
    gid: user.gid,
    cwd: '/',
    stdio: 'ignore',
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  throw new ConfigError([
    `The user ${user.name} cannot get to ${folder}: give another --state-dir, which does not lie in a closed folder.`,
  ]);
}
