import { BYTES, ProtoReader, VARINT } from './proto-reader.ts';
import type { WriteTarget } from './write-messages.ts';
import { writeTarget } from './write-messages.ts';
import { streamName, uuid, uuidText } from './shared-messages.ts';

/** An event as sent by a client; anything may be missing. */
export type ProposedEvent = {
  id: string | undefined;
  type: string | undefined;
  contentType: string | undefined;
  data: Uint8Array;
  metadata: Uint8Array;
};

/** One message of Streams.Append: options first, then events. */
export type AppendRequestPart = { options: WriteTarget | undefined; event: ProposedEvent | undefined };

export type BatchOptions = {
  stream: string | undefined;
  /** Undefined if the oneof is not set. */
  expected: 'any' | 'no_stream' | 'stream_exists' | bigint | undefined;
  /** Milliseconds since the epoch; undefined if there is none. */
  deadline: number | undefined;
};

/** One message of Streams.BatchAppend. */
export type BatchRequestPart = {
  /** Returned to the client as sent; undefined if missing. */
  correlationId: string | undefined;
  options: BatchOptions | undefined;
  events: ProposedEvent[];
  isFinal: boolean;
};

const NO_BYTES = new Uint8Array();

const field = (number: number, wireType: number): number => (number << 3) | wireType;
const FIELD_1 = field(1, BYTES);
const FIELD_2 = field(2, BYTES);
const FIELD_3 = field(3, BYTES);
const FIELD_4 = field(4, BYTES);
const FIELD_5 = field(5, BYTES);
const FIELD_6 = field(6, BYTES);
const FIELD_7 = field(7, BYTES);
const VARINT_1 = field(1, VARINT);
const VARINT_2 = field(2, VARINT);
const VARINT_4 = field(4, VARINT);

export function decodeAppendRequest(bytes: Buffer): AppendRequestPart {
  const reader = new ProtoReader(bytes);
  const part: AppendRequestPart = { options: undefined, event: undefined };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) part.options = writeTarget.read(reader.message());
    else if (tag === FIELD_2) part.event = readProposedEvent(reader.message());
    else reader.skip(tag);
  }
  return part;
}

export function decodeBatchRequest(bytes: Buffer): BatchRequestPart {
  const reader = new ProtoReader(bytes);
  const part: BatchRequestPart = { correlationId: undefined, options: undefined, events: [], isFinal: false };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) part.correlationId = readUuid(reader.message());
    else if (tag === FIELD_2) part.options = readBatchOptions(reader.message());
    else if (tag === FIELD_3) part.events.push(readProposedEvent(reader.message()));
    else if (tag === VARINT_4) part.isFinal = reader.bool();
    else reader.skip(tag);
  }
  return part;
}

function readUuid(reader: ProtoReader): string | undefined {
  return uuidText(uuid.read(reader));
}

function readBatchOptions(reader: ProtoReader): BatchOptions {
  const options: BatchOptions = { stream: undefined, expected: undefined, deadline: undefined };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) options.stream = readStreamName(reader.message());
    else if (tag === VARINT_2) options.expected = reader.uint64();
    else if (tag === FIELD_3) options.expected = skipped(reader, tag, 'no_stream');
    else if (tag === FIELD_4) options.expected = skipped(reader, tag, 'any');
    else if (tag === FIELD_5) options.expected = skipped(reader, tag, 'stream_exists');
    else if (tag === FIELD_6) options.deadline = readTime(reader.message());
    else if (tag === FIELD_7) options.deadline = Date.now() + readTime(reader.message());
    else reader.skip(tag);
  }
  return options;
}

function skipped<T>(reader: ProtoReader, tag: number, value: T): T {
  reader.skip(tag);
  return value;
}

function readStreamName(reader: ProtoReader): string | undefined {
  let name: Buffer | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_3) name = reader.bytes();
    else reader.skip(tag);
  }
  return streamName({ streamName: name });
}

/** A Timestamp or a Duration in milliseconds. */
function readTime(reader: ProtoReader): number {
  let milliseconds = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === VARINT_1) milliseconds += Number(reader.int64()) * 1000;
    else if (tag === VARINT_2) milliseconds += reader.int32() / 1_000_000;
    else reader.skip(tag);
  }
  return milliseconds;
}

function readProposedEvent(reader: ProtoReader): ProposedEvent {
  const event: ProposedEvent = {
    id: undefined,
    type: undefined,
    contentType: undefined,
    data: NO_BYTES,
    metadata: NO_BYTES,
  };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) event.id = readUuid(reader.message());
    else if (tag === FIELD_2) readHeader(reader.message(), event);
    else if (tag === FIELD_3) event.metadata = reader.bytes();
    else if (tag === FIELD_4) event.data = reader.bytes();
    else reader.skip(tag);
  }
  return event;
}

/** An entry of the metadata map. Only the type and the content type have a meaning. */
function readHeader(reader: ProtoReader, event: ProposedEvent): void {
  let key = '';
  let value = '';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) key = reader.string();
    else if (tag === FIELD_2) value = reader.string();
    else reader.skip(tag);
  }
  if (key === 'type') event.type = value;
  else if (key === 'content-type') event.contentType = value;
}
