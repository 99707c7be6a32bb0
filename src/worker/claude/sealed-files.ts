import { constants } from 'node:fs';
import { chmod, mkdir, open, opendir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KitFile } from '../../agent-kit/kit.ts';

/**
 * Files that must not change during a run. The agent may run as the same user as the worker, so file permissions cannot protect them;
 * the worker compares their contents repeatedly instead.
 */
export class SealedFiles {
  readonly #dir: string;
  readonly #files: ReadonlyMap<string, Buffer>;
  /** Folders that may contain nothing but sealed files. */
  readonly #closed: readonly string[];

  private constructor(dir: string, files: ReadonlyMap<string, Buffer>, closed: readonly string[]) {
    this.#dir = dir;
    this.#files = files;
    this.#closed = closed;
  }

  /**
   * Writes the files below `dir`.
   *
   * @param closed folders, relative to `dir`, that may contain nothing but these files
   */
  static async write(dir: string, files: readonly KitFile[], closed: readonly string[]): Promise<SealedFiles> {
    for (const { path, content } of files) {
      const file = join(dir, path);
      await mkdir(dirname(file), { recursive: true, mode: 0o755 });
      await writeFile(file, content, { flag: 'wx' });
      await chmod(file, path.endsWith('.mjs') ? 0o555 : 0o444);
    }
    return new SealedFiles(dir, new Map(files.map(({ path, content }) => [path, Buffer.from(content)])), closed);
  }

  /** Returns the first path that differs from what was written, relative to the folder; null when nothing changed. */
  async changed(): Promise<string | null> {
    for (const [path, content] of this.#files) {
      if (!(await holds(join(this.#dir, path), content))) return path;
    }
    for (const folder of this.#closed) {
      const stranger = await this.#strangerIn(folder);
      if (stranger !== null) return stranger;
    }
    return null;
  }

  async #strangerIn(folder: string): Promise<string | null> {
    try {
      for await (const entry of await opendir(join(this.#dir, folder))) {
        const path = `${folder}/${entry.name}`;
        if (entry.isDirectory()) {
          if (![...this.#files.keys()].some((known) => known.startsWith(`${path}/`))) return path;
          const stranger = await this.#strangerIn(path);
          if (stranger !== null) return stranger;
        } else if (!this.#files.has(path)) {
          return path;
        }
      }
      return null;
    } catch {
      return folder;
    }
  }
}

/** Compares a file with its expected content. Links, pipes and devices put in its place are not read, so this cannot hang. */
async function holds(file: string, content: Buffer): Promise<boolean> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const info = await handle.stat();
      if (!info.isFile() || info.size !== content.length) return false;
      const there = Buffer.alloc(content.length);
      const { bytesRead } = await handle.read(there, 0, content.length, 0);
      return bytesRead === content.length && there.equals(content);
    } finally {
      await handle.close();
    }
  } catch {
    return false;
  }
}
