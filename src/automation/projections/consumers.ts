import type { Consumer } from '../../infrastructure/consumers/consumer.ts';
import type { QueueForwarder } from '../forwarding/queue-forwarder.ts';
import { DeadlinesProjection } from './deadlines/deadlines-projection.ts';
import { RequestsProjection } from './requests/requests-projection.ts';

/** Everything that follows the log. Health and the start of the service go by this list; a new read model is a line here. */
export function createConsumers(parts: {
  /** Hears of streams of requests that were deleted, or whose metadata changed. */
  readonly onTouched: (streams: readonly string[]) => Promise<void>;
  /** Null: no queue is configured. */
  readonly forwarder: QueueForwarder | null;
}): readonly Consumer[] {
  return [
    new RequestsProjection(parts.onTouched),
    new DeadlinesProjection(),
    ...(parts.forwarder ? [parts.forwarder] : []),
  ];
}
