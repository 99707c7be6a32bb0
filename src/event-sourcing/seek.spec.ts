import { describe, expect, it } from '@jest/globals';
import { lastEvent, seek } from './seek.ts';
import { MemoryStreams } from './testing/memory-streams.ts';

async function given(length: number): Promise<MemoryStreams> {
  const store = new MemoryStreams();
  const events = Array.from({ length }, (_, i) => ({ id: `id-${i}`, type: 'Counted', data: '{}', metadata: '{}' }));
  if (length > 0) await store.append({ stream: 'counts-1', expectedRevision: 'no_stream', events });
  store.calls = [];
  return store;
}

const LENGTHS = [0, 1, 2, 3, 4, 7, 8, 9, 23];

describe('seeking in a stream', () => {
  it.each(LENGTHS)('of %i events finds the first past it, or the end', async (length) => {
    const store = await given(length);
    for (let place = 0; place <= length; place += 1) {
      expect(await seek(store, 'counts-1', ({ revision }) => revision >= place)).toBe(place);
    }
  });

  it.each(LENGTHS)('of %i events finds the last', async (length) => {
    expect((await lastEvent(await given(length), 'counts-1'))?.revision).toBe(length === 0 ? undefined : length - 1);
  });

  it('does not read the whole stream', async () => {
    const store = await given(1_000);
    await seek(store, 'counts-1', ({ revision }) => revision >= 700);
    expect(store.calls.length).toBeLessThanOrEqual(20);
  });
});
