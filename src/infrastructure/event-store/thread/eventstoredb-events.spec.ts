import { describe, expect, it } from '@jest/globals';
import { beginnings, reachedBy, storedEvent } from './eventstoredb-events.ts';
import type { ClientEvent } from './eventstoredb-events.ts';

const event: ClientEvent = {
  streamId: 'orders-1',
  id: '0b6c3c6e-1d5e-4c53-9c8a-1f5f6f0a7b11',
  type: 'OrderPlaced',
  isJson: true,
  data: { n: 1 },
  metadata: { by: 'test' },
  revision: 3n,
  position: { commit: 2n ** 60n },
};

describe('storedEvent', () => {
  it('returns data and metadata as text, and the whole position', () => {
    expect(storedEvent(event)).toEqual({
      stream: 'orders-1',
      id: event.id,
      type: 'OrderPlaced',
      data: '{"n":1}',
      metadata: '{"by":"test"}',
      revision: 3,
      position: 2n ** 60n,
    });
  });

  it.each([['text'], [12.5], [null], [[1, 2]]])('keeps JSON data that is not an object: %j', (data) => {
    expect(JSON.parse(storedEvent({ ...event, data }).data)).toEqual(data);
  });

  it('returns non-JSON text for bytes, even if they look like JSON', () => {
    const bytes = Uint8Array.from(Buffer.from('{"n":1}'));
    const stored = storedEvent({ ...event, isJson: false, data: bytes, metadata: bytes });
    for (const text of [stored.data, stored.metadata]) {
      expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
      expect(Buffer.from(text.split(',')[1] ?? '', 'base64').toString()).toBe('{"n":1}');
    }
  });

  it('returns empty metadata for none', () => {
    expect(storedEvent({ ...event, metadata: undefined }).metadata).toBe('{}');
  });
});

describe('reachedBy', () => {
  it('is the position of a scanned event', () => {
    expect(reachedBy({ commit: 2n ** 60n, prepare: 2n ** 60n })).toBe(2n ** 60n);
  });

  it('is the position before a page without matches', () => {
    expect(reachedBy({ commit: 500n, prepare: 0n })).toBe(499n);
    expect(beginnings(499n)).toContainEqual({ commit: 500n, prepare: 0n });
    expect(beginnings(500n)[0]).toEqual({ commit: 500n, prepare: 500n });
  });

  it('is null at the start of the log, and for the end marker', () => {
    expect(reachedBy({ commit: 0n, prepare: 0n })).toBeNull();
    expect(reachedBy({ commit: 2n ** 64n - 1n, prepare: 2n ** 64n - 1n })).toBeNull();
  });
});
