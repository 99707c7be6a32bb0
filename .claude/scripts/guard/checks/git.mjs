/** git: history and work must not be lost, nothing is sent, and no setting may run a program. */
import { checkCommand } from '../commands.mjs';
import { checkTarget, checkWrite } from '../paths.mjs';
import { deny } from '../rules.mjs';
import { hasLong, hasShort, operandsOf, valuesOf } from '../options.mjs';
import { isDynamic, isOpen } from '../words.mjs';

/**
 * @typedef {import('../commands.mjs').Call} Call
 * @typedef {import('../commands.mjs').Check} Check
 */

/** Settings that only affect wording and colours. They run nothing. */
const HARMLESS =
  /^(user\.(name|email)|color\..*|advice\..*|core\.(quotepath|autocrlf|eol|abbrev|filemode|ignorecase)|diff\.(algorithm|renames|noprefix|mnemonicprefix|context|colormoved)|merge\.(conflictstyle|renames)|log\.(date|decorate|showsignature)|init\.defaultbranch|commit\.gpgsign|tag\.gpgsign|pull\.(rebase|ff)|rebase\.(autosquash|autostash)|rerere\.enabled|column\.ui|grep\..*|gc\.auto|safe\.directory|status\..*)$/i;
const WHOLE = /^(\.|\.\/|:\/|:\(top\).*|\*|:|\/|\.\.|\uE001)$/;

/** @type {Check} */
function git(args, call) {
  const { subcommand, rest, moved } = split(args);
  if (subcommand === undefined) return;
  if (isOpen(subcommand)) deny('dynamic-command');
  const state = moved ? call.state.copy() : call.state;
  if (moved !== undefined) state.folders = isDynamic(moved) ? [] : state.pathsOf(moved);
  if (
    rest.some(
      (argument) =>
        /^--(upload-pack|receive-pack|exec|extcmd|open-files-in-pager|ext-diff|textconv)\b/.test(argument) &&
        !/^--(exec|textconv)$/.test(argument),
    )
  ) {
    deny('code-runs-commands');
  }
  if (rest.some((argument) => /^ext::|^-u./.test(argument) && /^(ext::|-u\/)/.test(argument)))
    deny('code-runs-commands');
  for (const target of valuesOf(rest, ['--output', '--output-directory'])) checkTarget(target, state, checkWrite);
  SUBCOMMANDS[subcommand]?.(rest, { ...call, state }, subcommand);
}

/** @param {readonly string[]} args */
function split(args) {
  let moved;
  for (let index = 0; index < args.length; index += 1) {
    const argument = /** @type {string} */ (args[index]);
    if (!argument.startsWith('-')) return { subcommand: argument, rest: args.slice(index + 1), moved };
    if (argument === '-c' || argument === '--config-env') setting(args[++index] ?? '');
    else if (/^-c./.test(argument)) setting(argument.slice(2));
    else if (/^--config-env=/.test(argument)) deny('git-config');
    else if (argument === '-C') moved = args[++index] ?? '';
    else if (/^--(git-dir|work-tree|namespace|super-prefix|exec-path)/.test(argument)) {
      if (/^--exec-path=/.test(argument)) deny('git-config');
      if (!argument.includes('=')) index += 1;
    }
  }
  return { subcommand: undefined, rest: [], moved };
}

/** @param {string} text key=value */
function setting(text) {
  const key = text.split('=', 1)[0] ?? '';
  if (isOpen(key)) deny('git-config');
  if (/^core\.(pager|editor)$|^sequence\.editor$/i.test(key) && /=(cat|true|:|less|)$/.test(text)) return;
  if (/^core\.hookspath$/i.test(key)) deny('git-hooks');
  if (!HARMLESS.test(key)) deny('git-config');
}

