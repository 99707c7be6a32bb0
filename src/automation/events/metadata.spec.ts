import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeEvents } from './codec.ts';
import { canonicalJson, hashEvent } from './metadata.ts';
import { readStreams } from './testing/fixtures.ts';

/** RFC 8785 once more, for JSON values as they come from `JSON.parse`. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
}

/** The hash as its definition reads, of the event as it is stored. */
function definition(previous: string, stored: { id: string; type: string; data: string; metadata: string }): string {
  const { hash: _hash, previous_hash: _previous, ...metadata } = JSON.parse(stored.metadata) as Record<string, unknown>;
  const { id, type } = stored;
  const text = canonical({ type, metadata, id, data: JSON.parse(stored.data) });
  return createHash('sha256').update(previous, 'utf8').update(text, 'utf8').digest('hex');
}

describe('canonical JSON', () => {
  it('is that of the example in RFC 8785', () => {
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
    // The parser puts the integer name first, whatever the text says.
    expect(sorted).toEqual(['1', '\r', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']);
  });

  it('is what the definition says, of any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const parsed: unknown = JSON.parse(JSON.stringify(value));
        expect(canonicalJson(parsed)).toBe(canonical(parsed));
      }),
    );
  });

  it('of what is no JSON is refused', () => {
    for (const value of [undefined, NaN, { a: Infinity }, '\ud800', { '\udfff': 1 }, { a: ['\ud800'] }]) {
      expect(() => canonicalJson(value)).toThrow();
    }
  });
});

describe('the hash', () => {
  it('of a known event is known', () => {
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

  it('of every event ever stored is what the definition says', () => {
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

  it('of whatever is written is what the definition says', () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 20 });
    const usage = fc.dictionary(texts, fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(texts, texts, usage, fc.option(fc.nat()), (id, principal, its, attempt) => {
        const metadata = { $correlationId: 'c', $causationId: 'c', principal, occurred_at: 't', schema_version: 1 };
        const data = { attempt: 1, usage: JSON.parse(JSON.stringify(its)) };
        const { toAppend } = encodeEvents(
          [{ type: 'AttemptProgressed', data }],
          [id],
          attempt === null ? metadata : { ...metadata, attempt },
          null,
        );
        const [stored] = toAppend;
        if (!stored) throw new Error('Nothing was written.');
        expect(JSON.parse(stored.metadata)).toMatchObject({ hash: definition('', stored), previous_hash: null });
      }),
    );
  });
});
