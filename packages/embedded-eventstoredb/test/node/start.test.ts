import { afterEach, describe, expect, it } from '@jest/globals';
import { EmbeddedEventStoreDB } from 'embedded-eventstoredb';
import type { EmbeddedEventStoreDBOptions } from 'embedded-eventstoredb';
import { contentOf, controlsTheNode, events, follow, newStream, NodeBench, until } from '../support/node.ts';

const describeNode = controlsTheNode ? describe : describe.skip;

describeNode.each(['in-process', 'thread', 'child'] as const)('a node started %s', (run) => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  it('serves the official client, and keeps its events over a restart on the same port', async () => {
    const dataDir = bench.directory();
    const first = await EmbeddedEventStoreDB.start({ dataDir, run });
    expect(first.connectionString).toBe(`esdb://127.0.0.1:${first.port}?tls=false`);
    const client = bench.client(first.connectionString);
    const stream = newStream();
    const log = follow(bench, client.subscribeToAll({ fromPosition: 'end' }));
    await until('caught up', () => log.includes('caughtUp'));
    await client.appendToStream(stream, events('ab'));
    await until('live events', () => log.includes('b'));
    await first.stop();
    await until('the subscription to fail', () => log.at(-1) === 'UnavailableError');
    await bench.node({ dataDir, run, port: first.port });
    await client.appendToStream(stream, events('c'), { expectedRevision: 1n });
    expect(await contentOf(client, stream)).toBe('0:a 1:b 2:c');
  });

  it('refuses a directory in use by another node', async () => {
    const dataDir = bench.directory();
    await bench.node({ dataDir, run });
    await expect(EmbeddedEventStoreDB.start({ dataDir, run })).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining(dataDir),
    });
  });

  it('refuses a port in use, and releases the data', async () => {
    const dataDir = bench.directory();
    const other = await bench.node();
    await expect(EmbeddedEventStoreDB.start({ dataDir, run, port: other.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await bench.node({ dataDir, run });
  });
});

describeNode('options', () => {
  it.each<[string, EmbeddedEventStoreDBOptions]>([
    ['neither a directory nor memory', {}],
    ['both a directory and memory', { dataDir: 'x', inMemory: true }],
    ['an impossible port', { inMemory: true, port: 70_000 }],
    ['users without TLS', { inMemory: true, users: { a: 'b' } }],
    ['an append too large to be read back', { inMemory: true, maxAppendSize: 64 * 1024 * 1024 }],
  ])('are refused: %s', async (_what, options) => {
    await expect(EmbeddedEventStoreDB.start(options)).rejects.toThrow(TypeError);
  });
});
