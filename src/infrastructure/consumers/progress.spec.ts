import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Progress } from './progress.ts';

let progress: Progress;

beforeEach(() => {
  jest.useFakeTimers({ now: 5_000 });
  progress = new Progress();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('progress', () => {
  it('starts before the first event, and behind', () => {
    expect(progress).toMatchObject({ state: 'starting', position: null, behindSince: 5_000, caughtUpOnce: false });
  });

  it('has reached no position until it has been at the end of the log once', () => {
    progress.moved(7n, false);
    expect([progress.has(null), progress.has(7n)]).toEqual([false, false]);
    progress.moved(null, true);
    expect([progress.has(null), progress.has(7n), progress.has(8n)]).toEqual([true, true, false]);
  });

  it('is at the end of an empty log at once, and has reached no position in it', () => {
    progress.moved(null, true);
    expect([progress.has(null), progress.has(0n)]).toEqual([true, false]);
  });

  it('never decreases', () => {
    progress.moved(7n, true);
    progress.moved(6n, false);
    expect(progress).toMatchObject({ position: 7n, caughtUpOnce: true });
  });

  it('of a standby is what the leader reports', () => {
    progress.lastError = 'away';
    progress.standBy();
    expect(progress).toMatchObject({ state: 'standby', lastError: null, behindSince: null });
  });
});

describe('a wait for a position', () => {
  it('ends as soon as the position is reached, and no sooner', async () => {
    const told: string[] = [];
    const waiting = [
      progress.waitFor(3n, 1_000).then((reached) => told.push(`3: ${reached}`)),
      progress.waitFor(5n, 1_000).then((reached) => told.push(`5: ${reached}`)),
    ];
    expect(progress.awaited).toBe(true);
    progress.moved(4n, true);
    await jest.advanceTimersByTimeAsync(0);
    expect(told).toEqual(['3: true']);
    progress.moved(5n, true);
    await Promise.all(waiting);
    expect(told).toEqual(['3: true', '5: true']);
    expect([progress.awaited, jest.getTimerCount()]).toEqual([false, 0]);
  });

  it('ends at once for a position already reached', async () => {
    let hurries = 0;
    progress.onWaiter(() => (hurries += 1));
    progress.moved(5n, true);
    await expect(progress.waitFor(5n, 1_000)).resolves.toBe(true);
    await expect(progress.waitFor(null, 1_000)).resolves.toBe(true);
    expect([hurries, jest.getTimerCount()]).toEqual([0, 0]);
  });

  it('times out', async () => {
    const reached = progress.waitFor(5n, 1_000);
    await jest.advanceTimersByTimeAsync(999);
    expect(progress.awaited).toBe(true);
    await jest.advanceTimersByTimeAsync(1);
    await expect(reached).resolves.toBe(false);
    expect(progress.awaited).toBe(false);
  });

  it('is announced, so the consumer does not hold back events', () => {
    let hurries = 0;
    progress.onWaiter(() => (hurries += 1));
    void progress.waitFor(5n, 1_000);
    expect(hurries).toBe(1);
  });

  it('ends at once when ten thousand are waiting already', async () => {
    for (let i = 0; i < 10_000; i += 1) void progress.waitFor(5n, 1_000);
    await expect(progress.waitFor(5n, 1_000)).resolves.toBe(false);
    expect(jest.getTimerCount()).toBe(10_000);
  });
});
