import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Capacity } from './capacity.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Whether a wait has ended, after all due timers and microtasks have run. */
async function isOver(wait: Promise<void>): Promise<boolean> {
  let over = false;
  void wait.then(() => (over = true));
  await jest.advanceTimersByTimeAsync(0);
  return over;
}

describe('capacity', () => {
  it('is given out once per place', () => {
    const capacity = new Capacity(2);
    expect([capacity.tryTake(), capacity.tryTake(), capacity.tryTake()]).toEqual([true, true, false]);
    capacity.giveBack();
    expect(capacity.free).toBe(1);
  });

  it('wakes a waiter when a place is returned', async () => {
    const capacity = new Capacity(1);
    capacity.tryTake();
    const wait = capacity.untilFree();
    expect(await isOver(wait)).toBe(false);
    capacity.giveBack();
    expect(await isOver(wait)).toBe(true);
  });

  it('is zero during a pause, and back after it', async () => {
    const capacity = new Capacity(1);
    capacity.pauseFor(60_000, { probe: false, reason: 'none' });
    const wait = capacity.untilFree();
    await jest.advanceTimersByTimeAsync(59_900);
    expect(await isOver(wait)).toBe(false);
    await jest.advanceTimersByTimeAsync(200);
    expect(await isOver(wait)).toBe(true);
  });

  it('keeps the longer of two pauses', async () => {
    const capacity = new Capacity(1);
    capacity.pauseFor(60_000, { probe: false, reason: 'none' });
    capacity.pauseFor(1_000, { probe: false, reason: 'none' });
    await jest.advanceTimersByTimeAsync(2_000);
    expect(capacity.tryTake()).toBe(false);
  });

  it('is one place after a pause that probes, until the agent works', async () => {
    const capacity = new Capacity(4);
    capacity.pauseFor(1_000, { probe: true, reason: 'none' });
    await jest.advanceTimersByTimeAsync(1_001);
    expect(capacity.free).toBe(1);
    capacity.works();
    expect(capacity.free).toBe(4);
  });

  it('releases all waiters with nothing when it closes', async () => {
    const capacity = new Capacity(1);
    capacity.pauseFor(1e12, { probe: false, reason: 'none' });
    const wait = capacity.untilFree();
    capacity.close();
    expect(await isOver(wait)).toBe(true);
    expect(capacity.tryTake()).toBe(false);
  });

  it('reports its state, and when that may change', async () => {
    const capacity = new Capacity(2);
    const told: string[] = [];
    capacity.onChange = () => told.push(capacity.standing().state);
    capacity.tryTake();
    capacity.giveBack();
    capacity.hold();
    capacity.release();
    capacity.pauseFor(60_000, { probe: true, reason: 'No answer.' });
    const until = new Date(Date.now() + 60_000).toISOString();
    expect(capacity.standing()).toEqual({ state: 'paused', reason: 'No answer.', until });
    const wait = capacity.untilFree();
    await jest.advanceTimersByTimeAsync(60_002);
    await wait;
    capacity.pauseFor(Infinity, { probe: true, reason: 'No such model.' });
    expect(capacity.standing()).toEqual({ state: 'locked_out', reason: 'No such model.' });
    capacity.works();
    expect(told).toEqual(['working', 'idle', 'paused', 'idle', 'paused', 'idle', 'locked_out', 'locked_out']);
  });

  it('takes nothing on after an endless pause', async () => {
    const capacity = new Capacity(1);
    capacity.pauseFor(Infinity, { probe: true, reason: 'No such model.' });
    const wait = capacity.untilFree();
    await jest.advanceTimersByTimeAsync(60 * 24 * 3_600_000);
    expect(await isOver(wait)).toBe(false);
    expect(capacity.tryTake()).toBe(false);
  });
});
