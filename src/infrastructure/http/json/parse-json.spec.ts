import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NotJson, readJson } from './parse-json.ts';

const outcome = (read: () => unknown): string => {
  try {
    return JSON.stringify(read());
  } catch (error) {
    if (error instanceof NotJson || error instanceof SyntaxError) return 'refused';
    throw error;
  }
};

describe('readJson', () => {
  it('parses JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('', ' ', '\n\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(JSON.stringify(readJson(text))).toBe(JSON.stringify(value));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ...[
      '',
      ' ',
      '{',
      '}',
      '[',
      '[1',
      '[1,',
      '[1,]',
      '[,1]',
      '{"a"',
      '{"a":',
      '{"a":1',
      '{"a":1,',
      '{"a":1,}',
      '{,}',
      '{a:1}',
    ],
    ...[
      "{'a':1}",
      '{1:1}',
      '{"a" 1}',
      '[1 2]',
      '1 2',
      '{}{}',
      '[]]',
      '"',
      '"\\"',
      '"\\x"',
      '"\\u12"',
      '"\n"',
      '"\u0000"',
    ],
    ...['01', '-', '+1', '1.', '.5', '1e', '1e+', '0x10', 'NaN', 'Infinity', 'tru', 'truex', 'nul', 'undefined'],
    ...[
      '\ufeff{}',
      '\u00a01',
      '\v1',
      '/**/1',
      '1//',
      '[1]\u0000',
      '-0',
      '1E5',
      '1.5e-3',
      '1e999',
      ' [ 1 , 2 ] ',
      '"\\/"',
    ],
    ...[
      '{"a":{"b":[]}}',
      '"\u2028"',
      '"\\ud800"',
      'null',
      ' true',
      'false\n',
      '[-]',
      '[1.]',
      '[-1]',
      '{"":0}',
      '[[],{}]',
    ],
  ])('agrees with JSON.parse on %j', (text) => {
    expect(outcome(() => readJson(text))).toBe(outcome(() => JSON.parse(text)));
  });
});
