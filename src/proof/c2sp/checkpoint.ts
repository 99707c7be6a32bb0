import type { TreeHead } from './merkle.ts';
import { HASH_BYTES } from './merkle.ts';
import { fromBase64, isKeyName } from './signed-note.ts';

/** Checkpoints as in c2sp.org/tlog-checkpoint: the text of a signed note that says which tree a log had. */
export interface Checkpoint extends TreeHead {
  /** Who says so: identifies the log. */
  readonly origin: string;
}

/** The text to be signed. Throws `TypeError` for an origin that cannot also be the name of a key. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  if (!isKeyName(origin)) throw new TypeError('An origin has no spaces, plus or control characters.');
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** Reads the text of a checkpoint. Null if it is none. Extension lines, which this service never writes, are ignored. */
export function parseCheckpoint(text: string): Checkpoint | null {
  const lines = text.split('\n');
  const [origin = '', size = '', encoded = ''] = lines;
  const root = fromBase64(encoded);
  if (lines.pop() !== '' || lines.length < 3 || lines.includes('') || root?.length !== HASH_BYTES) return null;
  const count = /^(?:0|[1-9]\d{0,15})$/.test(size) ? Number(size) : NaN;
  return Number.isSafeInteger(count) ? { origin, size: count, root } : null;
}
