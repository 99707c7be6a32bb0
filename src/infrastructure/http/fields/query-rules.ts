import { rule } from './validation.ts';
import { wholeNumber } from './field-rules.ts';

const DIGITS = /^\d{1,16}$/;

/** An integer in decimal digits within the bounds, inclusive. Converted to a number. */
export function IsQueryInteger(bounds: { min: number; max?: number }): PropertyDecorator {
  const { min, max = Number.MAX_SAFE_INTEGER } = bounds;
  const detail = wholeNumber(min, max);
  return rule(
    'isQueryInteger',
    (value) =>
      Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max ? undefined : detail,
    { normalise: (sent) => (typeof sent === 'string' && DIGITS.test(sent) ? Number(sent) : sent) },
  );
}

/** `true` or `false`. Converted to a boolean. */
export function IsQueryFlag(): PropertyDecorator {
  return rule('isQueryFlag', (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'), {
    normalise: (sent) => (sent === 'true' ? true : sent === 'false' ? false : sent),
  });
}

/** One or more of these strings, separated by commas. Converted to a list without duplicates. */
export function IsQueryList(values: readonly string[]): PropertyDecorator {
  const allowed = new Set<unknown>(values);
  const detail = `must be one or more of ${values.join(', ')}, separated by commas`;
  return rule(
    'isQueryList',
    (value) => (Array.isArray(value) && value.every((item) => allowed.has(item)) ? undefined : detail),
    { normalise: (sent) => (typeof sent === 'string' ? [...new Set(sent.split(','))] : sent) },
  );
}

const MAX_POSITION = 2n ** 63n - 1n;

/** A log position in decimal digits. Converted to a bigint. */
export function IsPosition(): PropertyDecorator {
  return rule(
    'isPosition',
    (value) => (typeof value === 'bigint' ? undefined : 'must be a position in decimal digits'),
    {
      normalise: (sent) => positionOf(sent) ?? sent,
    },
  );
}

/** Parses a log position, 0 to 2^63 - 1, in decimal digits; undefined if it is not one. */
export function positionOf(text: unknown): bigint | undefined {
  if (typeof text !== 'string' || !/^\d{1,19}$/.test(text)) return undefined;
  const position = BigInt(text);
  return position > MAX_POSITION ? undefined : position;
}
