import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import type { EventMetadata } from './metadata.ts';
import { canonicalJson, hashEvent } from './metadata.ts';
import { readStreams } from './testing/fixtures.ts';
import type { BreakReason } from './verify.ts';
import { verifyChain, verifyLink } from './verify.ts';

const streams = [...readStreams().values()];
const [story = []] = streams;
const stream = story[0]?.stream ?? '';

function brokenAt(events: readonly StoredEvent[], revision: number, reason: BreakReason): void {
  expect(verifyChain(events)).toEqual({ brokenAt: { stream, revision, reason } });
}

/** The story with one event changed. */
function changed(revision: number, change: (event: StoredEvent) => Partial<StoredEvent>): StoredEvent[] {
  return story.map((event) => (event.revision === revision ? { ...event, ...change(event) } : event));
}

describe('verifying a stream', () => {
  it.each(streams.map((events) => [events[0]?.stream, events] as const))('%s holds', (_, events) => {
    expect(verifyChain(events)).toEqual({ verified: events.length });
  });

  it('that is empty finds nothing', () => {
    expect(verifyChain([])).toEqual({ verified: 0 });
  });

  it('takes any iterable', () => {
    expect(verifyChain(new Set(story).values())).toEqual({ verified: story.length });
  });

  it('does not mind how a store writes JSON down', () => {
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

  it('holds over types that this version does not know', () => {
    const metadata = canonicalJson({ principal: 'x', occurred_at: 'y' });
    const event = { id: 'i', type: 'RequestArchived.v9', data: '{"a":1}' };
    const hash = hashEvent(null, { ...event, metadata });
    const stored = { ...event, metadata: JSON.stringify({ ...JSON.parse(metadata), hash, previous_hash: null }) };
    expect(verifyChain([{ ...stored, stream, revision: 0, position: 0n }])).toEqual({ verified: 1 });
  });
});

describe('a stream that was tampered with', () => {
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
    'breaks at an event whose %s changed, or went',
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

  it('breaks where an event was taken out', () => {
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

  it('breaks where an event was put in twice', () => {
    const twice = [...story.slice(0, 4), ...story.slice(3)];
    brokenAt(twice, 3, 'gap');
    brokenAt(
      twice.map((event, revision) => ({ ...event, revision })),
      4,
      'previous-hash',
    );
  });

  it('breaks where two events were exchanged', () => {
    const exchanged = story.map((event) => {
      const other = { 8: story[9], 9: story[8] }[event.revision];
      return other ? { ...other, revision: event.revision } : event;
    });
    brokenAt(exchanged, 8, 'previous-hash');
  });

  it('breaks where an event is of another stream', () => {
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

  it('breaks whatever byte of what is read was flipped', () => {
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
        // The same JSON in other bytes (1e+21 and 1E+21) is no other history.
        fc.pre(part === 'id' || part === 'type' || readable(after) !== readable(before));
        const verdict = verifyChain(changed(event, () => ({ [part]: after })));
        expect(verdict).toMatchObject({ brokenAt: { stream } });
        // At the event itself, or at the next one where its hash was hit.
        if ('brokenAt' in verdict) expect([event, event + 1]).toContain(verdict.brokenAt.revision);
      }),
      { numRuns: 1_500 },
    );
  });

  it('breaks in whatever order but the right one', () => {
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

  it('shows nothing of an end that was cut off but the length', () => {
    expect(verifyChain(story.slice(0, 9))).toEqual({ verified: 9 });
  });
});

describe('verifying event by event', () => {
  it('gives the link that the next one follows', () => {
    const [one, two] = story;
    if (!one || !two) throw new Error('The story is too short.');
    const link = verifyLink(null, one);
    expect(link).toEqual({ stream, revision: 0, hash: (JSON.parse(one.metadata) as EventMetadata).hash });
    if ('reason' in link) throw new Error('It is broken.');
    expect(verifyLink(link, two)).toMatchObject({ revision: 1 });
    expect(verifyLink(null, two)).toEqual({ stream, revision: 1, reason: 'gap' });
  });
});
