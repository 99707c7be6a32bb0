import { open, rename } from 'node:fs/promises';

export interface ReplaceOptions {
  /** Permissions of the new file; defaults to 600. */
  readonly mode?: number;
  /** Its owner; defaults to the current user. */
  readonly owner?: { readonly uid: number; readonly gid: number } | null;
}

/**
 * Writes a file atomically: writes a draft beside it, flushes it to disk and renames it. Readers, and a start after a crash, find either the
 * old content or the new. A process that is killed in between leaves the draft, whose name ends in `.draft`.
 *
 * By hand, because `write-file-atomic` brings `signal-exit`, which patches `process.emit` and `process.reallyExit`, and service and worker
 * handle signals and their own end; and because its drafts have no suffix by which leftovers can be found.
 */
export async function replaceFile(file: string, text: string, options: ReplaceOptions = {}): Promise<void> {
  const { mode = 0o600, owner = null } = options;
  // Two processes may write the same file.
  const draft = `${file}.${process.pid}.draft`;
  const handle = await open(draft, 'w', mode);
  try {
    await handle.writeFile(text);
    if (owner) await handle.chown(owner.uid, owner.gid);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}
