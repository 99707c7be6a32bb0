/** Shells and interpreters. Code passed to them is checked; code that cannot be read is not run. */
import { checkCommand } from '../commands.mjs';
import { checkRead, forEachPath } from '../paths.mjs';
import { deny } from '../rules.mjs';
import { isDynamic, isOpen } from '../words.mjs';
import { checkProgramText } from './program-text.mjs';
import { checkKitScript } from './kit.mjs';
import { assign, compgen, forget, printenv, set } from './variables.mjs';

/**
 * @typedef {import('../commands.mjs').Call} Call
 * @typedef {import('../commands.mjs').Check} Check
 */

/** @param {string} code */
function mustBeKnown(code) {
  if (isOpen(code)) deny('dynamic-code');
}

/** @type {Check} */
function shell(args, call) {
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    if (isDynamic(argument) && argument.startsWith('-')) deny('dynamic-code');
    if (/^--(rcfile|init-file)/.test(argument)) deny('dynamic-code');
    if (/^[-+][oO]$/.test(argument)) {
      index += 1;
      continue;
    }
    if (/^-[a-zA-Z]*c[a-zA-Z]*$/.test(argument) || argument === '--command') {
      const code = args.slice(index + 1).find((word) => !/^[-+]/.test(word) || word.includes(' ')) ?? '';
      mustBeKnown(code);
      call.walk.code(code, call.state.copy(), call.input);
      return;
    }
    if (argument === '-s' || argument === '-') break;
    if (/^[-+]/.test(argument)) continue;
    file(argument, call);
    return;
  }
  fromInput(call, (text) => call.walk.code(text, call.state.copy()));
}

/**
 * Checks a file that is run as code.
 *
 * @param {string} path
 * @param {Call} call
 */
function file(path, call) {
  mustBeKnown(path);
  if (/^\/(dev\/(stdin|fd\/)|proc\/)/.test(path)) {
    if (call.input.kind === 'text') deny('dynamic-code');
    deny('piped-code');
  }
  for (const each of call.state.pathsOf(path)) if (call.state.downloads.has(each)) deny('download-run');
  forEachPath(path, call.state, checkRead);
}

/**
 * @param {Call} call
 * @param {(text: string) => void} check
 */
function fromInput({ input }, check) {
  if (input.kind === 'download') deny('download-run');
  if (input.kind === 'pipe') deny('piped-code');
  if (input.kind === 'text') {
    mustBeKnown(input.text);
    check(input.text);
  }
}

/** @type {Check} */
function evaluate(args, call) {
  const code = args.filter((argument, index) => index > 0 || argument !== '--').join(' ');
  mustBeKnown(code);
  if (code !== '') call.walk.code(code, call.state);
}

/** @type {Check} */
function source(args, call) {
  if (args[0] !== undefined) file(args[0], call);
}

/** @type {Check} */
function trap(args, call) {
  const [code = ''] = args;
  if (args.length < 2 || /^(-.*|\d+|)$/.test(code)) return;
  mustBeKnown(code);
  call.walk.code(code, call.state.copy());
}

/** @type {Check} */
function alias(args, call) {
  for (const argument of args) {
    const code = argument.slice(argument.indexOf('=') + 1);
    if (!argument.includes('=')) continue;
    mustBeKnown(code);
    call.walk.code(code, call.state.copy());
  }
}

/**
 * @param {RegExp} inline options whose value is code, joined or as the next argument
 * @param {RegExp} valued other options with a value
 * @returns {Check}
 */
