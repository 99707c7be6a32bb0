/** Programs that delete, move, write and archive files. */
import { checkDelete, checkRead, checkTarget, checkWrite, forEachPath } from '../paths.mjs';
import { deny } from '../rules.mjs';
import { hasLong, hasShort, operandsOf, valuesOf } from '../options.mjs';
import { isDynamic } from '../words.mjs';

/**
 * @typedef {import('../commands.mjs').Call} Call
 * @typedef {import('../commands.mjs').Check} Check
 */

/** Maximum length of a sed script, in characters. */
const MAX_SCRIPT = 4_096;

/** @type {Check} */
function remove(args, call) {
  if (args.some((argument) => argument === '--no-preserve-root')) deny('delete-root');
  for (const target of operandsOf(args, ['-n', '-s', '--size', '--iterations']))
    checkTarget(target, call.state, checkDelete);
}

/** @type {Check} */
function move(args, call) {
  const { sources, target } = sourcesAndTarget(args, call);
  for (const source of sources) checkTarget(source, call.state, checkDelete);
  if (target !== undefined) checkTarget(target, call.state, checkWrite);
  checkInto(sources, target, call);
}

/** @type {Check} */
function copy(args, call) {
  const { sources, target } = sourcesAndTarget(args, call);
  if (target !== undefined) checkTarget(target, call.state, checkWrite);
  checkInto(sources, target, call);
}

/** @type {Check} */
function link(args, call) {
  const { sources, target } = sourcesAndTarget(args, call);
  if (target !== undefined) checkTarget(target, call.state, checkWrite);
  // A link to a protected file would make it accessible under another name.
  for (const source of sources) if (!isDynamic(source)) forEachPath(source, call.state, checkRead);
}

/**
 * @param {string[]} args
 * @param {Call} call
 */
function sourcesAndTarget(args, call) {
  const [given] = valuesOf(args, ['-t', '--target-directory']);
  const operands = operandsOf(args, [
    '-t',
    '--target-directory',
    '-S',
    '--suffix',
    '-m',
    '--mode',
    '-o',
    '--owner',
    '-g',
    '--group',
  ]);
  if (given !== undefined) return { sources: operands, target: given };
  if (call.fromInput && operands.length < 2) deny('dynamic-target');
  return operands.length < 2
    ? { sources: operands, target: undefined }
    : { sources: operands.slice(0, -1), target: operands.at(-1) };
}

/**
 * `cp x/settings.json .` writes ./settings.json: the file name comes from the source.
 *
 * @param {string[]} sources
 * @param {string | undefined} target
 * @param {Call} call
 */
function checkInto(sources, target, call) {
  if (target === undefined) return;
  for (const source of sources) {
    const name = source.replace(/\/+$/, '').split('/').at(-1) ?? '';
    if (name === '' || name === '.' || name === '..' || isDynamic(name)) continue;
    // If the target is an existing file, it is overwritten under its own name.
    if (/^\.(claude|git|mcp\.json|env)/.test(name) && /(^|\/)\.{0,2}$|\/$/.test(target))
      checkTarget(`${target}/${name}`, call.state, checkWrite);
  }
}

/** @type {Check} */
function tee(args, call) {
  for (const target of operandsOf(args)) checkTarget(target, call.state, checkWrite);
}

/** @type {Check} */
function make(args, call) {
  for (const target of operandsOf(args, ['-m', '--mode', '-d', '--date', '-t', '-r', '--reference'])) {
    if (!isDynamic(target)) checkTarget(target, call.state, checkWrite);
  }
}

/** @type {Check} */
function truncate(args, call) {
  for (const target of operandsOf(args, ['-s', '--size', '-r', '--reference']))
    checkTarget(target, call.state, checkWrite);
}

/** @type {Check} */
function dd(args, call) {
  for (const argument of args) {
    const [key, value = ''] = argument.split(/=(.*)/s);
    if (isDynamic(key ?? '')) deny('dynamic-target');
    if (key === 'of' && /^\/dev\/(?!null|stdout|stderr)/.test(value)) deny('system');
    if (key === 'of') checkTarget(value, call.state, checkWrite);
  }
}

/** @type {Check} */
function modes(args, call, name) {
  const [first = '', ...rest] = operandsOf(
    args.filter((argument) => !/^[-+][rwxXst]+$/.test(argument) || argument === '-R'),
    ['--reference'],
  );
  const bits = args.find((argument) => /^([-+=ugoa][-+=ugoarwxXst,]*|[0-7]{3,4})$/.test(argument) && argument !== '-R');
  if (name === 'chmod' && /^[0-7]?[0-7]{2}7$|(^|,)(o|a)?\+[rxXst]*w|^[2467][0-7]{3}$|[ug]\+[rwx]*s/.test(bits ?? '')) {
    if (/777|666|\+.*s|^[246]/.test(bits ?? '')) deny('privilege');
  }
  const targets = bits === first || name !== 'chmod' ? rest : [first, ...rest];
  for (const target of targets) {
    if (hasShort(args, 'R') || hasLong(args, 'recursive', 3)) checkTarget(target, call.state, checkDelete);
    checkTarget(target, call.state, checkWrite);
  }
}

/** @type {Check} */
function sed(args, call) {
  const inPlace = args.some((argument) => /^-[nErsz]*i|^--in-pl/.test(argument));
  const named = args.some((argument) => /^(-[nErsz]*[ef]$|--expression|--file)/.test(argument));
  const operands = operandsOf(args, [
    '-e',
    '-f',
    '--expression',
    '--file',
    '-l',
    '--line-length',
    '-ne',
    '-Ee',
    '-ie',
    '-nf',
  ]);
  const scripts = [...valuesOf(args, ['-e', '--expression', '-ne', '-Ee']), ...(named ? [] : operands.slice(0, 1))];
  for (const script of scripts) checkSedScript(script, call);
  if (!inPlace) return;
  for (const target of named ? operands : operands.slice(1)) checkTarget(target, call.state, checkWrite);
}

