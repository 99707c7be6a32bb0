import { describe, expect, it } from '@jest/globals';
import { IsIn } from 'class-validator';
import fc from 'fast-check';
import { IsFlag, IsInteger, IsLine, IsListOf, IsNested, IsOneOf, Nullable, Optional } from './field-rules.ts';
import { Problem } from '../problems/problem-details.ts';
import { validated } from './validation.ts';
import type { Dto } from './validation.ts';

class Step {
  @IsLine(100)
  id!: string;

  @Optional()
  @IsLine(100)
  note?: string;
}

class Result {
  @IsInteger({ min: 0 })
  passed!: number;
}

class Sample {
  @IsOneOf(['red', 'green'])
  colour!: string;

  @Optional()
  @Nullable()
  @IsLine(10)
  phase?: string | null;

  @Optional()
  @IsListOf(() => Step, { maxItems: 3, uniqueBy: 'id' })
  steps?: Step[];

  @Optional()
  @Nullable()
  @IsNested(() => Result)
  result?: Result | null;
}

class Special extends Sample {
  @IsFlag()
  flag!: boolean;
}

const parse = (json: string): Record<string, unknown> => JSON.parse(json) as Record<string, unknown>;
const faultsOf = (type: Dto, plain: Record<string, unknown>): unknown => {
  try {
    validated(type, plain);
  } catch (error) {
    if (error instanceof Problem && error.code === 'validation-failed') return error.extras.errors;
    throw error;
  }
  return [];
};

describe('validated', () => {
  it('treats null for an optional field as absent', () => {
    const value = validated(Sample, { colour: 'red', steps: [{ id: 'a', note: null }] });
    expect(Object.keys(value)).toEqual(['colour', 'steps']);
    expect({ ...value.steps?.[0] }).toEqual({ id: 'a' });
  });

  it('returns instances at every level, with what was sent and nothing else', () => {
    const value = validated(Sample, { colour: 'red', steps: [{ id: ' a ' }], result: { passed: 1 } });
    expect(value).toBeInstanceOf(Sample);
    expect(value.steps?.[0]).toBeInstanceOf(Step);
    expect(value.result).toBeInstanceOf(Result);
    expect('phase' in value).toBe(false);
    expect({ ...value }).toEqual({ colour: 'red', steps: [{ id: 'a' }], result: { passed: 1 } });
  });

  it('reports every fault with its place', () => {
    const faults = faultsOf(Sample, {
      colour: 'RED',
      phase: 'a\nb',
      steps: [{ id: 'a' }, { id: '', note: null }, { note: 'x', 'a/b~c': 1 }],
      result: { passed: -1 },
      more: 1,
    });
    expect(faults).toEqual([
      { pointer: '/steps/2/a~1b~0c', detail: 'is unknown' },
      { pointer: '/more', detail: 'is unknown' },
      { pointer: '/colour', detail: 'must be one of red, green' },
      { pointer: '/phase', detail: 'must be one line without control or invisible formatting characters' },
      { pointer: '/steps/1/id', detail: 'must not be blank' },
      { pointer: '/steps/2/id', detail: 'is required' },
      { pointer: '/result/passed', detail: 'must be a whole number of at least 0' },
    ]);
  });

  it.each([
    ['{}', '/colour', 'is required'],
    ['{"colour":null}', '/colour', 'must not be null'],
    ['{"colour":"red","steps":{}}', '/steps', 'must be a list'],
    ['{"colour":"red","steps":"abc"}', '/steps', 'must be a list'],
    ['{"colour":"red","steps":[[{"id":"a"}]]}', '/steps/0', 'must be an object'],
    ['{"colour":"red","steps":[[]]}', '/steps/0', 'must be an object'],
    ['{"colour":"red","steps":[null]}', '/steps/0', 'must be an object'],
    ['{"colour":"red","steps":["a"]}', '/steps/0', 'must be an object'],
    ['{"colour":"red","steps":[{"id":"a"},{"id":" a"}]}', '/steps/1/id', 'must be unique in the list'],
    ['{"colour":"red","steps":[1,2,3,4]}', '/steps', 'must have at most 3 items'],
    ['{"colour":"red","result":[]}', '/result', 'must be an object'],
    ['{"colour":"red","result":5}', '/result', 'must be an object'],
    ['{"colour":"red","result":{}}', '/result/passed', 'is required'],
    ['{"colour":"toString"}', '/colour', 'must be one of red, green'],
    ['{"colour":"__proto__"}', '/colour', 'must be one of red, green'],
    ['{"colour":["red"]}', '/colour', 'must be one of red, green'],
    ['{"colour":"red","__proto__":{"colour":"green"}}', '/__proto__', 'is unknown'],
    ['{"colour":"red","constructor":1}', '/constructor', 'is unknown'],
    ['{"colour":"red","toString":1}', '/toString', 'is unknown'],
    ['{"colour":"red","phase":{"constructor":1}}', '/phase', 'must be a string'],
    ['{"colour":"red","steps":[{"id":{"constructor":{"prototype":1}}}]}', '/steps/0/id', 'must be a string'],
  ])('refuses %s at %s', (json, pointer, detail) => {
    expect(faultsOf(Sample, parse(json))).toEqual([{ pointer, detail }]);
  });

  it('accepts null only where declared', () => {
    expect(faultsOf(Sample, { colour: 'red', phase: null, result: null })).toEqual([]);
  });

  it('inherits fields', () => {
    expect(faultsOf(Special, { colour: 'red', flag: true })).toEqual([]);
    expect(faultsOf(Special, { flag: 'true', phase: 7 })).toEqual([
      { pointer: '/flag', detail: 'must be true or false' },
      { pointer: '/colour', detail: 'is required' },
      { pointer: '/phase', detail: 'must be a string' },
    ]);
    expect(faultsOf(Sample, { colour: 'red', flag: true })).toHaveLength(1);
  });

  it('accepts no members for a class without rules', () => {
    class Empty {}
    expect(faultsOf(Empty, {})).toEqual([]);
    expect(faultsOf(Empty, { a: 1 })).toEqual([{ pointer: '/a', detail: 'is unknown' }]);
  });

  it("works with class-validator's own rules", () => {
    class Own {
      @IsIn([1, 2], { message: 'must be 1 or 2' })
      n!: number;
    }
    expect(faultsOf(Own, { n: 2 })).toEqual([]);
    expect(faultsOf(Own, { n: 3 })).toEqual([{ pointer: '/n', detail: 'must be 1 or 2' }]);
  });

  it('reports a limited number of faults, and quotes little of what was sent', () => {
    const plain = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`${'canary'.repeat(20)}${n}`, 1]));
    const faults = faultsOf(Sample, {
      ...plain,
      ...Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [n, 1])),
    });
    expect(faults).toHaveLength(100);
    expect(JSON.stringify(faultsOf(Sample, plain))).not.toMatch(/(canary){11}/);
  });

  it('never throws anything else, whatever is sent', () => {
    const key = fc.oneof(
      fc.constantFrom('colour', 'phase', 'steps', 'result', 'id', '__proto__', 'constructor'),
      fc.string(),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, 0, true, 'red', '', 'a\nb'),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, value), (plain) => {
        expect(faultsOf(Sample, plain)).toBeInstanceOf(Array);
      }),
      { numRuns: 2_000 },
    );
  });
});
