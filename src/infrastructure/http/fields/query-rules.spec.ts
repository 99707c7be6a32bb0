import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IsInstant, IsLine, Optional } from './field-rules.ts';
import { Faults, readInto } from './validation.ts';
import { Problem } from '../problems/problem-details.ts';
import { parseQuery } from './query-string.ts';
import { IsPosition, IsQueryFlag, IsQueryInteger, IsQueryList } from './query-rules.ts';

class Filter {
  @Optional()
  @IsQueryInteger({ min: 1, max: 100 })
  limit?: number;

  @Optional()
  @IsQueryList(['red', 'green'])
  colour?: string[];

  @Optional()
  @IsQueryFlag()
  total?: boolean;

  @Optional()
  @IsPosition()
  after?: bigint;

  @Optional()
  @IsInstant()
  since?: string;

  @Optional()
  @IsLine(5)
  q?: string;
}

const read = (query: string): object => {
  const faults = new Faults();
  const value = readInto(Filter, parseQuery(query, faults), '?', faults);
  faults.throwIfAny();
  return { ...value };
};
const faultsOf = (query: string): unknown => {
  try {
    read(query);
  } catch (error) {
    if (error instanceof Problem) return error.extras.errors;
    throw error;
  }
  return [];
};

describe('a query', () => {
  it.each([
    ['', {}],
    ['&', {}],
    ['limit=1', { limit: 1 }],
    ['limit=100&', { limit: 100 }],
    ['limit=007', { limit: 7 }],
    ['colour=red', { colour: ['red'] }],
    ['colour=green,red,green', { colour: ['green', 'red'] }],
    ['colour=green%2Cred', { colour: ['green', 'red'] }],
    ['total=true', { total: true }],
    ['total=false', { total: false }],
    ['after=9223372036854775807', { after: 9223372036854775807n }],
    ['since=2026-01-01T00:00:00%2B01:00', { since: '2025-12-31T23:00:00.000Z' }],
    ['q=a+b', { q: 'a b' }],
    ['q=%C3%BC%2B=', { q: 'ü+=' }],
    ['%71=x', { q: 'x' }],
  ])('accepts %s', (query, value) => {
    expect(read(query)).toEqual(value);
  });

  it.each([
    ...['0', '-1', '101', '1e2', '0x10', '+1', '%2B1', '1.0', '1,2', 'ten', '%201', '1%00', '99999999999999999999'],
    ...['١', 'Infinity', 'NaN', 'null', '1n', '1_0'],
  ])('limit=%s is refused', (limit) => {
    expect(faultsOf(`limit=${limit}`)).toEqual([{ pointer: '?limit', detail: 'must be a whole number from 1 to 100' }]);
  });

  it.each([
    ['limit', '?limit', 'must not be empty'],
    ['limit=', '?limit', 'must not be empty'],
    ['=1', '?', 'is unknown'],
    ['=', '?', 'must not be empty'],
    ['limit=1&limit=1', '?limit', 'must be given only once'],
    ['limit=1&li%6dit=2', '?limit', 'must be given only once'],
    ['limit[]=1', '?limit[]', 'is unknown'],
    ['Limit=1', '?Limit', 'is unknown'],
    ['unknown=1', '?unknown', 'is unknown'],
    ['__proto__=1', '?__proto__', 'is unknown'],
    ['constructor=1', '?constructor', 'is unknown'],
    ['toString=1', '?toString', 'is unknown'],
    ['q=%', '?q', 'is not percent-encoded UTF-8'],
    ['q=%ff', '?q', 'is not percent-encoded UTF-8'],
    ['q=%c3', '?q', 'is not percent-encoded UTF-8'],
    ['q=%00', '?q', 'must be one line without control or invisible formatting characters'],
    ['q=+', '?q', 'must not be blank'],
    ['%zz=1', '?', 'is not percent-encoded UTF-8'],
    ['colour=red,', '?colour', 'must be one or more of red, green, separated by commas'],
    ['colour=Red', '?colour', 'must be one or more of red, green, separated by commas'],
    ['colour=red, green', '?colour', 'must be one or more of red, green, separated by commas'],
    ['colour=toString', '?colour', 'must be one or more of red, green, separated by commas'],
    ['total=1', '?total', 'must be true or false'],
    ['total=TRUE', '?total', 'must be true or false'],
    ['after=9223372036854775808', '?after', 'must be a position in decimal digits'],
    ['after=-1', '?after', 'must be a position in decimal digits'],
    ['since=2026-01-01T00:00:00+01:00', '?since', 'must be a time such as 2030-01-31T09:30:00Z'],
  ])('%s is refused', (query, pointer, detail) => {
    expect(faultsOf(query)).toEqual([{ pointer, detail }]);
  });

  it('reports every fault', () => {
    expect(faultsOf('limit=0&x=1&q=&total=yes')).toEqual([
      { pointer: '?q', detail: 'must not be empty' },
      { pointer: '?x', detail: 'is unknown' },
      { pointer: '?limit', detail: 'must be a whole number from 1 to 100' },
      { pointer: '?total', detail: 'must be true or false' },
    ]);
  });

  it('keeps every character of a value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string({ unit: 'grapheme', minLength: 1 })), (parameters) => {
        const query = new URLSearchParams(parameters).toString();
        expect({ ...parseQuery(query, new Faults()) }).toEqual({ ...parameters });
      }),
    );
  });
});
