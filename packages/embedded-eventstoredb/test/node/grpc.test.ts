import { once } from 'node:events';
import { connect as netConnect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { controlsTheNode, NodeBench } from '../support/node.ts';
import { framed, RawConnection } from '../support/raw.ts';

const FEATURES = '/event_store.client.server_features.ServerFeatures/GetSupportedMethods';
const BATCH_APPEND = '/event_store.client.streams.Streams/BatchAppend';
const READ = '/event_store.client.streams.Streams/Read';
const EMPTY = new Uint8Array();

(controlsTheNode ? describe : describe.skip)('gRPC as such', () => {
  const bench = new NodeBench();
  let raw: RawConnection;
  let port: number;
  beforeEach(async () => {
    ({ port } = await bench.node());
    raw = new RawConnection(port);
    bench.atEnd(() => {
      raw.close();
    });
  });
  afterEach(() => bench.clean());

  it('answers a unary call with one message and status OK in the trailers', async () => {
    const { body, headers } = await raw.call(FEATURES, framed(EMPTY));
    expect(headers).toMatchObject({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '0' });
    expect(body.readUInt32BE(1)).toBe(body.length - 5);
    expect(body.includes('24.2.0')).toBe(true);
  });

  it('accepts compressed messages, and reports one it cannot unpack', async () => {
    const zipped = await raw.call(FEATURES, framed(gzipSync(EMPTY), 1), { 'grpc-encoding': 'gzip' });
    expect(zipped.headers['grpc-status']).toBe('0');
    const unknown = await raw.call(FEATURES, framed(EMPTY, 1), { 'grpc-encoding': 'brotli' });
    expect(unknown.headers['grpc-status']).toBe('12');
    const broken = await raw.call(FEATURES, framed(Buffer.from('no gzip'), 1), { 'grpc-encoding': 'gzip' });
    expect(broken.headers['grpc-status']).toBe('13');
  });

  it('refuses what is not a gRPC call', async () => {
    expect((await raw.call(FEATURES, EMPTY)).headers['grpc-status']).toBe('13');
    expect((await raw.call(FEATURES, framed(EMPTY).subarray(0, 3))).headers['grpc-status']).toBe('13');
    expect((await raw.call('/x.Y/Z', framed(EMPTY))).headers['grpc-status']).toBe('12');
    const html = await raw.call(FEATURES, EMPTY, { 'content-type': 'text/html' });
    expect(html.headers[':status']).toBe(415);
  });

  it('refuses a message above 17 MiB by its announced length, without reading it', async () => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(18 * 1024 * 1024, 1);
    expect((await raw.call(READ, head)).headers['grpc-status']).toBe('8');
  });

  it('ends a batch stream of garbage with an error status, never with OK', async () => {
    const { headers } = await raw.call(BATCH_APPEND, framed(Buffer.from([0xff, 0xff, 0xff])));
    expect(headers['grpc-status']).toBe('2');
  });

  it('survives two thousand calls abandoned at once', async () => {
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 100 }, () => raw.giveUp(READ)));
    }
    expect((await raw.call(FEATURES, framed(EMPTY))).headers['grpc-status']).toBe('0');
  });

  it('survives a connection in another protocol', async () => {
    const socket = netConnect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.on('error', () => undefined);
    socket.resume();
    await once(socket, 'close');
    expect((await raw.call(FEATURES, framed(EMPTY))).headers['grpc-status']).toBe('0');
  });

  it('ends batch append with OK after the last answer when the client half-closes', async () => {
    const { headers, body } = await raw.call(BATCH_APPEND, EMPTY);
    expect(headers['grpc-status']).toBe('0');
    expect(body).toHaveLength(0);
  });
});
