import { describe, expect, it } from '@jest/globals';
import { RateLimiter } from './rate-limiter.ts';

const limiter = (quota: number, more = {}) => new RateLimiter({ name: 'x', quota, windowSeconds: 60 }, more);

describe('a rate limiter', () => {
  it('lets a burst of the whole quota through, and says how many calls are left', () => {
    const ten = limiter(10);
    const taken = Array.from({ length: 11 }, () => ten.take('a', 5_000));
    expect(taken.map(({ remaining }) => remaining)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]);
    expect(taken.map(({ isAllowed }) => isAllowed)).toEqual([...Array<boolean>(10).fill(true), false]);
  });

  it('lets one more through at the time it named, and not before', () => {
    const ten = limiter(10);
    for (let i = 0; i < 10; i += 1) ten.take('a', 0);
    const { waitSeconds } = ten.take('a', 0);
    expect(waitSeconds).toBe(6);
    expect(ten.take('a', 5_990).isAllowed).toBe(false);
    expect(ten.take('a', 6_000).isAllowed).toBe(true);
    expect(ten.take('a', 6_000).isAllowed).toBe(false);
  });

  it('names no second more than needed, whatever fractions the clock shows', () => {
    for (let i = 0; i < 1_000; i += 1) {
      // These times cross a power of two within three seconds, where doubles lose a bit of precision.
      const now = 31_000 + i * 0.7 + 1 / (i + 3);
      expect(limiter(20).take('a', now)).toMatchObject({ resetSeconds: 3, waitSeconds: 0 });
      expect(limiter(1).take('a', now)).toMatchObject({ resetSeconds: 60, waitSeconds: 60 });
    }
  });

  it('never lets more than quota and refill through in any period', () => {
    const seven = limiter(7);
    let through = 0;
    for (let ms = 0; ms < 600_000; ms += 100) if (seven.take('a', ms).isAllowed) through += 1;
    expect(through).toBe(7 + 69);
  });

  it('is full again after a whole window', () => {
    const ten = limiter(10);
    for (let i = 0; i < 10; i += 1) ten.take('a', 0);
    expect(ten.take('a', 60_000)).toMatchObject({ isAllowed: true, remaining: 9 });
  });

  it('counts each caller separately', () => {
    const one = limiter(1);
    expect(one.take('a', 0).isAllowed).toBe(true);
    expect(one.take('a', 0).isAllowed).toBe(false);
    expect(one.take('b', 0).isAllowed).toBe(true);
  });

  it('keeps a limited number of callers', () => {
    const one = limiter(1, { maxCallers: 2 });
    for (const caller of ['a', 'b', 'c']) one.take(caller, 0);
    expect(one.take('c', 0).isAllowed).toBe(false);
    expect(one.take('a', 0).isAllowed).toBe(true);
  });
});
