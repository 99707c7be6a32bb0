import { IsOptional, ValidateIf, ValidateNested } from 'class-validator';
import type { Dto } from './validation.ts';
import { rule } from './validation.ts';
import { instantOf } from './instant.ts';
import { httpsUrlFault } from './https-url.ts';

/** The field is optional, and null is treated like a missing field. Fields are required by default. */
export function Optional(): PropertyDecorator {
  return (target, property) => {
    IsOptional()(target, property);
    rule('isOptional', () => undefined, { nullIsAbsent: true })(target, property);
  };
}

/** The field of a merge patch is optional. Null would clear it, and is a fault unless the field is {@link Nullable}. */
export function OptionalInPatch(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

/** The field may be null, which differs from a missing field. */
export function Nullable(): PropertyDecorator {
  return (target, property) => {
    ValidateIf((_, value) => value !== null)(target, property);
    rule('isNullable', () => undefined, { isNullable: true })(target, property);
  };
}

/** One of these strings, exactly. */
export function IsOneOf(values: readonly string[]): PropertyDecorator {
  const allowed = new Set<unknown>(values);
  const detail = `must be one of ${values.join(', ')}`;
  return rule('isOneOf', (value) => (allowed.has(value) ? undefined : detail));
}

/** An integer within the bounds, inclusive. */
export function IsInteger(bounds: { min: number; max?: number }): PropertyDecorator {
  const { min, max = Number.MAX_SAFE_INTEGER } = bounds;
  const detail = wholeNumber(min, max);
  return rule('isInteger', (value) => {
    return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max ? undefined : detail;
  });
}

/** A number from 0 to `max`, so that sums of amounts stay representable. */
export function IsAmount(max = 1e12): PropertyDecorator {
  return rule('isAmount', (value) => {
    return typeof value === 'number' && value >= 0 && value <= max ? undefined : `must be a number from 0 to ${max}`;
  });
}

export function IsFlag(): PropertyDecorator {
  return rule('isFlag', (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'));
}

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

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** A UUID of any version. Converted to lower case. */
export function IsUuid(): PropertyDecorator {
  return rule('isUuid', (value) => (typeof value === 'string' && isUuid(value) ? undefined : 'must be a UUID'), {
    normalise: (sent) => (typeof sent === 'string' && isUuid(sent) ? sent.toLowerCase() : sent),
  });
}

/** An RFC 3339 time with `Z` or an offset. Converted to UTC with milliseconds. */
export function IsInstant(): PropertyDecorator {
  const detail = 'must be a time such as 2030-01-31T09:30:00Z';
  return rule('isInstant', (value) => (instantOf(value) === undefined ? detail : undefined), {
    normalise: (sent) => instantOf(sent) ?? sent,
  });
}

/** An https URL that is safe to show as a link; see {@link httpsUrlFault}. Not changed. */
export function IsSafeHttpsUrl(maxLength = 2_000): PropertyDecorator {
  return rule('isSafeHttpsUrl', (value) => httpsUrlFault(value, maxLength));
}

/** A nested object. */
export function IsNested(type: () => Dto): PropertyDecorator {
  return (target, property) => {
    ValidateNested()(target, property);
    rule('isNested', (value) => (typeof value === 'object' ? undefined : 'must be an object'), { nested: type })(
      target,
      property,
    );
  };
}

/** A list of at most `maxItems` objects, with different values in the field `uniqueBy` if it is given. */
export function IsListOf(type: () => Dto, options: { maxItems: number; uniqueBy?: string }): PropertyDecorator {
  return (target, property) => {
    ValidateNested({ each: true })(target, property);
    rule('isListOf', (value) => (Array.isArray(value) ? undefined : 'must be a list'), { nested: type, ...options })(
      target,
      property,
    );
  };
}

/** Matches JSON as Node writes it. After an escaped backslash, "\u0000" is only text, not an escape. */
const ESCAPED_NUL_OR_SURROGATE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;
const NONCHARACTER = /\p{Noncharacter_Code_Point}/u;
/** Characters that must be escaped in JSON. V8's parser is not reliable for escaped names; see json/parse-json.ts. */
const ESCAPED_IN_NAME = /["\\\u0000-\u001f]/;

/**
 * Any JSON object of at most `maxBytes` as JSON. Its strings must be valid Unicode without U+0000, which databases refuse. Its names must
 * not need escapes, so that every parser reads the same object.
 */
export function IsFreeObject(maxBytes: number): PropertyDecorator {
  return rule('isFreeObject', (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object';
    let isFinite = true;
    const text = JSON.stringify(value, (_, member: unknown) => {
      // A number such as 1e999 is parsed as Infinity, which has no JSON form.
      isFinite &&= typeof member !== 'number' || Number.isFinite(member);
      return member;
    });
    if (!isFinite) return 'must contain no number outside the range of a double';
    if (Buffer.byteLength(text) > maxBytes) return `must have at most ${maxBytes} bytes as JSON`;
    if (someName(value, (name) => ESCAPED_IN_NAME.test(name))) {
      return 'must have no names with quotes, backslashes or control characters';
    }
    const isInvalid = ESCAPED_NUL_OR_SURROGATE.test(text) || NONCHARACTER.test(text);
    return isInvalid ? 'must contain no U+0000 and only valid Unicode' : undefined;
  });
}

function someName(value: object, matches: (name: string) => boolean): boolean {
  return Object.entries(value).some(
    ([name, item]) => matches(name) || (typeof item === 'object' && item !== null && someName(item as object, matches)),
  );
}

export function wholeNumber(min: number, max: number): string {
  return max === Number.MAX_SAFE_INTEGER
    ? `must be a whole number of at least ${min}`
    : `must be a whole number from ${min} to ${max}`;
}
