import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import type { Mirror } from './mirror.ts';
import { HostileRepository } from './plain-file.ts';

/** As many as fit into what is read of one call's output. */
const BATCH = 10_000;
const MIB = 1024 ** 2;

/**
 * Bounds what an agent's objects come to when they are unpacked, which can be a thousand times of what they are on disk. Git says it by
 * their heads, without unpacking them, and never unpacks more than these say. What the mirror has already does not count.
 *
 * @param intake a repository of the objects alone, that borrows from no other
 * @throws HostileRepository when they come to more than the mirror takes
 */
export async function checkWeight(mirror: Mirror, intake: string): Promise<void> {
  let bytes = 0;
  const weigh = async (sizes: ReadonlyMap<string, number>): Promise<void> => {
    const answer = await mirror.inMirror(['cat-file', '--batch-check'], undefined, `${[...sizes.keys()].join('\n')}\n`);
    for (const [, id = ''] of answer.matchAll(/^(\S+) missing$/gm)) bytes += sizes.get(id) ?? 0;
    if (bytes > mirror.maxBytes) {
      throw new HostileRepository(
        `What was committed comes to more than ${Math.floor(mirror.maxBytes / MIB)} MiB when it is unpacked: that is AUTOMATION_COMMIT_MIB.`,
      );
    }
  };
  const consume = async (stdout: Readable): Promise<void> => {
    let sizes = new Map<string, number>();
    for await (const line of createInterface({ input: stdout })) {
      const [id = '', size] = line.split(' ');
      sizes.set(id, Number(size) || 0);
      if (sizes.size < BATCH) continue;
      await weigh(sizes);
      sizes = new Map();
    }
    if (sizes.size > 0) await weigh(sizes);
  };
  const list = [
    'cat-file',
    '--batch-all-objects',
    '--unordered',
    '--buffer',
    '--batch-check=%(objectname) %(objectsize)',
  ];
  await mirror.git([`--git-dir=${intake}`, ...list], { consume });
}
