import type { Range, TreeHead } from './merkle.ts';
import { EMPTY_ROOT, HASH_BYTES, consistencyRanges, inclusionRanges, nodeHash, splitOf } from './merkle.ts';

/**
 * Tiles as in c2sp.org/tlog-tiles: the hashes of a tree in rows of 256. Hashes of level 0 are those of leaves; each hash of a level above is
 * that of a full tile below.
 */

export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;
const MAX_LEVEL = 63;

/** Number `index` of the tiles of a level. Its width is 1 to 256 hashes, or entries. */
export interface TileAddress {
  /** 0 to 63. */
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** The path of a tile below `tile/`, such as `0/x001/x234/067.p/5`. */
export function tilePath({ level, ...place }: TileAddress): string {
  return `${level}/${placePath(place)}`;
}

/** The path of a bundle of entries below `tile/`, such as `entries/067`. */
export function entriesPath(place: Omit<TileAddress, 'level'>): string {
  return `entries/${placePath(place)}`;
}

function placePath({ index, width }: Omit<TileAddress, 'level'>): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? [];
  const path = groups.map((group, i) => (i === groups.length - 1 ? group : `x${group}`)).join('/');
  return width === TILE_WIDTH ? path : `${path}.p/${width}`;
}

const PATH = /^(entries|0|[1-9]\d?)\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** Reads a path below `tile/`. Level `entries` is that of bundles of entries. Null if it is none, or not spelt as it must be. */
export function parseTilePath(
  path: string,
): (Omit<TileAddress, 'level'> & { readonly level: number | 'entries' }) | null {
  const [, level, groups, partial] = PATH.exec(path) ?? [];
  if (level === undefined || groups === undefined) return null;
  const index = Number(groups.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  const place = { index, width };
  if (level === 'entries') return entriesPath(place) === path && width <= TILE_WIDTH ? { level, ...place } : null;
  const tile = { level: Number(level), ...place };
  return tile.level <= MAX_LEVEL && tilePath(tile) === path ? tile : null;
}

/** How wide a tile, or a bundle of entries, is in a tree of this size; 0 if there is none. */
export function widthIn(size: number, { level, index }: Omit<TileAddress, 'width'>): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.min(TILE_WIDTH, Math.max(0, hashes - index * TILE_WIDTH));
}

