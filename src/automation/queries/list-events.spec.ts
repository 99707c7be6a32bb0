import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../config.ts';
import type { EventStore } from '../../infrastructure/event-store/event-store.ts';
import { startEventStore } from '../../infrastructure/event-store/store-thread.ts';
import { ListEvents, ListEventsHandler, ListRequestEvents, ListRequestEventsHandler } from './list-events.ts';

const ID = randomUUID();
const MIB = 1024 * 1024;
const SIZE = 900_000;
const COUNT = 25;

describe('a page of history without matches', () => {
  const positions: bigint[] = [];
  let folder: string;
  let store: EventStore;
  /** Size of the pages read from the store, in UTF-16 units. */
  let read: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'list-events-'));
    const log = await startEventStore({ kind: 'embedded', path: folder });
    const counted = <T extends { events: readonly { data: string }[] }>(page: T): T => {
      read += page.events.reduce((sum, { data }) => sum + data.length, 0);
      return page;
    };
    store = {
      readStream: async (request) => counted(await log.readStream(request)),
      readLog: async (request) => counted(await log.readLog(request)),
      append: (request) => log.append(request),
      subscribe: (request) => log.subscribe(request),
      tail: () => log.tail(),
      close: () => log.close(),
    };
    const stream = `automation_request-${ID}`;
    for (let revision = -1; revision < COUNT - 1; revision += 1) {
      const large = { id: randomUUID(), type: 'Large', data: JSON.stringify('x'.repeat(SIZE)), metadata: '{}' };
      const expectedRevision = revision < 0 ? 'no_stream' : revision;
      positions.push((await store.append({ stream, expectedRevision, events: [large] })).position);
    }
  });
  afterAll(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const filters = { type: ['Small'] };
  const ofLog = (after: bigint | null) =>
    new ListEventsHandler(store, readConfig({})).execute(new ListEvents(filters, after, 1_000));
  const ofStream = (after: bigint | null) =>
    new ListRequestEventsHandler(store, readConfig({})).execute(new ListRequestEvents(ID, filters, after, 1_000));

  it.each([
    ['of all requests', ofLog],
    ['of one request', ofStream],
  ])('%s ends after some MiB, with a cursor that leads to the end', async (_, list) => {
    let after: bigint | null = null;
    const ends: (string | null)[] = [];
    do {
      read = 0;
      const { events, nextCursor } = await list(after);
      expect(events).toEqual([]);
      // The scan limit, plus the rest of the last chunk.
      expect(read).toBeLessThan(19 * MIB);
      ends.push(nextCursor);
      after = nextCursor === null ? null : BigInt(nextCursor);
    } while (after !== null);
    expect(ends.length).toBeGreaterThan(1);
    const reached = ends.slice(0, -1).map((end) => positions.indexOf(BigInt(end!)));
    expect(reached.every((index, i) => index > (reached[i - 1] ?? -1))).toBe(true);
  });
});
