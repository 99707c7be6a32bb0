import { randomUUID } from 'node:crypto';
import { connect } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FrameParser } from '../../src/grpc/frames.ts';
import { bool, embedded, int64, message, repeated, string, uint32, uint64, bytes } from '../../src/wire/schema.ts';
import { empty, rpcStatus, streamIdentifier, toStreamIdentifier, uuid } from '../../src/wire/shared-messages.ts';
import { Bench, newStream, realServer, until } from '../support/bench.ts';
import { framed } from '../support/raw.ts';

const batchRequest = message({
  correlationId: embedded(1, uuid),
  options: embedded(
    2,
    message({
      stream: embedded(1, streamIdentifier),
      any: embedded(4, empty),
      deadline: embedded(6, message({ seconds: int64(1), nanos: uint32(2) })),
    }),
  ),
  events: repeated(
    embedded(
      3,
      message({
        id: embedded(1, uuid),
        headers: repeated(embedded(2, message({ key: string(1), value: string(2) }))),
        data: bytes(4),
      }),
    ),
  ),
  isFinal: bool(4),
});
const batchResponse = message({
  correlationId: embedded(1, uuid),
  error: embedded(2, rpcStatus),
  success: embedded(3, message({ currentRevision: uint64(1) })),
});

type Message = {
  id: string;
  stream?: string;
  eventId?: string;
  type?: string;
  final?: boolean;
  deadlineMs?: number;
  more?: boolean;
};

describe('a batch append stream', () => {
  const bench = new Bench();
  let send: (message: Message) => void;
  let answers: { id: string; outcome: string }[];
  beforeEach(async () => {
    const { host } = new URL(realServer ?? (await bench.node()).connectionString);
    const session = connect(`http://${host}`);
    const call = session.request({
      ':method': 'POST',
      ':path': '/event_store.client.streams.Streams/BatchAppend',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    call.on('error', () => undefined);
    bench.atEnd(() => {
      session.destroy();
    });
    answers = [];
    const parser = new FrameParser(1 << 20);
    call.on('data', (chunk: Buffer) => {
      for (const response of parser.push(chunk).map(batchResponse.decode)) {
        const detail = response.error?.details?.typeUrl ?? `success ${response.success?.currentRevision}`;
        answers.push({ id: response.correlationId?.string ?? 'none', outcome: detail.split('.').at(-1)! });
      }
    });
    send = ({ id, stream, eventId = randomUUID(), type = 't', final = true, deadlineMs = 5000, more = false }) => {
      const at = Date.now() + deadlineMs;
      const deadline = { seconds: BigInt(Math.floor(at / 1000)), nanos: (at % 1000) * 1e6 };
      const target = stream === undefined ? {} : { stream: toStreamIdentifier(stream) };
      const headers = Object.entries({ type, 'content-type': 'application/json' }).map(([key, value]) => ({
        key,
        value,
      }));
      const request = batchRequest.encode({
        correlationId: { string: id },
        ...(more ? {} : { options: { ...target, any: {}, deadline } }),
        events: [{ id: { string: eventId }, headers, data: Buffer.from('{}') }],
        isFinal: final,
      });
      call.write(framed(request));
    };
  });
  afterEach(() => bench.clean());

  it('answers each of a thousand interleaved partial appends exactly once', async () => {
    const ids = Array.from({ length: 1000 }, () => randomUUID());
    const stream = newStream();
    for (const id of ids) send({ id, stream: `${stream}-${id}`, final: false });
    for (const id of ids.toReversed()) send({ id, more: true });
    await until('a thousand answers', () => answers.length >= 1000);
    send({ id: randomUUID(), stream });
    await until('the last answer', () => answers.length >= 1001);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1001);
    expect(answers.every(({ outcome }) => outcome === 'success 1' || outcome === 'success 0')).toBe(true);
  });

  (realServer ? it.skip : it)(
    'writes nothing of an append whose first part was refused, where a real server writes the other parts',
    async () => {
      const id = randomUUID();
      const stream = newStream();
      send({ id, stream, type: '', final: false });
      await until('the refusal', () => answers.length === 1);
      send({ id, more: true });
      const other = randomUUID();
      send({ id: other, stream });
      await until('the next answer', () => answers.some((answer) => answer.id === other));
      expect(answers.filter((answer) => answer.id === other)).toEqual([{ id: other, outcome: 'success 0' }]);
    },
  );

  (realServer ? it.skip : it)(
    'answers a bad request once, where a real server answers twice and wedges its client',
    async () => {
      const bad = [randomUUID(), randomUUID(), randomUUID()];
      send({ id: bad[0]!, stream: newStream(), eventId: 'no-guid' });
      send({ id: bad[1]!, stream: newStream(), type: '' });
      send({ id: bad[2]! });
      const unfinished = randomUUID();
      send({ id: unfinished, stream: newStream(), final: false, deadlineMs: 300 });
      await until('four answers', () => answers.length >= 4);
      // Past the time at which a real server answers them again.
      send({ id: randomUUID(), stream: newStream(), final: false, deadlineMs: 10_000 });
      await until('the answer to an append whose end never comes', () => answers.length >= 5);
      expect(answers.slice(0, 4)).toEqual([
        ...bad.map((id) => ({ id, outcome: 'BadRequest' })),
        { id: unfinished, outcome: 'Timeout' },
      ]);
      expect(answers).toHaveLength(5);
      expect(answers[4]!.outcome).toBe('Timeout');
    },
  );
});
