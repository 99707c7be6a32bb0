import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StoredEvent } from '../infrastructure/event-store/event-store.ts';
import type { EventMetadata } from './metadata.ts';
import { canonicalJson, EventCodec } from './codec.ts';
import type { BreakReason } from './hash-chain.ts';
import { hashEvent, record, verifyFirstLeft, verifyLink } from './hash-chain.ts';
import { canonical } from './testing/canonical.ts';
import { readStreams } from './testing/fixtures.ts';
import { verifyChain } from './testing/verify-chain.ts';

interface Noted {
  readonly type: 'Noted';
  readonly data: object;
}

const METADATA = {
  $correlationId: 'c-1',
  $causationId: 'call-1',
  principal: 'olga',
  occurred_at: '2026-01-05T09:00:00.000Z',
  schema_version: 1,
};

/** The hash of a stored event, computed straight from the definition. */
function definition(previous: string, stored: { id: string; type: string; data: string; metadata: string }): string {
  const { hash: _hash, previous_hash: _previous, ...metadata } = JSON.parse(stored.metadata) as Record<string, unknown>;
  const { id, type } = stored;
  const text = canonical({ type, metadata, id, data: JSON.parse(stored.data) });
  return createHash('sha256').update(previous, 'utf8').update(text, 'utf8').digest('hex');
}

const streams = [...readStreams().values()];
/** The longest stream. */
const [story = []] = [...streams].sort((a, b) => b.length - a.length);
const stream = story[0]?.stream ?? '';

function brokenAt(events: readonly StoredEvent[], revision: number, reason: BreakReason): void {
  expect(verifyChain(events)).toEqual({ brokenAt: { stream, revision, reason } });
}

/** The story with one event changed. */
function changed(revision: number, change: (event: StoredEvent) => Partial<StoredEvent>): StoredEvent[] {
  return story.map((event) => (event.revision === revision ? { ...event, ...change(event) } : event));
}

describe('verifying a stream', () => {
  it.each(streams.map((events) => [events[0]?.stream, events] as const))('accepts %s', (_, events) => {
    expect(verifyChain(events)).toEqual({ verified: events.length });
  });

  it('accepts an empty stream', () => {
    expect(verifyChain([])).toEqual({ verified: 0 });
  });

  it('ignores how a store formats JSON', () => {
    const reversed = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) return value.map(reversed);
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, member]) => [name, reversed(member)]),
      );
    };
    const rewrite = (text: string) =>
      JSON.stringify(reversed(JSON.parse(text)), null, 2).replace(/[^\x20-\x7e\n]/g, (unit) => {
        return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
      });
    const rewritten = story.map((it) => ({ ...it, data: rewrite(it.data), metadata: rewrite(it.metadata) }));
    expect(rewritten[0]?.data).not.toBe(story[0]?.data);
    expect(verifyChain(rewritten)).toEqual({ verified: story.length });
  });

  it('accepts unknown types', () => {
    const metadata = canonicalJson({ principal: 'x', occurred_at: 'y' });
    const event = { id: 'i', type: 'RequestArchived.v9', data: '{"a":1}' };
    const hash = hashEvent(null, { ...event, metadata });
    const stored = { ...event, metadata: JSON.stringify({ ...JSON.parse(metadata), hash, previous_hash: null }) };
    expect(verifyChain([{ ...stored, stream, revision: 0, position: 0n }])).toEqual({ verified: 1 });
  });
});

