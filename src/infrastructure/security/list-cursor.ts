import { createHash } from 'node:crypto';
import type { Signer } from './signing.ts';

/** End of a list page: the sort values of its last item, and the log position of that item's submission. */
export interface PageEnd {
  readonly values: readonly (string | number)[];
  readonly submittedPosition: string;
}

/** The cursor was altered, or issued for other filters or another order. */
export class InvalidCursor extends Error {
  readonly code = 'invalid-cursor';
  constructor() {
    super('This cursor was not issued for this list with these filters and this order.');
    this.name = 'InvalidCursor';
  }
}

const PURPOSE = 'cursor';

/** Signs a cursor. `list` is everything that identifies the list (filters and order); the cursor is valid for that list only. */
export function writeCursor(signer: Signer, list: unknown, end: PageEnd): string {
  return signer.sign(PURPOSE, JSON.stringify([fingerprint(list), end.values, end.submittedPosition]));
}

/** Verifies and reads a cursor. Throws {@link InvalidCursor} if it is not one of ours or belongs to a different list. */
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
