import { describe, expect, it } from '@jest/globals';
import { KnownPositions } from './known-positions.ts';

describe('KnownPositions', () => {
  it('finds the nearest one at or before a position', () => {
    const known = new KnownPositions();
    for (const position of [300n, 100n, 200n]) known.note(position);
    const expected: [bigint, bigint | null][] = [
      [99n, null],
      [100n, 100n],
      [199n, 100n],
      [250n, 200n],
      [2n ** 63n, 300n],
    ];
    for (const [position, found] of expected) expect(known.atOrBefore(position)).toBe(found);
  });

  it('stays sparse over a long log, and is never far from a known one', () => {
    const known = new KnownPositions();
    for (let position = 0n; position < 10_000_000n; position += 100n) known.note(position);
    const found = new Set<bigint>();
    for (let position = 50n; position < 10_000_000n; position += 5_000n) {
      const before = known.atOrBefore(position) ?? -1n;
      expect(position - before).toBeLessThan(50_000n);
      found.add(before);
    }
    expect(found.size).toBeLessThanOrEqual(1_024);
  });
});
