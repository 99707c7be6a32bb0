import {
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
  streamNameFilter,
} from '@eventstore/db-client';
import type { EventStoreDBClient, PersistentSubscriptionToStream } from '@eventstore/db-client';
import { afterEach, describe, expect, it } from '@jest/globals';
import { controlsTheNode, events, newStream, NodeBench, until } from '../support/node.ts';

const GROUP = 'group';

(controlsTheNode ? describe : describe.skip)('a persistent subscription over a restart of the node', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  /** Labels of the delivered events; `handle` answers each. */
  function consume(
    client: EventStoreDBClient,
    stream: string,
    handle = (
      subscription: PersistentSubscriptionToStream,
      event: Parameters<PersistentSubscriptionToStream['ack']>[0],
    ) => {
      void subscription.ack(event);
    },
  ) {
    const subscription = client.subscribeToPersistentSubscriptionToStream(stream, GROUP);
    const labels: string[] = [];
    subscription.on('error', () => undefined);
    subscription.on('data', (event) => {
      labels.push((event.event!.data as { label: string }).label);
      handle(subscription, event);
    });
    bench.atEnd(() => subscription.unsubscribe());
    return { labels, subscription };
  }

  it('continues after its checkpoint, and redelivers what was not acknowledged', async () => {
    const dataDir = bench.directory();
    const first = await bench.node({ dataDir });
    const client = bench.client(first.connectionString);
    const stream = newStream();
    const settings = persistentSubscriptionToStreamSettingsFromDefaults({
      startFrom: 'start',
      checkPointAfter: 100,
      checkPointLowerBound: 1,
    });
    await client.createPersistentSubscriptionToStream(stream, GROUP, settings);
    await client.appendToStream(stream, events('abcdef'));
    const before = consume(client, stream, (subscription, event) => {
      if (event.event!.revision < 4n) void subscription.ack(event);
    });
    await until('six events', () => before.labels.length === 6);
    const info = () => client.getPersistentSubscriptionToStreamInfo(stream, GROUP);
    await until('the checkpoint', async () => (await info()).stats.lastCheckpointedEventRevision === 3n);
    await first.stop();
    await bench.node({ dataDir, port: first.port });
    const after = consume(client, stream);
    await client.appendToStream(stream, events('g'));
    await until('the new event', () => after.labels.includes('g'));
    expect(after.labels).toEqual(['e', 'f', 'g']);
    expect((await info()).settings).toMatchObject(settings);
  });

  it('that started at the end misses nothing appended before its first checkpoint', async () => {
    const dataDir = bench.directory();
    const first = await bench.node({ dataDir });
    const client = bench.client(first.connectionString);
    const stream = newStream();
    await client.appendToStream(stream, events('ab'));
    await client.createPersistentSubscriptionToStream(
      stream,
      GROUP,
      persistentSubscriptionToStreamSettingsFromDefaults(),
    );
    await client.appendToStream(stream, events('cd'));
    await first.stop();
    await bench.node({ dataDir, port: first.port });
    const { labels } = consume(client, stream);
    await until('two events', () => labels.length === 2);
    expect(labels).toEqual(['c', 'd']);
    expect((await client.getPersistentSubscriptionToStreamInfo(stream, GROUP)).settings.startFrom).toBe('end');
  });

  it('keeps parked messages, filter and settings; a deleted group stays deleted', async () => {
    const dataDir = bench.directory();
    const first = await bench.node({ dataDir });
    const client = bench.client(first.connectionString);
    const stream = newStream();
    const fromStart = persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: 'start' });
    await client.createPersistentSubscriptionToStream(stream, GROUP, fromStart);
    await client.createPersistentSubscriptionToStream(stream, 'other', fromStart);
    await client.deletePersistentSubscriptionToStream(stream, 'other');
    const filter = streamNameFilter({ prefixes: [stream] });
    await client.createPersistentSubscriptionToAll(GROUP, persistentSubscriptionToAllSettingsFromDefaults(), {
      filter,
    });
    await client.appendToStream(stream, events('ab'));
    const { labels } = consume(client, stream, (subscription, event) => void subscription.nack('park', 'odd', event));
    const parked = async () =>
      Number((await client.getPersistentSubscriptionToStreamInfo(stream, GROUP)).stats.parkedMessageCount);
    await until('two parked messages', async () => (await parked()) === 2);
    expect(labels).toEqual(['a', 'b']);
    await first.stop();
    await bench.node({ dataDir, port: first.port });
    expect((await client.listAllPersistentSubscriptions()).map(({ eventSource }) => eventSource).toSorted()).toEqual(
      ['$all', stream].toSorted(),
    );
    expect(await parked()).toBe(2);
    const again = consume(client, stream);
    await client.replayParkedMessagesToStream(stream, GROUP);
    await until('both events once more', () => again.labels.length === 2);
    await until('nothing parked', async () => (await parked()) === 0);
    const all = client.subscribeToPersistentSubscriptionToAll(GROUP);
    bench.atEnd(() => all.unsubscribe());
    const streams = new Set<string>();
    all.on('error', () => undefined);
    all.on('data', (event) => {
      streams.add(event.event!.streamId);
      void all.ack(event);
    });
    await client.appendToStream(newStream('elsewhere'), events('x'));
    await client.appendToStream(stream, events('y'));
    await until('events of $all', () => streams.has(stream));
    expect([...streams]).toEqual([stream]);
  });

  it('starts over from stored events when the subsystem is restarted', async () => {
    const client = bench.client((await bench.node()).connectionString);
    const stream = newStream();
    await client.createPersistentSubscriptionToStream(
      stream,
      GROUP,
      persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: 'start' }),
    );
    await client.appendToStream(stream, events('abc'));
    const before = consume(client, stream);
    await until('three events', () => before.labels.length === 3);
    const dropped = new Promise((resolve) => before.subscription.on('error', resolve));
    await client.restartPersistentSubscriptionSubsystem();
    await expect(dropped).resolves.toMatchObject({ type: 'persistent-subscription-dropped' });
    const after = consume(client, stream);
    await client.appendToStream(stream, events('d'));
    await until('the new event', () => after.labels.includes('d'));
    expect(after.labels).toEqual(['d']);
  });
});
