import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from '../../configuration/variables.ts';

/** A user other than the worker's that agents run as. */
export interface AgentUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/**
 * Looks the user up in `/etc/passwd`.
 *
 * @throws ConfigError when the user does not exist or is root, or when the worker itself does not run as root
 */
export async function findAgentUser(name: string): Promise<AgentUser> {
  if (process.getuid?.() !== 0) {
    throw new ConfigError([
      'AUTOMATION_AGENT_USER requires the worker to run as root: only root can run an agent as another user.',
    ]);
  }
  const users = await readFile('/etc/passwd', 'utf8');
  const fields = users
    .split('\n')
    .map((line) => line.split(':'))
    .find(([login]) => login === name);
  const [, , uid, gid, , home = '/'] = fields ?? [];
  if (!Number(uid) || !Number(gid)) {
    throw new ConfigError([`AUTOMATION_AGENT_USER must be a user on this machine other than root; ${name} is not.`]);
  }
  return { name, uid: Number(uid), gid: Number(gid), home };
}

/**
 * Lets the user traverse the worker's folders down to `folder` without listing their contents (mode 0711).
 *
 * @param folder folder the agent must be able to reach
 * @param outermost topmost folder whose mode the worker may change; `folder` itself or one above it
 * @throws ConfigError when a folder above `outermost` blocks the user
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
    `The user ${user.name} cannot get to ${folder}: choose a --state-dir whose parent folders that user can enter.`,
  ]);
}
