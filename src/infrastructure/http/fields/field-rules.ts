import { ValidateIf, ValidateNested } from 'class-validator';
import type { Dto } from './field-context.ts';
import { rule } from './field-context.ts';
import { instantOf } from './instant.ts';
import { httpsUrlFault } from './https-url.ts';

/** The field may be left out, and null is the same as leaving it out. Without it a field is required. */
export function Optional(): PropertyDecorator {
  return (target, property) => {
    OptionalInPatch()(target, property);
    rule('isOptional', () => undefined, { nullIsAbsent: true })(target, property);
  };
}

/** The field of a merge patch may be left out. Null would clear it, and is a fault unless it is {@link Nullable}. */
export function OptionalInPatch(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

/** The field may be null, which says something else than leaving it out. */
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

/** A JSON number that is whole and within the bounds, both included. */
export function IsInteger(bounds: { min: number; max?: number }): PropertyDecorator {
  const { min, max = Number.MAX_SAFE_INTEGER } = bounds;
  const detail = wholeNumber(min, max);
  return rule('isInteger', (value) => {
    return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max ? undefined : detail;
  });
}

/** A JSON number from 0, whole or not, within the bounds of what a sum can still be kept of. */
export function IsAmount(max = 1e12): PropertyDecorator {
  return rule('isAmount', (value) => {
    return typeof value === 'number' && value >= 0 && value <= max ? undefined : `must be a number from 0 to ${max}`;
  });
}

export function IsFlag(): PropertyDecorator {
  return rule('isFlag', (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** A UUID of any version, in any case; becomes lower case. */
export function IsUuid(): PropertyDecorator {
  return rule('isUuid', (value) => (typeof value === 'string' && isUuid(value) ? undefined : 'must be a UUID'), {
    normalise: (sent) => (typeof sent === 'string' && isUuid(sent) ? sent.toLowerCase() : sent),
  });
}

/** A time of RFC 3339 with `Z` or an offset; becomes UTC with milliseconds. */
export function IsInstant(): PropertyDecorator {
  const detail = 'must be a time such as 2030-01-31T09:30:00Z';
  return rule('isInstant', (value) => (instantOf(value) === undefined ? detail : undefined), {
    normalise: (sent) => instantOf(sent) ?? sent,
  });
}

/** An https URL that is safe to show as a link; see {@link httpsUrlFault}. Kept as it was sent. */
export function IsSafeHttpsUrl(maxLength = 2_000): PropertyDecorator {
  return rule('isSafeHttpsUrl', (value) => httpsUrlFault(value, maxLength));
}

/** An object with fields of its own. */
export function IsNested(type: () => Dto): PropertyDecorator {
  return (target, property) => {
    ValidateNested()(target, property);
    rule('isNested', (value) => (typeof value === 'object' ? undefined : 'must be an object'), { nested: type })(
      target,
      property,
    );
  };
}

/** A list of at most `maxItems` objects with fields of their own; with `uniqueBy` no two have the same value in that field. */
export function IsListOf(type: () => Dto, options: { maxItems: number; uniqueBy?: string }): PropertyDecorator {
  return (target, property) => {
    ValidateNested({ each: true })(target, property);
    rule('isListOf', (value) => (Array.isArray(value) ? undefined : 'must be a list'), { nested: type, ...options })(
      target,
      property,
    );
  };
}

/** In JSON as Node writes it. A backslash that is itself escaped means that the text only says "\u0000". */
const ESCAPED_NUL_OR_SURROGATE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;
const NONCHARACTER = /\p{Noncharacter_Code_Point}/u;
/** What JSON can only hold escaped. V8's parser is not to be trusted with escaped names; see json-reader.ts. */
const ESCAPED_IN_NAME = /["\\\u0000-\u001f]/;

/**
 * A JSON object of any shape, of at most `maxBytes` when written as JSON. All its texts must be valid Unicode without U+0000,
 * which databases refuse, and no name may need an escape, so that whoever reads it back reads the same.
 */
export function IsFreeObject(maxBytes: number): PropertyDecorator {
  return rule('isFreeObject', (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object';
    let isFinite = true;
    const text = JSON.stringify(value, (_, member: unknown) => {
      // What a number like 1e999 becomes has no JSON form any more.
      isFinite &&= typeof member !== 'number' || Number.isFinite(member);
      return member;
    });
    if (!isFinite) return 'must hold no number beyond the range of a double';
    if (Buffer.byteLength(text) > maxBytes) return `must have at most ${maxBytes} bytes as JSON`;
    if (someName(value, (name) => ESCAPED_IN_NAME.test(name))) {
      return 'must hold no names with quotes, backslashes or control characters';
    }
    const isInvalid = ESCAPED_NUL_OR_SURROGATE.test(text) || NONCHARACTER.test(text);
    return isInvalid ? 'must hold no U+0000 and only valid Unicode' : undefined;
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
