import { join } from 'node:path';
import { readText } from './plain-file.ts';

const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The commit at a branch of the agent's repository, else the one it has checked out; null where there is none. */
export async function readBranch(from: string, branch: string): Promise<string | null> {
  const ofBranch = await readRef(from, `refs/heads/${branch}`);
  if (ofBranch !== null) return ofBranch;
  const head = (await readText(join(from, 'HEAD'), 1_024)).trim();
  if (OBJECT_ID.test(head)) return head;
  const [, name] = /^ref: (refs\/heads\/[\w./-]{1,200})$/.exec(head) ?? [];
  return name === undefined || name.includes('..') ? null : readRef(from, name);
}

async function readRef(root: string, name: string): Promise<string | null> {
  const loose = (await readText(join(root, name), 1_024)).trim();
  if (OBJECT_ID.test(loose)) return loose;
  const packed = await readText(join(root, 'packed-refs'), 4 * 1024 * 1024);
  for (const line of packed.split('\n')) {
    const [id = '', ref] = line.split(' ');
    if (ref === name && OBJECT_ID.test(id)) return id;
  }
  return null;
}
