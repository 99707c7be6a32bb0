import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IsLine, IsText, hasMoreCodePoints, lineFault, textFault } from './field-rules.ts';
import { Problem } from '../problems/problem-details.ts';
import { validated } from './validation.ts';

class Sample {
  @IsLine(5)
  line!: string;

  @IsText(5)
  text!: string;
}

const read = (line: unknown, text: unknown): Sample => validated(Sample, { line, text });
const faultsOf = (line: unknown, text: unknown): unknown => {
  try {
    read(line, text);
  } catch (error) {
    if (error instanceof Problem) return error.extras.errors;
    throw error;
  }
  return [];
};

const named = (codePoint: number): string => `U+${codePoint.toString(16).padStart(4, '0')}`;
const sample = (...codePoints: number[]): [string, string][] =>
  codePoints.map((codePoint) => [named(codePoint), String.fromCodePoint(codePoint)]);

describe('a line', () => {
  it('is trimmed, but keeps inner spaces', () => {
    expect(read('  a b \u00a0\u3000', 'x').line).toBe('a b');
  });

  it.each([
    ...sample(0, 7, 9, 0x0a, 0x0d, 0x1b, 0x7f, 0x80, 0x85, 0x9f),
    ...sample(0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069),
    ...sample(0x200b, 0x2060, 0xfeff, 0xfdd0, 0xfdef, 0xfffe, 0xffff, 0x1fffe, 0x10ffff),
    ['a high surrogate alone', '\ud800'],
    ['a low surrogate alone', '\udc00'],
  ])('does not contain %s, inside or at its ends', (_, character) => {
    for (const line of [`a${character}b`, `${character}a`, `a${character}`]) {
      expect(faultsOf(line, 'x')).toEqual([
        { pointer: '/line', detail: 'must be one line without control or invisible formatting characters' },
      ]);
    }
  });

  it.each([...sample(0x200a, 0x200c, 0x200d, 0x2027, 0x202f, 0x2065, 0x206a, 0xfffd), ['an emoji', '👩‍💻']])(
    'may contain %s',
    (_, character) => {
      expect(faultsOf(`a${character}`, 'x')).toEqual([]);
    },
  );

  it.each(['', '   ', '\u00a0', '\u200d', '\u00ad\u3164', 5, true, {}, ['a'], null, undefined])('is not %j', (line) => {
    expect(faultsOf(line, 'x')).toHaveLength(1);
  });

  it('counts code points, after trimming', () => {
    expect(faultsOf(' 😀😀😀😀😀 ', 'x')).toEqual([]);
    expect(faultsOf('😀😀😀😀😀😀', 'x')).toEqual([{ pointer: '/line', detail: 'must have at most 5 characters' }]);
    expect(faultsOf('abcdef', 'x')).toHaveLength(1);
  });
});

describe('a text', () => {
  it('gets LF for CR LF, and is not trimmed', () => {
    expect(read('x', ' \r\na\n').text).toBe(' \na\n');
  });

  it('is counted after that', () => {
    expect(faultsOf('x', 'a\r\nb\r\nc')).toEqual([]);
  });

  it.each([...sample(0, 1, 8, 0x0b, 0x0c, 0x0d, 0x1b, 0x7f, 0x85, 0xfdd0, 0xffff, 0x1ffff), ['a surrogate', '\udfff']])(
    'does not contain %s',
    (_, character) => {
      expect(faultsOf('x', `a${character}b`)).toHaveLength(1);
    },
  );

  it.each([...sample(9, 0x0a, 0x2028, 0x202e, 0x200b, 0xfeff)])('may contain %s', (_, character) => {
    expect(faultsOf('x', `a${character}b`)).toEqual([]);
  });

  it.each(['', ' \n\t', '\u200b', null, 1, []])('is not %j', (text) => {
    expect(faultsOf('x', text)).toHaveLength(1);
  });
});

describe('a valid text', () => {
  it('can be stored in PostgreSQL: well-formed, without U+0000, within its length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 8 }), (value) => {
        for (const fault of [lineFault(value, 5), textFault(value, 5)]) {
          if (fault !== undefined) continue;
          expect(value.isWellFormed()).toBe(true);
          expect(value).not.toMatch(/\u0000/);
          expect([...value].length).toBeLessThanOrEqual(5);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('is not quoted in faults', () => {
    expect(JSON.stringify(faultsOf('canary\ncanary', 'canary\u0000'))).not.toMatch(/canary/);
  });
});

describe('hasMoreCodePoints', () => {
  it('counts code points, not code units', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, max) => {
        expect(hasMoreCodePoints(text, max)).toBe([...text].length > max);
      }),
    );
  });
});
