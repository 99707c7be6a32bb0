import { describe, expect, it } from '@jest/globals';
import type { ChangedTile, ReadTile } from './tiles.ts';
import {
  bundleOf,
  consistencyProof,
  entriesPath,
  inclusionProof,
  parseTilePath,
  rangeHash,
  TILE_WIDTH,
  tilePath,
  TreeEdge,
  widthIn,
} from './tiles.ts';
import { EMPTY_ROOT, leafHash, nodeHash, provesConsistency, provesInclusion } from './merkle.ts';

const SIZE = 70_000;
const leaves = Array.from({ length: SIZE }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));

const known = new Map<string, Buffer>();
function naiveRoot(start: number, end: number): Buffer {
  if (end === start) return EMPTY_ROOT;
  if (end - start === 1) return leaves[start]!;
  const middle = start + 2 ** Math.floor(Math.log2(end - start - 1));
  const root = known.get(`${start}-${end}`) ?? nodeHash(naiveRoot(start, middle), naiveRoot(middle, end));
  known.set(`${start}-${end}`, root);
  return root;
}

/** Tiles as they are kept: each change replaces the tile. */
class KeptTiles {
  readonly tiles = new Map<string, Buffer>();
  readonly read: ReadTile = (level, index) => {
    const tile = this.tiles.get(`${level}/${index}`);
    return tile ? Promise.resolve(tile) : Promise.reject(new Error(`There is no tile ${level}/${index}.`));
  };
  keep(changed: readonly ChangedTile[]): void {
    for (const { level, index, hashes } of changed) this.tiles.set(`${level}/${index}`, hashes);
  }
}

function grown(...steps: readonly number[]): { readonly kept: KeptTiles; readonly edge: TreeEdge } {
  const kept = new KeptTiles();
  const edge = TreeEdge.empty();
  for (const size of steps) kept.keep(edge.add(leaves.slice(edge.size, size)));
  return { kept, edge };
}

const all = grown(SIZE);

describe('a tree in tiles', () => {
  it('has the root of the same tree in one piece, however it grew', async () => {
    const sizes = [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, SIZE];
    const { kept, edge } = grown();
    for (const size of sizes) {
      kept.keep(edge.add(leaves.slice(edge.size, size)));
      const root = naiveRoot(0, size).toString('hex');
      expect({ size: edge.size, root: edge.head().root.toString('hex') }).toEqual({ size, root });
      expect((await rangeHash(kept.read, { start: 0, end: size })).toString('hex')).toBe(root);
      const again = await TreeEdge.read(kept.read, size);
      expect(again.head()).toEqual(edge.head());
    }
  });

  it('of 70,000 leaves has the tiles that the specification counts', () => {
    const { kept } = all;
    const full = [...kept.tiles].filter(([, { length }]) => length === TILE_WIDTH * 32).map(([name]) => name);
    const partial = [...kept.tiles].filter(([, { length }]) => length < TILE_WIDTH * 32);
    expect([
      full.filter((name) => name.startsWith('0/')).length,
      full.filter((name) => !name.startsWith('0/')),
    ]).toEqual([273, ['1/0']]);
    expect(partial.map(([name, { length }]) => [name, length / 32])).toEqual([
      ['0/273', 112],
      ['1/1', 17],
      ['2/0', 1],
    ]);
    expect(widthIn(SIZE, { level: 0, index: 272 })).toBe(256);
    expect(widthIn(SIZE, { level: 0, index: 273 })).toBe(112);
    expect(widthIn(SIZE, { level: 0, index: 274 })).toBe(0);
    expect(widthIn(SIZE, { level: 2, index: 0 })).toBe(1);
    expect(widthIn(SIZE, { level: 3, index: 0 })).toBe(0);
  });

  it('grows on after it was read again, leaf by leaf, as it does in one go', async () => {
    const { kept } = grown(250);
    const edge = await TreeEdge.read(kept.read, 250);
    for (let size = 250; size < 520; size += 1) kept.keep(edge.add(leaves.slice(size, size + 1)));
    expect(kept.tiles).toEqual(grown(520).kept.tiles);
  });

  it('proves inclusion and consistency, from tiles that have grown since', async () => {
    const { kept } = all;
    for (const size of [1, 2, 255, 256, 257, 600, 65_536, 65_537, 69_999, SIZE]) {
      const root = naiveRoot(0, size);
      for (const index of [0, 1, Math.floor(size / 2), Math.floor(size / 3), size - 1].filter((i) => i < size)) {
        const proof = await inclusionProof(kept.read, index, size);
        expect(provesInclusion(proof, { leaf: leaves[index]!, index, size, root })).toBe(true);
      }
      for (const from of [0, 1, 2, 255, 256, 300, 65_536, size].filter((each) => each <= size)) {
        const proof = await consistencyProof(kept.read, from, size);
        expect(provesConsistency(proof, { size: from, root: naiveRoot(0, from) }, { size, root })).toBe(true);
      }
    }
  });

  it('is not proved from a tile that is too short', async () => {
    const short: ReadTile = () => Promise.resolve(new Uint8Array(32));
    await expect(inclusionProof(short, 0, 3)).rejects.toThrow('too short');
    await expect(TreeEdge.read(short, 3)).rejects.toThrow('too short');
  });
});

describe('the path of a tile', () => {
  it.each([
    ['0/000', { level: 0, index: 0, width: 256 }],
    ['0/999', { level: 0, index: 999, width: 256 }],
    ['1/x001/000', { level: 1, index: 1_000, width: 256 }],
    ['0/x001/x234/067', { level: 0, index: 1_234_067, width: 256 }],
    ['63/x001/x234/067.p/5', { level: 63, index: 1_234_067, width: 5 }],
    ['entries/x001/067.p/255', { level: 'entries' as const, index: 1_067, width: 255 }],
  ])('%s is written and read', (path, tile) => {
    const { level, ...place } = tile;
    expect(level === 'entries' ? entriesPath(place) : tilePath({ level, ...place })).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it.each([
    ...['', '0', '0/', '0/0', '0/00', '0/0000', '00/000', '64/000', '-1/000', '0/001/000', '0/x000/000', '0/x001'],
    ...['0/000.p/0', '0/000.p/256', '0/000.p/01', '0/000.p/', '0/000.p', '0/000.p/1/2', '0/x001/x00/000', 'entry/000'],
    ...['0/x000/001', '0/x1000/000', 'entries/0', '0/000 ', '0/x001/x001/x001/x001/x001/000', '0/000.p/1000'],
  ])('is not %j', (path) => {
    expect(parseTilePath(path)).toBeNull();
  });
});

describe('a bundle of entries', () => {
  it('holds each after its length', () => {
    expect(bundleOf([Buffer.from('ab'), Buffer.alloc(0), Buffer.alloc(258, 'c')]).toString('latin1')).toBe(
      `\u0000\u0002ab\u0000\u0000\u0001\u0002${'c'.repeat(258)}`,
    );
  });

  it('holds none above 65,535 bytes', () => {
    expect(() => bundleOf([Buffer.alloc(65_536)])).toThrow('out of range');
  });
});
