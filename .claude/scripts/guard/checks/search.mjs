/** Searches through folders, which would print a secret file without naming it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { forEachPath } from '../paths.mjs';
import { deny } from '../rules.mjs';
import { hasLong, hasShort, valuesOf } from '../options.mjs';
import { isSecretName } from '../secrets.mjs';
import { isDynamic } from '../words.mjs';

/** @typedef {import('../commands.mjs').Check} Check */

/** Maximum number of subfolders to check. */
const MAX_FOLDERS = 200;

/** @type {Check} */
function grep(args, call, name) {
  const recursive =
    name === 'rgrep' ||
    hasShort(args, 'rR') ||
    hasLong(args, 'recursive', 3) ||
    hasLong(args, 'dereference-recursive', 3);
  const searching = /^(rg|ag|ack|ugrep)$/.test(name);
  if (
    searching &&
    !args.some(
      (argument) =>
        /^(-u+|--hidden|--no-ignore.*|--unrestricted|-\.|-a)$/.test(argument) || /^-[a-zA-Z]*u/.test(argument),
    )
  )
    return;
  if (!recursive && !searching) return;
  if (
    hasShort(args, 'lLcq') ||
    hasLong(args, 'files-with', 7) ||
    hasLong(args, 'count', 3) ||
    hasLong(args, 'quiet', 3)
  )
    return;
  const skipped = [
    ...valuesOf(args, ['--exclude']),
    ...valuesOf(args, ['-g', '--glob']).filter((glob) => glob.startsWith('!')),
  ];
  if (skipped.some((pattern) => /\.env/.test(pattern))) return;
  const wanted = [
    ...valuesOf(args, ['--include']),
    ...valuesOf(args, ['-g', '--glob']).filter((glob) => !glob.startsWith('!')),
  ];
  if (
    wanted.length > 0 &&
    wanted.every((pattern) => /\.[a-z]{1,5}["'}]?$/i.test(pattern) && !/env|pem|key/i.test(pattern))
  )
    return;
  const words = args.filter((argument) => !argument.startsWith('-'));
  const places = words.slice(valuesOf(args, ['-e', '--regexp', '-f', '--file']).length > 0 ? 0 : 1);
  for (const place of places.length > 0 ? places : ['.']) {
    if (!isDynamic(place)) forEachPath(place, call.state, (path) => checkFolder(path));
  }
}

/**
 * Denies the search if the folder or one of its direct subfolders contains a secret file.
 *
 * @param {string} folder absolute
 */
export function checkFolder(folder) {
  const entries = entriesOf(folder);
  if (entries.some((entry) => entry.isFile() && isSecretName(entry.name))) deny('search-secret');
  const below = entries.filter(
    (entry) => entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== '.git',
  );
  for (const { name } of below.slice(0, MAX_FOLDERS)) {
    if (
      entriesOf(join(folder, name)).some(
        (entry) => entry.isFile() && /^\.env/.test(entry.name) && isSecretName(entry.name),
      )
    )
      deny('search-secret');
  }
}

/** @param {string} folder */
function entriesOf(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** @type {Record<string, Check>} */
export const SEARCH = {
  grep,
  egrep: grep,
  fgrep: grep,
  rgrep: grep,
  zgrep: grep,
  rg: grep,
  ag: grep,
  ack: grep,
  ugrep: grep,
};
