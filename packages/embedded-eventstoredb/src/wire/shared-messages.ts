import { embedded, int64, message, string, uint32, uint64, bytes } from './schema.ts';
import type { MessageOf } from './schema.ts';

/** `event_store.client.Empty` and `google.protobuf.Empty`: both empty on the wire. */
export const empty = message({});

export const uuid = message({
  structured: embedded(1, message({ mostSignificantBits: int64(1), leastSignificantBits: int64(2) })),
  string: string(2),
});
export type Uuid = MessageOf<typeof uuid>;

/** The protocol defines the name as bytes, UTF-8 by convention. */
export const streamIdentifier = message({ streamName: bytes(3) });
export type StreamIdentifier = MessageOf<typeof streamIdentifier>;

export const position = message({ commitPosition: uint64(1), preparePosition: uint64(2) });
export type Position = MessageOf<typeof position>;

export const badRequest = message({ message: string(1) });
export const maximumAppendSizeExceeded = message({ maxAppendSize: uint32(1) });
export const streamDeleted = message({ streamIdentifier: embedded(1, streamIdentifier) });

/** The detail of a refused batch append: exactly one `current` and one `expected`. */
export const wrongExpectedVersion = message({
  currentStreamRevision: uint64(1),
  currentNoStream: embedded(2, empty),
  expectedStreamPosition: uint64(3),
  expectedAny: embedded(4, empty),
  expectedStreamExists: embedded(5, empty),
  expectedNoStream: embedded(6, empty),
});

/** `google.rpc.Status` with its packed detail. */
export const rpcStatus = message({
  code: uint32(1),
  message: string(2),
  details: embedded(3, message({ typeUrl: string(1), value: bytes(2) })),
});

/** The text of a stream identifier; undefined if it is missing or empty. */
export function streamName(identifier: StreamIdentifier | undefined): string | undefined {
  const name = identifier?.streamName;
  return name === undefined || name.length === 0 ? undefined : name.toString('utf8');
}

export const toStreamIdentifier = (name: string): StreamIdentifier => ({ streamName: Buffer.from(name) });

/** A UUID message as text; undefined if neither form is set. */
export function uuidText(id: Uuid | undefined): string | undefined {
  if (id?.string !== undefined) return id.string;
  if (id?.structured === undefined) return undefined;
  const { mostSignificantBits = 0n, leastSignificantBits = 0n } = id.structured;
  const hex = [mostSignificantBits, leastSignificantBits]
    .map((half) => BigInt.asUintN(64, half).toString(16).padStart(16, '0'))
    .join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function structuredUuid(text: string): Uuid {
  const hex = text.replaceAll('-', '');
  const half = (at: number) => BigInt.asIntN(64, BigInt(`0x${hex.slice(at, at + 16)}`));
  return { structured: { mostSignificantBits: half(0), leastSignificantBits: half(16) } };
}
