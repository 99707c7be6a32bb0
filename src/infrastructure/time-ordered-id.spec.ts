import { describe, expect, it } from '@jest/globals';
import { validate, version } from 'uuid';
import { timeOrderedId } from './time-ordered-id.ts';

describe('timeOrderedId', () => {
  const before = Date.now();
  const ids = Array.from({ length: 5_000 }, () => timeOrderedId());
  const after = Date.now();

  it('creates UUIDs of version 7', () => {
    expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
  });

  it('creates each greater than the previous one, even within a millisecond', () => {
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('starts with the time', () => {
    const times = ids.map((id) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(before);
    expect(Math.max(...times)).toBeLessThanOrEqual(after);
  });

  it('ends in random bits, even beyond one draw of bytes', () => {
    expect(new Set(ids.map((id) => id.slice(-10))).size).toBeGreaterThan(4_990);
  });
});
