import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { StoredEvent } from '../event-store/event-store.ts';
import { createLogger } from '../observability/logger.ts';
import type { Copy } from '../postgres/copy.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Batch, Changes } from './consumer.ts';
import type { ReadModel } from './rebuild.ts';
import { Runner } from './runner.ts';
import { GivenLog } from './testing/given-log.ts';
import { MemoryCheckpoints } from './testing/memory-checkpoints.ts';
import { MemoryParked } from './testing/memory-parked.ts';

const WRITE = { text: 'INSERT INTO things (n) VALUES ($1)', values: [1] };
const COPIED: Copy = { table: 'things', columns: ['n'], rows: [[1]] };

/** What happened to the live consumer and its twin, and on the database, in order. */
let told: string[];
/** Errors of the next swaps. */
let refusals: Error[];
/** Where the rebuild stopped. */
let fault: unknown;
/** ANALYZE waits for it. */
let analysed: Promise<void>;
/** Live batches wait for it. */
let isHandled: Promise<void>;
let liveLog: GivenLog;
let shadowLog: GivenLog;
let checkpoints: MemoryCheckpoints;
let runner: Runner;

/** Tables of this version exist. A swap moves the checkpoint as its text says. */
const database: Queryable = {
  query: async ({ text, values }) => {
    if (text.startsWith('ANALYZE')) await analysed;
    if (text.startsWith('DO $swap$')) {
      const refusal = refusals.shift();
      if (refusal) throw refusal;
      const [, to = '', from = ''] = /position = (\w+),.*?IS NOT DISTINCT FROM (\w+)/s.exec(text) ?? [];
      told.push(`swap ${from} ${to}`);
      checkpoints.places.set('things', BigInt(to));
      checkpoints.places.delete('things:rebuild');
    } else if (text.startsWith('UPDATE checkpoints SET fault')) fault = JSON.parse(values?.[1] as string) as unknown;
    else if (!text.startsWith('SELECT')) told.push(text);
    return { rows: [{ present: true, version: 1, position: null, fault }] } as never;
  },
};

function readModel(who: string, twin?: () => ReadModel): ReadModel {
  return {
    name: 'things',
    version: 1,
    tables: ['things'],
    definition: 'CREATE TABLE things (n int)',
    prepare: () => Promise.resolve(void told.push(`${who} prepare`)),
    handle: async (events: readonly StoredEvent[], { copies }: Batch): Promise<Changes> => {
      if (!copies) await isHandled;
      told.push(`${who} ${events.map(({ position }) => position).join(' ')}`);
      return { statements: [WRITE], ...(copies ? { copies: [COPIED] } : {}) };
    },
    ...(twin ? { twin } : {}),
  };
}

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  jest.spyOn(Math, 'random').mockReturnValue(1);
  fault = null;
  [told, refusals, liveLog, shadowLog] = [[], [], new GivenLog(), new GivenLog()];
  analysed = isHandled = Promise.resolve();
  checkpoints = new MemoryCheckpoints();
  checkpoints.places.set('things', 10n).set('things:rebuild', null);
});

afterEach(async () => {
  const stopped = runner.stop();
  await passes();
  await stopped;
  jest.restoreAllMocks();
  jest.useRealTimers();
});

