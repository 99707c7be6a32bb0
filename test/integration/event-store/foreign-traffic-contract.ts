/**
 * The log of a server that others use too: hundreds of thousands of their events between a few of ours. `TEST_FOREIGN_EVENTS` makes them
 * more; 3,000,000 take some minutes.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EventStore, LogPage, StoredEvent } from '../../../src/infrastructure/event-store/event-store.ts';
import { batchesOf, event, events, ids, take, uniquePrefix } from '../../support/events.ts';
import type { Opened } from './contract.ts';

const FOREIGN_EVENTS = Number(process.env.TEST_FOREIGN_EVENTS ?? 200_000);
const PER_APPEND = 2_000;
const AT_ONCE = 2;
const LIMIT_MS = 60_000 + FOREIGN_EVENTS / 5;

/** Small events of others, in large appends. */
async function flood(store: EventStore, count: number): Promise<void> {
  let left = Math.ceil(count / PER_APPEND);
  const write = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const others = Array.from({ length: PER_APPEND }, () => event(0, 'F'));
      await store.append({ stream: uniquePrefix(), expectedRevision: 'no_stream', events: others });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, write));
}

export function describeForeignTraffic({ subject }: Opened): void {
  describe(`a log with ${FOREIGN_EVENTS} events of others`, () => {
    const prefix = uniquePrefix();
    const [before, behind] = [events(5), events(3)];
    let store: EventStore;
    /** Of our events before the others, and behind. */
    let positions: bigint[];

    beforeAll(async () => {
      const { shortPageMs: readLogTimeoutMs } = subject();
      store = await subject().open({ readLogTimeoutMs, positionIntervalMs: 20, appendTimeoutMs: 30_000 });
      for (const [n, each] of before.entries()) {
        await store.append({ stream: `${prefix}${n}`, expectedRevision: 'no_stream', events: [each] });
      }
      await flood(store, FOREIGN_EVENTS);
      await store.append({ stream: `${prefix}behind`, expectedRevision: 'no_stream', events: behind });
      const taken = await take(store.subscribe({ after: null, streamPrefix: prefix }), (all) => all.length === 8);
      positions = taken.map(({ position }) => position);
    }, LIMIT_MS);

    afterAll(() => store.close());

    const readOn = async (
      after: bigint | null,
      maxCount = 100,
    ): Promise<{ taken: StoredEvent[]; pages: LogPage[] }> => {
      const taken: StoredEvent[] = [];
      const pages: LogPage[] = [];
      for (let from = after; pages.length < 10_000; from = pages.at(-1)?.position ?? from) {
        const page = await store.readLog({ after: from, streamPrefix: prefix, maxCount });
        taken.push(...page.events);
        pages.push(page);
        if (page.atEnd) break;
      }
      return { taken, pages };
    };

    it(
      'is followed to its end, with its progress reported on the way',
      async () => {
        const taken: StoredEvent[] = [];
        const told: bigint[] = [];
        for await (const batch of batchesOf(store.subscribe({ after: null, streamPrefix: prefix }))) {
          taken.push(...batch.events);
          if (batch.events.length === 0) told.push(batch.position);
          if (batch.caughtUp) break;
        }
        expect(ids(taken)).toEqual(ids([...before, ...behind]));
        const onTheWay = told.filter((position) => position > positions[4]! && position < positions[5]!);
        expect(new Set(onTheWay).size).toBeGreaterThan(2);
        // Each of them is a place to go on from.
        const middle = onTheWay[onTheWay.length >> 1] ?? null;
        const rest = await take(store.subscribe({ after: middle, streamPrefix: prefix }), (_, caughtUp) => caughtUp);
        expect(ids(rest)).toEqual(ids(behind));
      },
      LIMIT_MS,
    );

    it(
      'is read page by page, and every page but the last names the next',
      async () => {
        const { taken, pages } = await readOn(null);
        expect(ids(taken)).toEqual(ids([...before, ...behind]));
        expect(pages.at(-1)).toMatchObject({ atEnd: true });
        expect(pages.slice(0, -1).every((page) => !page.atEnd && page.position !== null)).toBe(true);
      },
      LIMIT_MS,
    );

    it(
      'is read after any position, whether or not an event is there',
      async () => {
        const [first = 0n, second = 0n, third = 0n] = positions;
        for (const [after, expected] of [
          [1n, before],
          [7n, before],
          [first - 1n, before],
          [first + 1n, before.slice(1)],
          [second - 1n, before.slice(1)],
          [third + 10n, before.slice(3)],
        ] as const) {
          const page = await store.readLog({ after, streamPrefix: prefix, maxCount: 2 });
          const rest = page.events.length === 2 ? page : (await readOn(page.position, 2)).pages.at(-1);
          expect(ids(rest?.events ?? []).slice(0, 2)).toEqual(ids(expected.slice(0, 2)));
          const followed = await take(store.subscribe({ after, streamPrefix: prefix }), (all) => all.length >= 2);
          expect(ids(followed.slice(0, 2))).toEqual(ids(expected.slice(0, 2)));
        }
      },
      LIMIT_MS,
    );

    it(
      'answers other calls while it is scanned',
      async () => {
        let scanning = true;
        const scans = Promise.all([1, 2, 3].map(() => readOn(positions[4] ?? null))).finally(() => (scanning = false));
        let slowest = 0;
        while (scanning) {
          const begun = performance.now();
          await store.readStream({ stream: `${prefix}0`, maxCount: 1 });
          slowest = Math.max(slowest, performance.now() - begun);
        }
        for (const { taken } of await scans) expect(ids(taken)).toEqual(ids(behind));
        expect(slowest).toBeLessThan(2_000);
      },
      LIMIT_MS,
    );
  });

  describe('streams that an operator deletes or truncates', () => {
    it.each(['delete', 'tombstone', 'truncate'] as const)('%s', async (kind) => {
      const prefix = uniquePrefix();
      const [stream, other] = [`${prefix}a`, `${prefix}b`];
      const given = events(4);
      let store = await subject().open();
      await store.append({ stream, expectedRevision: 'no_stream', events: given });
      const { position } = await store.append({ stream: other, expectedRevision: 'no_stream', events: [event()] });
      await store.close();
      await subject().alter(stream, kind);
      store = await subject().open();
      try {
        const after = events(2);
        await store.append({ stream: other, expectedRevision: 0, events: after });

        const page = await store.readStream({ stream, maxCount: 10 });
        expect(ids(page.events)).toEqual(kind === 'truncate' ? ids(given.slice(2)) : []);
        expect(page).toMatchObject({ atEnd: true, truncated: true });
        if (kind !== 'truncate') expect((await store.readStream({ stream, from: 4, maxCount: 1 })).events).toEqual([]);
        expect(await store.readStream({ stream: other, maxCount: 10 })).toMatchObject({ truncated: false });

        // Nothing of the store's own reaches a reader but the name of the stream.
        const log = await store.readLog({ after: position, streamPrefix: prefix, maxCount: 10 });
        expect(ids(log.events)).toEqual(ids(after));
        const touched: string[] = [];
        const taken: StoredEvent[] = [];
        for await (const batch of batchesOf(store.subscribe({ after: position, streamPrefix: prefix }))) {
          touched.push(...batch.touched);
          taken.push(...batch.events);
          if (batch.caughtUp) break;
        }
        expect(touched).toEqual([stream]);
        expect(ids(taken)).toEqual(ids(after));
      } finally {
        await store.close();
      }
    });

    it('a stream that never existed is not truncated', async () => {
      const store = await subject().open();
      const page = await store.readStream({ stream: `${uniquePrefix()}a`, maxCount: 1 });
      await store.close();
      expect(page).toEqual({ events: [], atEnd: true, truncated: false });
    });

    it('a page ends by its size too, and holds at least one event', async () => {
      const store = await subject().open({ batchMaxUnits: 2_500 });
      try {
        const prefix = uniquePrefix();
        const given = [
          ...Array.from({ length: 6 }, (_, n) => event({ n, text: 'x'.repeat(1_000) })),
          event('y'.repeat(5_000)),
        ];
        await store.append({ stream: `${prefix}a`, expectedRevision: 'no_stream', events: given });
        const sizes = { stream: [] as number[], log: [] as number[] };
        const taken: StoredEvent[] = [];
        for (let atEnd = false; !atEnd && sizes.stream.length < 10;) {
          const page = await store.readStream({ stream: `${prefix}a`, from: taken.length, maxCount: 100 });
          taken.push(...page.events);
          sizes.stream.push(page.events.length);
          atEnd = page.atEnd;
        }
        for (let page: LogPage | null = null; !page?.atEnd && sizes.log.length < 10;) {
          page = await store.readLog({ after: page?.position ?? null, streamPrefix: prefix, maxCount: 100 });
          if (page.events.length > 0) sizes.log.push(page.events.length);
        }
        expect(ids(taken)).toEqual(ids(given));
        for (const each of [sizes.stream, sizes.log]) {
          expect(each.reduce((sum, size) => sum + size, 0)).toBe(7);
          expect(Math.max(...each)).toBeLessThanOrEqual(3);
        }
      } finally {
        await store.close();
      }
    });
  });
}
