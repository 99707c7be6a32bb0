import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StoredEvent } from '../infrastructure/event-store/event-store.ts';
import { canonicalJson, EventCodec, UnknownEventType, UnreadableEvent } from './codec.ts';
import { canonical } from './testing/canonical.ts';

type Priced = { readonly type: 'Priced'; readonly data: { readonly cents: number; readonly currency: string } };
type Sold = { readonly type: 'Sold'; readonly data: object };

const upcasters = {
  Priced: {
    to: 'Priced.v2',
    upcast: ({ euros }: Readonly<Record<string, unknown>>) => ({ cents: Number(euros) * 100 }),
  },
  'Priced.v2': { to: 'Priced.v3', upcast: (data: Readonly<Record<string, unknown>>) => ({ ...data, currency: 'EUR' }) },
};
const codec = new EventCodec<Priced | Sold>({ Priced: 'Priced.v3', Sold: 'Sold' }, { upcasters });

function stored(type: string, data: unknown): StoredEvent {
  const metadata = { occurred_at: '2026-01-05T09:00:00.000Z', principal: 'olga', hash: 'a'.repeat(64) };
  const text = { data: JSON.stringify(data), metadata: JSON.stringify(metadata) };
  return { id: 'id-1', type, stream: 'things-1', revision: 3, position: 7n, ...text };
}

describe('a codec', () => {
  it('reads every stored version as the current one', () => {
    const today = { type: 'Priced', data: { cents: 700, currency: 'EUR' } };
    expect(codec.decode(stored('Priced', { euros: 7 })).event).toEqual(today);
    expect(codec.decode(stored('Priced.v2', { cents: 700 })).event).toEqual(today);
    expect(codec.decode(stored('Priced.v3', { cents: 700, currency: 'EUR' })).event).toEqual(today);
  });

  it('knows the name of each version, and none for unknown types', () => {
    expect(
      ['Priced', 'Priced.v2', 'Priced.v3', 'Sold', 'Sold.v2', 'constructor'].map((type) => codec.nameOf(type)),
    ).toEqual(['Priced', 'Priced', 'Priced', 'Sold', null, null]);
    expect([...codec.storedTypes].sort()).toEqual(['Priced', 'Priced.v2', 'Priced.v3', 'Sold']);
  });

  it('writes only the current version', () => {
    const event = { type: 'Priced', data: { currency: 'EUR', cents: 700 } } as const;
    expect(codec.encode(event)).toEqual({ type: 'Priced.v3', data: '{"cents":700,"currency":"EUR"}' });
  });

  it('cannot be created with upcasters that lead nowhere or in a circle', () => {
    const names = { Priced: 'Priced.v3', Sold: 'Sold' } as const;
    const upcast = () => ({});
    const lost = { Priced: { to: 'Priced.v2', upcast } };
    expect(() => new EventCodec<Priced | Sold>(names, { upcasters: lost })).toThrow(RangeError);
    const circle = { Priced: { to: 'Priced.v2', upcast }, 'Priced.v2': { to: 'Priced', upcast } };
    expect(() => new EventCodec<Priced | Sold>(names, { upcasters: circle })).toThrow(RangeError);
  });

  it('distinguishes unknown from unreadable events, and quotes neither', () => {
    expect(() => codec.decode(stored('Given', {}))).toThrow(UnknownEventType);
    expect(() => codec.decode({ ...stored('Sold', {}), data: '{"secret' })).toThrow(UnreadableEvent);
    expect(() => codec.decode({ ...stored('Sold', {}), data: '{"secret' })).not.toThrow(/secret/);
    expect(() => codec.decode({ ...stored('Sold', {}), metadata: '{}' })).toThrow(UnreadableEvent);
  });
});

describe('canonical JSON', () => {
  it('matches the example in RFC 8785', () => {
    const example = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    const expected = String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`;
    expect(canonicalJson(JSON.parse(example))).toBe(expected);
  });

  it('sorts names by UTF-16 code units, as RFC 8785 shows', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
    const sorted = Object.keys(JSON.parse(canonicalJson(Object.fromEntries(names.map((name) => [name, 0])))));
    // JavaScript objects list integer keys first, whatever their order in the text.
    expect(sorted).toEqual(['1', '\r', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']);
  });

  it('matches the definition for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const parsed: unknown = JSON.parse(JSON.stringify(value));
        expect(canonicalJson(parsed)).toBe(canonical(parsed));
      }),
    );
  });

  it('of a value without JSON form is refused', () => {
    for (const value of [undefined, NaN, { a: Infinity }, '\ud800', { '\udfff': 1 }, { a: ['\ud800'] }]) {
      expect(() => canonicalJson(value)).toThrow();
    }
  });
});
