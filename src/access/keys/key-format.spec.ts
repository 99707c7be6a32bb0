import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { digestOf, hintOf, isWellFormedKey, looksLikeKey, newKey } from './key-format.ts';

describe('an API key', () => {
  it('has the form that scanners look for', () => {
    for (let i = 0; i < 200; i += 1) expect(newKey()).toMatch(/^abk_[0-9A-Za-z]{38}$/);
  });

  it('is different each time, and uses all letters and digits evenly', () => {
    const keys = Array.from({ length: 2_000 }, newKey);
    expect(new Set(keys).size).toBe(2_000);
    const counts = new Map<string, number>();
    for (const letter of keys.map((key) => key.slice(4, 36)).join('')) {
      counts.set(letter, (counts.get(letter) ?? 0) + 1);
    }
    // 64,000 characters from an alphabet of 62 are 1,032 of each, ±32. A byte modulo 62 would give 1,250 of each of the first eight.
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - 1_032)).toBeLessThan(200);
  });

  it('is malformed once a character is changed, removed or added', () => {
    const key = newKey();
    expect(isWellFormedKey(key)).toBe(true);
    for (let i = 0; i < key.length; i += 1) {
      const other = key[i] === 'a' ? 'b' : 'a';
      expect(isWellFormedKey(key.slice(0, i) + other + key.slice(i + 1))).toBe(false);
      expect(isWellFormedKey(key.slice(0, i) + key.slice(i + 1))).toBe(false);
    }
    for (const wrong of [`${key}a`, ` ${key}`, key.toLowerCase(), key.toUpperCase(), '', 'abk_']) {
      expect(isWellFormedKey(wrong)).toBe(false);
    }
  });

  it('is stored as its plain SHA-256, which every tool computes', () => {
    const key = newKey();
    expect(digestOf(key)).toBe(createHash('sha256').update(key).digest('hex'));
  });

  it('is identified by four of its characters', () => {
    const key = newKey();
    expect(key.startsWith(hintOf(key))).toBe(true);
    expect(hintOf(key)).toHaveLength(8);
    expect(looksLikeKey(key)).toBe(true);
    expect(looksLikeKey('atw_x')).toBe(false);
  });
});
