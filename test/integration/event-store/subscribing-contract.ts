import { describe, expect, it } from '@jest/globals';
import type { LogBatch, StoredEvent } from '../../../src/infrastructure/event-store/event-store.ts';
import { batchesOf, event, events, ids, rises, take, uniquePrefix } from '../../support/events.ts';
import { until } from '../../support/until.ts';
import type { Opened } from './contract.ts';

export function describeSubscribing({ store, subject }: Opened): void {
  describe('subscribe', () => {
    it('delivers stored events, says that it caught up, then delivers live ones', async () => {
      const prefix = uniquePrefix();
      const given = events(5);
      await store().append({ stream: `${prefix}a`, expectedRevision: 'no_stream', events: given.slice(0, 3) });
      await store().append({ stream: `${uniquePrefix()}b`, expectedRevision: 'no_stream', events: [event()] });

      const subscription = store().subscribe({ after: null, streamPrefix: prefix });
      const taken: StoredEvent[] = [];
      let appended: Promise<unknown> | null = null;
      for await (const batch of batchesOf(subscription)) {
        taken.push(...batch.events);
        if (batch.caughtUp && !appended) {
          expect(ids(taken)).toEqual(ids(given.slice(0, 3)));
          expect(batch.position >= (taken.at(-1)?.position ?? 0n)).toBe(true);
          appended = store().append({ stream: `${prefix}a`, expectedRevision: 2, events: given.slice(3) });
        }
        if (taken.length === 5) break;
      }
      await appended;
      expect(ids(taken)).toEqual(ids(given));
      expect(taken.at(4)).toEqual({ ...given.at(4), stream: `${prefix}a`, revision: 4, position: expect.any(BigInt) });
    });

    it('starts after the given position', async () => {
      const prefix = uniquePrefix();
      const given = events(4);
      await store().append({ stream: `${prefix}a`, expectedRevision: 'no_stream', events: given.slice(0, 2) });
      const { position } = await store().append({
        stream: `${prefix}a`,
        expectedRevision: 1,
        events: given.slice(2, 3),
      });
      await store().append({ stream: `${prefix}a`, expectedRevision: 2, events: given.slice(3) });

      const taken = await take(store().subscribe({ after: position, streamPrefix: prefix }), (_, caughtUp) => caughtUp);
      expect(ids(taken)).toEqual(ids(given.slice(3)));
    });

    it('is caught up at once after a position beyond the end', async () => {
      const after = 2n ** 62n;
      for await (const batch of store().subscribe({ after, streamPrefix: uniquePrefix() })) {
        expect(batch).toEqual({ events: [], touched: [], position: after, caughtUp: true });
        break;
      }
    });

    it('can be resumed from the position of any batch, without a gap or a repetition', async () => {
      const prefix = uniquePrefix();
      const given = events(300);
      const narrow = await subject().open({ batchMaxEvents: 8 });
      try {
        for (let n = 0; n < 300; n += 10) {
          await narrow.append({
            stream: `${prefix}${n}`,
            expectedRevision: 'no_stream',
            events: given.slice(n, n + 10),
          });
          await narrow.append({ stream: `${uniquePrefix()}${n}`, expectedRevision: 'no_stream', events: events(7) });
        }
        const taken: StoredEvent[] = [];
        let after: bigint | null = null;
        for (let round = 0; taken.length < 300 && round < 1_000; round += 1) {
          for await (const batch of batchesOf(narrow.subscribe({ after, streamPrefix: prefix }))) {
            expect(batch.events.length).toBeLessThanOrEqual(8);
            taken.push(...batch.events);
            after = batch.position;
            // Batches without events come too, and their positions have to serve as well.
            if (taken.length % 3 === 0 || batch.caughtUp) break;
          }
        }
        expect(ids(taken)).toEqual(ids(given));
      } finally {
        await narrow.close();
      }
    });

    it('switches from stored to live under eight writers without loss or duplicates', async () => {
      const prefix = uniquePrefix();
      const written: string[] = [];
      let writing = true;
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let revision = -1; writing || revision < 40; revision++) {
          const each = event({ writer });
          await store().append({
            stream: `${prefix}${writer}`,
            expectedRevision: revision === -1 ? 'no_stream' : revision,
            events: [each],
          });
          written.push(each.id);
        }
      });
      const others = (async () => {
        while (writing) {
          await store().append({ stream: uniquePrefix(), expectedRevision: 'no_stream', events: events(20) });
        }
      })();
      await until('there is something to catch up with', () => written.length >= 100);
      const taken: StoredEvent[] = [];
      let caughtUp = 0;
      const subscription = store().subscribe({ after: null, streamPrefix: prefix });
      const reading = (async () => {
        for await (const batch of batchesOf(subscription)) {
          taken.push(...batch.events);
          if (batch.caughtUp) caughtUp += 1;
        }
      })();
      await until('it is live for a while', () => caughtUp > 0 && taken.length > 600, 30_000);
      writing = false;
      await Promise.all([...writers, others]);
      await until('everything has come', () => taken.length >= written.length);
      subscription.close();
      await reading;

      expect(ids(taken).sort()).toEqual(written.sort());
      expect(rises(taken)).toBe(true);
      const next = new Map<string, number>();
      for (const { stream, revision } of taken) {
        expect(revision).toBe(next.get(stream) ?? 0);
        next.set(stream, revision + 1);
      }
    });

    it('holds back for a stalled reader while appends continue, and delivers everything later', async () => {
      const prefix = uniquePrefix();
      const narrow = await subject().open({ batchMaxEvents: 50, batchMaxUnits: 100_000, batchesAhead: 2 });
      try {
        const reader = narrow.subscribe({ after: null, streamPrefix: prefix })[Symbol.asyncIterator]();
        const given = Array.from({ length: 4_000 }, (_, n) => event({ n, padding: 'x'.repeat(1_000) }));
        for (let n = 0; n < given.length; n += 200) {
          await narrow.append({
            stream: `${prefix}${n}`,
            expectedRevision: 'no_stream',
            events: given.slice(n, n + 200),
          });
        }

        const taken: StoredEvent[] = [];
        while (taken.length < given.length) {
          const batch = (await reader.next()).value as LogBatch;
          expect(batch.events.length).toBeLessThanOrEqual(50);
          taken.push(...batch.events);
        }
        await reader.return?.();
        expect(ids(taken)).toEqual(ids(given));
      } finally {
        await narrow.close();
      }
    });

    it('ends quietly when closed, waiting or not, and does not affect others', async () => {
      const prefix = uniquePrefix();
      const [one, two] = [0, 1].map(() => store().subscribe({ after: null, streamPrefix: prefix }));
      const other = take(two!, (taken) => taken.length === 2);
      const waiting = (async () => {
        let batches = 0;
        for await (const batch of one!) {
          batches += 1;
          if (batch.caughtUp) queueMicrotask(() => one?.close());
        }
        return batches;
      })();
      expect(await waiting).toBeGreaterThan(0);
      one?.close();

      const given = events(2);
      await store().append({ stream: `${prefix}a`, expectedRevision: 'no_stream', events: given });
      expect(ids(await other)).toEqual(ids(given));
      for await (const _ of one!) throw new Error('A closed subscription has no more batches.');
    });

    it('advances past foreign events to a position from which nothing is lost', async () => {
      const prefix = uniquePrefix();
      const subscription = store().subscribe({ after: await store().tail(), streamPrefix: prefix });
      const writeOthers = (): Promise<{ position: bigint }> =>
        store().append({ stream: uniquePrefix(), expectedRevision: 'no_stream', events: events(1_000) });
      const { position: target } = await writeOthers();
      // A server tells how far it is after thousands of events only.
      for (let n = 0; n < 9; n += 1) await writeOthers();

      let after = 0n;
      for await (const batch of batchesOf(subscription)) {
        expect(batch.events).toEqual([]);
        after = batch.position;
        if (after >= target) break;
      }
      const given = events(2);
      await store().append({ stream: `${prefix}a`, expectedRevision: 'no_stream', events: given });
      const taken = await take(store().subscribe({ after, streamPrefix: prefix }), (_, caughtUp) => caughtUp);
      expect(ids(taken)).toEqual(ids(given));
    });
  });
}
