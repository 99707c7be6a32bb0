import { binaryEvent } from '@eventstore/db-client';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { contentOf, events, newStream, NodeBench, realServer } from '../support/node.ts';

describe('links', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  it('resolve to their target while it is readable, and are delivered alone otherwise', async () => {
    const client = await bench.connect();
    const [source, deleted, gone, links] = [newStream(), newStream(), newStream(), newStream()];
    await client.appendToStream(source, events('abc'));
    await client.setStreamMetadata(source, { truncateBefore: 1 });
    for (const stream of [deleted, gone]) await client.appendToStream(stream, events('x'));
    await client.deleteStream(deleted);
    await client.tombstoneStream(gone);
    const targets = [
      `1@${source}`,
      `-1@${source}`,
      `0@${source}`,
      `0@${deleted}`,
      `0@${gone}`,
      `9@${source}`,
      'no target',
    ];
    await client.appendToStream(
      links,
      targets.map((target) => binaryEvent({ type: '$>', data: Buffer.from(target) })),
    );
    const seen: string[] = [];
    for await (const { event, link } of client.readStream(links, { resolveLinkTos: true })) {
      seen.push(
        `${event ? `${event.revision} of ${event.streamId === links ? 'links' : 'source'}` : 'none'}${link ? ' by link' : ''}`,
      );
    }
    expect(seen).toEqual([
      '1 of source by link',
      '2 of source by link',
      'none by link',
      'none by link',
      'none by link',
      'none by link',
      '6 of links',
    ]);
  });
});

describe('discovery', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  it('finds the node by gossip, even behind a dead seed and with an unmet preference', async () => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { host } = new URL(realServer ?? (await bench.node()).connectionString);
    for (const url of [
      `esdb+discover://${host}?tls=false`,
      `esdb+discover://${host}?tls=false&nodePreference=follower`,
      `esdb://127.0.0.1:1,${host}?tls=false&gossipTimeout=2`,
    ]) {
      const client = bench.client(url);
      const stream = newStream();
      await client.appendToStream(stream, events('ab'));
      expect(await contentOf(client, stream)).toBe('0:a 1:b');
    }
  });

  (realServer ? it.skip : it)(
    'reaches a node that listens on every address under the name the client used',
    async () => {
      const { port, connectionString } = await bench.node({ inMemory: true, host: '0.0.0.0' });
      expect(connectionString).toBe(`esdb://127.0.0.1:${port}?tls=false`);
      const client = bench.client(`esdb+discover://localhost:${port}?tls=false`);
      const stream = newStream();
      await client.appendToStream(stream, events('a'));
      expect(await contentOf(client, stream)).toBe('0:a');
    },
  );
});
