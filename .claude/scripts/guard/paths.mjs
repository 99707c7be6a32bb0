/** Decides which files may be read, written and deleted. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { realPath } from './real-path.mjs';
import { deny } from './rules.mjs';
import { isSecretPath, mayMeanSecret } from './secrets.mjs';
import { ANY_CHAR, ANY_TEXT, isDynamic, isOpen, isPattern, STAR } from './words.mjs';

/**
 * @typedef {import('./context.mjs').Context} Context
 * @typedef {import('./state.mjs').State} State
 */

/** Only this many matches of a pattern are checked one by one. */
const MAX_MATCHES = 500;
/** Streams outside the project that may be written. They are not files. */
const STREAMS = /^\/dev\/(null|stdout|stderr|stdin|tty|zero|full|u?random|fd\/\d+)$/;
/** Folders and files of the project that control the agent, git and Claude Code. */
const STEERING = new Set(['.claude', '.git', '.mcp.json', '.claude.json', '.gitmodules']);

/**
 * @param {string} path
 * @param {string} root
 */
function isWithin(path, root) {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/**
 * Which area a path belongs to: that of the deepest known folder around it.
 *
 * @param {string} real
 * @param {Context} context
 * @returns {'project' | 'temporary' | 'config' | 'protected' | 'outside'}
 */
function ownerOf(real, context) {
  /** @type {{ root: string, owner: 'project' | 'temporary' | 'config' | 'protected' }[]} */
  const roots = [
    { root: context.projectDir, owner: 'project' },
    ...context.tempDirs.map((root) => ({ root, owner: /** @type {const} */ ('temporary') })),
    ...(context.configDir ? [{ root: context.configDir, owner: /** @type {const} */ ('config') }] : []),
    ...context.protectedDirs.map((root) => ({ root, owner: /** @type {const} */ ('protected') })),
  ];
  let best;
  for (const candidate of roots) {
    if (isWithin(real, candidate.root) && (!best || candidate.root.length >= best.root.length)) best = candidate;
  }
  return best?.owner ?? 'outside';
}

/**
 * @param {string} path absolute
 * @param {Context} context
 */
export function checkRead(path, context) {
  if (STREAMS.test(path)) return;
  const real = realPath(path);
  if (isSecretPath(path, context) || isSecretPath(real, context)) deny('read-secret');
  if (ownerOf(real, context) === 'protected') deny('protected-path');
}

/**
 * @param {string} path absolute
 * @param {Context} context
 */
export function checkWrite(path, context) {
  if (STREAMS.test(path)) return;
  const real = realPath(path);
  if (!STREAMS.test(real)) checkChange([resolve(path), real], context);
}

/**
 * @param {readonly string[]} names of one place; the last one has all links resolved
 * @param {Context} context
 */
function checkChange(names, context) {
  for (const name of names) {
    const owner = ownerOf(name, context);
    if (owner === 'protected') deny('protected-path');
    if (owner === 'config') deny('write-protected');
  }
  const real = names.at(-1) ?? '';
  const owner = ownerOf(real, context);
  if (owner === 'outside') deny('write-outside');
  const root = owner === 'project' ? context.projectDir : context.tempDirs.find((dir) => isWithin(real, dir));
  for (const name of names) {
    if (steers(name, root ?? '')) deny('write-protected');
    if (isSecretPath(name, context)) deny('write-secret');
  }
}

/**
 * @param {string} path
 * @param {string} root
 */
function steers(path, root) {
  return path
    .slice(isWithin(path, root) ? root.length : 0)
    .split(sep)
    .some((segment) => STEERING.has(segment.toLowerCase()));
}

/**
 * Deleting and moving away: the rules for writing apply, and nothing that contains a protected folder may be deleted.
 *
 * @param {string} path absolute
 * @param {Context} context
 */
export function checkDelete(path, context) {
  // A link itself is deleted, not its target; but links in its parent folders are followed.
  const real = join(realPath(dirname(path)), basename(path));
  const kept = [context.projectDir, ...context.tempDirs, ...context.protectedDirs, context.configDir, context.home];
  for (const each of [path, real]) {
    if (kept.some((folder) => folder !== undefined && isWithin(folder, each))) deny('delete-root');
  }
  if (!STREAMS.test(real)) checkChange([path, real], context);
}

/**
 * Calls `check` for every path that a word may stand for.
 *
 * @param {string} text a word with marks
 * @param {State} state
 * @param {(path: string, context: Context) => void} check
 */
export function forEachPath(text, state, check) {
  for (const path of expand(text, state)) check(path, state.context);
}

/**
 * Checks a word that names what is changed. Denies it if its path is not known.
 *
 * @param {string} text
 * @param {State} state
 * @param {(path: string, context: Context) => void} check
 */
export function checkTarget(text, state, check) {
  if (isDynamic(text) || (isPattern(text) && state.folders.length === 0)) deny('dynamic-target');
  if (mayMeanSecret(text)) deny('write-secret');
  const paths = expand(text, state);
  if (isPattern(text)) paths.unshift(...state.pathsOf(folderOf(text)));
  if (paths.length === 0) deny('dynamic-target');
  for (const path of paths) check(path, state.context);
}

/**
 * The path a pattern applies to, even if it matches nothing yet: the folder itself for `*`, otherwise a file in it.
 *
 * @param {string} text
 */
function folderOf(text) {
  const segments = text.split(sep);
  const first = segments.findIndex(isOpen);
  const folder = segments.slice(0, first).join(sep) || (text.startsWith(sep) ? sep : '.');
  return /^\uE001+$/.test(segments[first] ?? '') && first >= segments.length - 1 ? folder : `${folder}/made-up-name`;
}

/**
 * The paths a word stands for. Patterns are matched against existing files, as the shell does.
 *
 * @param {string} text
 * @param {State} state
 * @returns {string[]}
 */
function expand(text, state) {
  if (isDynamic(text)) return [];
  const paths = state.pathsOf(text);
  return isOpen(text) ? paths.flatMap(matches) : paths;
}

/** @param {string} pattern absolute */
function matches(pattern) {
  const [, ...segments] = pattern.split(sep);
  /** @type {string[]} */
  let found = [sep];
  segments.forEach((segment) => {
    if (!isOpen(segment)) {
      found = found.map((folder) => join(folder, segment));
      return;
    }
    const test = patternOf(segment);
    found = found.flatMap((folder) =>
      namesIn(folder)
        .filter((name) => test.test(name))
        .map((name) => join(folder, name)),
    );
    if (found.length > MAX_MATCHES) found = found.slice(0, MAX_MATCHES);
  });
  return found;
}

/** @param {string} folder */
function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** @param {string} segment */
function patternOf(segment) {
  const source = [...segment]
    .map((char) => {
      if (char === STAR || char === ANY_TEXT) return '.*';
      return char === ANY_CHAR ? '.' : char.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
    })
    .join('');
  return new RegExp(segment.startsWith('.') ? `^${source}$` : `^(?!\\.)${source}$`, 's');
}
