import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonPatch } from './json-patch.ts';
import { applyPatch } from './testing/apply-patch.ts';

describe('a JSON Patch', () => {
  it('turns any JSON value into any other', () => {
    // Few values, so that two documents have much in common.
    const leaf = fc.constantFrom(null, true, 0, 1, '', 'a', 'b');
    const { document } = fc.letrec((tie) => ({
      document: fc.oneof({ maxDepth: 4 }, leaf, tie('list'), tie('object')),
      list: fc.array(tie('document'), { maxLength: 4 }),
      object: fc.dictionary(fc.constantFrom('a', 'b', 'c/d', 'e~f', '~1', '', '__proto__'), tie('document')),
    }));
    fc.assert(
      fc.property(document, document, (before, after) => {
        expect(applyPatch(before, jsonPatch(before, after))).toEqual(after);
        expect(jsonPatch(after, structuredClone(after))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['a replaced member', { a: 1, b: 2 }, { a: 1, b: 3 }, [{ op: 'replace', path: '/b', value: 3 }]],
    ['an added member', {}, { 'a/b~': null }, [{ op: 'add', path: '/a~1b~0', value: null }]],
    ['a removed member', { a: null }, {}, [{ op: 'remove', path: '/a' }]],
    ['a member that is undefined', { a: 1, b: undefined }, { a: undefined }, [{ op: 'remove', path: '/a' }]],
    ['an object instead of null', { a: null }, { a: { b: 1 } }, [{ op: 'replace', path: '/a', value: { b: 1 } }]],
    ['a member of an element', [{ a: 1 }, { a: 2 }], [{ a: 1 }, { a: 3 }], [{ op: 'replace', path: '/1/a', value: 3 }]],
    ['an inserted element', [1, 2], [1, 9, 2], [{ op: 'add', path: '/1', value: 9 }]],
    [
      'removed elements',
      [1, 2, 3, 4],
      [1, 4],
      [
        { op: 'remove', path: '/1' },
        { op: 'remove', path: '/1' },
      ],
    ],
    ['another document', 1, [], [{ op: 'replace', path: '', value: [] }]],
  ])('says %s', (_, before, after, operations) => {
    expect(jsonPatch(before, after)).toEqual(operations);
  });

  it('of 200 reworded elements is made at once', () => {
    const list = (word: string) => Array.from({ length: 200 }, (_, id) => ({ id, title: word, text: word }));
    const begun = performance.now();
    expect(jsonPatch(list('a'), list('b'))).toHaveLength(400);
    expect(performance.now() - begun).toBeLessThan(100);
  });
});
