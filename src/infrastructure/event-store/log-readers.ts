import { Slots } from '../slots.ts';
import { EventStoreUnavailableError } from './event-store.ts';

/** Limits concurrent history reads, so that they leave capacity for other calls. */
const reads = new Slots(8, 200);
const PATIENCE_MS = 2_000;

/** Runs a history read when a slot is free. Throws `EventStoreUnavailableError` after 2 s, or at once if too many are waiting. */
export function inTurn<T>(read: () => Promise<T>): Promise<T> {
  const late = (): Error => new EventStoreUnavailableError('Too many readers ask for history at once.');
  return reads.run(PATIENCE_MS, read, late);
}
