import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RecordedEvent } from '../../src/engine/engine.ts';
import { canonicalEventId } from '../../src/engine/event-id.ts';
import { decodeRecord, encodeRecord, recordedEvent, verifyRecord } from '../../src/engine/record.ts';
import { parseStreamMetadata } from '../../src/engine/stream-metadata.ts';
import { FrameParser, frame } from '../../src/grpc/frames.ts';
import { decodeBatchRequest } from '../../src/wire/append-requests.ts';
import { encodeBatchSuccess } from '../../src/wire/batch-responses.ts';
import { encodeEvent } from '../../src/wire/event-responses.ts';
import { ProtoReader } from '../../src/wire/proto-reader.ts';
import { ProtoWriter, varintBytes } from '../../src/wire/proto-writer.ts';
import { position, structuredUuid, uuid, uuidText } from '../../src/wire/shared-messages.ts';

/** The client's own generated messages: what we write they must read, and the other way round. */
const fromClient = createRequire(createRequire(import.meta.url).resolve('@eventstore/db-client'));
const streams = fromClient('../generated/streams_pb');

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
const safeInteger = fc.maxSafeNat();
const event: fc.Arbitrary<RecordedEvent> = fc.record({
  id: fc.uuid(),
  type: text,
  isJson: fc.boolean(),
  data: bytes,
  metadata: bytes,
  stream: text,
  revision: fc.oneof(safeInteger.map(BigInt), fc.constant(2n ** 63n - 1n)),
  position: safeInteger.map(BigInt),
  created: fc.integer({ min: 1_000_000_000_000, max: 4_000_000_000_000 }),
});

function shown(record: ReturnType<typeof streams.ReadResp.ReadEvent.RecordedEvent>) {
  const headers = Object.fromEntries(record.getMetadataMap().toArray());
  return {
    id: record.getId().getString(),
    stream: Buffer.from(record.getStreamIdentifier().getStreamName_asU8()).toString('utf8'),
    revision: BigInt(record.getStreamRevision()),
    position: [BigInt(record.getCommitPosition()), BigInt(record.getPreparePosition())],
    headers,
    data: Buffer.from(record.getData_asU8()),
    metadata: Buffer.from(record.getCustomMetadata_asU8()),
  };
}

const expected = (given: RecordedEvent) => ({
  id: given.id,
  stream: given.stream,
  revision: given.revision,
  position: [given.position, given.position],
  headers: {
    type: given.type,
    'content-type': given.isJson ? 'application/json' : 'application/octet-stream',
    created: `${given.created}0000`,
  },
  data: given.data,
  metadata: given.metadata,
});

