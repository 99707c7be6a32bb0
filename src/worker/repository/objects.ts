import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HostileRepository, openPlain } from './plain-file.ts';

/** More than this an agent's work does not have; it would only fill the disk. */
const MAX_BYTES = 8 * 1024 ** 3;
const MAX_FILES = 500_000;
const LOOSE = /^(?:[0-9a-f]{38}|[0-9a-f]{62})$/;
const PACK = /^pack-[0-9a-f]{40,64}\.(?:pack|idx)$/;

/**
 * Copies the objects that an agent's repository has and ours has not. Files are all that is read of it, by their names: no
 * configuration, no hook, no attribute of that repository is ever looked at, and its `alternates`, which would name other repositories,
 * are left behind. A link in place of a file or folder is refused.
 *
 * @param from the agent's `.git`, without links in its path
 * @param into a bare repository of the worker's own
 * @param known a repository whose objects need no copy
 * @param passed names of packs that need none either
 */
export async function copyObjects(
  from: string,
  into: string,
  known: string,
  passed: readonly string[] = [],
): Promise<void> {
  const root = join(from, 'objects');
  let files = 0;
  let bytes = 0;
  for (const folder of await readdir(root)) {
    if (folder !== 'pack' && !/^[0-9a-f]{2}$/.test(folder)) continue;
    const form = folder === 'pack' ? PACK : LOOSE;
    const names = (await readdir(join(root, folder))).filter((name) => form.test(name) && !passed.includes(name));
    // A pack without its index is not seen, so the index comes last.
    for (const name of names.sort((a, b) => Number(a.endsWith('.idx')) - Number(b.endsWith('.idx')))) {
      const path = join('objects', folder, name);
      if ((await exists(join(into, path))) || (await exists(join(known, path)))) continue;
      bytes += await copyFile(join(root, folder, name), join(into, path));
      files += 1;
      if (bytes > MAX_BYTES || files > MAX_FILES)
        throw new HostileRepository('It holds more than an agent can have written.');
    }
  }
}

async function copyFile(from: string, to: string): Promise<number> {
  const source = await openPlain(from);
  if (!source) return 0;
  try {
    const { size } = await source.stat();
    if (size > MAX_BYTES) throw new HostileRepository('It holds a file larger than an agent can have written.');
    await mkdir(join(to, '..'), { recursive: true });
    // One that a kill left half-written cannot be opened again by its owner.
    await rm(`${to}.draft`, { force: true });
    const target = await open(`${to}.draft`, 'wx', 0o444);
    try {
      const buffer = Buffer.alloc(256 * 1024);
      // What grows under our hands is read as far as it was at the beginning.
      for (let at = 0; at < size;) {
        const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, size - at), at);
        if (bytesRead === 0) break;
        await target.write(buffer, 0, bytesRead, at);
        at += bytesRead;
      }
    } finally {
      await target.close();
    }
    await rename(`${to}.draft`, to);
    return size;
  } finally {
    await source.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
