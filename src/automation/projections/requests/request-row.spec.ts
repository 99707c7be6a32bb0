import { describe, expect, it } from '@jest/globals';
import { foldCase } from './request-row.ts';

describe('folded text', () => {
  it.each([
    ['GRÖSSE', 'größe'],
    ['GRÖẞE', 'grösse'],
    ['cafe\u0301', 'CAFÉ'],
    ['ﬁn', 'FIN'],
    ['ΟΔΥΣΣΕΥΣ', 'οδυσσευς'],
    ['σ', 'ς'],
    ['ſ', 'S'],
    ['\u212a', 'k'],
    ['µ', 'Μ'],
    ['İ', 'i\u0307'],
    ['ᾳ', 'ΑΙ'],
  ])('of %s is that of %s', (one, other) => {
    expect(foldCase(one)).toBe(foldCase(other));
  });

  it.each([
    ['e', 'é'],
    ['ı', 'i'],
    ['o', 'ö'],
    ['²', '2'],
  ])('of %s is not that of %s', (one, other) => {
    expect(foldCase(one)).not.toBe(foldCase(other));
  });

  it('is equal for texts that differ only in case, for every letter', () => {
    const differing = [];
    for (let code = 0; code <= 0x10ffff; code += 1) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const letter = String.fromCodePoint(code);
      const folded = foldCase(letter);
      const isStable = foldCase(folded) === folded && foldCase(letter.toLowerCase()) === folded;
      if (!isStable || (letter !== 'ı' && foldCase(letter.toUpperCase()) !== folded)) differing.push(letter);
    }
    expect(differing).toEqual([]);
  });
});
