import { rule } from './field-context.ts';

/**
 * What a line must not hold anywhere: controls, line and paragraph separators, the overrides and isolates of bidirectional
 * text, which make it read as something else, three invisible characters that make equal titles differ, and code points that
 * are no characters at all (Postgres takes no U+0000, and its jsonb no lone surrogate).
 */
const NOT_IN_LINE =
  /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\p{Cs}\p{Noncharacter_Code_Point}]/u;
/** Newline and tab are the only controls of a text. */
const NOT_IN_TEXT = /[\x00-\x08\x0b-\x1f\x7f-\x9f\p{Cs}\p{Noncharacter_Code_Point}]/u;
/** Something that shows. A text of nothing but spaces and invisible characters is blank. */
const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}]/u;

/** One line of 1 to `maxCodePoints` code points. Spaces around it are taken off. */
export function IsLine(maxCodePoints: number): PropertyDecorator {
  return rule('isLine', (value) => lineFault(value, maxCodePoints), { normalise: trimmed });
}

/** Text of one or more lines, 1 to `maxCodePoints` code points, not blank. CR LF becomes LF, nothing else is changed. */
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
  if (NOT_IN_TEXT.test(value)) return 'must hold no control characters but newline and tab, and only valid Unicode';
  return extentFault(value, maxCodePoints);
}

function extentFault(value: string, maxCodePoints: number): string | undefined {
  if (!VISIBLE.test(value)) return 'must not be blank';
  return hasMoreCodePoints(value, maxCodePoints) ? `must have at most ${maxCodePoints} characters` : undefined;
}

/** Counts only when the number of UTF-16 units does not tell already. */
export function hasMoreCodePoints(text: string, max: number): boolean {
  if (text.length <= max) return false;
  if (text.length > 2 * max) return true;
  let codePoints = 0;
  for (const _ of text) codePoints += 1;
  return codePoints > max;
}

/**
 * Takes off spaces only: a newline or byte order mark at an end is a fault like one in the middle, not something to tidy up.
 * Of what `trim` removes, all but spaces is refused in a line anyhow.
 */
function trimmed(sent: unknown): unknown {
  return typeof sent === 'string' && !NOT_IN_LINE.test(sent) ? sent.trim() : sent;
}

function withNewlines(sent: unknown): unknown {
  return typeof sent === 'string' && sent.includes('\r') ? sent.replaceAll('\r\n', '\n') : sent;
}
