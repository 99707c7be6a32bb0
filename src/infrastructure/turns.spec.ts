import { describe, expect, it } from '@jest/globals';
import { TooManyAtOnce, Turns } from './turns.ts';

const LONG_MS = 60_000;

/** Work that ends on demand and records when it begins. */
function work() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const begin = (name: string) => (): Promise<string> => {
    begun.push(name);
    return new Promise((resolve) => ends.set(name, () => resolve(name)));
  };
  return { begun, begin, end: (name: string) => ends.get(name)?.() };
}

describe('turns', () => {
  it('run in order of arrival, up to the limit at once', async () => {
    const turns = new Turns({ atOnce: 2, maxWaiting: 10, waitMs: LONG_MS });
    const { begun, begin, end } = work();
    const all = ['a', 'b', 'c', 'd'].map((name) => turns.take('one', begin(name)));
    expect(begun).toEqual(['a', 'b']);
    end('b');
    await all[1];
    await Promise.resolve();
    expect(begun).toEqual(['a', 'b', 'c']);
    end('c');
    await all[2];
    end('a');
    await all[0];
    await Promise.resolve();
    end('d');
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
  });

  it("of one caller do not wait for another caller's", async () => {
    const turns = new Turns({ atOnce: 1, maxWaiting: 10, waitMs: LONG_MS });
    const { begun, begin, end } = work();
    const first = turns.take('one', begin('a'));
    const other = turns.take('other', begin('b'));
    expect(begun).toEqual(['a', 'b']);
    end('a');
    end('b');
    await Promise.all([first, other]);
  });

  it('are refused beyond the waiting limit, and pass on when work fails', async () => {
    const turns = new Turns({ atOnce: 1, maxWaiting: 1, waitMs: LONG_MS });
    const { begin, end } = work();
    const failing = turns.take('one', async () => {
      await turnsOfOthers;
      throw new Error('failed');
    });
    const waiting = turns.take('one', begin('b'));
    await expect(turns.take('one', begin('c'))).rejects.toThrow(TooManyAtOnce);
    go();
    await expect(failing).rejects.toThrow('failed');
    await Promise.resolve();
    end('b');
    expect(await waiting).toBe('b');
    const again = turns.take('one', begin('d'));
    end('d');
    expect(await again).toBe('d');
  });

  it('that are late are refused, and do not hold up the next call', async () => {
    const turns = new Turns({ atOnce: 1, maxWaiting: 1, waitMs: 1 });
    const { begin, end } = work();
    const first = turns.take('one', begin('a'));
    await expect(turns.take('one', begin('b'))).rejects.toMatchObject({ code: 'rate-limited' });
    end('a');
    expect(await first).toBe('a');
    const next = turns.take('one', begin('c'));
    end('c');
    expect(await next).toBe('c');
  });

  let go: () => void;
  const turnsOfOthers = new Promise<void>((resolve) => (go = resolve));
});
