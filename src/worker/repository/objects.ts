import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, readlink, realpath, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** More than this an agent's work does not have; it would only fill the disk. */
const MAX_BYTES = 8 * 1024 ** 3;
const MAX_FILES = 500_000;
const LOOSE = /^(?:[0-9a-f]{38}|[0-9a-f]{62})$/;
const PACK = /^pack-[0-9a-f]{40,64}\.(?:pack|idx)$/;
const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The agent's repository is not what it should be. */
export class HostileRepository extends Error {
  override readonly name = 'HostileRepository';
}

/**
 * Copies the objects that an agent's repository has and ours has not. Files are all that is read of it, by their names: no
 * configuration, no hook, no attribute of that repository is ever looked at, and its `alternates`, which would name other repositories,
 * are left behind. A link in place of a file or folder is refused.
 *
 * @param from the agent's `.git`, without links in its path
 * @param into a bare repository of the worker's own
 * @param known whose objects need no copy
 */
export async function copyObjects(from: string, into: string, known: string): Promise<void> {
  const root = join(from, 'objects');
  let files = 0;
  let bytes = 0;
  for (const folder of await readdir(root)) {
    if (folder !== 'pack' && !/^[0-9a-f]{2}$/.test(folder)) continue;
    const form = folder === 'pack' ? PACK : LOOSE;
    const names = (await readdir(join(root, folder))).filter((name) => form.test(name));
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

/** Empty where there is no such file. */
async function readText(path: string, maxBytes: number): Promise<string> {
  const file = await openPlain(path);
  if (!file) return '';
  try {
    const buffer = Buffer.alloc(maxBytes);
    const { bytesRead } = await file.read(buffer, 0, maxBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function copyFile(from: string, to: string): Promise<number> {
  const source = await openPlain(from);
  if (!source) return 0;
  try {
    const { size } = await source.stat();
    if (size > MAX_BYTES) throw new HostileRepository('It holds a file larger than an agent can have written.');
    await mkdir(join(to, '..'), { recursive: true });
    const target = await open(`${to}.draft`, 'w', 0o444);
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

/** A regular file at exactly this place: the folders above it may be exchanged for links at any time, so the open file is asked. */
async function openPlain(path: string): Promise<FileHandle | null> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new HostileRepository(`It has something else than a file at ${path.slice(-100)} (${code ?? 'unknown'}).`);
  }
  const isFile = (await file.stat()).isFile();
  const place = process.platform === 'linux' ? await readlink(`/proc/self/fd/${file.fd}`) : await realpath(path);
  if (isFile && place === path) return file;
  await file.close();
  throw new HostileRepository(`It has something else than a file at ${path.slice(-100)}.`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
