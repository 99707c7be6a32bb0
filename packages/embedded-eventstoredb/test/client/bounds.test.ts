import {
  persistentSubscriptionToAllSettingsFromDefaults,
  persistentSubscriptionToStreamSettingsFromDefaults,
} from '@eventstore/db-client';
import type { PersistentSubscriptionToStream } from '@eventstore/db-client';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Engine } from 'embedded-eventstoredb/engine';
import { event } from '../support/engine.ts';
import { contentOf, controlsTheNode, events, newStream, NodeBench, until } from '../support/node.ts';

const EVENTS = 45;
const SIZE = 1_000_000;
/** 16 MiB of these. */
const FULL = 17;
/** And a page of the log more. */
const MOST = FULL + 5;

type Delivered = Parameters<PersistentSubscriptionToStream['ack']>[0];

(controlsTheNode ? describe : describe.skip)('what a client may have the node hold', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  it('is bounded in bytes for a consumer that never answers, whatever buffers it asks for', async () => {
    const stream = newStream();
    const dataDir = bench.directory();
    const engine = Engine.open({ path: dataDir });
    for (let i = 0; i < EVENTS; i += 1) {
      const large = event('large', undefined, SIZE);
      await engine.append({ stream, expectedRevision: 'any', events: [large] });
    }
    await engine.close();
    const client = bench.client((await bench.node({ dataDir })).connectionString);
    const settings = persistentSubscriptionToStreamSettingsFromDefaults({
      startFrom: 'start',
      historyBufferSize: 100_000,
      readBatchSize: 10_000,
      messageTimeout: 600_000,
    });
    await client.createPersistentSubscriptionToStream(stream, 'greedy', settings);
    const consumer = client.subscribeToPersistentSubscriptionToStream(stream, 'greedy', { bufferSize: 100_000 });
    bench.atEnd(() => consumer.unsubscribe());
    const unanswered: Delivered[] = [];
    let given = 0;
    let answers = false;
    consumer.on('data', (delivered) => {
      given += 1;
      if (answers) void consumer.ack(delivered);
      else unanswered.push(delivered);
    });
    const held = async () => {
      const { stats } = await client.getPersistentSubscriptionToStreamInfo(stream, 'greedy');
      return { inFlight: stats.totalInFlightMessages, waiting: stats.readBufferCount + Number(stats.liveBufferCount) };
    };
    await until(
      'both are full',
      async () => {
        const { inFlight, waiting } = await held();
        return inFlight >= FULL && waiting >= FULL;
      },
      40_000,
    );
    const { inFlight, waiting } = await held();
    expect(inFlight).toBeLessThanOrEqual(MOST);
    expect(waiting).toBeLessThanOrEqual(MOST);
    answers = true;
    for (const delivered of unanswered) void consumer.ack(delivered);
    await until('every event was given', () => given === EVENTS, 40_000);
  }, 120_000);

  it('is bounded for groups: their list must fit into one append', async () => {
    const client = bench.client((await bench.node({ inMemory: true, maxAppendSize: 8_000 })).connectionString);
    const create = (name: string) =>
      client.createPersistentSubscriptionToAll(name, persistentSubscriptionToAllSettingsFromDefaults());
    let groups = 0;
    const refused = await (async () => {
      for (; groups < 100; groups += 1) {
        try {
          await create(`group-${groups}`);
        } catch (error) {
          return error;
        }
      }
      return null;
    })();
    expect(refused).toBeInstanceOf(Error);
    expect(groups).toBeGreaterThan(5);
    expect(await client.listAllPersistentSubscriptions()).toHaveLength(groups);
    const stream = newStream();
    await client.appendToStream(stream, events('a'));
    expect(await contentOf(client, stream)).toBe('0:a');
  });
});
