import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { contentOf, controlsTheNode, events, newStream, NodeBench, until } from '../support/node.ts';

(controlsTheNode ? describe : describe.skip)('after a restart', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  it('metadata applies as before: maxCount, maxAge, truncateBefore; deleted stays deleted, gone stays gone', async () => {
    const dataDir = bench.directory();
    const first = await bench.node({ dataDir });
    const before = bench.client(first.connectionString);
    const [counted, aged, truncated, deleted, revived, gone] = Array.from({ length: 6 }, () => newStream());
    for (const stream of [counted!, aged!, truncated!, deleted!, revived!, gone!]) {
      await before.appendToStream(stream, events('abcd'));
    }
    await before.setStreamMetadata(counted!, { maxCount: 2 });
    await before.setStreamMetadata(aged!, { maxAge: 1 });
    await before.setStreamMetadata(truncated!, { truncateBefore: 3 });
    await before.deleteStream(deleted!);
    await before.deleteStream(revived!);
    await before.appendToStream(revived!, events('e'));
    await before.tombstoneStream(gone!);
    await first.stop();
    const client = bench.client((await bench.node({ dataDir })).connectionString);
    expect(await contentOf(client, counted!)).toBe('2:c 3:d');
    await until('the events are a second old', async () => (await contentOf(client, aged!)) === '');
    expect(await contentOf(client, truncated!)).toBe('3:d');
    expect(await contentOf(client, deleted!)).toBe('StreamNotFoundError');
    expect(await contentOf(client, revived!)).toBe('4:e');
    expect(await contentOf(client, gone!)).toBe('StreamDeletedError');
    await client.appendToStream(counted!, events('e'));
    expect(await contentOf(client, counted!)).toBe('3:d 4:e');
  });

  it('a subscription resumed from its last position misses nothing', async () => {
    const dataDir = bench.directory();
    const first = await bench.node({ dataDir });
    const client = bench.client(first.connectionString);
    const stream = newStream();
    await client.appendToStream(stream, events('ab'));
    const seen: bigint[] = [];
    const take = async (count: number, fromRevision: bigint | 'start') => {
      const subscription = client.subscribeToStream(stream, { fromRevision });
      subscription.on('error', () => undefined);
      subscription.on('data', ({ event }) => seen.push(event!.revision));
      await until(`${count} events`, () => seen.length >= count);
      await subscription.unsubscribe();
    };
    await take(2, 'start');
    await client.appendToStream(stream, events('c'));
    await first.stop();
    await bench.node({ dataDir, port: first.port });
    await client.appendToStream(stream, events('d'));
    await take(4, seen.at(-1)!);
    await pause(50);
    expect(seen).toEqual([0n, 1n, 2n, 3n]);
  });
});
