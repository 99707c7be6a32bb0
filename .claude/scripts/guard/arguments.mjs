/** Checks every argument of a program as a possible file name. It must not name a secret or a file of the worker. */
import { existsSync } from 'node:fs';
import { checkRead, forEachPath } from './paths.mjs';
import { deny } from './rules.mjs';
import { mayMeanSecret } from './secrets.mjs';
import { isDynamic } from './words.mjs';

/** @typedef {import('./state.mjs').State} State */

/** Programs whose arguments are text. */
const SPEAKERS = new Set([
  'echo',
  'printf',
  ':',
  'true',
  'false',
  'expr',
  'basename',
  'dirname',
  'exit',
  'return',
  'sleep',
  'seq',
  'let',
  'set',
  'read',
  'unset',
  'shift',
  'local',
  'export',
  'declare',
  'typeset',
  'readonly',
]);
/** Programs that show names of files, not their contents. */
const NAMERS = new Set([
  'ls',
  'dir',
  'test',
  '[',
  'stat',
  'file',
  'find',
  'fd',
  'tree',
  'du',
  'which',
  'realpath',
  'readlink',
  'cd',
  'pushd',
  'rm',
  'rmdir',
  'mkdir',
  'touch',
  'wc',
  'chmod',
]);
/** Options whose value is text. */
const TEXT_OPTIONS = new Set([
  '-m',
  '--message',
  '--grep',
  '--author',
  '--title',
  '--body',
  '--phase',
  '--error-message',
  '--error-code',
  '-t',
  '--testNamePattern',
  '--name',
  '-g',
  '--subject',
  '--trailer',
]);

/**
 * @param {string} name
 * @param {readonly string[]} args
 * @param {State} state
 */
export function checkArguments(name, args, state) {
  if (SPEAKERS.has(name)) return;
  const namer = NAMERS.has(name);
  const texts = textsOf(name, args);
  args.forEach((argument, index) => {
    if (texts.has(index) || TEXT_OPTIONS.has(args[index - 1] ?? '') || /\s/.test(argument)) return;
    for (const candidate of candidates(argument)) {
      if (namer) checkPlace(candidate, state);
      else checkWord(candidate, state);
    }
  });
}

/**
 * Indexes of arguments that are patterns or programs rather than files.
 *
 * @param {string} name
 * @param {readonly string[]} args
 */
function textsOf(name, args) {
  /** @type {Set<number>} */
  const texts = new Set();
  if (!/^([ef]?grep|zgrep|rg|ag|ack|sed|gsed|awk|gawk|mawk|jq|yq|tr|git)$/.test(name)) return texts;
  if (name === 'git') {
    // They print names or nothing.
    if (/^(check-ignore|ls-files|status|rm)$/.test(args.find((argument) => !argument.startsWith('-')) ?? '')) {
      return new Set(args.keys());
    }
    const grep = args.indexOf('grep');
    if (grep >= 0) markPattern(args, grep + 1, texts);
    return texts;
  }
  markPattern(args, 0, texts);
  return texts;
}

/**
 * @param {readonly string[]} args
 * @param {number} from
 * @param {Set<number>} texts
 */
function markPattern(args, from, texts) {
  let named = false;
  let first = -1;
  for (let index = from; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    if (/^(-e|--regexp|--expression)$/.test(argument)) {
      named = true;
      texts.add(index + 1);
      index += 1;
    } else if (/^(-f|--file)$/.test(argument)) {
      named = true;
    } else if (/^(-e.|--regexp=|--expression=|--(in|ex)clude(-dir)?=|--glob=|-g.)/.test(argument)) {
      if (!/^--(in|ex)clude|^--glob|^-g/.test(argument)) named = true;
      texts.add(index);
    } else if (
      /^(--(in|ex)clude(-dir)?|--glob|--type|-t|-A|-B|-C|-m|-F|-v)$/.test(argument) &&
      /^(--|-[ABCmtg]$)/.test(argument)
    ) {
      texts.add(index + 1);
      index += 1;
    } else if (first < 0 && !argument.startsWith('-')) {
      first = index;
    }
  }
  if (!named && first >= 0) texts.add(first);
}

/**
 * The argument itself, and its parts after `--option=`, `@`, `:` and the letter of an option.
 *
 * @param {string} argument
 */
function candidates(argument) {
  const found = [argument];
  if (argument.includes('='))
    found.push(argument.slice(argument.indexOf('=') + 1), argument.slice(argument.lastIndexOf('=') + 1));
  if (/^[^/]*@/.test(argument)) found.push(argument.slice(argument.indexOf('@') + 1));
  if (argument.includes(':')) found.push(argument.slice(argument.lastIndexOf(':') + 1), ...argument.split(':', 1));
  if (/^-[A-Za-z][./~]/.test(argument)) found.push(argument.slice(2));
  if (/^file:\/\//i.test(argument)) found.push(argument.slice(7));
  if (argument.includes(',')) found.push(...argument.split(','));
  return new Set(found.filter((each) => each !== '' && each.length < 4_096));
}

/**
 * @param {string} candidate
 * @param {State} state
 */
function checkWord(candidate, state) {
  if (mayMeanSecret(candidate)) deny('read-secret');
  if (isDynamic(candidate)) return;
  forEachPath(candidate, state, checkRead);
}

/**
 * Checking whether a file exists reveals nothing, but the worker's folders are off limits altogether.
 *
 * @param {string} candidate
 * @param {State} state
 */
function checkPlace(candidate, state) {
  if (isDynamic(candidate)) return;
  forEachPath(candidate, state, (path, context) => {
    if (existsSync(path) && context.protectedDirs.length > 0) checkOwner(path, context);
  });
}

/**
 * @param {string} path
 * @param {import('./context.mjs').Context} context
 */
function checkOwner(path, context) {
  try {
    checkRead(path, context);
  } catch (error) {
    if (/** @type {{ rule?: string }} */ (error).rule === 'protected-path') throw error;
  }
}
