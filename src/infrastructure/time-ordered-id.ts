import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/** Random bytes are drawn for this many ids at once, because the system call costs more than the rest of making an id. */
const IDS_AT_ONCE = 256;
const BYTES = 16;

const drawn = new Uint8Array(IDS_AT_ONCE * BYTES);
const view = new DataView(drawn.buffer);
let used = drawn.length;
let msecs = -Infinity;
let seq = 0;

/** Returns a UUIDv7 (RFC 9562), greater than every one this process made before, so that ids close in time are close in an index. */
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
    // Same millisecond, or the clock went back. When the counter overflows, borrow from the next millisecond.
    seq = (seq + 1) >>> 0;
    if (seq === 0) msecs += 1;
  }
  used += BYTES;
  return v7({ random, msecs, seq });
}