/** A bundle of entries: each is preceded by its length as two bytes. Throws `RangeError` for an entry above 65,535 bytes. */
export function bundleOf(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** Returns the hashes of a tile, one after the other; at least as many as the tree has there. */
export type ReadTile = (level: number, index: number) => Promise<Uint8Array>;

/** The hash of a tree, or of a range that an inclusion or consistency proof names, from tiles. */
export async function rangeHash(readTile: ReadTile, { start, end }: Range): Promise<Buffer> {
  const size = end - start;
  if (size === 0) return EMPTY_ROOT;
  const height = Math.log2(size);
  if (Number.isInteger(height)) return completeHash(readTile, height, start / size);
  const middle = start + splitOf(size);
  return nodeHash(await rangeHash(readTile, { start, end: middle }), await rangeHash(readTile, { start: middle, end }));
}

/** The hash of the `index`-th subtree of 2^height leaves. */
async function completeHash(readTile: ReadTile, height: number, index: number): Promise<Buffer> {
  const level = Math.floor(height / TILE_HEIGHT);
  const hashes = 2 ** (height % TILE_HEIGHT);
  const first = index * hashes;
  const tile = await readTile(level, Math.floor(first / TILE_WIDTH));
  const offset = (first % TILE_WIDTH) * HASH_BYTES;
  const bytes = tile.subarray(offset, offset + hashes * HASH_BYTES);
  if (bytes.length !== hashes * HASH_BYTES)
    throw new RangeError(`Tile ${level}/${Math.floor(first / TILE_WIDTH)} is too short.`);
  return fullHash(bytes);
}

/** The hash of a complete tree over these hashes, whose number is a power of two. */
function fullHash(bytes: Uint8Array): Buffer {
  if (bytes.length === HASH_BYTES) return Buffer.from(bytes);
  const middle = bytes.length / 2;
  return nodeHash(fullHash(bytes.subarray(0, middle)), fullHash(bytes.subarray(middle)));
}

/** The hashes that prove inclusion. Throws `RangeError` if the tree has no such leaf. */
export function inclusionProof(readTile: ReadTile, index: number, size: number): Promise<Buffer[]> {
  return Promise.all(inclusionRanges(index, size).map((range) => rangeHash(readTile, range)));
}

/** The hashes that prove consistency. Throws `RangeError` if `from` is beyond `to`. */
export function consistencyProof(readTile: ReadTile, from: number, to: number): Promise<Buffer[]> {
  return Promise.all(consistencyRanges(from, to).map((range) => rangeHash(readTile, range)));
}

/** A tile that a growing tree has changed. */
export interface ChangedTile {
  readonly level: number;
  readonly index: number;
  readonly hashes: Buffer;
}

/** The right edge of a tree: its size, and the last tile of each level where that is not full. Takes some KiB, whatever the size. */
export class TreeEdge {
  #size: number;
  /** The hashes of the last tile of each level; empty where it is full. */
  readonly #levels: Buffer[][];

  private constructor(size: number, levels: Buffer[][]) {
    this.#size = size;
    this.#levels = levels;
  }

  static empty(): TreeEdge {
    return new TreeEdge(0, []);
  }

  /** The edge of a tree whose tiles are kept elsewhere. */
  static async read(readTile: ReadTile, size: number): Promise<TreeEdge> {
    const levels: Buffer[][] = [];
    for (let level = 0; TILE_WIDTH ** level <= size; level += 1) {
      const hashes = Math.floor(size / TILE_WIDTH ** level);
      const width = hashes % TILE_WIDTH;
      const tile = width === 0 ? new Uint8Array() : await readTile(level, Math.floor(hashes / TILE_WIDTH));
      if (tile.length < width * HASH_BYTES) throw new RangeError(`The last tile of level ${level} is too short.`);
      levels.push(hashesOf(tile.subarray(0, width * HASH_BYTES)));
    }
    return new TreeEdge(size, levels);
  }

  get size(): number {
    return this.#size;
  }

  /** Adds leaves by their hashes. Returns the tiles that changed, each as it is afterwards. */
  add(leaves: readonly Buffer[]): readonly ChangedTile[] {
    const changed = new Map<string, ChangedTile>();
    const push = (level: number, hash: Buffer): void => {
      const tile = (this.#levels[level] ??= []);
      tile.push(hash);
      const index = Math.ceil(Math.floor(this.#size / TILE_WIDTH ** level) / TILE_WIDTH) - 1;
      if (tile.length < TILE_WIDTH) return;
      const hashes = Buffer.concat(tile);
      changed.set(`${level}/${index}`, { level, index, hashes });
      tile.length = 0;
      push(level + 1, fullHash(hashes));
    };
    for (const leaf of leaves) {
      this.#size += 1;
      push(0, leaf);
    }
    this.#levels.forEach((tile, level) => {
      const index = Math.floor(Math.floor(this.#size / TILE_WIDTH ** level) / TILE_WIDTH);
      if (tile.length > 0) changed.set(`${level}/${index}`, { level, index, hashes: Buffer.concat(tile) });
    });
    return [...changed.values()];
  }

  /** The tree's size and root. */
  head(): TreeHead {
    // The subtrees of the edge, from the largest; each level's are smaller than those above.
    let root: Buffer | null = null;
    for (const tile of this.#levels) {
      for (let { length } = tile; length > 0;) {
        const size = lowestBit(length);
        const subtree = fullHash(Buffer.concat(tile.slice(length - size, length)));
        root = root === null ? subtree : nodeHash(subtree, root);
        length -= size;
      }
    }
    return { size: this.#size, root: root ?? EMPTY_ROOT };
  }
}

function lowestBit(number: number): number {
  return number & -number;
}

function hashesOf(bytes: Uint8Array): Buffer[] {
  const count = bytes.length / HASH_BYTES;
  return Array.from({ length: count }, (_, i) => Buffer.from(bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)));
}
