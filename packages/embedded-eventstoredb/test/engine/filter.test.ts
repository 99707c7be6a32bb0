import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RecordedEvent } from 'embedded-eventstoredb/engine';
import { compileFilter } from '../../src/engine/filter.ts';

const recorded = (stream: string): RecordedEvent => ({
  id: randomUUID(),
  type: 't',
  isJson: true,
  data: Buffer.alloc(0),
  metadata: Buffer.alloc(0),
  stream,
  revision: 0n,
  position: 1024n,
  created: 0,
});
const matches = (pattern: string, stream: string): boolean =>
  compileFilter({ kind: 'stream-regex', pattern })(recorded(stream));

describe('a filter', () => {
  it.each([
    ['a-\\d+$', 'x-a-12', true],
    ['^a', 'ba', false],
    ['(?i)^ABC', 'abcd', true],
    ['\\Aab\\Z', 'ab', true],
    ['\\Aab\\z', 'abc', false],
    ['\\\\Z', 'a\\Z', true],
    ['caf\\u00e9', 'café', true],
    ['(?<!not-)wanted', 'un-wanted', true],
    ['(?<!not-)wanted', 'not-wanted', false],
    ['^[^\\$].*', '$system', false],
    ['(?<name>a)|b', 'b', true],
    ['^[-[a]+$', '-[a', true],
    ['^[^-[a]$', 'b', true],
    ['^\\[a-[b]$', '[a-b', true],
  ])('with the expression %j over %j gives %s', (pattern, stream, expected) => {
    expect(matches(pattern, stream)).toBe(expected);
  });

  it.each([
    ['^(a+)+$', `${'a'.repeat(4000)}!`],
    ['^(a|aa)+$', `${'a'.repeat(4000)}!`],
    ['(.*)*x', 'y'.repeat(4000)],
    ['(\\w+\\s?)+:', 'word '.repeat(800)],
  ])('with the expression %j, on which a backtracking engine hangs, answers', (pattern, stream) => {
    expect(matches(pattern, stream)).toBe(false);
  });

  it.each([
    ['an open group', '(', 'missing'],
    ['a lookahead', '^(?!\\$)', '(?!'],
    ['a backreference', '(a)\\1', '\\1'],
    ['character class subtraction', '[a-z-[aeiou]]', 'character class subtraction'],
    ['more than 4,096 characters', 'a'.repeat(4097), 'longer than 4096'],
    ['repetitions of repetitions', '((a{30}){30}){30}', 'repeat'],
    ['very many repetitions', '[ab]{900}[cd]{900}', 'repeats too much'],
  ])('with %s is refused', (_what, pattern, reason) => {
    expect(() => compileFilter({ kind: 'type-regex', pattern })).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining(reason) }),
    );
  });

  it('by prefixes accepts what begins with any of them', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '-', 'é', '😀'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 12 }), text, (prefixes, stream) => {
        const found = compileFilter({ kind: 'stream-prefix', prefixes })(recorded(stream));
        expect(found).toBe(prefixes.some((prefix) => stream.startsWith(prefix)));
      }),
      { numRuns: 2000 },
    );
  });

  it('by 200,000 prefixes checks few of them for each event', () => {
    const prefixes = Array.from({ length: 200_000 }, (_, i) => `prefix-${i}-`);
    const predicate = compileFilter({ kind: 'stream-prefix', prefixes });
    const events = Array.from({ length: 500 }, (_, i) => recorded(`prefix-${i * 400}-x`));
    const begun = performance.now();
    expect(events.every(predicate)).toBe(true);
    const one = performance.now() - begun;
    const again = performance.now();
    // One after the other, as many as are before the one that matches: fifty million.
    expect(events.every(({ stream }) => prefixes.some((prefix) => stream.startsWith(prefix)))).toBe(true);
    expect(one * 10).toBeLessThan(performance.now() - again);
  });
});
