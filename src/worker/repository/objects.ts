import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HostileRepository, openPlain } from './plain-file.ts';

/** Limit for the objects of one clone, which protects the disk. */
const MAX_BYTES = 8 * 1024 ** 3;
const MAX_FILES = 500_000;
const LOOSE = /^(?:[0-9a-f]{38}|[0-9a-f]{62})$/;
const PACK = /^pack-[0-9a-f]{40,64}\.(?:pack|idx)$/;

/**
 * Copies the objects of an agent's repository that ours lacks. Only object files are read, by name: configuration, hooks and attributes
 * of that repository are ignored, and so is `alternates`, which could name other repositories. A link in place of a file is an error.
 *
 * @param from the agent's `.git`; its path must contain no links
 * @param into bare repository of the worker's own
 * @param known repository whose objects are not copied
 * @param passed names of pack files to skip
 * @throws HostileRepository on a link, or when the objects exceed 8 GiB or 500,000 files
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
    // Git ignores a pack without an index, so the index is copied last.
    for (const name of names.sort((a, b) => Number(a.endsWith('.idx')) - Number(b.endsWith('.idx')))) {
      const path = join('objects', folder, name);
      if ((await exists(join(into, path))) || (await exists(join(known, path)))) continue;
      bytes += await copyFile(join(root, folder, name), join(into, path));
      files += 1;
      if (bytes > MAX_BYTES || files > MAX_FILES)
        throw new HostileRepository('The clone has more objects than an agent can have written.');
    }
  }
}

async function copyFile(from: string, to: string): Promise<number> {
  const source = await openPlain(from);
  if (!source) return 0;
  try {
    const { size } = await source.stat();
    if (size > MAX_BYTES) throw new HostileRepository('The clone has a file larger than an agent can have written.');
    await mkdir(join(to, '..'), { recursive: true });
    // A draft left by a killed worker is read-only and cannot be reopened.
    await rm(`${to}.draft`, { force: true });
    const target = await open(`${to}.draft`, 'wx', 0o444);
    try {
      const buffer = Buffer.alloc(256 * 1024);
      // A file that grows meanwhile is read up to its initial size.
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
