import { rule } from './validation.ts';

/**
 * Not allowed in a line: control characters; line and paragraph separators; bidirectional embeddings, overrides and isolates, which change
 * how text reads; three invisible characters that make equal titles differ; surrogates and noncharacters. PostgreSQL refuses U+0000, and
 * in jsonb also lone surrogates.
 */
const NOT_IN_LINE =
  /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\p{Cs}\p{Noncharacter_Code_Point}]/u;
/** Not allowed in a text: control characters except newline and tab, surrogates and noncharacters. */
const NOT_IN_TEXT = /[\x00-\x08\x0b-\x1f\x7f-\x9f\p{Cs}\p{Noncharacter_Code_Point}]/u;
/** A visible character. Text without any is blank. */
const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}]/u;

/** One line of 1 to `maxCodePoints` code points. Leading and trailing spaces are removed. */
export function IsLine(maxCodePoints: number): PropertyDecorator {
  return rule('isLine', (value) => lineFault(value, maxCodePoints), { normalise: trimmed });
}

/** Text of one or more lines, 1 to `maxCodePoints` code points, not blank. CR LF is converted to LF. */
export function IsText(maxCodePoints: number): PropertyDecorator {
  return rule('isText', (value) => textFault(value, maxCodePoints), { normalise: withNewlines });
}

export function lineFault(value: unknown, maxCodePoints: number): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  if (NOT_IN_LINE.test(value)) return 'must be one line without control or invisible formatting characters';
  return extentFault(value, maxCodePoints);
}

export function textFault(value: unknown, maxCodePoints: number): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  if (NOT_IN_TEXT.test(value))
    return 'must contain no control characters except newline and tab, and only valid Unicode';
  return extentFault(value, maxCodePoints);
}

function extentFault(value: string, maxCodePoints: number): string | undefined {
  if (!VISIBLE.test(value)) return 'must not be blank';
  return hasMoreCodePoints(value, maxCodePoints) ? `must have at most ${maxCodePoints} characters` : undefined;
}

/** Counts code points only if the number of UTF-16 units does not decide it. */
export function hasMoreCodePoints(text: string, max: number): boolean {
  if (text.length <= max) return false;
  if (text.length > 2 * max) return true;
  let codePoints = 0;
  for (const _ of text) codePoints += 1;
  return codePoints > max;
}

/**
 * Trims spaces only. A newline or byte order mark at either end is a fault, as anywhere else: such text is not trimmed, and the rule then
 * refuses it.
 */
function trimmed(sent: unknown): unknown {
  return typeof sent === 'string' && !NOT_IN_LINE.test(sent) ? sent.trim() : sent;
}

function withNewlines(sent: unknown): unknown {
  return typeof sent === 'string' && sent.includes('\r') ? sent.replaceAll('\r\n', '\n') : sent;
}