/**
 * sed can run commands (`e`) and write files (`w`).
 *
 * @param {string} script
 * @param {Call} call
 */
function checkSedScript(script, call) {
  if (script.length > MAX_SCRIPT) deny('too-long');
  if (/(^|[;{}\n]|\d|\$|\/)\s*e(\s|$)/.test(script)) deny('code-runs-commands');
  for (const part of script.split(/[;\n]/)) {
    const begin = /^(?:[\s\d,$!]*|\/[^/]*\/)s([^\s\w\\])/.exec(part);
    const flags = begin ? part.slice(begin[0].length).split(begin[1] ?? '')[2] : undefined;
    if (flags !== undefined && /^[gpmi\d]*e/i.test(flags)) deny('code-runs-commands');
  }
  const written = /(?:^|[;{}\n]|\d|\$|\/[gIip0-9]*)\s*[wW]\s+(\S+)\s*$/m.exec(script);
  if (written?.[1]) checkTarget(written[1], call.state, checkWrite);
}

/** @type {Check} */
function output(args, call) {
  for (const target of valuesOf(args, ['-o', '--output', '--output-file', '--out']))
    checkTarget(target, call.state, checkWrite);
}

/** @type {Check} */
function tar(args, call) {
  if (
    args.some(
      (argument) =>
        /^--(to-command|checkpoint-action|use-compress-program|rsh-command|info-script|new-volume-script)/.test(
          argument,
        ) || /^-[a-z]*I/.test(argument),
    )
  ) {
    deny('code-runs-commands');
  }
  const letters = args.filter((argument, index) => index === 0 || /^-[^-]/.test(argument)).join('');
  const extracts =
    /x/.test(letters.replace(/[^a-zA-Z]/g, '').slice(0, 8)) || hasLong(args, 'extract', 3) || hasLong(args, 'get', 3);
  if (args.includes('--remove-files')) deny('find-delete');
  if (extracts) {
    const folders = valuesOf(args, ['-C', '--directory']);
    for (const folder of folders.length > 0 ? folders : ['.'])
      checkTarget(`${folder}/made-up-name`, call.state, checkWrite);
    if (args.some((argument) => /^-[a-zA-Z]*P|^--absolute/.test(argument))) deny('write-outside');
    return;
  }
  const at = args.findIndex(
    (argument, index) => (index === 0 || argument.startsWith('-')) && /^-?[a-zA-Z]*f$/.test(argument),
  );
  if (/[cru]/.test(letters.slice(0, 6)) && at >= 0) checkTarget(args[at + 1] ?? '', call.state, checkWrite);
}

/** @type {Check} */
function unzip(args, call) {
  if (args.some((argument) => /^-[a-z]*[lptvZ]/.test(argument))) return;
  const [folder = '.'] = valuesOf(args, ['-d']);
  checkTarget(`${folder}/made-up-name`, call.state, checkWrite);
}

/** @type {Check} */
function packed(args, call) {
  const [archive, ...sources] = operandsOf(args, ['-x', '-i', '-b', '-n', '-t']);
  if (archive !== undefined && sources.length > 0) checkTarget(archive, call.state, checkWrite);
  if (hasLong(args, 'move', 3) || args.some((argument) => /^-[a-z]*m/.test(argument))) deny('find-delete');
}

/** @type {Check} */
function rsync(args, call) {
  const operands = operandsOf(args, ['-e', '--rsh', '-f', '--filter', '--exclude', '--include', '--files-from']);
  if (valuesOf(args, ['-e', '--rsh']).length > 0 || operands.some((operand) => /^[^/]*:/.test(operand)))
    deny('remote-shell');
  const target = operands.at(-1);
  if (target === undefined || operands.length < 2) return;
  checkTarget(
    target,
    call.state,
    args.some((argument) => /^--(delete|remove-source)/.test(argument)) ? checkDelete : checkWrite,
  );
}

/** @type {Check} */
function patch(args, call) {
  for (const target of [
    ...valuesOf(args, ['-o', '--output', '-d', '--directory']),
    ...operandsOf(args, ['-p', '-i', '-d', '-o']).slice(0, 1),
  ]) {
    checkTarget(target, call.state, checkWrite);
  }
}

/** @type {Check} */
function split(args, call) {
  const prefix = operandsOf(args, ['-l', '-b', '-n', '-a', '-C', '-f', '-k'])[1];
  if (prefix !== undefined) checkTarget(prefix, call.state, checkWrite);
}

/** @type {Record<string, Check>} */
export const FILES = {
  rm: remove,
  unlink: remove,
  rmdir: remove,
  shred: remove,
  trash: remove,
  srm: remove,
  mv: move,
  rename: move,
  cp: copy,
  install: copy,
  ln: link,
  link,
  tee,
  sponge: tee,
  mkdir: make,
  touch: make,
  mkfifo: make,
  truncate,
  fallocate: truncate,
  dd,
  chmod: modes,
  chown: modes,
  chgrp: modes,
  setfacl: modes,
  sed,
  gsed: sed,
  sort: output,
  shuf: output,
  objcopy: output,
  tar,
  bsdtar: tar,
  unzip,
  zip: packed,
  rsync,
  patch,
  split,
  csplit: split,
};
