import { TOMBSTONE_REVISION } from '../engine/engine.ts';
import type { ResolvedEvent } from '../engine/links.ts';
import type { RecordedEvent } from '../engine/engine.ts';
import { structuredUuid, uuid } from './shared-messages.ts';
import { ProtoWriter, varintBytes } from './proto-writer.ts';

/** How a read wants ids to be sent. */
export type IdForm = 'string' | 'structured';

const EVENT = 0x0a;
const READ_EVENT = { event: 0x0a, link: 0x12, commitPosition: 0x18, retryCount: 0x28 };
const RECORD = {
  id: 0x0a,
  stream: 0x12,
  revision: 0x18,
  prepare: 0x20,
  commit: 0x28,
  header: 0x32,
  metadata: 0x3a,
  data: 0x42,
};
const UUID_STRING = 0x12;
const STREAM_NAME = 0x1a;
const ENTRY = { key: 0x0a, value: 0x12 };

const ID_BYTES = 36;
const TOMBSTONE_BYTES = 9;

/** A complete entry of the header map: key and value with their lengths. */
function headerEntry(key: string, value: string): Buffer {
  const writer = new ProtoWriter();
  writer.stringField(ENTRY.key, key);
  writer.stringField(ENTRY.value, value);
  return writer.finish();
}

const JSON_HEADER = headerEntry('content-type', 'application/json');
const BINARY_HEADER = headerEntry('content-type', 'application/octet-stream');

/** `created` is 17 digits in units of 100 ns: milliseconds and four zeros. */
const CREATED_BYTES = 17;
const CREATED_ENTRY_BYTES = headerEntry('created', '0'.repeat(CREATED_BYTES)).length;
const TYPE_KEY_BYTES = 2 + 'type'.length;

/** Lengths of a record's variable parts, computed once for size and content. */
type Measured = {
  readonly event: RecordedEvent;
  readonly name: number;
  readonly type: number;
  readonly typeEntry: number;
  readonly revision: number | undefined;
  readonly position: number;
  readonly id: Buffer | undefined;
  readonly total: number;
};

const withHead = (bytes: number): number => 1 + varintBytes(bytes) + bytes;

function measure(event: RecordedEvent, idForm: IdForm): Measured {
  const name = Buffer.byteLength(event.stream);
  const type = Buffer.byteLength(event.type);
  const typeEntry = TYPE_KEY_BYTES + withHead(type);
  const revision = event.revision === TOMBSTONE_REVISION ? undefined : Number(event.revision);
  const position = Number(event.position);
  const id = idForm === 'structured' ? uuid.encode(structuredUuid(event.id)) : undefined;
  const contentType = event.isJson ? JSON_HEADER.length : BINARY_HEADER.length;
  const total =
    withHead(id?.length ?? 2 + ID_BYTES) +
    withHead(withHead(name)) +
    (1 + (revision === undefined ? TOMBSTONE_BYTES : varintBytes(revision))) +
    2 * (1 + varintBytes(position)) +
    withHead(typeEntry) +
    withHead(contentType) +
    withHead(CREATED_ENTRY_BYTES) +
    withHead(event.metadata.length) +
    withHead(event.data.length);
  return { event, name, type, typeEntry, revision, position, id, total };
}

function writeRecord(writer: ProtoWriter, tag: number, measured: Measured): void {
  const { event } = measured;
  writer.openMessage(tag, measured.total);
  if (measured.id) {
    writer.bytesField(RECORD.id, measured.id);
  } else {
    writer.openMessage(RECORD.id, 2 + ID_BYTES);
    writer.asciiField(UUID_STRING, event.id);
  }
  writer.openMessage(RECORD.stream, withHead(measured.name));
  writer.stringField(STREAM_NAME, event.stream, measured.name);
  writer.varint(RECORD.revision);
  if (measured.revision === undefined) writer.varint64(event.revision);
  else writer.varint(measured.revision);
  writer.varint(RECORD.prepare);
  writer.varint(measured.position);
  writer.varint(RECORD.commit);
  writer.varint(measured.position);
  writer.openMessage(RECORD.header, measured.typeEntry);
  writer.asciiField(ENTRY.key, 'type');
  writer.stringField(ENTRY.value, event.type, measured.type);
  writer.bytesField(RECORD.header, event.isJson ? JSON_HEADER : BINARY_HEADER);
  writer.openMessage(RECORD.header, CREATED_ENTRY_BYTES);
  writer.asciiField(ENTRY.key, 'created');
  writer.asciiField(ENTRY.value, `${event.created}0000`.padStart(CREATED_BYTES, '0'));
  writer.bytesField(RECORD.metadata, event.metadata);
  writer.bytesField(RECORD.data, event.data);
}

/**
 * Encodes a delivered event for Streams.Read and, with a retry count, for PersistentSubscriptions.Read. The position is
 * that of the link, if there is one.
 */
export function encodeEvent(resolved: ResolvedEvent, idForm: IdForm, retryCount?: number): Buffer {
  const event = resolved.event && measure(resolved.event, idForm);
  const link = resolved.link && measure(resolved.link, idForm);
  const position = (link ?? event)?.position ?? 0;
  const bytes =
    (event ? withHead(event.total) : 0) +
    (link ? withHead(link.total) : 0) +
    (1 + varintBytes(position)) +
    (retryCount === undefined ? 0 : 1 + varintBytes(retryCount));
  const writer = new ProtoWriter(withHead(bytes) + 8);
  writer.openMessage(EVENT, bytes);
  if (event) writeRecord(writer, READ_EVENT.event, event);
  if (link) writeRecord(writer, READ_EVENT.link, link);
  writer.varint(READ_EVENT.commitPosition);
  writer.varint(position);
  if (retryCount !== undefined) {
    writer.varint(READ_EVENT.retryCount);
    writer.varint(retryCount);
  }
  return writer.finish();
}