describe('what goes over the wire', () => {
  it('events: the client reads what the node writes', () => {
    fc.assert(
      fc.property(event, fc.option(event, { nil: undefined }), (record, link) => {
        const { event: target, link: linked } = { event: record, link };
        const read = streams.ReadResp.deserializeBinary(
          encodeEvent({ event: target, link: linked }, 'string'),
        ).getEvent();
        expect(shown(read.getEvent())).toEqual(expected(record));
        expect(read.hasLink()).toBe(link !== undefined);
        if (link) expect(shown(read.getLink())).toEqual(expected(link));
        expect(BigInt(read.getCommitPosition())).toBe((link ?? record).position);
      }),
    );
  });

  it('batch appends: the node reads what the client writes', () => {
    const { BatchAppendReq } = streams;
    fc.assert(
      fc.property(
        fc.uuid(),
        text,
        fc.array(event, { maxLength: 3 }),
        fc.nat(2 ** 31),
        (id, stream, events, seconds) => {
          const { UUID, StreamIdentifier } = fromClient('../generated/shared_pb');
          const { Timestamp } = fromClient('google-protobuf/google/protobuf/timestamp_pb.js');
          const options = new BatchAppendReq.Options()
            .setStreamIdentifier(new StreamIdentifier().setStreamName(Buffer.from(stream)))
            .setStreamPosition('7')
            .setDeadline(new Timestamp().setSeconds(seconds).setNanos(5_000_000));
          const request = new BatchAppendReq()
            .setCorrelationId(new UUID().setString(id))
            .setOptions(options)
            .setIsFinal(true);
          for (const { id: eventId, type, data, metadata } of events) {
            const message = new BatchAppendReq.ProposedMessage().setId(new UUID().setString(eventId));
            message.getMetadataMap().set('type', type).set('content-type', 'application/json');
            request.addProposedMessages(message.setData(data).setCustomMetadata(metadata));
          }
          expect(decodeBatchRequest(Buffer.from(request.serializeBinary()))).toEqual({
            correlationId: id,
            options: { stream, expected: 7n, deadline: seconds * 1000 + 5 },
            events: events.map(({ id: eventId, type, data, metadata }) => ({
              id: eventId,
              type,
              contentType: 'application/json',
              data,
              metadata,
            })),
            isFinal: true,
          });
        },
      ),
    );
  });

  it('answers to batch appends: the client reads what the node writes', () => {
    const revision = fc.oneof(safeInteger.map(BigInt), fc.constant('no_stream' as const));
    fc.assert(
      fc.property(
        fc.uuid(),
        text,
        revision,
        fc.option(safeInteger.map(BigInt), { nil: undefined }),
        (id, stream, at, place) => {
          const response = streams.BatchAppendResp.deserializeBinary(
            encodeBatchSuccess(id, stream, { revision: at, position: place }),
          );
          expect(response.getCorrelationId().getString()).toBe(id);
          expect(Buffer.from(response.getStreamIdentifier().getStreamName_asU8()).toString()).toBe(stream);
          const success = response.getSuccess();
          expect(success.hasNoStream() ? 'no_stream' : BigInt(success.getCurrentRevision())).toBe(at);
          expect(success.hasPosition() ? BigInt(success.getPosition().getCommitPosition()) : undefined).toBe(place);
        },
      ),
    );
  });

  it('frames: messages are whole however the bytes are split', () => {
    fc.assert(
      fc.property(
        fc.array(bytes, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (messages, cuts) => {
          const framed = frame(messages);
          const parser = new FrameParser(1024);
          const seen: Buffer[] = [];
          for (let at = 0, i = 0; at < framed.length; i++) {
            const length = cuts[i % cuts.length]!;
            seen.push(...parser.push(framed.subarray(at, at + length)));
            at += length;
          }
          expect(seen).toEqual(messages);
          expect(parser.hasRest).toBe(false);
        },
      ),
    );
  });

  it('numbers: varints of every length, up to 64 bits and negative', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), safeInteger, (large, small) => {
        const writer = new ProtoWriter(1);
        writer.varint64(large);
        writer.varint64(-large);
        writer.varint(small);
        const written = writer.finish();
        const reader = new ProtoReader(written);
        expect([reader.uint64(), reader.uint64(), reader.uint64()]).toEqual([
          large,
          BigInt.asUintN(64, -large),
          BigInt(small),
        ]);
        const single = new ProtoWriter();
        single.varint(small);
        expect(single.finish()).toHaveLength(varintBytes(small));
      }),
    );
    expect(position.decode(position.encode({ commitPosition: 2n ** 64n - 1n }))).toEqual({
      commitPosition: 2n ** 64n - 1n,
    });
  });

  it('bytes that are not a message are refused, never read past their end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (garbage) => {
        try {
          decodeBatchRequest(Buffer.from(garbage));
        } catch (error) {
          expect((error as Error).name).toBe('MalformedMessageError');
        }
      }),
    );
  });

  it('ids: as halves and as text, in every notation', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(uuidText(uuid.decode(uuid.encode(structuredUuid(id))))).toBe(id);
        for (const notation of [id, id.toUpperCase(), `{${id}}`, id.replaceAll('-', '')]) {
          expect(canonicalEventId(notation)).toBe(id);
        }
      }),
    );
    expect(canonicalEventId('0'.repeat(32))).toBeUndefined();
  });
});

describe('what goes into the file', () => {
  it('a record is returned unchanged, and no byte of it can change unnoticed', () => {
    fc.assert(
      fc.property(event, fc.nat(), (given, at) => {
        const record = encodeRecord(given, given.stream, given.created);
        const revision =
          Number(given.revision) > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(given.revision);
        fc.pre(given.revision === 2n ** 63n - 1n || revision < Number.MAX_SAFE_INTEGER);
        const place = { ...given, position: Number(given.position), revision };
        expect(decodeRecord(record, place.position, revision)).toEqual(given);
        expect(recordedEvent(given, place, record)).toEqual(given);
        verifyRecord(record);
        record[at % record.length]! ^= 1;
        expect(() => {
          verifyRecord(record);
        }).toThrow(/checksum/);
      }),
    );
  });
});

describe('stream metadata', () => {
  const parse = (json: string) => parseStreamMetadata(Buffer.from(json), true);
  const none = { maxCount: undefined, maxAge: undefined, truncateBefore: 0, softDeleted: false };

  it('marks a soft delete by exactly 2^63 - 1, which a JavaScript number cannot hold', () => {
    expect(parse('{"$tb":9223372036854775807}')).toMatchObject({ softDeleted: true });
    expect(parse('{"$tb":9223372036854775806}')).toMatchObject({ softDeleted: false });
    expect(parse('{"$tb":9223372036854775808}')).toEqual(none);
    expect(parse('{"x":{"$tb":9223372036854775807},"$tb":3}')).toMatchObject({ softDeleted: false, truncateBefore: 3 });
    expect(parse('{"$tb":3,"x":{"$tb":9223372036854775807}}')).toMatchObject({ softDeleted: false, truncateBefore: 3 });
  });

  it.each([
    '{"$maxCount":0}',
    '{"$maxCount":"2"}',
    '{"$maxAge":1.5}',
    '{"$tb":-1}',
    '{"$maxCount":1,"$acl":"x"}',
    '[1]',
    '{',
  ])('is ignored as a whole if one value is invalid: %s', (json) => {
    expect(parse(json)).toEqual(none);
  });
});
