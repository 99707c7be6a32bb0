/** Variables: which must not be set, which must not be printed, and which commands change what is known about them. */
import { deny } from '../rules.mjs';
import { isSecretVariable } from '../secrets.mjs';
import { ANY_TEXT, isDynamic } from '../words.mjs';

/** @typedef {import('../commands.mjs').Check} Check */

/** They control the kit, the agent, or what every program loads. */
const STEERING =
  /^(AUTOMATION_(API_URL|API_KEY_FILE|AGENT_TOKEN|REQUEST_ID|ATTEMPT|PROTECTED_PATHS|HOOK_STATE_DIR|RUN_ID|SESSION_ID)|ANTHROPIC_.*|CLAUDE.*|LD_(PRELOAD|LIBRARY_PATH|AUDIT)|DYLD_.*|BASH_ENV|ENV|PROMPT_COMMAND|PS4|SHELLOPTS|BASHOPTS|IFS|GIT_(SSH|SSH_COMMAND|EXTERNAL_DIFF|DIR|WORK_TREE|EXEC_PATH|CONFIG.*|ASKPASS|PROXY_COMMAND|TEMPLATE_DIR|ALTERNATE_OBJECT_DIRECTORIES|OBJECT_DIRECTORY|INDEX_FILE)|SSH_ASKPASS|PYTHONSTARTUP|PYTHONHOME|PERL5OPT|PERL5DB|RUBYOPT|JAVA_TOOL_OPTIONS|NODE_REPL_EXTERNAL_MODULE)$/;
/** Allowed with harmless values. */
const EDITORS = /^(GIT_EDITOR|GIT_SEQUENCE_EDITOR|GIT_PAGER|EDITOR|VISUAL|PAGER|BROWSER|MANPAGER)$/;

/** @param {readonly (readonly [string, string])[]} assignments */
export function checkAssignments(assignments) {
  for (const [name, value] of assignments) {
    if (STEERING.test(name)) deny('env-override');
    if (EDITORS.test(name) && !/^(cat|true|:|less|more|none|)$/.test(value)) deny('env-override');
    if (
      name === 'NODE_OPTIONS' &&
      (isDynamic(value) || /(^|\s)(-r|--require|--import|--loader|--experimental-loader|--inspect\S*)\b/.test(value))
    ) {
      deny('env-override');
    }
    if (/^PYTHONPATH|^NODE_PATH$/.test(name) && /^\/(tmp|var|dev)/.test(value)) deny('env-override');
  }
}

/** @type {Check} */
export function assign(args, call, name) {
  const options = args.filter((argument) => /^[-+]/.test(argument));
  const words = args.filter((argument) => !/^[-+]/.test(argument));
  if (words.length === 0 && name !== 'local') deny('env-dump');
  if (options.some((option) => /^-[a-zA-Z]*[pfF]/.test(option)) && words.length === 0) deny('env-dump');
  for (const word of words) {
    const equals = word.indexOf('=');
    if (isDynamic(equals < 0 ? word : word.slice(0, equals))) deny('dynamic-command');
    if (equals < 0) {
      if (name === 'export') checkAssignments([[word, '']]);
      if (options.some((option) => /p/.test(option)) && isSecretVariable(word)) deny('secret-variable');
      continue;
    }
    const variable = word.slice(0, equals).replace(/\+$/, '');
    checkAssignments([[variable, word.slice(equals + 1)]]);
    // `declare -n other=name`, and values that the shell transforms, are treated as unknown.
    call.state.assign(variable, options.some((option) => /[niulc]/.test(option)) ? ANY_TEXT : word.slice(equals + 1));
  }
}

/** @type {Check} */
export function forget(args, call, name) {
  for (const word of args) {
    if (!/^[A-Za-z_]\w*$/.test(word)) continue;
    checkAssignments([[word, name === 'unset' ? '' : ANY_TEXT]]);
    call.state.forget(word);
  }
}

/** @type {Check} */
export function set(args) {
  if (args.length === 0) deny('env-dump');
}

/** @type {Check} */
export function printenv(args) {
  const names = args.filter((argument) => !argument.startsWith('-'));
  if (names.length === 0) deny('env-dump');
  for (const name of names) if (isDynamic(name) || isSecretVariable(name)) deny('secret-variable');
}

/** @type {Check} */
export function compgen(args) {
  if (args.some((argument) => /^-[a-z]*[ve]/.test(argument) || /^(variable|export)$/.test(argument))) deny('env-dump');
}