/** @type {Check} */
function config(args) {
  const words = operandsOf(args, ['--file', '-f', '--blob', '--type', '--default', '--value', '--comment']);
  const reads =
    hasLong(args, 'get', 3) ||
    hasLong(args, 'get-all', 5) ||
    hasLong(args, 'get-regexp', 5) ||
    hasLong(args, 'list', 1) ||
    hasShort(args, 'l') ||
    /^(get|list)$/.test(words[0] ?? '');
  if (reads && words.every((word) => !/^credential|extraheader|\.token/i.test(word))) return;
  if (hasLong(args, 'global', 2) || hasLong(args, 'system', 2) || hasLong(args, 'edit', 1) || hasShort(args, 'e'))
    deny('git-config');
  const [key = '', ...values] = words[0] === 'set' || words[0] === 'unset' ? words.slice(1) : words;
  if (words.length === 1 && words[0] !== 'edit' && !hasLong(args, 'unset', 3)) {
    if (/^credential|extraheader/i.test(key)) deny('git-config');
    return;
  }
  if (isOpen(key) || values.length === 0) deny('git-config');
  setting(`${key}=${values.join(' ')}`);
}

/** @type {Check} */
function remote(args) {
  const [action] = operandsOf(args);
  if (action !== undefined && !/^(show|get-url)$/.test(action)) deny('git-remote');
}

/** @type {Check} */
function reset(args) {
  if (hasLong(args, 'hard', 1) || hasLong(args, 'merge', 2)) deny('git-destructive');
}

/** @type {Check} */
function clean(args) {
  const dry = hasLong(args, 'dry-run', 1) || hasShort(args, 'n');
  if (!dry) deny('git-destructive');
}

/** @type {Check} */
function checkout(args, call) {
  if (
    hasLong(args, 'force', 1) ||
    hasShort(args, 'fB') ||
    hasLong(args, 'discard-changes', 2) ||
    hasLong(args, 'pathspec-from-file', 2)
  ) {
    deny('git-destructive');
  }
  discards(args, call);
}

/** @type {Check} */
function restore(args, call) {
  const onlyIndex =
    (hasLong(args, 'staged', 3) || hasShort(args, 'S')) && !(hasLong(args, 'worktree', 1) || hasShort(args, 'W'));
  if (!onlyIndex) discards(args, call);
}

/**
 * @param {readonly string[]} args
 * @param {Call} call
 */
function discards(args, call) {
  for (const path of operandsOf(args, ['-s', '--source', '-b', '--orphan', '-c', '--create'])) {
    if (WHOLE.test(path)) deny('git-destructive');
    if (args.includes('--') && isDynamic(path) && args.indexOf(path) > args.indexOf('--')) deny('dynamic-target');
    if (/(^|\/)\.(claude|git|mcp\.json|env)/i.test(path)) checkTarget(path, call.state, checkWrite);
  }
}

/** @type {Check} */
function branch(args) {
  if (
    hasShort(args, 'DMCf') ||
    ((hasLong(args, 'delete', 1) || hasShort(args, 'd')) && hasLong(args, 'force', 1)) ||
    hasLong(args, 'force', 2)
  ) {
    deny('git-destructive');
  }
}

/** @type {Check} */
function stash(args) {
  if (/^(drop|clear)$/.test(operandsOf(args)[0] ?? '')) deny('git-destructive');
}

/** @type {Check} */
function noVerify(args, call, name) {
  if (hasLong(args, 'no-verify', 4)) deny('git-hooks');
  if (name === 'commit' && args.some((argument) => /^-[aespqvoi]*n/.test(argument))) deny('git-hooks');
  if (name === 'rebase') {
    for (const code of valuesOf(args, ['-x', '--exec'])) {
      if (isOpen(code)) deny('dynamic-code');
      call.walk.code(code, call.state.copy());
    }
  }
}

/** @type {Check} */
function worktree(args, call) {
  const [action, path] = operandsOf(args, ['-b', '-B', '--reason']);
  if (action === 'remove' || action === 'prune' || action === 'move') deny('git-destructive');
  if (action === 'add') checkTarget(path ?? '', call.state, checkWrite);
}

/** @type {Check} */
function removeFiles(args, call) {
  if (hasLong(args, 'dry-run', 2) || hasShort(args, 'n')) return;
  for (const path of operandsOf(args)) {
    if (WHOLE.test(path)) deny('git-destructive');
    checkTarget(path, call.state, checkWrite);
  }
}

