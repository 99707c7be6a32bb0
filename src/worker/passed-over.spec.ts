import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PassedOver } from './passed-over.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('skipped requests', () => {
  it('are skipped for the given time', async () => {
    const passedOver = new PassedOver(10);
    passedOver.note('a', 1_000);
    passedOver.note('b', 5_000);
    await jest.advanceTimersByTimeAsync(1_000);
    expect([passedOver.has('a'), passedOver.has('b'), passedOver.size]).toEqual([false, true, 1]);
  });

  it('are limited in number: the oldest is forgotten', () => {
    const passedOver = new PassedOver(2);
    for (const id of ['a', 'b', 'a', 'c']) passedOver.note(id, 1_000);
    expect([passedOver.has('a'), passedOver.has('b'), passedOver.has('c')]).toEqual([true, false, true]);
  });
});
