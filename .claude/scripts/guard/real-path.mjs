import { readlinkSync, realpathSync } from 'node:fs';
import { deny } from './rules.mjs';
import { basename, dirname, join, resolve } from 'node:path';

/** Links and folders that are not there; a chain that is longer is a loop, or made to confuse. */
const MAX_LINKS = 100;

/**
 * The path with every link resolved, also where its end does not exist yet: the deepest parent that exists counts, and a link that
 * points at nothing is followed to where a write would go.
 *
 * @param {string} path absolute
 * @param {number} [links]
 * @returns {string}
 */
export function realPath(path, links = 0) {
  try {
    return realpathSync(path);
  } catch {
    if (links > MAX_LINKS) deny('too-complex');
    const parent = dirname(path);
    if (parent === path) return path;
    const realParent = realPath(parent, links + 1);
    const here = join(realParent, basename(path));
    let target;
    try {
      target = readlinkSync(here);
    } catch {
      return here;
    }
    return realPath(resolve(realParent, target), links + 1);
  }
}
