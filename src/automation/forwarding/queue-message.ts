import type { EventStore, StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import type { OutgoingMessage } from '../../infrastructure/sqs/queue.ts';
import type { Instant, Priority, RequestType } from '../domain/request.ts';
import type { DecodedEvent } from '../events/codec.ts';
import { decodeEvent, requestCodec } from '../events/codec.ts';
import type { RequestEventType } from '../domain/events.ts';
import { replay } from '../events/replay.ts';

/** The message body, as in the HTTP contract: what a worker needs to look up the request, and none of its text. */
interface QueueMessage {
  readonly request_id: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly request_type: RequestType;
  readonly priority: Priority;
  readonly created_at: Instant;
  readonly correlation_id: string;
  readonly schema_version: 1;
}

/** Most events wake no worker and need no decoding. */
const WAKING: ReadonlySet<string | null> = new Set<RequestEventType>(['RequestSubmitted', 'RequestRequeued']);

/**
 * The message for an event: one for each submission and each return to `pending`, null for all others. Throws `UnknownEventType`,
 * `UnreadableEvent` and `StreamTruncatedError`.
 */
export async function messageFor(stored: StoredEvent, store: EventStore): Promise<OutgoingMessage | null> {
  if (!WAKING.has(requestCodec.nameOf(stored.type))) return null;
  const decoded = decodeEvent(stored);
  const { event } = decoded;
  if (event.type === 'RequestSubmitted') {
    return toMessage(stored, decoded, event.data.type, event.data.priority, event.occurred_at);
  }
  const request = await replay(store, stored.stream, ({ revision }) => revision <= stored.revision);
  return request ? toMessage(stored, decoded, request.type, request.priority, request.created_at) : null;
}

function toMessage(
  stored: StoredEvent,
  { event, metadata }: DecodedEvent,
  request_type: RequestType,
  priority: Priority,
  created_at: Instant,
): OutgoingMessage {
  const correlation_id = metadata.$correlationId;
  const body: QueueMessage = {
    request_id: event.request_id,
    event_id: stored.id,
    event_type: event.type,
    request_type,
    priority,
    created_at,
    correlation_id,
    schema_version: 1,
  };
  return {
    id: stored.id,
    groupId: event.request_id,
    body: JSON.stringify(body),
    attributes: { event_type: event.type, request_type, priority, correlation_id },
  };
}