describe('a tampered stream', () => {
  it('breaks at an event whose data changed', () => {
    brokenAt(
      changed(7, () => ({ data: '{"current_phase":"another"}' })),
      7,
      'hash',
    );
  });

  it('breaks at an event whose type or id changed', () => {
    brokenAt(
      changed(12, () => ({ type: 'RequestCompleted' })),
      12,
      'hash',
    );
    brokenAt(
      changed(12, ({ id }) => ({ id: id.replace('0', '1') })),
      12,
      'hash',
    );
  });

  it.each(['principal', '$correlationId', '$causationId', 'call_id', 'occurred_at', 'schema_version'])(
    'breaks at an event whose %s changed or is missing',
    (name) => {
      const other = (event: StoredEvent) => ({ ...(JSON.parse(event.metadata) as object), [name]: 'other' });
      brokenAt(
        changed(1, (event) => ({ metadata: JSON.stringify(other(event)) })),
        1,
        'hash',
      );
      const without = (event: StoredEvent) => ({ ...(JSON.parse(event.metadata) as object), [name]: undefined });
      brokenAt(
        changed(1, (event) => ({ metadata: JSON.stringify(without(event)) })),
        1,
        'hash',
      );
    },
  );

  it('breaks at an event to which something was added', () => {
    const added = (event: StoredEvent) => ({ ...(JSON.parse(event.metadata) as object), added: 1 });
    brokenAt(
      changed(1, (event) => ({ metadata: JSON.stringify(added(event)) })),
      1,
      'hash',
    );
    brokenAt(
      changed(1, ({ data }) => ({ data: JSON.stringify({ ...JSON.parse(data), added: 1 }) })),
      1,
      'hash',
    );
  });

  it('breaks after an event that was changed together with its hash', () => {
    const forged = changed(5, (event) => {
      const { hash: _, previous_hash, ...metadata } = JSON.parse(event.metadata) as EventMetadata;
      const data = '{"forged":true}';
      const hash = hashEvent(previous_hash, { ...event, data, metadata: canonicalJson(metadata) });
      return { data, metadata: JSON.stringify({ ...metadata, hash, previous_hash }) };
    });
    brokenAt(forged, 6, 'previous-hash');
  });

  it('breaks where an event was removed', () => {
    const without = story.filter(({ revision }) => revision !== 4);
    brokenAt(without, 5, 'gap');
    brokenAt(
      without.map((event, revision) => ({ ...event, revision })),
      4,
      'previous-hash',
    );
    brokenAt(story.slice(1), 1, 'gap');
    brokenAt(
      story.slice(1).map((event, revision) => ({ ...event, revision })),
      0,
      'previous-hash',
    );
  });

  it('breaks where an event was duplicated', () => {
    const twice = [...story.slice(0, 4), ...story.slice(3)];
    brokenAt(twice, 3, 'gap');
    brokenAt(
      twice.map((event, revision) => ({ ...event, revision })),
      4,
      'previous-hash',
    );
  });

  it('breaks where two events were swapped', () => {
    const exchanged = story.map((event) => {
      const other = { 8: story[9], 9: story[8] }[event.revision];
      return other ? { ...other, revision: event.revision } : event;
    });
    brokenAt(exchanged, 8, 'previous-hash');
  });

  it('breaks at an event of another stream', () => {
    const other = 'automation_request-x';
    const verdict = verifyChain(changed(3, () => ({ stream: other })));
    expect(verdict).toEqual({ brokenAt: { stream: other, revision: 3, reason: 'other-stream' } });
  });

  it.each(['', 'nonsense', '{', '{"a":1e999}', '{"a":"\\ud800"}'])('breaks at the data %s', (data) => {
    brokenAt(
      changed(2, () => ({ data })),
      2,
      'unreadable',
    );
  });

  it.each(['', '{', 'null', '[]', '{}', '{"hash":"a"}', '{"hash":1,"previous_hash":null}'])(
    'breaks at the metadata %s',
    (metadata) => {
      brokenAt(
        changed(2, () => ({ metadata })),
        2,
        'unreadable',
      );
    },
  );

  it('breaks for any flipped byte', () => {
    const where = fc.record({
      event: fc.nat({ max: story.length - 1 }),
      part: fc.constantFrom('id' as const, 'type' as const, 'data' as const, 'metadata' as const),
      at: fc.nat(),
      bit: fc.nat({ max: 7 }),
    });
    const readable = (text: string): unknown => {
      try {
        return canonicalJson(JSON.parse(text));
      } catch {
        return undefined;
      }
    };
    fc.assert(
      fc.property(where, ({ event, part, at, bit }) => {
        const before = story[event]?.[part] ?? '';
        const bytes = Buffer.from(before);
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
        const after = bytes.toString();
        // The same JSON value in other bytes (1e+21 and 1E+21) is not a change.
        fc.pre(part === 'id' || part === 'type' || readable(after) !== readable(before));
        const verdict = verifyChain(changed(event, () => ({ [part]: after })));
        expect(verdict).toMatchObject({ brokenAt: { stream } });
        // At the event itself, or at the next one if the event's own hash was changed.
        if ('brokenAt' in verdict) expect([event, event + 1]).toContain(verdict.brokenAt.revision);
      }),
      { numRuns: 1_500 },
    );
  });

  it('breaks in any order but the right one', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...story.keys()], { minLength: 1 }), fc.boolean(), (order, renumber) => {
        fc.pre(order.some((revision, i) => revision !== i));
        const events = order.map(
          (from, i) => ({ ...story[from], ...(renumber ? { revision: i } : {}) }) as StoredEvent,
        );
        expect(verifyChain(events)).toMatchObject({ brokenAt: { stream } });
      }),
    );
  });

  it('looks intact if its end was cut off', () => {
    expect(verifyChain(story.slice(0, 9))).toEqual({ verified: 9 });
  });
});

