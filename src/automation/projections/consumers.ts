import type { Consumer } from '../../infrastructure/consumers/consumer.ts';
import type { QueueForwarder } from '../forwarding/queue-forwarder.ts';
import { DeadlinesProjection } from './deadlines/deadlines-projection.ts';
import { RequestsProjection } from './requests/requests-projection.ts';
import { StatsProjection } from './stats/stats-projection.ts';

/** All consumers of the log. Health and startup use this list; a new read model is added here. */
export function createConsumers(parts: {
  /** Called with request streams that were deleted or whose metadata changed. */
  readonly onTouched: (streams: readonly string[]) => Promise<void>;
  /** Rows of the list's past that ended before this time are deleted. */
  readonly pastKeptSinceMs: () => number;
  /** Grows the Merkle tree of the log. */
  readonly proof: Consumer;
  /** Null without a queue. */
  readonly forwarder: QueueForwarder | null;
}): readonly Consumer[] {
  return [
    new RequestsProjection(parts.onTouched, parts.pastKeptSinceMs),
    new DeadlinesProjection(),
    new StatsProjection(),
    parts.proof,
    ...(parts.forwarder ? [parts.forwarder] : []),
  ];
}
