import type { EventTable } from './event-table.ts';
import { asBuffer, decodeRecord, recordCreated, revisionToBigInt } from './record.ts';
import { isSoftDeleted, isTombstoned, lastRevision, lowestVisible, rowId } from './stream-states.ts';
import type { StreamReference } from './stream-states.ts';
import type { RecordedEvent, StreamReadRequest, StreamReadResult } from './types.ts';
import { oldestVisible } from './visibility.ts';

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/** Reads one page of a stream, as limited by its current metadata. */
export function readStream(
  table: EventTable,
  reference: StreamReference,
  request: StreamReadRequest,
): StreamReadResult {
  if (isTombstoned(reference)) return { status: 'deleted' };
  const last = lastRevision(reference);
  if (last === -1 || isSoftDeleted(reference)) return { status: 'not-found' };
  const lowest = lowestVisible(reference);
  const [from, to] = bounds(request, lowest, last);
  const forwards = request.direction === 'forwards';
  if (request.maxCount <= 0 || (forwards ? from > to : from < to)) return page([], undefined, last);
  return readRows(table, reference, request, from, to);
}

function readRows(
  table: EventTable,
  reference: StreamReference,
  request: StreamReadRequest,
  from: number,
  to: number,
): StreamReadResult {
  const oldest = oldestVisible(reference, Date.now());
  const maxBytes = request.maxBytes ?? DEFAULT_MAX_BYTES;
  const events: RecordedEvent[] = [];
  let bytes = 0;
  for (const [position, revision, row] of table.streamRows(rowId(reference), from, to, request.direction)) {
    if (events.length >= request.maxCount || bytes >= maxBytes) {
      return page(events, revisionToBigInt(revision), lastRevision(reference));
    }
    const record = asBuffer(row);
    if (recordCreated(record) < oldest) {
      // Creation times ascend with revisions, so all earlier events are too old as well.
      if (request.direction === 'backwards') break;
      continue;
    }
    bytes += record.length;
    events.push(decodeRecord(record, position, revision));
  }
  return page(events, undefined, lastRevision(reference));
}

/** First and last revision to read, in reading order, inclusive. */
function bounds(request: StreamReadRequest, lowest: number, last: number): [number, number] {
  const { from, direction } = request;
  if (direction === 'forwards') {
    if (from === 'end') return [last + 1, last];
    return [Math.max(lowest, from === 'start' ? 0 : clamp(from, last + 1)), last];
  }
  if (from === 'start') return [0, lowest];
  return [from === 'end' ? last : clamp(from, last), lowest];
}

const clamp = (revision: bigint, highest: number): number => (revision > BigInt(highest) ? highest : Number(revision));

function page(events: RecordedEvent[], next: bigint | undefined, last: number): StreamReadResult {
  return { status: 'found', events, next, lastRevision: BigInt(last) };
}
