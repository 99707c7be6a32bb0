import { describe, expect, it } from '@jest/globals';
import { Slots } from './slots.ts';

const late = (): Error => new Error('late');

describe('Slots', () => {
  it('runs at most its limit at once, and the others in order', async () => {
    const slots = new Slots(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const all = [0, 1, 2, 3].map((n) =>
      slots.run(
        5_000,
        () => {
          begun.push(n);
          return new Promise<void>((resolve) => ends.push(resolve));
        },
        late,
      ),
    );
    expect(begun).toEqual([0, 1]);
    ends[1]?.();
    await all[1];
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([0, 1, 2]);
    ends[0]?.();
    await all[0];
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([0, 1, 2, 3]);
    for (const end of ends) end();
    await Promise.all(all);
  });

  it('passes the slot of a failed call to the next, and reuses free slots', async () => {
    const slots = new Slots(1);
    const failed = slots.run(5_000, () => Promise.reject(new Error('failed')), late);
    const next = slots.run(5_000, () => Promise.resolve('next'), late);
    await expect(failed).rejects.toThrow('failed');
    expect(await next).toBe('next');
    expect(await slots.run(5_000, () => Promise.resolve('later'), late)).toBe('later');
  });

  it('rejects a call that waited too long, and frees its place', async () => {
    const slots = new Slots(1);
    let end = (): void => undefined;
    const first = slots.run(5_000, () => new Promise<void>((resolve) => (end = resolve)), late);
    let ran = false;
    const second = slots.run(
      10,
      () => {
        ran = true;
        return Promise.resolve();
      },
      late,
    );
    await expect(second).rejects.toThrow('late');
    end();
    await first;
    expect(await slots.run(10, () => Promise.resolve('third'), late)).toBe('third');
    expect(ran).toBe(false);
  });
});
