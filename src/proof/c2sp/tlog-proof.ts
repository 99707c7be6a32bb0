import { HASH_BYTES } from './merkle.ts';
import { fromBase64 } from './signed-note.ts';

/** Proofs as in c2sp.org/tlog-proof: where an entry is in a tree, the hashes that prove it, and the signed checkpoint of that tree. */
export interface TlogProof {
  readonly index: number;
  readonly hashes: readonly Buffer[];
  /** The whole signed note. */
  readonly checkpoint: string;
}

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
/** A tree of 2^53 leaves is so high. */
const MAX_HASHES = 53;

export function formatTlogProof({ index, hashes, checkpoint }: TlogProof): string {
  const lines = [FIRST_LINE, `index ${index}`, ...hashes.map((hash) => hash.toString('base64'))];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** Null if it is no such proof. One with extra data, which nothing authenticates, is refused too. */
export function parseTlogProof(text: string): TlogProof | null {
  const end = text.indexOf('\n\n');
  if (end < 0) return null;
  const [first, second = '', ...encoded] = text.slice(0, end).split('\n');
  const [, digits] = /^index (0|[1-9]\d{0,15})$/.exec(second) ?? [];
  if (first !== FIRST_LINE || digits === undefined || encoded.length > MAX_HASHES) return null;
  const hashes = encoded.map(fromBase64);
  if (!hashes.every((hash) => hash !== null && hash.length === HASH_BYTES)) return null;
  return { index: Number(digits), hashes: hashes as Buffer[], checkpoint: text.slice(end + 2) };
}
