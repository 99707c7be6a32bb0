import { PARK, persistentSubscriptionToStreamSettingsFromDefaults, RETRY } from '@eventstore/db-client';
import type { PersistentSubscriptionToStreamSettings } from '@eventstore/db-client';
import type { EventStoreDBClient, PersistentSubscriptionToStream } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { events, labelled, newStream, NodeBench, until } from '../support/node.ts';

const GROUP = 'group';
type Delivered = Parameters<PersistentSubscriptionToStream['ack']>[0] & { retryCount?: number };
type Handler = (event: Delivered, subscription: PersistentSubscriptionToStream) => unknown;

describe('a persistent subscription', () => {
  const bench = new NodeBench();
  let client: EventStoreDBClient;
  let stream: string;
  beforeEach(async () => {
    client = await bench.connect();
    stream = newStream();
  });
  afterEach(() => bench.clean());

  async function create(labels: string, changes: Partial<PersistentSubscriptionToStreamSettings> = {}): Promise<void> {
    if (labels) await client.appendToStream(stream, events(labels));
    const settings = persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: 'start', ...changes });
    await client.createPersistentSubscriptionToStream(stream, GROUP, settings);
  }

  /** A consumer whose log holds "a#0": the label and how often the event was given before. */
  function consume(handle: Handler = (event, subscription) => subscription.ack(event), bufferSize?: number) {
    const options = bufferSize === undefined ? {} : { bufferSize };
    const subscription = client.subscribeToPersistentSubscriptionToStream(stream, GROUP, options);
    const log: string[] = [];
    const errors: string[] = [];
    let isConfirmed = false;
    subscription.on('confirmation', () => (isConfirmed = true));
    subscription.on('error', (error) => errors.push(error.constructor.name));
    subscription.on('data', (event) => {
      log.push(`${(event.event!.data as { label: string }).label}#${event.retryCount}`);
      void handle(event, subscription);
    });
    bench.atEnd(() => subscription.unsubscribe());
    return { log, errors, subscription, ready: () => until('the confirmation', () => isConfirmed) };
  }

  const info = () => client.getPersistentSubscriptionToStreamInfo(stream, GROUP);
  const parked = async () => Number((await info()).stats.parkedMessageCount);

  it('redelivers refused events before newer ones, and parks those refused too often', async () => {
    await create('abc', { maxRetryCount: 2, liveBufferSize: 10 });
    const { log } = consume((event, subscription) =>
      event.event!.revision === 0n ? subscription.nack(RETRY, 'again', event) : subscription.ack(event),
    );
    await until('one parked', async () => (await parked()) === 1);
    expect(log.filter((word) => word.startsWith('a'))).toEqual(['a#0', 'a#1', 'a#2']);
    expect(log.filter((word) => !word.startsWith('a'))).toEqual(['b#0', 'c#0']);
  });

  it('redelivers what is not answered in time', async () => {
    await create('a', { messageTimeout: 100 });
    const { log } = consume((event, subscription) => (event.retryCount === 0 ? undefined : subscription.ack(event)));
    await until('a second delivery', () => log.length === 2);
    expect(log).toEqual(['a#0', 'a#1']);
  });

  it("keeps no more in flight than a consumer's buffer holds", async () => {
    await create('abcdefgh');
    const held: Delivered[] = [];
    const { log, subscription } = consume((event) => held.push(event), 3);
    await until('three events', () => log.length === 3);
    expect((await info()).connections[0]).toMatchObject({ inFlightMessages: 3, availableSlots: 0 });
    await subscription.ack(held[0]!, held[1]!);
    await until('two more', () => log.length === 5);
    expect(log).toEqual(['a#0', 'b#0', 'c#0', 'd#0', 'e#0']);
  });

  it('passes the unanswered events of a departed consumer to the next one', async () => {
    await create('ab');
    const first = consume(() => undefined);
    await until('two events', () => first.log.length === 2);
    await first.subscription.unsubscribe();
    const second = consume();
    await until('both again', () => second.log.length === 2);
    expect(second.log.toSorted()).toEqual(['a#1', 'b#1']);
  });

  it('replays parked events as links, and then removes them', async () => {
    await create('abc');
    const links: string[] = [];
    const { log } = consume((event, subscription) => {
      if (!event.link) return subscription.nack(PARK, 'odd', event);
      links.push(`${event.link.type} ${event.link.revision}`);
      return subscription.ack(event);
    });
    await until('three parked', async () => (await parked()) === 3);
    await client.replayParkedMessagesToStream(stream, GROUP, { stopAt: 1 });
    await until('one replayed', () => log.length === 4);
    expect(await parked()).toBe(2);
    await client.replayParkedMessagesToStream(stream, GROUP);
    await until('all replayed', () => log.length === 6);
    await until('nothing parked', async () => (await parked()) === 0);
    expect(log.slice(3)).toEqual(['a#0', 'b#0', 'c#0']);
    expect(links).toEqual(['$> 0', '$> 1', '$> 2']);
  });

  it('refuses consumers beyond its limit, and drops them when it is changed or removed', async () => {
    await create('', { maxSubscriberCount: 1 });
    const first = consume();
    await first.ready();
    const second = consume();
    await until('the refusal', () => second.errors.length > 0);
    expect(second.errors).toEqual(['PersistentSubscriptionMaximumSubscribersReachedError']);
    const settings = persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: 'start', maxRetryCount: 3 });
    await client.updatePersistentSubscriptionToStream(stream, GROUP, settings);
    await until('the drop', () => first.errors.length > 0);
    expect(first.errors).toEqual(['PersistentSubscriptionDroppedError']);
    const third = consume();
    await third.ready();
    await client.deletePersistentSubscriptionToStream(stream, GROUP);
    await until('the second drop', () => third.errors.length > 0);
    await expect(info()).rejects.toMatchObject({ type: 'persistent-subscription-does-not-exist' });
  });

  it.each(['RoundRobin', 'Pinned', 'DispatchToSingle'] as const)(
    'delivers each event to one consumer only: %s',
    async (name) => {
      await create('', { consumerStrategyName: name });
      const consumers = [consume(), consume(), consume()];
      for (const consumer of consumers) await consumer.ready();
      const labels = Array.from({ length: 60 }, (_, i) => `n${i}`);
      await client.appendToStream(
        stream,
        labels.map((label) => labelled(label)),
      );
      const all = () => consumers.flatMap(({ log }) => log);
      await until('every event', () => all().length >= 60);
      expect(all().toSorted()).toEqual(labels.map((label) => `${label}#0`).toSorted());
      const used = consumers.filter(({ log }) => log.length > 0).length;
      if (name === 'RoundRobin') expect(used).toBe(3);
      if (name === 'Pinned') expect(used).toBe(1);
    },
  );

  it('delivers two events of the same id, one after the other', async () => {
    const event = labelled('same', '0191f7a0-0000-7000-8000-000000000001');
    await client.appendToStream(stream, [event, event]);
    await create('');
    const { log } = consume();
    await until('both', () => log.length === 2);
    await until('nothing in flight', async () => (await info()).stats.totalInFlightMessages === 0);
  });

  it('reports fourteen times for each consumer with extra statistics', async () => {
    await create('abc', { extraStatistics: true });
    const { log } = consume();
    await until('three events', () => log.length === 3);
    const [connection] = (await info()).connections;
    expect((connection!.extraStatistics as unknown as Map<string, bigint>).size).toBe(14);
  });
});
