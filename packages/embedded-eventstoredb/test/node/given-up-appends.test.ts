import { randomUUID } from 'node:crypto';
import { connect, constants } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { connect as openSocket } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { bytes, embedded, message, repeated, string } from '../../src/wire/schema.ts';
import { empty, streamIdentifier, toStreamIdentifier } from '../../src/wire/shared-messages.ts';
import { contentOf, controlsTheNode, events, newStream, NodeBench } from '../support/node.ts';
import { framed } from '../support/raw.ts';

const APPEND = '/event_store.client.streams.Streams/Append';

const appendRequest = message({
  options: embedded(1, message({ stream: embedded(1, streamIdentifier), noStream: embedded(3, empty) })),
  event: embedded(
    2,
    message({
      id: embedded(1, message({ string: string(2) })),
      metadata: repeated(embedded(2, message({ key: string(1), value: string(2) }))),
      data: bytes(4),
    }),
  ),
});

function optionsOf(stream: string): Buffer {
  return framed(appendRequest.encode({ options: { stream: toStreamIdentifier(stream), noStream: {} } }));
}

function labelled(label: string): Buffer {
  const metadata = [
    { key: 'type', value: 'given-up' },
    { key: 'content-type', value: 'application/json' },
  ];
  const data = Buffer.from(JSON.stringify({ label }));
  return framed(appendRequest.encode({ event: { id: { string: randomUUID() }, metadata, data } }));
}

/** How a client can leave a request that it has not sent to its end. */
const WAYS: readonly [string, (call: ClientHttp2Stream, session: ClientHttp2Session, socket: Socket) => void][] = [
  // As grpc-js does at a deadline: it ends the body, and then resets the stream.
  ['cancels the call', (call) => call.close(constants.NGHTTP2_CANCEL)],
  ['resets the call without an error', (call) => call.close(constants.NGHTTP2_NO_ERROR)],
  ['closes the session', (_, session) => session.destroy()],
  ['ends the connection', (_call, _session, socket) => socket.end()],
  ['resets the connection', (_call, _session, socket) => socket.resetAndDestroy()],
];

(controlsTheNode ? describe : describe.skip)('an append of which a part has come when its client', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  it.each(WAYS)('%s leaves nothing behind', async (_, leave) => {
    const { port, connectionString } = await bench.node();
    const client = bench.client(connectionString);
    for (let round = 0; round < 10; round += 1) {
      const stream = newStream();
      const socket = openSocket(port, '127.0.0.1');
      const session = connect(`http://127.0.0.1:${port}`, { createConnection: () => socket });
      session.on('error', () => undefined);
      const call = session.request({ ':method': 'POST', ':path': APPEND, 'content-type': 'application/grpc' });
      call.on('error', () => undefined);
      call.write(Buffer.concat([optionsOf(stream), labelled('a'), labelled('b')]));
      // Its answer comes behind what was sent, so that has arrived.
      await new Promise((resolve) => session.ping(resolve));
      const closed = new Promise((resolve) => call.once('close', resolve));
      leave(call, session, socket);
      await closed;
      session.destroy();
      await client.appendToStream(stream, events('xyz'), {
        expectedRevision: 'no_stream',
        credentials: { username: 'none', password: 'none' },
      });
      expect(await contentOf(client, stream)).toBe('0:x 1:y 2:z');
    }
  });
});
