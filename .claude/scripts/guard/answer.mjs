/** Turns the hook's input into the guard's answer. */
import { contextOf } from './context.mjs';
import { decide } from './decide.mjs';
import { logDecision } from './log.mjs';
import { RULES } from './rules.mjs';
import { selfTest } from './self-test.mjs';

/**
 * @param {string} text standard input of the hook
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {{ denied?: string, output?: string }} the reason if denied; otherwise what to print, if anything
 */
export function answer(text, env) {
  const event = parse(text);
  if (event === undefined) return { denied: reasonOf('bad-input') };
  const cwd = typeof event.cwd === 'string' && event.cwd.startsWith('/') ? event.cwd : undefined;
  const { session_id: session, tool_name: tool, tool_input: input } = event;
  if (event.hook_event_name === 'SessionStart') return selfTest(contextOf(env, cwd ?? process.cwd()));
  if (event.hook_event_name !== 'PreToolUse' || cwd === undefined || typeof tool !== 'string' || !isObject(input)) {
    return { denied: reasonOf('bad-input') };
  }
  const decision = decide({ tool, input, cwd }, contextOf(env, cwd));
  logDecision(env, { session, tool, decision });
  return decision.allow ? {} : { denied: reasonOf(decision.rule) };
}

/** @param {string} rule */
function reasonOf(rule) {
  return `Not allowed (${rule}). ${RULES[rule] ?? RULES.internal}`;
}

/** @param {string} text */
function parse(text) {
  try {
    const value = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
