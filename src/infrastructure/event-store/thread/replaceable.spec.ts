import { describe, expect, it } from '@jest/globals';
import { now } from './messages.ts';
import { Replaceable } from './replaceable.ts';

function replaceable(): { held: Replaceable<{ generation: number; dispose(): Promise<void> }>; disposed: number[] } {
  const disposed: number[] = [];
  const held = new Replaceable(
    (generation) => ({
      generation,
      dispose: () => {
        disposed.push(generation);
        return Promise.reject(new Error('of no interest'));
      },
    }),
    () => undefined,
  );
  return { held, disposed };
}

describe('Replaceable', () => {
  it('is replaced after two unanswered calls, the second of which began when the first had failed', () => {
    const { held, disposed } = replaceable();
    const together = now();
    for (let call = 0; call < 20; call += 1) held.failed(together, true);
    expect(held.current.generation).toBe(0);
    held.failed(now(), true);
    expect(held.current.generation).toBe(1);
    expect(disposed).toEqual([0]);
  });

  it('knows the client in use, whose quiet ends can be believed', async () => {
    const { held } = replaceable();
    const first = held.current;
    expect(held.isCurrent(first)).toBe(true);
    held.failed(now(), true);
    held.failed(now(), true);
    expect(held.isCurrent(first)).toBe(false);
    expect(held.isCurrent(held.current)).toBe(true);
    await held.dispose().catch(() => undefined);
    expect(held.isCurrent(held.current)).toBe(false);
  });

  it('is replaced after many failures of any kind', () => {
    const { held } = replaceable();
    for (let call = 0; call < 63; call += 1) held.failed(now(), false);
    expect(held.current.generation).toBe(0);
    held.failed(now(), false);
    expect(held.current.generation).toBe(1);
  });

  it('forgets failures when an answer comes', () => {
    const { held } = replaceable();
    expect(held.failed(now(), true)).toBe(true);
    expect(held.failed(0, true)).toBe(false);
    expect(held.answered()).toBe(true);
    expect(held.answered()).toBe(false);
    held.failed(now(), true);
    expect(held.current.generation).toBe(0);
  });

  it('is not replaced again at once, for an outage is no fault of the client', () => {
    const { held } = replaceable();
    for (let call = 0; call < 500; call += 1) held.failed(now(), true);
    expect(held.current.generation).toBe(1);
  });
});