/** @type {Check} */
function inner(args, call) {
  const at = args.findIndex((argument) => argument === 'run' || argument === 'foreach');
  if (at < 0) return;
  const words = args.slice(at + 1).filter((argument, index) => index > 0 || argument !== '--recursive');
  if (words.length === 1) call.walk.code(words[0] ?? '', call.state.copy());
  else if (words.length > 1) checkCommand(words, call);
}

/** @type {Check} */
function clone(args, call) {
  const config = valuesOf(args, ['-c', '--config']);
  for (const each of config) setting(each);
  if (valuesOf(args, ['--template']).length > 0) deny('git-config');
  const [, folder] = operandsOf(args, [
    '-b',
    '--branch',
    '--depth',
    '-c',
    '--config',
    '-o',
    '--origin',
    '-j',
    '--filter',
    '--reference',
  ]);
  checkTarget(folder ?? './made-up-name', call.state, checkWrite);
}

/** @param {string} rule */
function always(rule) {
  return () => deny(rule);
}

/** @type {Check} */
function reflog(args) {
  if (/^(expire|delete|drop)$/.test(operandsOf(args)[0] ?? '')) deny('git-destructive');
}

/** @type {Check} */
function gc(args) {
  if (hasLong(args, 'prune', 3) || hasLong(args, 'aggressive', 3)) deny('git-destructive');
}

/** @type {Record<string, Check>} */
const SUBCOMMANDS = {
  push: always('git-push'),
  'send-pack': always('git-push'),
  'send-email': always('git-push'),
  'imap-send': always('git-push'),
  'http-push': always('git-push'),
  svn: always('git-push'),
  p4: always('git-push'),
  lfs: (args) => {
    if (operandsOf(args)[0] === 'push') deny('git-push');
  },
  subtree: (args) => {
    if (operandsOf(args)[0] === 'push') deny('git-push');
  },
  remote,
  credential: always('git-remote'),
  'credential-store': always('git-remote'),
  'credential-cache': always('git-remote'),
  daemon: always('git-remote'),
  instaweb: always('git-remote'),
  'http-backend': always('git-remote'),
  shell: always('git-remote'),
  config,
  reset,
  clean,
  checkout,
  switch: checkout,
  restore,
  branch,
  stash,
  reflog,
  gc,
  prune: always('git-destructive'),
  'filter-branch': always('git-destructive'),
  'filter-repo': always('git-destructive'),
  'update-ref': always('git-destructive'),
  'symbolic-ref': (args) => {
    if (operandsOf(args).length > 1 || hasLong(args, 'delete', 1) || hasShort(args, 'd')) deny('git-destructive');
  },
  replace: always('git-destructive'),
  'fast-import': always('git-destructive'),
  'checkout-index': always('git-destructive'),
  'read-tree': always('git-destructive'),
  commit: noVerify,
  merge: noVerify,
  rebase: noVerify,
  am: noVerify,
  'cherry-pick': noVerify,
  revert: noVerify,
  worktree,
  rm: removeFiles,
  mv: removeFiles,
  bisect: inner,
  submodule: inner,
  clone,
  difftool: (args) => {
    if (hasShort(args, 'x') || hasLong(args, 'extcmd', 2)) deny('code-runs-commands');
  },
  grep: (args) => {
    if (args.some((argument) => /^-O/.test(argument))) deny('code-runs-commands');
  },
  archive: (args, call) => {
    if (valuesOf(args, ['--remote', '--exec']).length > 0) deny('git-remote');
    for (const target of valuesOf(args, ['-o'])) checkTarget(target, call.state, checkWrite);
  },
  'format-patch': (args, call) => {
    for (const target of valuesOf(args, ['-o'])) checkTarget(target, call.state, checkWrite);
  },
  hook: always('git-hooks'),
};

/** @type {Record<string, Check>} */
export const GIT = {
  git,
  'git-push': always('git-push'),
  hub: always('publish'),
  'git-filter-repo': always('git-destructive'),
  bfg: always('git-destructive'),
};
