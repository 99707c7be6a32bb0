import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type pg from 'pg';
import { Deliveries } from './deliveries.ts';

const NOTHING = { queued_at: null, queue_message_id: null };
const KEPT = { queued_at: '2026-01-05T09:00:00.000Z', queue_message_id: 'kept' };
const STORED = { queued_at: '2026-01-05T08:00:00.000Z', queue_message_id: 'stored' };

let rows: readonly unknown[];
let answers: () => Promise<void>;
let asked: string[];

beforeEach(() => {
  jest.useFakeTimers();
  [rows, asked] = [[STORED], []];
  answers = () => Promise.resolve();
});

afterEach(() => {
  jest.useRealTimers();
});

async function given({ hasQueue = true, forwards = true } = {}): Promise<Deliveries> {
  const query = async (asking: string | pg.QueryConfig) => {
    asked.push(typeof asking === 'string' ? 'any' : String(asking.values?.[0]));
    await answers();
    return { rows, rowCount: rows.length };
  };
  const deliveries = new Deliveries({ query } as unknown as pg.Pool, { hasQueue });
  deliveries.keptWhile(() => forwards);
  await deliveries.prepare();
  return deliveries;
}

describe("the queue's record of a request", () => {
  it('is known if this process forwarded it', async () => {
    const deliveries = await given();
    deliveries.keep('a', KEPT);
    expect(await deliveries.of('a')).toEqual(KEPT);
    expect(asked).toEqual([]);
  });

  it('is looked up if another process forwards, whatever is cached', async () => {
    const deliveries = await given({ forwards: false });
    deliveries.keep('a', KEPT);
    expect(await deliveries.of('a')).toEqual(STORED);
    expect(asked).toEqual(['a']);
  });

  it('is empty if the database has none', async () => {
    rows = [];
    expect(await (await given()).of('a')).toEqual(NOTHING);
  });

  it('is empty if the database does not answer in time, and leaves no timer', async () => {
    const deliveries = await given();
    answers = () => new Promise(() => undefined);
    const found = deliveries.of('a');
    await jest.advanceTimersByTimeAsync(299);
    let isKnown = false;
    void found.then(() => (isKnown = true));
    await jest.advanceTimersByTimeAsync(0);
    expect(isKnown).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await found).toEqual(NOTHING);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is empty if the database fails', async () => {
    const deliveries = await given();
    answers = () => Promise.reject(new Error('away'));
    expect(await deliveries.of('a')).toEqual(NOTHING);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('without a queue', () => {
  it('nothing is looked up if nothing was ever queued', async () => {
    rows = [];
    const deliveries = await given({ hasQueue: false });
    rows = [STORED];
    expect(await deliveries.of('a')).toEqual(NOTHING);
    expect(asked).toEqual(['any']);
  });

  it('it is looked up if one was configured before', async () => {
    const deliveries = await given({ hasQueue: false });
    expect(await deliveries.of('a')).toEqual(STORED);
  });

  it('it is looked up if the database cannot tell', async () => {
    answers = () => Promise.reject(new Error('away'));
    const deliveries = await given({ hasQueue: false });
    answers = () => Promise.resolve();
    expect(await deliveries.of('a')).toEqual(STORED);
  });
});
