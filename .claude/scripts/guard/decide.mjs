/** Decides whether a tool call is allowed. */
import { resolve } from 'node:path';
import { placeOf } from './addresses.mjs';
import { checkFolder } from './checks/search.mjs';
import { checkRead, checkWrite } from './paths.mjs';
import { deny, Denied } from './rules.mjs';
import { isSecretName, mayMeanSecret } from './secrets.mjs';
import { Walk } from './shell.mjs';
import { State } from './state.mjs';
import { ANY_CHAR, STAR } from './words.mjs';

/**
 * @typedef {import('./context.mjs').Context} Context
 * @typedef {{ tool: string, input: Record<string, unknown>, cwd: string }} ToolCall
 * @typedef {{ allow: true } | { allow: false, rule: string }} Decision
 */

/** Tools that touch no file or network themselves. What they start is checked when it acts. */
const HARMLESS = new Set(
  'Agent Task Skill SlashCommand ToolSearch TodoWrite TaskCreate TaskUpdate TaskGet TaskList TaskOutput TaskStop AgentOutput BashOutput KillShell KillBash ListAgents SendMessage ReportFindings StructuredOutput ExitPlanMode EnterPlanMode WebSearch'.split(
    ' ',
  ),
);

/**
 * Never throws: a call that cannot be judged is denied.
 *
 * @param {ToolCall} call
 * @param {Context} context
 * @returns {Decision}
 */
export function decide(call, context) {
  try {
    check(call, context);
    return { allow: true };
  } catch (error) {
    return { allow: false, rule: error instanceof Denied ? error.rule : 'internal' };
  }
}

/**
 * @param {ToolCall} call
 * @param {Context} context
 */
function check({ tool, input, cwd }, context) {
  switch (tool) {
    case 'Bash':
    case 'Monitor':
      return new Walk().code(text(input.command), new State(context, [resolve(cwd)]));
    case 'Read':
    case 'NotebookRead':
      return checkRead(path(input.file_path ?? input.notebook_path, cwd), context);
    case 'Write':
    case 'Edit':
    case 'MultiEdit':
      return checkWrite(path(input.file_path, cwd), context);
    case 'NotebookEdit':
      return checkWrite(path(input.notebook_path, cwd), context);
    case 'Grep':
      return checkSearch(input, cwd, context);
    case 'Glob':
    case 'LS':
      return checkNames(input, cwd, context);
    case 'WebFetch':
      return checkAddress(text(input.url), context);
    case 'AskUserQuestion':
      return deny('no-human');
    default:
      if (!HARMLESS.has(tool)) deny('unknown-tool');
      return undefined;
  }
}

/** @param {unknown} value */
function text(value) {
  return typeof value === 'string' ? value : deny('bad-input');
}

/**
 * @param {unknown} value
 * @param {string} cwd
 */
function path(value, cwd) {
  const given = text(value);
  if (given === '' || given.includes('\0')) deny('bad-input');
  return resolve(cwd, given);
}

/**
 * @param {Record<string, unknown>} input
 * @param {string} cwd
 * @param {Context} context
 */
function checkSearch(input, cwd, context) {
  const place = input.path === undefined || input.path === '' ? cwd : path(input.path, cwd);
  checkRead(place, context);
  const glob = input.glob === undefined ? '' : text(input.glob);
  if (glob !== '' && namesSecret(glob)) deny('read-secret');
  if (input.output_mode !== 'content') return;
  if (input.type !== undefined || (glob !== '' && !glob.startsWith('!'))) return;
  if (!/\.env/.test(glob)) checkFolder(place);
}

/**
 * @param {Record<string, unknown>} input
 * @param {string} cwd
 * @param {Context} context
 */
function checkNames(input, cwd, context) {
  const pattern = input.pattern === undefined ? '' : text(input.pattern);
  const place = input.path === undefined || input.path === '' ? cwd : path(input.path, cwd);
  for (const each of [place, resolve(place, pattern.split(/[*?[{]/, 1)[0] ?? '')]) {
    const decision = decide({ tool: 'Read', input: { file_path: each }, cwd }, context);
    if (!decision.allow && decision.rule === 'protected-path') deny('protected-path');
  }
}

/**
 * @param {string} glob
 * @returns {boolean}
 */
function namesSecret(glob) {
  const list = /^([^{}]*)\{([^{}]*)\}(.*)$/s.exec(glob);
  if (list) return (list[2] ?? '').split(',').some((each) => namesSecret(`${list[1]}${each}${list[3]}`));
  if (glob.startsWith('!')) return false;
  const marked = glob.replaceAll('*', STAR).replaceAll('?', ANY_CHAR);
  return isSecretName(glob.split('/').at(-1) ?? '') || mayMeanSecret(marked);
}

/**
 * @param {string} address
 * @param {Context} context
 */
function checkAddress(address, context) {
  const place = placeOf(address, context);
  if (place === 'api') deny('api-direct');
  if (place === 'file' || place === 'unknown') deny('bad-input');
}
