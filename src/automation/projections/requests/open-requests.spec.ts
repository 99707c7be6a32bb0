import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type pg from 'pg';
import type { ReadBarrier } from '../../../infrastructure/consumers/read-barrier.ts';
import { DatabaseUnavailableError } from '../../../infrastructure/postgres/database.ts';
import { OpenRequestsExceeded } from '../../commands/submission-quota.ts';
import { OpenRequests } from './open-requests.ts';

/** The number of open requests the database returns for any principal; null while it is unavailable. */
let counted: number | null;
let counts: unknown[];
let waited: (bigint | null)[];
let gate: Promise<void>;
let quota: OpenRequests;

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  [counted, counts, waited, gate] = [0, [], [], Promise.resolve()];
  const pool = {
    query: async ({ values = [] }: pg.QueryConfig) => {
      counts.push(...(values as unknown[]));
      const open = counted;
      await gate;
      if (open === null) throw new Error('away');
      return { rows: [{ open: String(open) }] };
    },
  } as unknown as pg.Pool;
  const barrier = { wait: (position: bigint | null) => Promise.resolve(void waited.push(position)) };
  quota = new OpenRequests(3, pool, barrier as unknown as ReadBarrier);
});

afterEach(() => {
  jest.useRealTimers();
});

async function submits(principal = 'olga', made = true): Promise<void> {
  const place = await quota.admit(principal);
  place.release(made);
}

const isRefused = (principal = 'olga') => expect(quota.admit(principal)).rejects.toThrow(OpenRequestsExceeded);

describe('a quota of open requests', () => {
  it('admits its number of requests and no more', async () => {
    for (let i = 0; i < 3; i += 1) await submits();
    counted = 3;
    await isRefused();
    await expect(quota.admit('olga')).rejects.toMatchObject({ code: 'rate-limited', details: { open_requests: 3 } });
  });

  it('counts in the database once, and then in memory', async () => {
    counted = 1;
    await submits();
    await submits();
    expect(counts).toEqual(['olga']);
    expect(waited).toEqual([null]);
  });

  it('counts again before it refuses', async () => {
    for (let i = 0; i < 3; i += 1) await submits();
    counted = 2;
    await submits();
    expect(counts).toEqual(['olga', 'olga']);
    counted = 3;
    await isRefused();
  });

  it('counts again after a minute, for submissions at other instances', async () => {
    await submits();
    counted = 3;
    jest.setSystemTime(1_060_000);
    await submits();
    jest.setSystemTime(1_060_001);
    await isRefused();
  });

  it('reserves a place for a submission in progress, and frees it on failure', async () => {
    counted = 2;
    const place = await quota.admit('olga');
    await isRefused();
    place.release(false);
    await submits();
  });

  it('includes submissions made while it counts', async () => {
    const first = await quota.admit('olga');
    jest.setSystemTime(1_060_001);
    let open!: () => void;
    gate = new Promise((resolve) => (open = resolve));
    counted = 2;
    const second = quota.admit('olga');
    await jest.advanceTimersByTimeAsync(0);
    first.release(true);
    open();
    await expect(second).rejects.toThrow(OpenRequestsExceeded);
  });

  it('counts once for concurrent submissions', async () => {
    const all = await Promise.all([quota.admit('olga'), quota.admit('olga'), quota.admit('olga')]);
    expect(all).toHaveLength(3);
    expect(counts).toEqual(['olga']);
    await isRefused();
  });

  it('is separate for each principal', async () => {
    for (let i = 0; i < 3; i += 1) await submits();
    await submits('pete');
    expect(counts).toEqual(['olga', 'pete']);
  });

  it('applies the known number while the read model is away, and counts once it is back', async () => {
    counted = null;
    for (let i = 0; i < 3; i += 1) await submits();
    await expect(quota.admit('olga')).rejects.toThrow(DatabaseUnavailableError);
    counted = 2;
    await submits();
    counted = 3;
    await isRefused();
  });

  it('passes on other errors', async () => {
    const barrier = { wait: () => Promise.reject(new Error('another log')) } as unknown as ReadBarrier;
    await expect(new OpenRequests(3, {} as pg.Pool, barrier).admit('olga')).rejects.toThrow('another log');
  });
});
