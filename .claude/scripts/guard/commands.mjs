/** Checks one simple command: unwraps it and applies the rules for its program. */
import { basename } from 'node:path';
import { CODE } from './checks/code.mjs';
import { FILES } from './checks/files.mjs';
import { GIT } from './checks/git.mjs';
import { MACHINE } from './checks/machine.mjs';
import { NETWORK } from './checks/network.mjs';
import { PACKAGES } from './checks/packages.mjs';
import { SEARCH } from './checks/search.mjs';
import { SERVICES } from './checks/services.mjs';
import { checkAssignments } from './checks/variables.mjs';
import { checkArguments } from './arguments.mjs';
import { deny } from './rules.mjs';
import { isOpen } from './words.mjs';
import { WRAPPERS } from './wrappers.mjs';

/**
 * @typedef {object} Call the context of a command
 * @property {import('./shell.mjs').Walk} walk
 * @property {import('./state.mjs').State} state
 * @property {import('./shell.mjs').Input} input
 * @property {readonly [string, string][]} assignments written before its name
 * @property {boolean} [fromInput] its last arguments come from another command's output
 * @typedef {(args: string[], call: Call, name: string) => void} Check throws Denied
 */

/** @type {Map<string, Check>} */
const CHECKS = new Map(
  [CODE, FILES, GIT, MACHINE, NETWORK, PACKAGES, SEARCH, SERVICES].flatMap((checks) => Object.entries(checks)),
);
/** Maximum number of commands to unwrap. */
const MAX_WRAPPED = 2_000;

/**
 * @param {readonly string[]} argv name and arguments, with marks for unknown parts
 * @param {Call} call
 */
export function checkCommand(argv, call) {
  const [first = '', ...args] = argv;
  if (++call.walk.commands > MAX_WRAPPED) deny('too-complex');
  if (first === '' || isOpen(first)) deny('dynamic-command');
  const name = commandName(first);
  // `IFS= read` is the usual way to read a line, and affects only that command.
  checkAssignments(call.assignments.filter(([variable]) => name !== 'read' || variable !== 'IFS'));
  if (first.includes('/'))
    for (const path of call.state.pathsOf(first)) if (call.state.downloads.has(path)) deny('download-run');
  const wrapper = WRAPPERS.get(name);
  if (wrapper) {
    wrapper(args, call, name);
    return;
  }
  CHECKS.get(name)?.(args, call, name);
  checkArguments(name, args, call.state);
}

/** @param {string} word the command as written */
function commandName(word) {
  return basename(word)
    .toLowerCase()
    .replace(/\.exe$/, '')
    .replace(/^(python|pip|ruby|perl|php|node|lua)[\d.]+$/, '$1');
}
