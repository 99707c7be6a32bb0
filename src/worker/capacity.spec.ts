import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Capacity } from './capacity.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Whether a wait has ended, with the microtasks done that were due. */
async function isOver(wait: Promise<void>): Promise<boolean> {
  let over = false;
  void wait.then(() => (over = true));
  await jest.advanceTimersByTimeAsync(0);
  return over;
}

describe('capacity', () => {
  it('is given out as often as there are places', () => {
    const capacity = new Capacity(2);
    expect([capacity.tryTake(), capacity.tryTake(), capacity.tryTake()]).toEqual([true, true, false]);
    capacity.giveBack();
    expect(capacity.free).toBe(1);
  });

  it('wakes who waits when a place is given back', async () => {
    const capacity = new Capacity(1);
    capacity.tryTake();
    const wait = capacity.untilFree();
    expect(await isOver(wait)).toBe(false);
    capacity.giveBack();
    expect(await isOver(wait)).toBe(true);
  });

  it('is none during a pause, and there again after it', async () => {
    const capacity = new Capacity(1);
    capacity.pauseFor(60_000, { probe: false });
    const wait = capacity.untilFree();
    await jest.advanceTimersByTimeAsync(59_900);
    expect(await isOver(wait)).toBe(false);
    await jest.advanceTimersByTimeAsync(200);
    expect(await isOver(wait)).toBe(true);
  });

  it('keeps the longer of two pauses', async () => {
    const capacity = new Capacity(1);
    capacity.pauseFor(60_000, { probe: false });
    capacity.pauseFor(1_000, { probe: false });
    await jest.advanceTimersByTimeAsync(2_000);
    expect(capacity.tryTake()).toBe(false);
  });

  it('is one place after a pause that probes, until the agent works', async () => {
    const capacity = new Capacity(4);
    capacity.pauseFor(1_000, { probe: true });
    await jest.advanceTimersByTimeAsync(1_001);
    expect(capacity.free).toBe(1);
    capacity.works();
    expect(capacity.free).toBe(4);
  });

  it('lets everybody go when it closes, with nothing to take', async () => {
    const capacity = new Capacity(1);
    capacity.pauseFor(1e12, { probe: false });
    const wait = capacity.untilFree();
    capacity.close();
    expect(await isOver(wait)).toBe(true);
    expect(capacity.tryTake()).toBe(false);
  });
});
