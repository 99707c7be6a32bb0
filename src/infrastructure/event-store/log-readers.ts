import { Slots } from '../slots.ts';
import { EventStoreUnavailableError } from './event-store.ts';

/** Pages of the log that are put together at once, so that many readers of long histories leave something for the others. */
const reads = new Slots(8, 200);
const PATIENCE_MS = 2_000;

/** Runs the read of a page when its turn comes. Throws `EventStoreUnavailableError` when too many readers are waiting. */
export function inTurn<T>(read: () => Promise<T>): Promise<T> {
  const late = (): Error => new EventStoreUnavailableError('Too many readers ask for history at once.');
  return reads.run(PATIENCE_MS, read, late);
}
