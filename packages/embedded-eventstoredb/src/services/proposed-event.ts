import { BadRequestError } from '../engine/engine.ts';
import type { NewEvent } from '../engine/engine.ts';
import { canonicalEventId } from '../engine/event-id.ts';
import type { ProposedEvent } from '../wire/append-requests.ts';

/** The only content type that marks JSON; everything else comes back as octets. */
const JSON_CONTENT = 'application/json';

/** What counts towards the size of an append: as in EventStoreDB 25, the strictest rule of any version. */
export const eventBytes = ({ data, metadata, type }: NewEvent): number =>
  data.length + metadata.length + 2 * type.length;

/** The event that a client proposed. Throws BadRequestError when id, type or content type is missing or no good. */
export function toNewEvent({ id, type, contentType, data, metadata }: ProposedEvent): NewEvent {
  const canonicalId = id === undefined ? undefined : canonicalEventId(id);
  if (canonicalId === undefined) throw new BadRequestError('An event needs an id that is a GUID');
  if (type === undefined || contentType === undefined) {
    throw new BadRequestError('An event needs a type and a content type');
  }
  if (type === '') throw new BadRequestError('The type of an event must not be empty');
  return { id: canonicalId, type, isJson: contentType === JSON_CONTENT, data, metadata };
}
