/** Programs that run another command, which is checked as if it were called directly. */
import { basename } from 'node:path';
import { checkArguments } from './arguments.mjs';
import { checkAssignments } from './checks/variables.mjs';
import { checkCommand } from './commands.mjs';
import { checkRead, checkTarget, checkWrite, forEachPath } from './paths.mjs';
import { deny } from './rules.mjs';
import { isSecretName, mayMeanSecret } from './secrets.mjs';
import { ANY_CHAR, ANY_TEXT, isOpen, STAR } from './words.mjs';

/**
 * @typedef {import('./commands.mjs').Call} Call
 * @typedef {import('./commands.mjs').Check} Check
 */

/**
 * @param {string} withValue options that take a value, separated by spaces
 * @param {number} [operands] number of words between the options and the command
 * @returns {Check}
 */
function plain(withValue, operands = 0) {
  const valued = withValue.split(' ');
  return (args, call) => {
    const inner = rest(args, valued).slice(operands);
    if (inner.length > 0) checkCommand(inner, call);
  };
}

/**
 * The arguments after the options.
 *
 * @param {readonly string[]} args
 * @param {readonly string[]} valued
 */
export function rest(args, valued) {
  let index = 0;
  for (; index < args.length; index += 1) {
    const argument = /** @type {string} */ (args[index]);
    if (argument === '--') return args.slice(index + 1);
    if (isOpen(argument) && !argument.startsWith('-')) break;
    if (!argument.startsWith('-') || argument === '-') break;
    if (valued.includes(argument)) index += 1;
  }
  return args.slice(index);
}

/** @type {Check} */
function env(args, call) {
  /** @type {[string, string][]} */
  const assignments = [];
  let inner = rest(args, ['-u', '--unset', '-C', '--chdir', '-S', '--split-string']);
  const code = splitString(args);
  if (code !== undefined) {
    if (isOpen(code)) deny('dynamic-code');
    call.walk.code([code, ...inner].join(' '), call.state.copy());
    return;
  }
  while (/^[A-Za-z_]\w*=/.test(inner[0] ?? '')) {
    const [word = '', ...others] = inner;
    assignments.push([word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]);
    inner = others;
  }
  checkAssignments(assignments);
  if (inner.length === 0) deny('env-dump');
  const state = call.state.copy();
  if (args.some((argument) => /^(-C|--chdir)/.test(argument))) state.folders = [];
  checkCommand(inner, { ...call, state });
}

/** @param {readonly string[]} args of env */
function splitString(args) {
  const at = args.findIndex((argument) => /^(-[a-z0]*S|--split-string)/.test(argument));
  if (at < 0) return undefined;
  const attached = /^(?:-[a-z0]*S|--split-string=?)([\s\S]*)$/.exec(args[at] ?? '')?.[1] ?? '';
  return attached !== '' ? attached : (args[at + 1] ?? '');
}

/** @type {Check} */
function command(args, call) {
  if (/^-[pvV]*[vV]/.test(args[0] ?? '')) return;
  const inner = rest(args, []);
  if (inner.length > 0) checkCommand(inner, call);
}

/** @type {Check} */
function xargs(args, call) {
  const valued =
    '-n -P -L -s -d -E -a -I -J -R -S --max-args --max-procs --max-lines --max-chars --delimiter --arg-file --replace'.split(
      ' ',
    );
  const inner = rest(args, valued);
  const at = args.findIndex((argument) => /^-[IJ]/.test(argument) || argument === '--replace');
  const replaced =
    at >= 0
      ? (args[at] ?? '').slice(2) || args[at + 1] || '{}'
      : args.some((a) => /^(-i$|--replace)/.test(a))
        ? '{}'
        : undefined;
  args.forEach((argument, index) => {
    if (argument === '-a' || argument === '--arg-file') forEachPath(args[index + 1] ?? '', call.state, checkRead);
  });
  if (inner.length === 0) return;
  const filled =
    replaced === undefined || replaced.startsWith('-')
      ? [...inner, ANY_TEXT]
      : inner.map((word) => word.split(replaced).join(ANY_TEXT));
  checkCommand(filled, { ...call, fromInput: true, input: { kind: 'none' } });
}

/** @type {Check} */
function parallel(args, call) {
  const inner = rest(
    args,
    '-j -P -a --jobs --arg-file -S --sshlogin --colsep -C --joblog --results --tmpdir'.split(' '),
  );
  const end = inner.findIndex((word) => /^:::/.test(word));
  const line = end < 0 ? inner : inner.slice(0, end);
  if (line.length === 0) deny('piped-code');
  const filled = line.map((word) => word.replace(/\{[^}]*\}/g, ANY_TEXT));
  checkCommand([...filled, ANY_TEXT], { ...call, fromInput: true });
}

