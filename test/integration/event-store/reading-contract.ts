import { describe, expect, it } from '@jest/globals';
import { EventStoreUnavailableError } from '../../../src/infrastructure/event-store/event-store.ts';
import type { LogBatch, StoredEvent } from '../../../src/infrastructure/event-store/event-store.ts';
import { event, events, ids, readAll, rises, uniquePrefix } from '../../support/events.ts';
import type { Opened } from './contract.ts';

const nothing = { events: [], atEnd: true, truncated: false };

export function describeReading({ store, foreign }: Opened): void {
  describe('readStream', () => {
    it('has no events for a stream that does not exist', async () => {
      expect(await store().readStream({ stream: `${uniquePrefix()}none`, maxCount: 10 })).toEqual(nothing);
    });

    it('reads a range, and nothing beyond the end', async () => {
      const stream = `${uniquePrefix()}a`;
      const given = events(10);
      await store().append({ stream, expectedRevision: 'no_stream', events: given });

      const part = await store().readStream({ stream, from: 3, maxCount: 4 });
      expect(ids(part.events)).toEqual(ids(given.slice(3, 7)));
      expect(part).toMatchObject({ atEnd: false, truncated: false });
      const end = await store().readStream({ stream, from: 8, maxCount: 4 });
      expect(ids(end.events)).toEqual(ids(given.slice(8)));
      expect(end).toMatchObject({ atEnd: true, truncated: false });
      expect(await store().readStream({ stream, from: 10, maxCount: 4 })).toEqual(nothing);
      expect(await store().readStream({ stream, from: 1_000, maxCount: 4 })).toEqual(nothing);
    });

    it.each([0, 4_097, 1.5])('refuses a count of %s', async (maxCount) => {
      await expect(store().readStream({ stream: 'any', maxCount })).rejects.toThrow(RangeError);
      await expect(store().readLog({ after: null, streamPrefix: '', maxCount })).rejects.toThrow(RangeError);
    });
  });

  describe('readLog', () => {
    it('pages through matches in log order, past other streams', async () => {
      const prefix = uniquePrefix();
      const other = uniquePrefix();
      const given = events(30);
      for (const [n, each] of given.entries()) {
        await store().append({
          stream: `${prefix}${n % 3}`,
          expectedRevision: n < 3 ? 'no_stream' : Math.floor(n / 3) - 1,
          events: [each],
        });
        await store().append({ stream: `${other}${n}`, expectedRevision: 'no_stream', events: events(2) });
      }

      const paged = await readAll(store(), prefix, 7);
      expect(ids(paged)).toEqual(ids(given));
      expect(rises(paged)).toBe(true);
      expect(paged.map(({ stream, revision }) => [stream, revision])).toEqual(
        given.map((_, n) => [`${prefix}${n % 3}`, Math.floor(n / 3)]),
      );
    });

    it('starts after a position, and says whether it reached the end', async () => {
      const prefix = uniquePrefix();
      const given = events(4);
      await store().append({ stream: `${prefix}a`, expectedRevision: 'no_stream', events: given });
      const [first] = await readAll(store(), prefix);
      const after = first?.position ?? null;

      const part = await store().readLog({ after, streamPrefix: prefix, maxCount: 2 });
      expect(ids(part.events)).toEqual(ids(given.slice(1, 3)));
      expect(part.atEnd).toBe(false);
      const rest = await store().readLog({
        after: part.events.at(-1)?.position ?? null,
        streamPrefix: prefix,
        maxCount: 2,
      });
      expect(ids(rest.events)).toEqual(ids(given.slice(3)));
      expect(rest.atEnd).toBe(true);
    });

    it('is at its end if nothing matches, and beyond the end of the log', async () => {
      expect(await store().readLog({ after: null, streamPrefix: uniquePrefix(), maxCount: 5 })).toEqual({
        events: [],
        position: expect.any(BigInt),
        atEnd: true,
      });
      expect(await store().readLog({ after: 2n ** 62n, streamPrefix: '', maxCount: 5 })).toEqual({
        events: [],
        position: 2n ** 62n,
        atEnd: true,
      });
    });

    it('treats the prefix literally', async () => {
      const prefix = uniquePrefix();
      await store().append({ stream: `${prefix}x.y`, expectedRevision: 'no_stream', events: [event()] });
      await store().append({ stream: `${prefix}xzy`, expectedRevision: 'no_stream', events: [event()] });
      const streams = (await readAll(store(), `${prefix}x.`)).map(({ stream }) => stream);
      expect(streams).toEqual([`${prefix}x.y`]);
      expect(await readAll(store(), prefix.toUpperCase())).toEqual([]);
    });

    it('reads foreign events: JSON as JSON, bytes as text that is not JSON', async () => {
      const json = await readAll(store(), `${foreign}json`);
      expect(json).toHaveLength(50);
      expect(JSON.parse(json.at(7)?.data ?? '')).toEqual({ n: 7 });

      const [bytes, likeJson] = await readAll(store(), `${foreign}binary`);
      for (const text of [bytes?.data, bytes?.metadata, likeJson?.data]) expect(isJson(text)).toBe(false);
      expect(JSON.parse(likeJson?.metadata ?? '')).toEqual({});
    });
  });

  describe('tail', () => {
    it('returns the newest position of the whole log', async () => {
      const before = await store().tail();
      const { position } = await store().append({
        stream: `${uniquePrefix()}a`,
        expectedRevision: 'no_stream',
        events: events(3),
      });
      const after = await store().tail();
      expect(position > (before ?? -1n)).toBe(true);
      // Others may write to the same log.
      expect(after !== null && after >= position).toBe(true);
    });
  });
}

export function describeClosing({ subject }: Opened): void {
  describe('close', () => {
    it('waits for pending appends, ends subscriptions quietly, and refuses later calls', async () => {
      const prefix = uniquePrefix();
      const store = await subject().open();
      const batches: LogBatch[] = [];
      const reading = (async () => {
        for await (const batch of store.subscribe({ after: null, streamPrefix: prefix })) batches.push(batch);
      })();
      const given = events(50);
      const appends = given.map((each, n) =>
        store.append({ stream: `${prefix}${n}`, expectedRevision: 'no_stream', events: [each] }),
      );

      await Promise.all([store.close(), store.close()]);
      await reading;
      expect(await Promise.all(appends)).toHaveLength(50);

      const later = { stream: `${prefix}later`, expectedRevision: 'no_stream', events: [event()] } as const;
      await expect(store.append(later)).rejects.toThrow(EventStoreUnavailableError);
      await expect(store.append(later)).rejects.toThrow('is closed');
      await expect(store.tail()).rejects.toThrow(EventStoreUnavailableError);
      expect(() => store.subscribe({ after: null, streamPrefix: prefix })).toThrow(EventStoreUnavailableError);
    });

    it('keeps everything, so that another store finds it and recognises repeated appends', async () => {
      const prefix = uniquePrefix();
      const request = { stream: `${prefix}a`, expectedRevision: 'no_stream', events: events(3) } as const;
      const first = await subject().open();
      const appended = await first.append(request);
      await first.close();

      const second = await subject().open();
      try {
        expect(ids(await readAll(second, prefix))).toEqual(ids(request.events));
        expect(await second.append(request)).toEqual(appended);
        expect(await readAll(second, prefix)).toHaveLength(3);
      } finally {
        await second.close();
      }
    });
  });
}

function isJson(text: StoredEvent['data'] | undefined): boolean {
  try {
    JSON.parse(text ?? '');
    return true;
  } catch {
    return false;
  }
}
