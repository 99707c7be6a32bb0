import type { StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import type { ChainBreak, Link } from '../hash-chain.ts';
import { verifyLink } from '../hash-chain.ts';

/** Verifies a whole stream. */
export function verifyChain(events: Iterable<StoredEvent>): { verified: number } | { brokenAt: ChainBreak } {
  let previous: Link | null = null;
  let verified = 0;
  for (const event of events) {
    const link = verifyLink(previous, event);
    if ('reason' in link) return { brokenAt: link };
    previous = link;
    verified += 1;
  }
  return { verified };
}
