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
  it('is replaced after some seconds without answers', () => {
    const { held, disposed } = replaceable();
    for (let call = 0; call < 20; call += 1) held.failed(now() - 2_000, true);
    expect(held.current.generation).toBe(0);
    held.failed(now() - 3_100, true);
    expect(held.current.generation).toBe(1);
    expect(disposed).toEqual([0]);
  });

  it('recognises the client in use', async () => {
    const { held } = replaceable();
    const first = held.current;
    expect(held.isCurrent(first)).toBe(true);
    held.failed(now() - 5_000, true);
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
    expect(held.failed(now() - 2_000, true)).toBe(true);
    expect(held.failed(now() - 2_000, true)).toBe(false);
    expect(held.answered()).toBe(true);
    expect(held.answered()).toBe(false);
    held.failed(now(), true);
    expect(held.current.generation).toBe(0);
  });

  it("is not replaced again at once, because an outage is not the client's fault", () => {
    const { held } = replaceable();
    for (let call = 0; call < 500; call += 1) held.failed(now() - 5_000, true);
    expect(held.current.generation).toBe(1);
  });
});