function interpreter(inline, valued) {
  return (args, call, name) => {
    const texts = [];
    for (let index = 0; index < args.length; index += 1) {
      const argument = args[index] ?? '';
      const match = inline.exec(argument);
      if (match) {
        const joined = match[1] ?? '';
        texts.push(joined !== '' ? joined : (args[++index] ?? ''));
        if (name === 'python') break;
        continue;
      }
      if (argument === '-m' && name === 'python') {
        if (args[index + 1] !== undefined) checkCommand(args.slice(index + 1), { ...call, input: { kind: 'none' } });
        return;
      }
      if (/^(-r|--require|--import|--loader|--experimental-loader)(=|$)/.test(argument) && name !== 'php') {
        const loaded = argument.includes('=') ? argument.slice(argument.indexOf('=') + 1) : (args[index + 1] ?? '');
        if (isOpen(loaded) || /^(data|https?):/.test(loaded)) deny('dynamic-code');
      }
      if (valued.test(argument)) {
        index += 1;
        continue;
      }
      if (argument.startsWith('-') && argument !== '-' && argument !== '--') continue;
      if (argument === '-') break;
      if (argument === '--') continue;
      if (texts.length > 0) break;
      if (
        /^(run|test|fmt|lint|check|install|add|x|task|cache|watch|repl)$/.test(argument) &&
        /^(bun|deno)$/.test(name)
      ) {
        if (argument === 'x') checkCommand(['npx', ...args.slice(index + 1)], call);
        if (argument === 'run' && /^https?:/.test(args.slice(index + 1).find((word) => !word.startsWith('-')) ?? ''))
          deny('download-run');
        return;
      }
      if (/^https?:/.test(argument)) deny('download-run');
      file(argument, call);
      checkKitScript(argument, args.slice(index + 1), call);
      return;
    }
    for (const text of texts) {
      mustBeKnown(text);
      checkProgramText(text, call);
    }
    if (
      texts.length === 0 &&
      !args.some((argument) => /^(-v|-V|-h|--version|--help|--test.*|--check|--run)$/.test(argument))
    ) {
      fromInput(call, (text) => checkProgramText(text, call));
    }
  };
}

/** @type {Check} */
function awk(args, call) {
  const at = args.findIndex((argument, index) => !argument.startsWith('-') && !/^-[vFf]$/.test(args[index - 1] ?? ''));
  const files = args.some((argument) => /^(-f|--file)/.test(argument));
  const program = files ? '' : (args[at] ?? '');
  if (args.some((argument) => /^(-i|--include|-l|--load)/.test(argument) && argument.includes('inplace')))
    deny('dynamic-target');
  mustBeKnown(program);
  if (/\bsystem\s*\(|\|\s*(getline|&)|"\s*\|\s*getline|(print|printf)\b[^;}\n]*\|\s*["a-z]/.test(program))
    deny('code-runs-commands');
  if (/\bENVIRON\b/.test(program)) deny('env-dump');
  if (/(print|printf)\b[^;}\n]*>\s*["($a-z]/.test(program))
    checkProgramText(`open(${program.slice(program.indexOf('>') + 1)}, "w")`, call);
  checkProgramText(program.replace(/\$\d+/g, ''), call);
}

const node = interpreter(
  /^(?:-e|-p|-pe|-ep|--eval|--print)(?:=([\s\S]*))?$/,
  /^(-r|--require|--import|--loader|--experimental-loader|-C|--conditions|--env-file|--test-name-pattern|--test-reporter|--stack-trace-limit)$/,
);
const python = interpreter(/^-[bBdEhiIOqsSuvVx]*c([\s\S]*)$/, /^-[WX]$/);
const perl = interpreter(/^-[a-zA-Z0-9]*[eE]([\s\S]*)$/, /^-[I]$/);
const ruby = interpreter(/^-[a-zA-Z]*e([\s\S]*)$/, /^-[IrC]$/);
const php = interpreter(/^-[rBRE]([\s\S]*)$/, /^-[dc]$/);
const sh = shell;

/** @type {Record<string, Check>} */
export const CODE = {
  sh,
  bash: sh,
  dash: sh,
  zsh: sh,
  ksh: sh,
  mksh: sh,
  ash: sh,
  rbash: sh,
  fish: sh,
  csh: sh,
  tcsh: sh,
  eval: evaluate,
  source,
  '.': source,
  trap,
  alias,
  node,
  nodejs: node,
  bun: node,
  deno: node,
  tsx: node,
  'ts-node': node,
  python,
  pypy: python,
  perl,
  ruby,
  php,
  lua: ruby,
  luajit: ruby,
  rscript: ruby,
  osascript: ruby,
  awk,
  gawk: awk,
  mawk: awk,
  nawk: awk,
  export: assign,
  declare: assign,
  typeset: assign,
  readonly: assign,
  local: assign,
  read: forget,
  mapfile: forget,
  readarray: forget,
  unset: forget,
  getopts: forget,
  set,
  printenv,
  compgen,
};
