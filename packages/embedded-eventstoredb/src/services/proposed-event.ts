import { BadRequestError } from '../engine/engine.ts';
import type { NewEvent } from '../engine/engine.ts';
import { canonicalEventId } from '../engine/event-id.ts';
import type { ProposedEvent } from '../wire/append-requests.ts';

/** The only content type that marks JSON. Anything else is returned as octets. */
const JSON_CONTENT = 'application/json';

/** An event's share of the append size: as in EventStoreDB 25, the strictest rule of any version. */
export const eventBytes = ({ data, metadata, type }: NewEvent): number =>
  data.length + metadata.length + 2 * type.length;

/** Converts a proposed event. Throws BadRequestError if id, type or content type is missing or invalid. */
export function toNewEvent({ id, type, contentType, data, metadata }: ProposedEvent): NewEvent {
  const canonicalId = id === undefined ? undefined : canonicalEventId(id);
  if (canonicalId === undefined) throw new BadRequestError('An event needs an id that is a GUID');
  if (type === undefined || contentType === undefined) {
    throw new BadRequestError('An event needs a type and a content type');
  }
  if (type === '') throw new BadRequestError('The type of an event must not be empty');
  return { id: canonicalId, type, isJson: contentType === JSON_CONTENT, data, metadata };
}
