import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseJson } from './parse-json.ts';

const LIMIT = 32;

/** JSON text in which names may repeat, and its value, or undefined if any do. */
interface Written {
  readonly text: string;
  readonly value: unknown;
  readonly repeats: boolean;
}

/** Writes a string with some UTF-16 units escaped, which must not hide repeated names. */
const escaped = (text: string, mask: number): string =>
  `"${[
    ...JSON.stringify(text)
      .slice(1, -1)
      .matchAll(/\\u....|\\.|[^\\]/gs),
  ]
    .map(([unit], index) =>
      unit.length === 1 && (mask >> (index % 8)) & 1 ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}` : unit,
    )
    .join('')}"`;

const space = fc.constantFrom('', ' ', '\n', '\t \r\n');
const mask = fc.oneof(fc.constant(0), fc.nat(255));
const name = fc.oneof(
  fc.constantFrom('a', 'b', '"', '\\', '\\u0', '__proto__', 'constructor', 'é', '', ':', '{', '7'),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const scalar = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);

const { document } = fc.letrec<{ document: Written; object: Written; array: Written; leaf: Written }>((tie) => ({
  leaf: fc.oneof(
    scalar.map((value) => ({ text: JSON.stringify(value), value, repeats: false })),
    fc.tuple(fc.string(), mask).map(([value, bits]) => ({ text: escaped(value, bits), value, repeats: false })),
  ),
  array: fc.tuple(space, fc.array(tie('document'), { maxLength: 4 })).map(([gap, items]) => ({
    text: `[${gap}${items.map((item) => `${item.text}${gap}`).join(`,${gap}`)}]`,
    value: items.map((item) => item.value),
    repeats: items.some((item) => item.repeats),
  })),
  object: fc.array(fc.tuple(name, mask, space, tie('document')), { maxLength: 5 }).map((members) => ({
    text: `{${members.map(([key, bits, gap, item]) => `${gap}${escaped(key, bits)}${gap}:${gap}${item.text}`).join(',')}}`,
    value: Object.fromEntries(members.map(([key, , , item]) => [key, item.value])),
    repeats: new Set(members.map(([key]) => key)).size < members.length || members.some(([, , , item]) => item.repeats),
  })),
  document: fc.oneof({ maxDepth: 5, depthSize: 'small' }, tie('leaf'), tie('array'), tie('object')),
}));

describe('parseJson', () => {
  it('returns the value, and refuses exactly the texts in which an object repeats a name', () => {
    fc.assert(
      fc.property(document, (written) => {
        const { fault, value } = parseJson(written.text, LIMIT);
        if (written.repeats) expect(fault).toMatch(/same name/);
        else expect([fault, JSON.stringify(value)]).toEqual([undefined, JSON.stringify(written.value)]);
      }),
      { numRuns: 5_000 },
    );
  });

  it('is not misled by names in an earlier text (nodejs/node#63785)', () => {
    JSON.parse('{"h":[],"\\\\":0}');
    expect(parseJson('{"h":1,"\\"":2}', LIMIT).value).toEqual({ h: 1, '"': 2 });
    expect(parseJson('{"h":1,"\\u0062":2}', LIMIT).value).toEqual({ h: 1, b: 2 });
    expect(parseJson('{"b":1,"\\u0062":2}', LIMIT).fault).toMatch(/same name/);
  });

  it('never throws, and refuses what JSON.parse refuses', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\',
      '\\"',
      'a',
      '1',
      '-',
      'null',
      '\u0000',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = pieces.join('');
        const { fault } = parseJson(text, LIMIT);
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        if (fault === undefined) expect(isJson).toBe(true);
        else if (isJson) expect(fault).toMatch(/same name/);
      }),
      { numRuns: 10_000 },
    );
  });

  it.each([
    ['{"a":1,"a":1}'],
    ['{"a":1,"\\u0061":2}'],
    ['{"x":[{"b":{}, "b":{}}]}'],
    ['{"__proto__":1,"__proto__":2}'],
    ['{"":0,"":0}'],
  ])('refuses %s', (text) => {
    expect(parseJson(text, LIMIT).fault).toMatch(/same name/);
  });

  it('accepts a name repeated in another object, or inside a string', () => {
    for (const text of ['{"a":{"a":1},"b":[{"a":2},{"a":3}]}', '{"a":"\\"a\\":1,","b":":::{\\\\"}']) {
      expect(parseJson(text, LIMIT)).toEqual({ fault: undefined, value: JSON.parse(text) });
    }
  });

  it('treats prototype names as plain members', () => {
    const { value } = parseJson('{"__proto__":{"admin":true},"constructor":1}', LIMIT);
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor']);
    expect((value as Record<string, unknown>).admin).toBeUndefined();
  });

  it.each([
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"a":', '}]'],
  ])('counts the levels of %s', (open, close) => {
    const levels = open.length > 5 ? 2 : 1;
    const nested = (depth: number): string => `${open.repeat(depth)}1${close.repeat(depth)}`;
    expect(parseJson(nested(LIMIT / levels), LIMIT).fault).toBeUndefined();
    expect(parseJson(nested(LIMIT / levels + 1), LIMIT).fault).toMatch(/32 levels/);
    expect(parseJson(nested(50_000), LIMIT).fault).toMatch(/32 levels/);
  });

  it('does not count brackets inside strings', () => {
    expect(parseJson(JSON.stringify({ a: '['.repeat(100), ['{'.repeat(100)]: 1 }), LIMIT).fault).toBeUndefined();
  });

  it('quotes none of the text in its faults', () => {
    for (const text of ['{"secret":', '{"secret":1,"secret":1}', 'secret']) {
      expect(parseJson(text, LIMIT).fault).not.toMatch(/secret/);
    }
  });
});
