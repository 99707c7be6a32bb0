import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/** Random bytes are drawn for so many ids at once: asking the system for them costs more than all else about an id. */
const IDS_AT_ONCE = 256;
const BYTES = 16;

const drawn = new Uint8Array(IDS_AT_ONCE * BYTES);
const view = new DataView(drawn.buffer);
let used = drawn.length;
let msecs = -Infinity;
let seq = 0;

/** A UUIDv7 (RFC 9562), greater than each that this process has made before, so that neighbours in time are neighbours in an index. */
export function timeOrderedId(): string {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  const random = drawn.subarray(used, used + BYTES);
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    seq = view.getUint32(used) >>> 1;
  } else {
    // In the same millisecond, or after the clock was set back. A count that runs over borrows from the next millisecond.
    seq = (seq + 1) >>> 0;
    if (seq === 0) msecs += 1;
  }
  used += BYTES;
  return v7({ random, msecs, seq });
}
