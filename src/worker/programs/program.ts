import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';

/** Finds a program's absolute path as a shell would; null when there is no such executable. */
export async function findProgram(
  name: string,
  { path, cwd }: { readonly path: string; readonly cwd: string },
): Promise<string | null> {
  const candidates = name.includes('/')
    ? [resolve(cwd, name)]
    : path
        .split(delimiter)
        .filter(Boolean)
        .map((folder) => join(folder, name));
  for (const candidate of candidates) {
    const executable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable && (await stat(candidate)).isFile()) return candidate;
  }
  return null;
}
