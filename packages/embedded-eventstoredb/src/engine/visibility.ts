import { lowestVisible } from './stream-states.ts';
import type { StreamReference } from './stream-states.ts';

/** Whether a read of the stream shows that event: neither truncated, nor pushed out by newer ones, nor too old. */
export function isVisible(reference: StreamReference, revision: number, created: number, now: number): boolean {
  if (reference.kind === 'events' && reference.state.metadata.softDeleted) return false;
  return revision >= lowestVisible(reference) && created >= oldestVisible(reference, now);
}

/** Events created before this, in milliseconds since the epoch, are too old to be shown. */
export function oldestVisible({ state, kind }: StreamReference, now: number): number {
  const { maxAge } = state.metadata;
  return kind === 'metadata' || maxAge === undefined ? 0 : now - maxAge * 1000;
}
