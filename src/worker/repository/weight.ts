import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import type { Mirror } from './mirror.ts';
import { HostileRepository } from './plain-file.ts';

/** Objects per call, so that the answer fits into what is read of one call's output. */
const BATCH = 10_000;
const MIB = 1024 ** 2;

/**
 * Limits the uncompressed size of an agent's objects, which can be a thousand times their size on disk. Git reads the sizes from the
 * object headers without unpacking, and never unpacks more than they say. Objects that the mirror has already do not count.
 *
 * @param intake repository with these objects and no alternates
 * @throws HostileRepository when the total exceeds `mirror.maxBytes`
 */
export async function checkWeight(mirror: Mirror, intake: string): Promise<void> {
  let bytes = 0;
  const weigh = async (sizes: ReadonlyMap<string, number>): Promise<void> => {
    const answer = await mirror.inMirror(['cat-file', '--batch-check'], undefined, `${[...sizes.keys()].join('\n')}\n`);
    for (const [, id = ''] of answer.matchAll(/^(\S+) missing$/gm)) bytes += sizes.get(id) ?? 0;
    if (bytes > mirror.maxBytes) {
      throw new HostileRepository(
        `The commits take more than ${Math.floor(mirror.maxBytes / MIB)} MiB uncompressed, the limit set by AUTOMATION_COMMIT_MIB.`,
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