/** Advances the clock by `ms`, and runs everything that is due. */
async function passes(ms = 0): Promise<void> {
  await jest.advanceTimersByTimeAsync(ms);
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Starts a runner. It takes the live lead first, and that of the rebuild when it is wanted. */
async function starts(consumer: ReadModel): Promise<void> {
  let isLeading = false;
  const isShadow = (after: bigint | null): boolean => isLeading && shadowsAt.has(after);
  const shadowsAt = new Set<bigint | null>([null, 20n]);
  runner = new Runner(consumer, {
    lead: (name) => {
      isLeading = name === 'things:rebuild';
      return Promise.resolve({
        db: database,
        copy: ({ table }) => Promise.resolve(void told.push(`COPY ${table}`)),
        lost: new AbortController().signal,
        release: () => Promise.resolve(void (isLeading = name !== 'things:rebuild')),
      });
    },
    checkpoints,
    parked: new MemoryParked(),
    readStream: () => Promise.reject(new Error('Nothing is parked.')),
    follow: (after, onArrival) => (isShadow(after) ? shadowLog : liveLog).follow(after, onArrival),
    log: { prove: () => Promise.resolve(), witness: () => Promise.resolve() },
    logger: createLogger('silent'),
  });
  runner.start();
  await passes();
}

const LOOK_MS = 2_000;
const STANDSTILL_MS = 2_000;
const YIELDED_MS = 300;
const swaps = () => told.filter((what) => what.startsWith('swap'));

/** A runner at 30, and a rebuild that has come to 20 when it hears that the log has no more. */
async function standsStill(): Promise<void> {
  await starts(readModel('live', () => readModel('twin')));
  liveLog.hands([20, 30]);
  await passes(LOOK_MS);
  expect(shadowLog.asked).toEqual([null]);
  shadowLog.hands([20]);
  await passes();
}

describe('a rebuild', () => {
  it('writes new rows to the shadow tables by COPY, with its checkpoint', async () => {
    await standsStill();
    expect(told.slice(told.indexOf('twin 20'))).toEqual([
      'twin 20',
      'BEGIN',
      'COPY next_things',
      'COMMIT',
      'ANALYZE next_things',
    ]);
    expect(checkpoints.places.get('things:rebuild')).toBe(20n);
  });

  it('swaps only once it has caught up with the live tables, which then continue from its checkpoint', async () => {
    await standsStill();
    expect(swaps()).toEqual([]);
    // Stands still.
    liveLog.hands([40]);
    await passes();
    expect(told).not.toContain('live 40');

    shadowLog.hands([30, 40]);
    await passes();
    expect(swaps()).toEqual(['swap 30 40']);
    expect(liveLog.asked).toEqual([10n, 40n]);
    // What it remembered is of the former tables.
    expect(told.filter((what) => what.startsWith('live'))).toEqual(['live prepare', 'live 20 30', 'live prepare']);
    expect(runner.progress.rebuild).toBeNull();
  });

  it('lets the live tables continue if it does not catch up soon, and tries again from where it was', async () => {
    await standsStill();
    await passes(STANDSTILL_MS);
    expect(liveLog.asked).toEqual([10n, 30n]);
    liveLog.hands([40]);
    await passes(LOOK_MS);
    expect(told).toContain('live 40');
    expect(shadowLog.asked).toEqual([null, 20n]);
    shadowLog.hands([30, 40]);
    await passes();
    expect(swaps()).toEqual(['swap 40 40']);
  });

  it.each(['55P03', '57014'])('lets the live tables continue if the swap fails with %s', async (code) => {
    await standsStill();
    refusals = [Object.assign(new Error('refused'), { code })];
    shadowLog.hands([30]);
    await passes();
    expect(swaps()).toEqual([]);
    expect(liveLog.asked).toEqual([10n, 30n]);
    expect(runner.progress.lastError).toBeNull();
    liveLog.hands([40]);
    await passes();
    expect(told).toContain('live 40');
  });

  it('stops with the runner, even while the live tables are paused', async () => {
    await standsStill();
    await runner.stop();
    expect(runner.progress).toMatchObject({ state: 'stopped', rebuild: null });
    expect(swaps()).toEqual([]);
  });

  it('stops with the runner before it has paused the live tables', async () => {
    const gate = Promise.withResolvers<void>();
    analysed = gate.promise;
    await standsStill();
    const stopped = runner.stop();
    await passes();
    gate.resolve();
    await stopped;
    expect(runner.progress).toMatchObject({ state: 'stopped', rebuild: null });
  });

  it('continues after the failure of a batch of the live tables that it was waiting for', async () => {
    const gate = Promise.withResolvers<void>();
    await starts(readModel('live', () => readModel('twin')));
    isHandled = gate.promise;
    liveLog.hands([30]);
    await passes(LOOK_MS);
    shadowLog.hands([20]);
    await passes(YIELDED_MS);
    expect(told.at(-1)).toBe('ANALYZE next_things');
    gate.reject(new Error('failed'));
    await passes();
    expect(runner.progress.state).toBe('retrying');
    isHandled = Promise.resolve();
    await passes(LOOK_MS);
    expect(liveLog.asked).toEqual([10n, 10n]);
    await passes(LOOK_MS);
    expect(shadowLog.asked).toEqual([null, 20n]);
  });

  it('moves its checkpoint past events that changed nothing', async () => {
    await standsStill();
    shadowLog.handsBatch({ position: 30n });
    await passes();
    expect(swaps()).toEqual(['swap 30 30']);
  });

  it('pauses after each batch while reads wait for the live tables, and reports its progress', async () => {
    await starts(readModel('live', () => readModel('twin')));
    liveLog.hands([100]);
    await passes(LOOK_MS);
    const waiting = runner.progress.waitFor(200n, 10_000);
    shadowLog.hands([20], { caughtUp: false });
    await passes();
    shadowLog.hands([40], { caughtUp: false });
    await passes(200);
    expect(told).not.toContain('twin 40');
    expect(runner.progress.rebuild).toMatchObject({ position: 20n, events: 1 });
    await passes(100);
    expect(told).toContain('twin 40');
    expect(runner.progress.rebuild).toMatchObject({ position: 40n, events: 2 });
    // 40 of 100 in about 250 ms.
    const { etaMs = null } = runner.progress.rebuild ?? {};
    expect(etaMs).toBeGreaterThan(300);
    expect(etaMs).toBeLessThan(600);
    liveLog.hands([200]);
    await passes();
    expect(await waiting).toBe(true);
  });

  it('of tables with data that is in no event is left to their preparation', async () => {
    await starts(readModel('live'));
    await passes(LOOK_MS);
    expect(told).toEqual(['live prepare', 'live prepare']);
    expect(shadowLog.asked).toEqual([]);
  });

  it('does not start unless it is requested', async () => {
    checkpoints.places.delete('things:rebuild');
    await starts(readModel('live', () => readModel('twin')));
    await passes(10 * LOOK_MS);
    expect(told).toEqual(['live prepare']);
    checkpoints.places.set('things:rebuild', null);
    await passes(LOOK_MS);
    expect(shadowLog.asked).toEqual([null]);
  });
});
