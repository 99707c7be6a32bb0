import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, readlink, realpath } from 'node:fs/promises';

/** The agent's repository is malformed, oversized or tampered with. */
export class HostileRepository extends Error {
  override readonly name = 'HostileRepository';
}

/**
 * Reads the first `maxBytes` of a file; empty when the file does not exist.
 *
 * @throws HostileRepository when there is something other than a regular file
 */
export async function readText(path: string, maxBytes: number): Promise<string> {
  const file = await openPlain(path);
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, maxBytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * Opens a regular file at exactly this path; null when it does not exist. A parent folder may be replaced by a link at any time, so
 * the open file is checked.
 *
 * @throws HostileRepository when there is something other than a regular file
 */
export async function openPlain(path: string): Promise<FileHandle | null> {
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
