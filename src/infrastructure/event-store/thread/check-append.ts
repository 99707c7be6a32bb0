import { AppendRefusedError } from '../event-store.ts';
import type { AppendCall } from './messages.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An event with its data and metadata parsed, so that both adapters refuse the same appends. */
export interface CheckedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: object;
}

/**
 * Throws `AppendRefusedError` for appends that a log would refuse, or that only one adapter would accept: an invalid id or empty type
 * breaks the connection of some clients, and data that is not JSON would break every reader.
 */
export function checkAppend(call: AppendCall, maxAppendBytes: number): CheckedEvent[] {
  if (call.stream === '') throw new AppendRefusedError('The name of the stream is empty.');
  if (call.events.length === 0) throw new AppendRefusedError('There is nothing to append.');
  if (!isExpectation(call.expectedRevision)) {
    throw new AppendRefusedError(`Expected revision ${call.expectedRevision} is no revision.`);
  }
  let bytes = 0;
  const checked = call.events.map((event, index) => {
    if (!uuid.test(event.id)) throw new AppendRefusedError(`The id of event ${index} is not a UUID.`);
    if (event.type === '') throw new AppendRefusedError(`The type of event ${index} is empty.`);
    // Counted as newer servers do; older ones count only the data.
    bytes += Buffer.byteLength(event.data) + Buffer.byteLength(event.metadata) + 2 * Buffer.byteLength(event.type);
    const data = parse(event.data, `The data of event ${index}`);
    const metadata = parse(event.metadata, `The metadata of event ${index}`);
    if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
      throw new AppendRefusedError(`The metadata of event ${index} is not a JSON object.`);
    }
    return { id: event.id, type: event.type, data, metadata };
  });
  if (bytes > maxAppendBytes) {
    throw new AppendRefusedError(`The append has ${bytes} bytes; the limit is ${maxAppendBytes}.`);
  }
  return checked;
}

function isExpectation(expected: unknown): boolean {
  return expected === 'no_stream' || (Number.isSafeInteger(expected) && (expected as number) >= 0);
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppendRefusedError(`${what} is not JSON.`);
  }
}