describe('the first remaining event of a truncated stream', () => {
  it('is verified by its own hash alone', () => {
    const [, two] = story;
    if (!two) throw new Error('The story is too short.');
    const { hash } = JSON.parse(two.metadata) as EventMetadata;
    expect(verifyFirstLeft(two)).toEqual({ stream, revision: 1, hash });
    expect(verifyFirstLeft({ ...two, data: '{"another":1}' })).toEqual({ stream, revision: 1, reason: 'hash' });
    expect(verifyFirstLeft({ ...two, metadata: '{}' })).toEqual({ stream, revision: 1, reason: 'unreadable' });
  });
});

describe('verifying event by event', () => {
  it('returns the link that the next one follows', () => {
    const [one, two] = story;
    if (!one || !two) throw new Error('The story is too short.');
    const link = verifyLink(null, one);
    expect(link).toEqual({ stream, revision: 0, hash: (JSON.parse(one.metadata) as EventMetadata).hash });
    if ('reason' in link) throw new Error('It is broken.');
    expect(verifyLink(link, two)).toMatchObject({ revision: 1 });
    expect(verifyLink(null, two)).toEqual({ stream, revision: 1, reason: 'gap' });
  });
});

describe('the hash', () => {
  it('of a known event does not change', () => {
    const event = {
      id: '00000000-0000-4000-8000-000000000001',
      type: 'PhaseNoted',
      data: '{"current_phase":"é"}',
      metadata: '{"principal":"olga"}',
    };
    // printf '%s' '{"data":…,"type":"PhaseNoted"}' | sha256sum
    const text =
      '{"data":{"current_phase":"é"},"id":"00000000-0000-4000-8000-000000000001","metadata":{"principal":"olga"},"type":"PhaseNoted"}';
    expect(hashEvent(null, event)).toBe(createHash('sha256').update(text).digest('hex'));
    expect(hashEvent(null, event)).toBe('41c5567cff670d48f89848937e0331e78dc04f82d69f58d0bb463d20f1729f32');
    expect(hashEvent('41c5567cff670d48f89848937e0331e78dc04f82d69f58d0bb463d20f1729f32', event)).toBe(
      '542480188425f55bb380ae8ef03a1703ad619ed625890da7f4ff4358b49396cb',
    );
  });

  it('of every fixture matches the definition', () => {
    for (const events of readStreams().values()) {
      let previous = '';
      for (const stored of events) {
        const metadata = JSON.parse(stored.metadata) as { hash: string; previous_hash: string | null };
        expect(metadata.previous_hash ?? '').toBe(previous);
        expect(metadata.hash).toBe(definition(previous, stored));
        previous = metadata.hash;
      }
    }
  });

  it('of any written event matches the definition', () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 20 });
    const datas = fc.array(fc.dictionary(texts, fc.jsonValue({ maxDepth: 2 })), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(texts, datas, fc.option(fc.nat()), fc.boolean(), (principal, its, attempt, hashesLast) => {
        const codec = new EventCodec<Noted>({ Noted: 'Noted.v2' }, { hashesLast });
        const metadata = { ...METADATA, principal, ...(attempt === null ? {} : { attempt }) };
        const events = its.map((data) => ({
          type: 'Noted' as const,
          data: JSON.parse(JSON.stringify(data)) as object,
        }));
        const recorded = record(codec, events, { id: randomUUID(), metadata }, null);
        let previous = '';
        for (const stored of recorded.events) {
          expect(JSON.parse(stored.metadata)).toMatchObject({ previous_hash: previous === '' ? null : previous });
          expect(JSON.parse(stored.metadata)).toMatchObject({ hash: definition(previous, stored) });
          previous = definition(previous, stored);
        }
        expect(recorded.hash).toBe(previous);
      }),
    );
  });
});

describe('recording', () => {
  const codec = new EventCodec<Noted>({ Noted: 'Noted' });
  const events = [{ type: 'Noted', data: { n: 1 } } as const, { type: 'Noted', data: { n: 2 } } as const];
  const id = '0197e0d0-0101-5000-8000-000000000000';

  it('gives events of a command distinct ids that are always the same', () => {
    const twice = [1, 2].map(() => record(codec, events, { id, metadata: METADATA }, null).events.map((it) => it.id));
    expect(twice[0]).toEqual(twice[1]);
    expect(twice[0]?.[0]).toBe(id);
    expect(new Set(twice[0]).size).toBe(2);
  });

  it('of nothing returns nothing, and keeps the hash', () => {
    expect(record(codec, [], { id, metadata: METADATA }, 'b')).toEqual({ events: [], hash: 'b' });
  });

  it('omits undefined members, and ignores their order', () => {
    const sloppy = { type: 'Noted', data: { b: 1, none: undefined, a: 2 } } as const;
    const tidy = { type: 'Noted', data: { a: 2, b: 1 } } as const;
    const metadata = { ...METADATA, attempt: undefined } as never;
    expect(record(codec, [sloppy], { id, metadata }, null)).toEqual(
      record(codec, [tidy], { id, metadata: METADATA }, null),
    );
  });
});
