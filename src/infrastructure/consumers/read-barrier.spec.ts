import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Queryable } from '../postgres/database.ts';
import type { LogIdentity } from './log-identity.ts';
import { ForeignLogError } from './log-identity.ts';
import { Progress } from './progress.ts';
import { ReadBarrier } from './read-barrier.ts';

let progress: Progress;
let appended: bigint | null;
let isForeign: boolean;
/** The checkpoint in the database, moved by another instance. */
let stored: string | null;
let asked: string[];
let barrier: ReadBarrier;

beforeEach(() => {
  jest.useFakeTimers();
  progress = new Progress();
  [appended, isForeign, stored, asked] = [null, false, null, []];
  const database = {
    query: ({ values }: { values: string[] }) => {
      asked.push(...values);
      return Promise.resolve({ rows: [{ version: 1, position: stored }] });
    },
  } as unknown as Queryable;
  const log = {
    check: () => {
      if (isForeign) throw new ForeignLogError();
    },
  } as LogIdentity;
  barrier = new ReadBarrier({ name: 'requests', progress }, database, log, () => appended);
});

afterEach(() => {
  jest.useRealTimers();
});

/** The result of the wait; null while it is pending. */
async function after(ms: number, reached: Promise<boolean>): Promise<boolean | null> {
  let outcome: boolean | null = null;
  void reached.then((value) => (outcome = value));
  await jest.advanceTimersByTimeAsync(ms);
  return outcome;
}

describe('a read', () => {
  it('does not wait if nothing was written', async () => {
    progress.moved(3n, true);
    expect(await after(0, barrier.wait(null))).toBe(true);
    expect(barrier.position).toBe(3n);
  });

  it.each([
    ['what this process appended', 5n, null],
    ['what its caller names', null, 5n],
    ['the further of both, which is named', 4n, 5n],
    ['the further of both, which was appended', 5n, 4n],
  ])('waits for %s', async (_, here, named) => {
    appended = here;
    progress.moved(4n, true);
    const reached = barrier.wait(named);
    expect(await after(500, reached)).toBeNull();
    progress.moved(5n, true);
    expect(await after(0, reached)).toBe(true);
  });

  it('proceeds after a second, marked as behind', async () => {
    appended = 5n;
    progress.moved(4n, true);
    const reached = barrier.wait(null);
    expect(await after(999, reached)).toBeNull();
    expect(await after(1, reached)).toBe(false);
    expect(asked).toEqual([]);
  });

  it('is refused on a foreign log', async () => {
    isForeign = true;
    await expect(barrier.wait(null)).rejects.toThrow(ForeignLogError);
    expect(() => barrier.checkLog()).toThrow(ForeignLogError);
  });
});

describe.each(['standby', 'superseded'] as const)('when another instance runs the consumer (%s)', (state) => {
  beforeEach(() => {
    progress.state = state;
  });

  it('a read polls the database until the other instance has handled the event', async () => {
    stored = '4';
    const reached = barrier.wait(5n);
    expect(await after(100, reached)).toBeNull();
    stored = '5';
    expect(await after(25, reached)).toBe(true);
    expect(new Set(asked)).toEqual(new Set(['requests']));
    expect(asked.length).toBeGreaterThanOrEqual(5);
  });

  it('a read proceeds after a second, marked as behind', async () => {
    const reached = barrier.wait(5n);
    expect(await after(999, reached)).toBeNull();
    expect(await after(25, reached)).toBe(false);
  });

  it('a read after no write does not query the database', async () => {
    expect(await after(0, barrier.wait(null))).toBe(true);
    expect(asked).toEqual([]);
  });
});
