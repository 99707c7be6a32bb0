import { describe, expect, it } from '@jest/globals';
import { Rate } from './rate.ts';

describe('a rate', () => {
  it('is that of the last 10 seconds', () => {
    let now = 123_456;
    const rate = new Rate(() => now);
    expect(rate.perSecond).toBe(0);
    rate.add(30);
    expect(rate.perSecond).toBe(3);
    now += 5_000;
    rate.add(5);
    expect(rate.perSecond).toBe(3.5);
    now += 5_000;
    expect(rate.perSecond).toBe(0.5);
    now += 60_000;
    expect(rate.perSecond).toBe(0);
    rate.add(1);
    expect(rate.perSecond).toBe(0.1);
  });
});
