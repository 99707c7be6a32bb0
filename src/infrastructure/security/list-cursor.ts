import { createHash } from 'node:crypto';
import type { Signer } from './signing.ts';

/** Where a page of a list ended: the sort values of its last item, and the place of its submission in the log. */
export interface PageEnd {
  readonly values: readonly (string | number)[];
  readonly submittedPosition: string;
}

/** A cursor that was altered, or handed out for other filters or another order. */
export class InvalidCursor extends Error {
  readonly code = 'invalid-cursor';
  constructor() {
    super('This cursor was not handed out for this list, with these filters and this order.');
    this.name = 'InvalidCursor';
  }
}

const PURPOSE = 'cursor';

/** Writes a cursor. `list` is everything that makes the list what it is, filters and order; the cursor holds for no other. */
export function writeCursor(signer: Signer, list: unknown, end: PageEnd): string {
  return signer.sign(PURPOSE, JSON.stringify([fingerprint(list), end.values, end.submittedPosition]));
}

/** Throws {@link InvalidCursor}. */
export function readCursor(signer: Signer, list: unknown, cursor: string): PageEnd {
  const text = signer.verify(PURPOSE, cursor);
  if (text === null) throw new InvalidCursor();
  const [print, values, submittedPosition] = JSON.parse(text) as [string, PageEnd['values'], string];
  if (print !== fingerprint(list)) throw new InvalidCursor();
  return { values, submittedPosition };
}

function fingerprint(list: unknown): string {
  return createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 16);
}
