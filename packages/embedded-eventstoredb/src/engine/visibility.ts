import { lowestVisible } from './stream-states.ts';
import type { StreamReference } from './stream-states.ts';

/** Whether a read of the stream returns the event: not truncated, not beyond `$maxCount`, not too old. */
export function isVisible(reference: StreamReference, revision: number, created: number, now: number): boolean {
  if (reference.kind === 'events' && reference.state.metadata.softDeleted) return false;
  return revision >= lowestVisible(reference) && created >= oldestVisible(reference, now);
}

/** Events created before this time (ms since the epoch) are too old to be returned. */
export function oldestVisible({ state, kind }: StreamReference, now: number): number {
  const { maxAge } = state.metadata;
  return kind === 'metadata' || maxAge === undefined ? 0 : now - maxAge * 1000;
}
