import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Refusal } from '../../../src/access/refusal-events.ts';
import { auditStreamOf, refusalCodec } from '../../../src/access/refusal-events.ts';
import { RefusalHistory } from '../../../src/access/refusal-history.ts';
import { RefusalLog } from '../../../src/access/refusal-log.ts';
import { readFixture } from '../../../src/event-sourcing/testing/fixtures.ts';
import type { EventStore } from '../../../src/infrastructure/event-store/event-store.ts';
import { EventStoreUnavailableError } from '../../../src/infrastructure/event-store/event-store.ts';
import { startEventStore } from '../../../src/infrastructure/event-store/store-thread.ts';
import { createLogger } from '../../../src/infrastructure/observability/logger.ts';
import { events } from '../../support/events.ts';
import { brokenLink } from '../../support/hash-chain.ts';

const CATEGORY = 'automation_request';
const STREAM = auditStreamOf(CATEGORY);
const logger = createLogger('silent');

let folder: string;
let store: EventStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'automation-refusals-'));
  store = await startEventStore({ kind: 'embedded', path: join(folder, 'log') });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

function refusal(principal: string): Refusal {
  const where = { address: '127.0.0.1', method: 'GET', route: null, missing_scope: null, request_id: null };
  return { code: 'forbidden', fault: 'forbidden', principal, ...where };
}

/** An instance that has noted one refusal. */
function instance(principal: string, on: EventStore = store): RefusalLog {
  const log = new RefusalLog(on, { category: CATEGORY, logger, nowMs: Date.now });
  log.note(refusal(principal));
  return log;
}

/** What an earlier version recorded: a stream for each life of an instance. */
async function earlierLife(name: string): Promise<void> {
  for (const [revision, event] of readFixture('RefusalsRecorded.v1.json').entries()) {
    const expectedRevision = revision === 0 ? 'no_stream' : revision - 1;
    await store.append({ stream: `${CATEGORY}:audit-${name}`, expectedRevision, events: [event] });
  }
}

async function requests(name: string, count = 50): Promise<void> {
  await store.append({ stream: `${CATEGORY}-${name}`, expectedRevision: 'no_stream', events: events(count) });
}

/** All pages of so many, one after the other. */
async function listed(limit: number, on: EventStore = store, after: bigint | null = null) {
  const history = new RefusalHistory(on, CATEGORY);
  const items = [];
  for (let from = after; ;) {
    const page = await history.page(from, limit);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    if (page.next_cursor === null) return items;
    from = BigInt(page.next_cursor);
  }
}

const whoOf = (items: Awaited<ReturnType<typeof listed>>) =>
  items.map(({ refusals }) => refusals.map(({ principal }) => principal).join());

/** The store, which tells from where to where the log was read. */
function watched(): { store: EventStore; logReads: (readonly [after: bigint | null, reached: bigint | null])[] } {
  const logReads: (readonly [bigint | null, bigint | null])[] = [];
  const readLog: EventStore['readLog'] = async (request) => {
    const page = await store.readLog(request);
    logReads.push([request.after, page.position]);
    return page;
  };
  return { store: { ...delegated(), readLog }, logReads };
}

function delegated(): EventStore {
  return {
    append: (request) => store.append(request),
    readStream: (request) => store.readStream(request),
    readLog: (request) => store.readLog(request),
    subscribe: (request) => store.subscribe(request),
    tail: () => store.tail(),
    close: () => store.close(),
  };
}

describe('recording refusals', () => {
  it('writes those of all instances to one stream, with an intact chain despite concurrency', async () => {
    const names = ['one', 'two', 'three', 'four'];
    await Promise.all(names.map((name) => instance(name).stop()));
    const { events: written } = await store.readStream({ stream: STREAM, maxCount: 100 });
    const who = written.map((event) => refusalCodec.decode(event).event.data.refusals[0]?.principal);
    expect(who.sort()).toEqual([...names].sort());
    const shown = written.map(({ id, type, data, metadata }) => {
      return { id, type, data: JSON.parse(data), metadata: JSON.parse(metadata) };
    });
    expect(brokenLink(shown)).toBeNull();
  });

  it.each([
    ['the first of all', []],
    ['a later one', ['another']],
  ])("writes %s once, even if the append's answer was lost", async (_, before) => {
    for (const name of before) await instance(name).stop();
    let unanswered = 1;
    const append: EventStore['append'] = async (request) => {
      const appended = await store.append(request);
      if (unanswered-- > 0) throw new EventStoreUnavailableError('no answer');
      return appended;
    };
    const log = instance('late', { ...delegated(), append });
    await log.stop();
    await log.stop();
    expect(whoOf(await listed(10))).toEqual([...before, 'late']);
  });
});

describe('listing refusals', () => {
  it('returns those of an earlier version in log order', async () => {
    await requests('a');
    await earlierLife('one');
    await requests('b');
    await earlierLife('two');
    expect(whoOf(await listed(100))).toHaveLength(4);
    expect(await listed(1)).toEqual(await listed(100));
    const positions = (await listed(3)).map(({ position }) => BigInt(position));
    expect([...positions].sort((a, b) => (a < b ? -1 : 1))).toEqual(positions);
  });

  it('returns those of both versions, whatever the page size and start', async () => {
    await earlierLife('one');
    await requests('a');
    await earlierLife('two');
    for (const name of ['x', 'y', 'z']) {
      await instance(name).stop();
      await requests(name);
    }
    const all = await listed(100);
    expect(whoOf(all).slice(4)).toEqual(['x', 'y', 'z']);
    expect(all).toHaveLength(7);
    for (const limit of [1, 2, 4, 5]) expect(await listed(limit)).toEqual(all);
    for (const [i, { position }] of all.entries()) {
      expect(await listed(2, store, BigInt(position))).toEqual(all.slice(i + 1));
      expect(await listed(100, store, BigInt(position) - 1n)).toEqual(all.slice(i));
    }
  });

  it('reads no events of requests after the first refusal', async () => {
    await requests('before');
    for (const name of ['x', 'y', 'z']) {
      await instance(name).stop();
      await requests(name);
    }
    const first = BigInt((await listed(100))[0]?.position ?? 0);
    const { store: counted, logReads } = watched();
    const history = new RefusalHistory(counted, CATEGORY);
    expect((await history.page(first, 100)).items).toHaveLength(2);
    expect(logReads).toEqual([]);
    // What is before the first one is looked through once, and nothing behind it.
    const pages = [await history.page(null, 100), await history.page(null, 100)];
    expect(pages.map(({ items, next_cursor }) => [items.length, next_cursor])).toEqual([
      [3, null],
      [3, null],
    ]);
    expect(logReads).toEqual([
      [null, first],
      [first - 1n, first],
    ]);
  });

  it('is empty if nothing was refused', async () => {
    await requests('a');
    expect(await listed(100)).toEqual([]);
  });
});
