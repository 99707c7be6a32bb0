import { describe, expect, it } from '@jest/globals';
import type { Range } from './merkle.ts';
import {
  consistencyRanges,
  EMPTY_ROOT,
  inclusionRanges,
  leafHash,
  nodeHash,
  provesConsistency,
  provesInclusion,
} from './merkle.ts';

/** RFC 6962, section 2.1, word for word. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

// The vectors of Certificate Transparency's reference implementation.
const ENTRIES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const leaves = ENTRIES.map((hex) => leafHash(Buffer.from(hex, 'hex')));

function hashesOf(ranges: readonly Range[]): Buffer[] {
  return ranges.map(({ start, end }) => naiveRoot(leaves.slice(start, end)));
}
function hex(hashes: readonly Buffer[]): string[] {
  return hashes.map((hash) => hash.toString('hex'));
}

describe('a Merkle tree of RFC 6962', () => {
  it.each(ROOTS.map((root, size) => [size, root]))('of %d leaves has the published root', (size, root) => {
    expect(naiveRoot(leaves.slice(0, Number(size))).toString('hex')).toBe(root);
  });

  it('proves inclusion by the published hashes', () => {
    expect(hex(hashesOf(inclusionRanges(0, 8)))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(hex(hashesOf(inclusionRanges(5, 8)))).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  it('proves consistency by the published hashes', () => {
    expect(hex(hashesOf(consistencyRanges(6, 8)))).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(hex(hashesOf(consistencyRanges(1, 8)))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
  });

  it('refuses leaves and sizes that it does not have', () => {
    expect(() => inclusionRanges(8, 8)).toThrow(RangeError);
    expect(() => inclusionRanges(-1, 8)).toThrow(RangeError);
    expect(() => inclusionRanges(0.5, 8)).toThrow(RangeError);
    expect(() => consistencyRanges(9, 8)).toThrow(RangeError);
    expect(() => consistencyRanges(-1, 8)).toThrow(RangeError);
  });
});

const MANY = 40;
const many = Array.from({ length: MANY }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));
function naiveProof(ranges: readonly Range[]): Buffer[] {
  return ranges.map(({ start, end }) => naiveRoot(many.slice(start, end)));
}

describe('proofs of all trees of up to 40 leaves', () => {
  it('show each leaf at its place and nowhere else', () => {
    for (let size = 1; size <= MANY; size += 1) {
      const root = naiveRoot(many.slice(0, size));
      for (let index = 0; index < size; index += 1) {
        const proof = naiveProof(inclusionRanges(index, size));
        const leaf = many[index]!;
        expect(provesInclusion(proof, { leaf, index, size, root })).toBe(true);
        expect(provesInclusion(proof, { leaf: many[(index + 1) % MANY]!, index, size, root })).toBe(false);
        expect(provesInclusion(proof, { leaf, index, size, root: many[0]! }) && size > 1).toBe(false);
        for (let other = 0; other < size; other += 1) {
          expect(provesInclusion(proof, { leaf, index: other, size, root })).toBe(other === index);
        }
        expect(provesInclusion([...proof, leaf], { leaf, index, size, root })).toBe(false);
        if (proof.length > 0) expect(provesInclusion(proof.slice(1), { leaf, index, size, root })).toBe(false);
      }
    }
  });

  it('show that each tree begins with each smaller one, and with no other', () => {
    for (let to = 0; to <= MANY; to += 1) {
      const newer = { size: to, root: naiveRoot(many.slice(0, to)) };
      for (let from = 0; from <= to; from += 1) {
        const older = { size: from, root: naiveRoot(many.slice(0, from)) };
        const proof = naiveProof(consistencyRanges(from, to));
        expect(provesConsistency(proof, older, newer)).toBe(true);
        expect(provesConsistency([...proof, older.root], older, newer)).toBe(false);
        const forked = { size: from, root: naiveRoot(many.slice(0, from).reverse()) };
        if (from > 1) expect(provesConsistency(proof, forked, newer)).toBe(false);
        for (let i = 0; i < proof.length; i += 1) {
          expect(provesConsistency(proof.with(i, EMPTY_ROOT), older, newer)).toBe(false);
          expect(provesConsistency(proof.toSpliced(i, 1), older, newer)).toBe(false);
        }
      }
      expect(provesConsistency([], { ...newer, size: to + 1 }, newer)).toBe(false);
    }
  });
});