/** @type {Check} */
function watch(args, call) {
  const code = rest(args, ['-n', '--interval', '-q', '--equexit']).join(' ');
  if (isOpen(code)) deny('dynamic-code');
  if (code !== '') call.walk.code(code, call.state.copy());
}

const FINDERS_END = new Set([';', '+']);

/** @type {Check} */
function find(args, call) {
  checkArguments('find', args, call.state);
  const runs = args.some((argument) => /^-(exec|execdir|ok|okdir)$/.test(argument));
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    if (argument === '-delete') deny('find-delete');
    if (runs && /^-i?(name|path|wholename)$/.test(argument) && meansSecret(args[index + 1] ?? '')) deny('read-secret');
    if (/^-f(print0?|printf|ls)$/.test(argument)) checkTarget(args[index + 1] ?? '', call.state, checkWrite);
    if (/^-(exec|execdir|ok|okdir)$/.test(argument)) {
      const end = args.findIndex(
        (word, at) => at > index && FINDERS_END.has(word) && (word === ';' || args[at - 1] === '{}'),
      );
      const inner = args.slice(index + 1, end < 0 ? args.length : end);
      runOnFound(inner, call);
      index = end < 0 ? args.length : end;
    }
  }
}

/** @param {string} pattern of find, which expands it itself */
function meansSecret(pattern) {
  return isSecretName(basename(pattern)) || mayMeanSecret(pattern.replaceAll('*', STAR).replaceAll('?', ANY_CHAR));
}

/** @type {Check} */
function fd(args, call) {
  checkArguments('fd', args, call.state);
  const at = args.findIndex((argument) => /^(-x|-X|--exec|--exec-batch)$/.test(argument));
  if (at >= 0) runOnFound([...args.slice(at + 1), '{}'], call);
}

/**
 * @param {readonly string[]} inner
 * @param {Call} call
 */
function runOnFound(inner, call) {
  if (/(^|\/)(rm|unlink|shred|rmdir|trash)$/.test(inner[0] ?? '')) deny('find-delete');
  checkCommand(
    inner.map((word) => word.split('{}').join(ANY_TEXT)),
    { ...call, fromInput: true },
  );
}

/** @type {Check} */
function flock(args, call) {
  const [file, ...inner] = rest(args, ['-w', '-E', '--timeout', '--conflict-exit-code']);
  if (file !== undefined && !/^\d+$/.test(file)) checkTarget(file, call.state, checkWrite);
  if (inner[0] === '-c' || inner[0] === '--command') watch(inner.slice(1), call, 'sh');
  else if (inner.length > 0) checkCommand(inner, call);
}

/** @type {Check} */
function script(args, call) {
  const at = args.findIndex((argument) => /^-[a-z]*c$/.test(argument) || argument === '--command');
  if (at >= 0) watch([args[at + 1] ?? ''], call, 'sh');
  const files = rest(at >= 0 ? args.toSpliced(at, 2) : args, []);
  if (files[0] !== undefined) checkTarget(files[0], call.state, checkWrite);
}

/** @type {Check} */
function denied() {
  deny('privilege');
}

/** @type {Map<string, Check>} */
export const WRAPPERS = new Map(
  Object.entries({
    env,
    command,
    builtin: plain(''),
    exec: plain('-a'),
    nohup: plain(''),
    setsid: plain(''),
    time: plain('-f -o --format --output'),
    nice: plain('-n --adjustment'),
    ionice: plain('-c -n -p --class --classdata'),
    chrt: plain('', 1),
    taskset: plain('', 1),
    timeout: plain('-s -k --signal --kill-after', 1),
    gtimeout: plain('-s -k --signal --kill-after', 1),
    stdbuf: plain('-i -o -e --input --output --error'),
    unbuffer: plain(''),
    strace: plain('-o -e -p -s -P -u -E'),
    ltrace: plain('-o -e -p -s -u'),
    'xvfb-run': plain('-n -s -e -f -w --server-args --server-num'),
    catchsegv: plain(''),
    faketime: plain('-f', 1),
    busybox: plain(''),
    toybox: plain(''),
    rlwrap: plain(''),
    caffeinate: plain('-t -w'),
    setarch: plain('', 1),
    prlimit: plain(''),
    'cross-env': env,
    'cross-env-shell': watch,
    xargs,
    gxargs: xargs,
    parallel,
    watch,
    find,
    gfind: find,
    fd,
    fdfind: fd,
    flock,
    script,
    sudo: denied,
    doas: denied,
    su: denied,
    runuser: denied,
    pkexec: denied,
    setpriv: denied,
    chroot: denied,
    unshare: denied,
    nsenter: denied,
    gosu: denied,
    sg: denied,
    newgrp: denied,
  }),
);
