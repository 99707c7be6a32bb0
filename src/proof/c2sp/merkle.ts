import { hash } from 'node:crypto';

/**
 * Merkle trees as RFC 6962, section 2.1, defines them, over SHA-256. A hash is a buffer of 32 bytes. By hand, because the libraries for it
 * on npm either hash differently (no domain separation, other shapes for sizes that are no power of two) or only parse Sigstore's bundles.
 *
 * Sizes and indexes are integers below 2^53.
 */

export const HASH_BYTES = 32;

/** Hash of a tree without leaves. */
export const EMPTY_ROOT: Buffer = sha256(Buffer.alloc(0));

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/** Hash of a leaf with this content. */
export function leafHash(entry: Uint8Array): Buffer {
  return sha256(Buffer.concat([LEAF, entry]));
}

/** Hash of a node with these children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(Buffer.concat([NODE, left, right]));
}

function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** Leaves from `start` up to, and without, `end`, which together have one hash in a tree. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * The ranges whose hashes prove that the leaf `index` is in the tree of `size` leaves, in the order of the proof: from the leaf's sibling to
 * a child of the root (RFC 6962, section 2.1.1).
 */
export function inclusionRanges(index: number, size: number): readonly Range[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size)
    throw new RangeError(`A tree of ${size} leaves has no leaf ${index}.`);
  const ranges: Range[] = [];
  for (let [start, end] = [0, size]; end - start > 1;) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.reverse();
}

/**
 * The ranges whose hashes prove that the tree of `to` leaves begins with the tree of `from` leaves, in the order of the proof (RFC 6962,
 * section 2.1.2). None if they are equal or `from` is 0: every tree begins with the empty one.
 */
export function consistencyRanges(from: number, to: number): readonly Range[] {
  if (!Number.isSafeInteger(from) || from < 0 || from > to)
    throw new RangeError(`A tree of ${to} leaves does not begin with one of ${from}.`);
  if (from === 0 || from === to) return [];
  const ranges: Range[] = [];
  let [start, end] = [0, to];
  // Ends when the rest of the smaller tree is a node of the larger one.
  while (end !== from) {
    const middle = start + splitOf(end - start);
    if (from <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  // The verifier knows the smaller tree's root, so it is left out where it is that node.
  if (start !== 0) ranges.push({ start, end });
  return ranges.reverse();
}

/** The largest power of two that is smaller than `size`, which is at least 2: the number of leaves of the left child. */
export function splitOf(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** Whether `proof` shows that `leaf`, a leaf's hash, is at `index` in the tree with this size and root (RFC 9162, section 2.1.3.2). */
export function provesInclusion(
  proof: readonly Buffer[],
  {
    leaf,
    index,
    size,
    root,
  }: { readonly leaf: Buffer; readonly index: number; readonly size: number; readonly root: Buffer },
): boolean {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return false;
  let [node, last, computed] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      computed = nodeHash(sibling, computed);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      computed = nodeHash(computed, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && computed.equals(root);
}

/** A tree's size and root. */
export interface TreeHead {
  readonly size: number;
  readonly root: Buffer;
}

/** Whether `proof` shows that the tree `to` begins with the tree `from` (RFC 9162, section 2.1.4.2). */
export function provesConsistency(proof: readonly Buffer[], from: TreeHead, to: TreeHead): boolean {
  if (from.size > to.size) return false;
  if (from.size === to.size) return proof.length === 0 && from.root.equals(to.root);
  if (from.size === 0) return proof.length === 0 && from.root.equals(EMPTY_ROOT);
  let [node, last] = [from.size - 1, to.size - 1];
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  const isWhole = node === 0;
  const rest = isWhole ? proof : proof.slice(1);
  const seed = isWhole ? from.root : proof[0];
  if (seed === undefined) return false;
  let [older, newer] = [seed, seed];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      older = nodeHash(sibling, older);
      newer = nodeHash(sibling, newer);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      newer = nodeHash(newer, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && older.equals(from.root) && newer.equals(to.root);
}

// Bit operations would cut numbers to 32 bits.
function isOdd(number: number): boolean {
  return number % 2 === 1;
}

function half(number: number): number {
  return Math.floor(number / 2);
}
