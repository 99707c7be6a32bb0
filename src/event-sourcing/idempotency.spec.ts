import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Remembered } from './idempotency.ts';
import { idempotencyKey, IdempotencyKeyReused, recall, remember } from './idempotency.ts';

const CALL = { principal: 'olga', method: 'POST', path: '/requests', key: 'one', body: { title: 'Add', n: 1 } };

/** A list that remembers these keys, each with its fingerprint and the revision of its append. */
function remembering(...appends: readonly (readonly [key: string, fingerprint: string, revision: number])[]) {
  return appends.reduce<Remembered | null>(
    (before, [key, fingerprint, revision]) => remember(before, { key, fingerprint }, revision),
    null,
  );
}

describe('the stored form of a key', () => {
  it('consists of two SHA-256 hashes, which must keep matching stored events', () => {
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(idempotencyKey(CALL)).toEqual({
      key: sha256('olga\nPOST\n/requests\none'),
      fingerprint: sha256('{"n":1,"title":"Add"}'),
    });
  });

  it.each([
    ['principal', { principal: 'otto' }],
    ['method', { method: 'PATCH' }],
    ['path', { path: '/requests/1' }],
    ['key', { key: 'two' }],
  ])('differs by %s', (_, other) => {
    expect(idempotencyKey({ ...CALL, ...other }).key).not.toBe(idempotencyKey(CALL).key);
  });

  it("has a fingerprint of the body's content, not its formatting", () => {
    const { key, fingerprint } = idempotencyKey(CALL);
    expect(idempotencyKey({ ...CALL, body: { n: 1, title: 'Add' } })).toEqual({ key, fingerprint });
    expect(idempotencyKey({ ...CALL, body: { n: 2, title: 'Add' } })).toEqual({
      key,
      fingerprint: expect.not.stringMatching(fingerprint),
    });
  });
});

describe('a call with a key', () => {
  it('is new to a stream that remembers none, or only others', () => {
    expect(recall(null, { key: 'a', fingerprint: 'x' })).toBeNull();
    expect(recall(remembering(['a', 'x', 0], ['b', 'x', 1]), { key: 'c', fingerprint: 'x' })).toBeNull();
  });

  it('is answered from the append with the key, however many followed', () => {
    const remembered = remembering(['a', 'x', 0], ['b', 'y', 3], ['c', 'z', 4]);
    expect(recall(remembered, { key: 'a', fingerprint: 'x' })).toMatchObject({ revision: 0 });
    expect(recall(remembered, { key: 'b', fingerprint: 'y' })).toMatchObject({ revision: 3 });
    expect(recall(remembered, { key: 'c', fingerprint: 'z' })).toMatchObject({ revision: 4 });
  });

  it('is refused with another body, without revealing the first', () => {
    const reuse = () => recall(remembering(['a', 'secret', 0], ['b', 'y', 1]), { key: 'a', fingerprint: 'other' });
    expect(reuse).toThrow(IdempotencyKeyReused);
    expect(reuse).toThrow(expect.objectContaining({ code: 'idempotency-key-reused' }));
    expect(reuse).not.toThrow(/secret/);
  });
});

describe('an append of several events', () => {
  it('is remembered once, with the revision of its last event', () => {
    const remembered = remembering(['a', 'x', 0], ['b', 'y', 1], ['b', 'y', 2], ['b', 'y', 3]);
    expect(remembered).toMatchObject({ key: 'b', revision: 3, count: 2 });
    expect(recall(remembered, { key: 'a', fingerprint: 'x' })).toMatchObject({ revision: 0, before: null });
  });

  it('does not modify the list it was added to', () => {
    const before = remembering(['a', 'x', 0]);
    remember(before, { key: 'a', fingerprint: 'x' }, 1);
    remember(before, { key: 'b', fingerprint: 'x' }, 1);
    expect(before).toEqual({ key: 'a', fingerprint: 'x', revision: 0, before: null, count: 1 });
  });
});

describe('any history of appends', () => {
  it('is recalled like a map from keys to last revisions', () => {
    // Each append has a new key, or none, and one to three events.
    const appends = fc.array(fc.record({ carries: fc.boolean(), events: fc.integer({ min: 1, max: 3 }) }));
    fc.assert(
      fc.property(appends, (history) => {
        let remembered: Remembered | null = null;
        let revision = -1;
        const expected = new Map<string, number>();
        for (const [i, { carries, events }] of history.entries()) {
          const used = { key: `key-${i}`, fingerprint: `body-${i}` };
          for (let n = 0; n < events; n += 1) {
            revision += 1;
            if (carries) remembered = remember(remembered, used, revision);
          }
          if (carries) expected.set(used.key, revision);
        }
        expect(remembered?.count ?? 0).toBe(expected.size);
        for (const [i] of history.entries()) {
          const used = { key: `key-${i}`, fingerprint: `body-${i}` };
          expect(recall(remembered, used)?.revision).toBe(expected.get(used.key));
        }
      }),
    );
  });
});
