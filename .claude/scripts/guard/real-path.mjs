import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { deny } from './rules.mjs';

/** Maximum number of links and missing folders. A longer chain is a loop, or meant to confuse. */
const MAX_LINKS = 100;

/**
 * Resolves every link in a path, even if the path does not exist yet: the deepest existing parent is resolved, and a dangling link is followed
 * to where a write would go.
 *
 * @param {string} path absolute
 * @param {number} [links]
 * @returns {string}
 */
export function realPath(path, links = 0) {
  if (links > MAX_LINKS) deny('too-complex');
  // Most words are not files, and a check costs a tenth of an exception.
  const there = exists(path);
  if (there) {
    try {
      return realpathSync.native(path);
    } catch {
      // A link to nothing, or a loop.
    }
  }
  const parent = dirname(path);
  if (parent === path) return path;
  const realParent = realPath(parent, links + 1);
  const target = there ? linkTarget(join(realParent, basename(path))) : undefined;
  return target === undefined ? join(realParent, basename(path)) : realPath(resolve(realParent, target), links + 1);
}

/** @param {string} path */
function exists(path) {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** @param {string} path */
function linkTarget(path) {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
