import {
  eventTypeFilter,
  persistentSubscriptionToAllSettingsFromDefaults,
  START,
  streamNameFilter,
} from '@eventstore/db-client';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { contentOf, events, follow, newStream, NodeBench, until } from '../support/node.ts';

/** The node has a thread of its own: one that hangs fails these tests, where it would else hang them. */
describe('a client that asks for too much', () => {
  const bench = new NodeBench();
  let url: string;
  let other: EventStoreDBClient;

  beforeEach(async () => {
    url = (await bench.node({ inMemory: true, run: 'thread' })).connectionString;
    other = bench.client(url);
  });
  afterEach(() => bench.clean());

  /** That appends and reads of others go on. */
  async function expectService(): Promise<void> {
    const stream = newStream();
    await other.appendToStream(stream, events('a'));
    expect(await contentOf(other, stream)).toBe('0:a');
  }

  it('has a pathological regular expression matched without holding others up', async () => {
    const stream = `${'a'.repeat(60)}!`;
    await other.appendToStream(stream, events('a'));
    const filter = streamNameFilter({ regex: '^(a+)+$|needle' });
    const log = follow(bench, bench.client(url).subscribeToAll({ fromPosition: START, filter }));
    await other.createPersistentSubscriptionToAll(
      'greedy',
      persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START }),
      { filter },
    );
    await expectService();
    await other.appendToStream(stream, events('b'));
    await other.appendToStream('needle', events('c'));
    await until('the subscriber has what it asked for', () => log.includes('c'));
    expect(log.filter((entry) => entry !== 'caughtUp')).toEqual(['c']);
    await expectService();
  });

  it('is refused an expression that cannot be matched in time', async () => {
    const filter = eventTypeFilter({ regex: '^(?!secret)' });
    const log = follow(bench, bench.client(url).subscribeToAll({ filter }));
    await until('it is refused', () => log.length > 0);
    expect(log).toEqual(['UnknownError']);
    await expect(
      other.createPersistentSubscriptionToAll('greedy', persistentSubscriptionToAllSettingsFromDefaults(), { filter }),
    ).rejects.toThrow('(?!');
    await expectService();
  });
});
