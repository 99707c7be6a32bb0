import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { backoffMs, pause } from './backoff.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

describe('backoffMs', () => {
  const LIMITS = { firstMs: 200, mostMs: 5_000 };

  it('doubles with every failure up to its limit, and never overflows', () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    expect([0, 1, 2, 3, 5, 6, 2_000].map((failures) => backoffMs(failures, LIMITS))).toEqual([
      200, 200, 400, 800, 3_200, 5_000, 5_000,
    ]);
  });

  it('takes away up to a half at random', () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    expect(backoffMs(1, LIMITS)).toBe(100);
    expect(backoffMs(9, LIMITS)).toBe(2_500);
  });
});

describe('pause', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('waits for its time', async () => {
    let isOver: boolean | null = null;
    const over = pause(100, new AbortController().signal).then((whole) => (isOver = whole));
    await jest.advanceTimersByTimeAsync(99);
    expect(isOver).toBeNull();
    await jest.advanceTimersByTimeAsync(1);
    await over;
    expect(isOver).toBe(true);
  });

  it('ends early when its signal is aborted, says so, and leaves no timer', async () => {
    const stop = new AbortController();
    const over = pause(100, stop.signal);
    stop.abort();
    expect(await over).toBe(false);
    expect(await pause(100, stop.signal)).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
  });
});
