/**
 * Expands the words of a command. The result is plain text with three marks for what is unknown before the command runs: ANY_TEXT for an
 * expansion, STAR and ANY_CHAR for file name patterns. A command that contains one of these characters itself is denied earlier.
 */
import { commandText } from './substitutions.mjs';

/**
 * @typedef {import('unbash').Word} Word
 * @typedef {import('unbash').WordPart} WordPart
 * @typedef {import('./state.mjs').State} State
 */

export const ANY_TEXT = '\uE000';
export const STAR = '\uE001';
export const ANY_CHAR = '\uE002';
const MARKS = /[\uE000-\uE002]/;
/** A brace expansion into more fields than this counts as unknown. */
const MAX_FIELDS = 64;

/** @param {string} text whether part of it is only known at run time */
export function isOpen(text) {
  return MARKS.test(text);
}

/** @param {string} text whether it contains an expansion of unknown value */
export function isDynamic(text) {
  return text.includes(ANY_TEXT);
}

/** @param {string} text whether it is a file name pattern */
export function isPattern(text) {
  return text.includes(STAR) || text.includes(ANY_CHAR);
}

/**
 * The fields that a word expands to: one, or several with brace expansion.
 *
 * @param {Word} word
 * @param {State} state
 * @returns {string[]}
 */
export function fieldsOf(word, state) {
  if (!word.parts) return [tilde(word, word.value, state)];
  let fields = [''];
  word.parts.forEach((part, index) => {
    let options = part.type === 'BraceExpansion' ? braces(part.text) : [textOf(part, state, false)];
    if (index === 0 && part.type === 'Literal' && part.text.startsWith('~')) {
      options = [tilde(word, options[0] ?? '', state)];
    }
    if (fields.length * options.length > MAX_FIELDS) options = [ANY_TEXT];
    fields = fields.flatMap((field) => options.map((option) => field + option));
  });
  return fields;
}

/**
 * The text of a word that the shell does not split: in an assignment, a redirection or a here document.
 *
 * @param {Word} word
 * @param {State} state
 */
export function textOfWord(word, state) {
  const fields = fieldsOf(word, state);
  return fields.length === 1 ? /** @type {string} */ (fields[0]) : ANY_TEXT;
}

/**
 * @param {readonly WordPart[]} parts
 * @param {State} state
 * @param {boolean} quoted
 */
export function textOfParts(parts, state, quoted) {
  return parts.map((part) => textOf(part, state, quoted)).join('');
}

/**
 * @param {WordPart} part
 * @param {State} state
 * @param {boolean} quoted
 * @returns {string}
 */
function textOf(part, state, quoted) {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      return part.value;
    case 'DoubleQuoted':
    case 'LocaleString':
      return textOfParts(part.parts, state, true);
    case 'Glob':
      return part.kind === 'star' ? STAR : ANY_CHAR;
    case 'SimpleExpansion':
      return expanded(state.lookUp(part.text.slice(1)), quoted);
    case 'ParameterExpansion':
      return expanded(parameter(part, state), quoted);
    case 'CommandExpansion':
      return expanded(commandText(part.script, state), quoted);
    default:
      // Arithmetic, process substitution, extended patterns.
      return ANY_TEXT;
  }
}

/**
 * @param {import('unbash').ParameterExpansionPart} part
 * @param {State} state
 */
function parameter(part, state) {
  if (part.prefix || part.index) return undefined;
  const value = state.lookUp(part.parameter);
  if (!part.operation) return value;
  const { operation } = part;
  if (operation.type !== 'Default' || operation.operator.endsWith('+')) return undefined;
  if (value !== undefined && value !== '') return value;
  if (!state.isUnset(part.parameter) || !operation.operator.endsWith('-')) return undefined;
  const fallback = textOfWord(operation.operand, state);
  return isOpen(fallback) ? undefined : fallback;
}

/**
 * Without quotes, the shell splits a value at blanks and expands it as a pattern, so the result is unknown.
 *
 * @param {string | undefined} value
 * @param {boolean} quoted
 */
function expanded(value, quoted) {
  if (value === undefined) return ANY_TEXT;
  return !quoted && (value === '' || /[\s*?[]/.test(value)) ? ANY_TEXT : value;
}

/**
 * @param {Word} word
 * @param {string} value
 * @param {State} state
 */
function tilde(word, value, state) {
  if (!word.text.startsWith('~')) return value;
  const slash = value.indexOf('/');
  const user = slash < 0 ? value : value.slice(0, slash);
  const rest = slash < 0 ? '' : value.slice(slash);
  if (user === '~') return (state.lookUp('HOME') ?? ANY_TEXT) + rest;
  if (user === '~+') return (state.lookUp('PWD') ?? ANY_TEXT) + rest;
  if (user === '~-') return ANY_TEXT + rest;
  return `/home/${user.slice(1)}${rest}`;
}

/**
 * Expands `{a,b}` and `{1..3}`; anything more complex is unknown.
 *
 * @param {string} text
 * @returns {string[]}
 */
function braces(text) {
  const inner = text.slice(1, -1);
  const range = /^(-?\d{1,6})\.\.(-?\d{1,6})$/.exec(inner);
  if (range) {
    const from = Number(range[1]);
    const to = Number(range[2]);
    if (Math.abs(to - from) >= MAX_FIELDS) return [ANY_TEXT];
    const step = to < from ? -1 : 1;
    return Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => String(from + index * step));
  }
  if (/[{}$`'"\\*?[\s]/.test(inner) || !inner.includes(',')) return [ANY_TEXT];
  return inner.split(',');
}
