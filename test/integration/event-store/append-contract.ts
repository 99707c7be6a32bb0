import { describe, expect, it } from '@jest/globals';
import {
  AppendRefusedError,
  EventStoreUnavailableError,
  WrongExpectedRevisionError,
} from '../../../src/infrastructure/event-store/event-store.ts';
import { event, events, ids, readAll, rises, uniquePrefix } from '../../support/events.ts';
import type { Opened } from './contract.ts';

export function describeAppend({ store, subject }: Opened): void {
  describe('append', () => {
    it('writes to a new stream, then at its exact revision, and reads back what was given', async () => {
      const stream = `${uniquePrefix()}a`;
      const given = events(3);
      const first = await store().append({ stream, expectedRevision: 'no_stream', events: given.slice(0, 1) });
      const second = await store().append({ stream, expectedRevision: 0, events: given.slice(1) });

      expect(first.revision).toBe(0);
      expect(second.revision).toBe(2);
      expect(second.position > first.position).toBe(true);
      const { events: stored } = await store().readStream({ stream, maxCount: 10 });
      expect(stored).toEqual(
        given.map((each, revision) => ({ ...each, stream, revision, position: expect.any(BigInt) })),
      );
      expect(stored.at(0)?.position).toBe(first.position);
      expect(stored.at(2)?.position).toBe(second.position);
      expect(rises(stored)).toBe(true);
    });

    it.each([
      ['no stream, but there is one', 'no_stream' as const],
      ['an older revision', 0],
      ['a revision that is not there yet', 7],
    ])('refuses when it expects %s', async (_, expectedRevision) => {
      const stream = `${uniquePrefix()}a`;
      const given = events(2);
      await store().append({ stream, expectedRevision: 'no_stream', events: given });

      const refused = store().append({ stream, expectedRevision, events: events(2) });

      await expect(refused).rejects.toThrow(WrongExpectedRevisionError);
      await expect(refused).rejects.toMatchObject({
        code: 'wrong-expected-revision',
        stream,
        expected: expectedRevision,
      });
      expect(ids((await store().readStream({ stream, maxCount: 10 })).events)).toEqual(ids(given));
    });

    it('refuses an exact revision of a stream that does not exist', async () => {
      const stream = `${uniquePrefix()}a`;
      await expect(store().append({ stream, expectedRevision: 0, events: [event()] })).rejects.toThrow(
        WrongExpectedRevisionError,
      );
      expect((await store().readStream({ stream, maxCount: 1 })).events).toEqual([]);
    });

    it('recognises a repeated append, also when the stream has grown since', async () => {
      const stream = `${uniquePrefix()}a`;
      const created = { stream, expectedRevision: 'no_stream', events: events(2) } as const;
      const changed = { stream, expectedRevision: 1, events: events(2) } as const;
      const first = await store().append(created);
      expect(await store().append(created)).toEqual(first);
      const second = await store().append(changed);
      await store().append({ stream, expectedRevision: 3, events: [event()] });

      expect(await store().append(changed)).toEqual(second);
      expect(await store().append(created)).toEqual(first);
      expect((await store().readStream({ stream, maxCount: 10 })).events).toHaveLength(5);
    });

    it('does not take an append for a repetition when only its beginning is the same', async () => {
      const stream = `${uniquePrefix()}a`;
      const given = events(2);
      await store().append({ stream, expectedRevision: 'no_stream', events: given });
      await expect(
        store().append({ stream, expectedRevision: 'no_stream', events: [...given.slice(0, 1), event()] }),
      ).rejects.toThrow(WrongExpectedRevisionError);
      expect(ids((await store().readStream({ stream, maxCount: 10 })).events)).toEqual(ids(given));
    });

    it('lets one of many win at the same revision, with all of its events', async () => {
      const prefix = uniquePrefix();
      const stream = `${prefix}contended`;
      const tries = Array.from({ length: 40 }, () => events(3));
      const results = await Promise.allSettled(
        tries.map((given) => store().append({ stream, expectedRevision: 'no_stream', events: given })),
      );

      const won = results.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []));
      expect(won).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(WrongExpectedRevisionError);
      }
      expect(ids((await store().readStream({ stream, maxCount: 10 })).events)).toEqual(ids(tries[won[0] ?? -1] ?? []));
    });

    it('carries a thousand appends at once, each of them once', async () => {
      // A slow machine needs longer for them than the usual deadline allows.
      const patient = await subject().open({ appendTimeoutMs: 20_000 });
      try {
        const prefix = uniquePrefix();
        const given = events(1_000);
        const results = await Promise.all(
          given.map((each, n) =>
            patient.append({ stream: `${prefix}${n}`, expectedRevision: 'no_stream', events: [each] }),
          ),
        );

        const stored = await readAll(patient, prefix);
        expect(ids(stored).sort()).toEqual(ids(given).sort());
        expect(rises(stored)).toBe(true);
        expect(new Set(results.map(({ position }) => position))).toEqual(new Set(stored.map((each) => each.position)));
      } finally {
        await patient.close();
      }
    });

    it('keeps text of every kind', async () => {
      const stream = `${uniquePrefix()}a`;
      const data = {
        text: 'Größe 漢字 🚀 \u2028 \u0000 "quoted" \\ </script>',
        lone: '\ud800',
        numbers: [0, -1, 1.5, 1e300, Number.MAX_SAFE_INTEGER],
        ['__proto__']: { polluted: false },
        deep: { deeper: [null, true, [[]], {}] },
      };
      const given = {
        ...event(data, 'Ereignis🚀'),
        metadata: JSON.stringify({ $correlationId: 'ü', ключ: 'значение' }),
      };
      await store().append({ stream, expectedRevision: 'no_stream', events: [given] });

      const [stored] = (await store().readStream({ stream, maxCount: 1 })).events;
      expect(stored?.type).toBe('Ereignis🚀');
      expect(JSON.parse(stored?.data ?? '')).toEqual(JSON.parse(given.data));
      expect(JSON.parse(stored?.metadata ?? '')).toEqual(JSON.parse(given.metadata));
    });

    it.each([
      ['no events', []],
      ['an id that is no UUID', [{ ...event(), id: 'one' }]],
      ['an empty type', [event(), { ...event(), type: '' }]],
      ['data that is not JSON', [{ ...event(), data: '{"n":' }]],
      ['metadata that is no object', [{ ...event(), metadata: '[]' }]],
      ['more than a mebibyte', [event('x'.repeat(600_000)), event('x'.repeat(600_000))]],
    ])('refuses %s, and goes on', async (_, given) => {
      const stream = `${uniquePrefix()}a`;
      await expect(store().append({ stream, expectedRevision: 'no_stream', events: given })).rejects.toThrow(
        AppendRefusedError,
      );
      expect((await store().readStream({ stream, maxCount: 1 })).events).toEqual([]);
      await store().append({ stream, expectedRevision: 'no_stream', events: [event()] });
    });

    it('takes just under a mebibyte, in one event or many', async () => {
      const prefix = uniquePrefix();
      await store().append({
        stream: `${prefix}one`,
        expectedRevision: 'no_stream',
        events: [event('é'.repeat(520_000))],
      });
      const many = Array.from({ length: 500 }, (_, n) => event(`${n}${'x'.repeat(1_950)}`));
      await store().append({ stream: `${prefix}many`, expectedRevision: 'no_stream', events: many });

      expect((await store().readStream({ stream: `${prefix}one`, maxCount: 1 })).events.at(0)?.data).toHaveLength(
        520_002,
      );
      expect(ids((await store().readStream({ stream: `${prefix}many`, maxCount: 4_096 })).events)).toEqual(ids(many));
    });

    it('turns away what is more than the limit of pending appends', async () => {
      const narrow = await subject().open({ maxPendingAppends: 10 });
      try {
        const prefix = uniquePrefix();
        const results = await Promise.allSettled(
          events(30).map((each, n) =>
            narrow.append({ stream: `${prefix}${n}`, expectedRevision: 'no_stream', events: [each] }),
          ),
        );
        const refused = results.filter(({ status }) => status === 'rejected');
        expect(refused).toHaveLength(20);
        for (const result of refused) expect(result).toMatchObject({ reason: expect.any(EventStoreUnavailableError) });
        expect(await readAll(narrow, prefix)).toHaveLength(10);
      } finally {
        await narrow.close();
      }
    });
  });
}
