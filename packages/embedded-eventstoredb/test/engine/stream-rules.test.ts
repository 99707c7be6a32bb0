import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Engine } from 'embedded-eventstoredb/engine';
import { content, EngineBench, event, fill, OWN } from '../support/engine.ts';

describe('deletion, metadata and reading', () => {
  let bench: EngineBench;
  let engine: Engine;
  beforeEach(() => {
    bench = new EngineBench();
    engine = bench.open();
  });
  afterEach(() => bench.clean());

  const metadata = (stream: string, value: unknown) =>
    engine.append({
      stream: `$$${stream}`,
      expectedRevision: 'any',
      events: [{ ...event('m'), type: '$metadata', data: Buffer.from(JSON.stringify(value)) }],
    });

  it('hides a deleted stream until it is written to again, with continued numbers', async () => {
    await fill(engine, 's', 'abc');
    await metadata('s', { $maxCount: 9, owner: 'x' });
    await engine.deleteStream({ stream: 's', expectedRevision: 2n });
    expect(content(engine, 's')).toBe('not-found');
    await expect(fill(engine, 's', 'x', 'stream_exists')).rejects.toMatchObject({ code: 'stream-deleted' });
    await fill(engine, 's', 'de', 'no_stream');
    expect(content(engine, 's')).toBe('3:d 4:e');
    await expect(engine.deleteStream({ stream: 'never', expectedRevision: 'any' })).rejects.toMatchObject({
      code: 'wrong-expected-revision',
    });
  });

  it('ends a tombstoned stream for good', async () => {
    await fill(engine, 's', 'a');
    await engine.tombstoneStream({ stream: 's', expectedRevision: 'any' });
    expect(content(engine, 's')).toBe('deleted');
    expect(content(engine, '$$s')).toBe('deleted');
    await expect(fill(engine, 's', 'b')).rejects.toMatchObject({ code: 'stream-deleted', stream: 's' });
    await expect(metadata('s', {})).rejects.toMatchObject({ code: 'stream-deleted', stream: '$$s' });
    const { events } = engine.readAll({ direction: 'backwards', from: 'end', maxCount: 1 });
    expect(events[0]).toMatchObject({ stream: 's', type: '$streamDeleted', revision: 2n ** 63n - 1n });
  });

  it('returns what the metadata allows at the time of the read', async () => {
    await fill(engine, 's', 'abcdef');
    await metadata('s', { $maxCount: 2 });
    expect(content(engine, 's')).toBe('4:e 5:f');
    await metadata('s', { $maxCount: 5, $tb: 3 });
    expect(content(engine, 's', 'backwards')).toBe('5:f 4:e 3:d');
    await metadata('s', { $maxCount: 1, $tb: 'x' });
    expect(content(engine, 's')).toBe('0:a 1:b 2:c 3:d 4:e 5:f');
    await metadata('s', { $tb: 6 });
    expect(content(engine, 's')).toBe('');
    expect(engine.readAll({ direction: 'forwards', from: 'start', maxCount: 100, filter: OWN }).events).toHaveLength(
      10,
    );
  });

  it('reads a stream in pages, by count and by bytes', async () => {
    const events = Array.from({ length: 10 }, (_, i) => event(`${i}`, undefined, 1000));
    await engine.append({ stream: 's', expectedRevision: 'any', events });
    const page = (from: bigint | 'start' | 'end', direction: 'forwards' | 'backwards', limit: object) => {
      const read = engine.readStream({ stream: 's', from, direction, maxCount: 100, ...limit });
      if (read.status === 'found') expect(read.lastRevision).toBe(9n);
      return read.status === 'found' ? [read.events.length, read.next] : read.status;
    };
    expect(page('start', 'forwards', { maxCount: 4 })).toEqual([4, 4n]);
    expect(page(4n, 'forwards', { maxCount: 6 })).toEqual([6, undefined]);
    expect(page('end', 'backwards', { maxCount: 4 })).toEqual([4, 5n]);
    expect(page('start', 'forwards', { maxBytes: 3000 })).toEqual([3, 3n]);
    expect(page('end', 'forwards', {})).toEqual([0, undefined]);
    expect(page(99n, 'backwards', {})).toEqual([10, undefined]);
    expect(page(99n, 'forwards', {})).toEqual([0, undefined]);
  });

  it('reads the log forwards inclusive and backwards exclusive of a position', async () => {
    const at = [];
    for (const letter of 'abcde') at.push((await fill(engine, `s-${letter}`, letter)).position!);
    const read = (direction: 'forwards' | 'backwards', from: bigint | 'start' | 'end', maxCount = 9) => {
      const { events } = engine.readAll({ direction, from, maxCount, filter: OWN });
      return events.map(({ stream }) => stream.slice(2)).join('');
    };
    expect(read('forwards', at[2]!)).toBe('cde');
    expect(read('backwards', at[2]!)).toBe('ba');
    expect(read('forwards', 'end')).toBe('');
    expect(read('backwards', 'end', 2)).toBe('ed');
    expect(read('backwards', 'start')).toBe('');
    expect(read('forwards', 2n ** 63n)).toBe('');
    expect(read('backwards', 2n ** 64n - 1n)).toBe('edcba');
    const first = engine.readAll({ direction: 'forwards', from: 'start', maxCount: 2, filter: OWN });
    expect(first.isEnd).toBe(false);
    expect(read('forwards', first.next)).toBe('cde');
  });

  it('reads across an event larger than a page of the file', async () => {
    await engine.close();
    engine = bench.open({ maxAppendSize: 16 * 1024 * 1024 });
    await fill(engine, 's', 'a');
    await engine.append({ stream: 's', expectedRevision: 'any', events: [event('big', undefined, 9_000_000)] });
    await fill(engine, 's', 'z');
    await engine.close();
    engine = bench.open();
    const read = (direction: 'forwards' | 'backwards') => {
      const from = direction === 'forwards' ? ('start' as const) : ('end' as const);
      return engine.readAll({ direction, from, maxCount: 10, maxBytes: 16 * 1024 * 1024, filter: OWN }).events.length;
    };
    expect([read('forwards'), read('backwards')]).toEqual([3, 3]);
  });
});
