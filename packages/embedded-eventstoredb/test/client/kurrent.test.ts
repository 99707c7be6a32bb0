import * as kurrent from '@kurrent/kurrentdb-client';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Bench, newStream, realServer, until } from '../support/bench.ts';

describe('the successor client, @kurrent/kurrentdb-client', () => {
  const bench = new Bench();
  let client: kurrent.KurrentDBClient;

  beforeEach(async () => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const url = realServer ?? (await bench.node()).connectionString;
    client = kurrent.KurrentDBClient.connectionString(url.replace('esdb', 'kurrentdb'));
    bench.atEnd(() => client.dispose());
  });
  afterEach(() => bench.clean());

  const events = (labels: string) => [...labels].map((label) => kurrent.jsonEvent({ type: label, data: { label } }));
  const typeOf = ({ event, link }: { event?: { type: string } | undefined; link?: { type: string } | undefined }) =>
    (event ?? link)?.type ?? 'nothing';

  async function content(stream: string, options: kurrent.ReadStreamOptions = {}): Promise<string> {
    const seen: string[] = [];
    try {
      for await (const resolved of client.readStream(stream, options)) {
        seen.push(`${resolved.event?.revision}:${typeOf(resolved)}`);
      }
    } catch (error) {
      return (error as Error).constructor.name;
    }
    return seen.join(' ');
  }

  it('appends and reads, forwards and backwards', async () => {
    const stream = newStream();
    const { nextExpectedRevision } = await client.appendToStream(stream, events('abc'), { streamState: 'no_stream' });
    expect(nextExpectedRevision).toBe(2n);
    expect(await content(stream)).toBe('0:a 1:b 2:c');
    expect(await content(stream, { direction: 'backwards', fromRevision: 'end', maxCount: 2 })).toBe('2:c 1:b');
    expect(await content(newStream('absent'))).toBe('StreamNotFoundError');
  });

  it('gets wrong-revision errors, and has repeated appends recognised', async () => {
    const stream = newStream();
    const first = events('ab');
    await client.appendToStream(stream, first, { streamState: 'no_stream' });
    await client.appendToStream(stream, first, { streamState: 'no_stream' });
    const wrong = client.appendToStream(stream, events('x'), { streamState: 5n }).catch((error: unknown) => error);
    expect(await wrong).toBeInstanceOf(kurrent.WrongExpectedVersionError);
    expect(await content(stream)).toBe('0:a 1:b');
  });

  it('follows $all with a filter, from stored to live', async () => {
    const stream = newStream('kf');
    const { position } = await client.appendToStream(stream, events('a'));
    await client.appendToStream(stream, events('bc'));
    const log: string[] = [];
    const filter = kurrent.streamNameFilter({ prefixes: [stream] });
    const subscription = client.subscribeToAll({ fromPosition: position!, filter });
    bench.atEnd(() => subscription.unsubscribe());
    subscription.on('data', (resolved) => log.push(typeOf(resolved)));
    subscription.on('caughtUp', () => log.push('caughtUp'));
    await until('caught up', () => log.includes('caughtUp'));
    await client.appendToStream(stream, events('d'));
    await until('the live event', () => log.includes('d'));
    expect(log).toEqual(['b', 'c', 'caughtUp', 'd']);
  });

  it('sets metadata, deletes, recreates and tombstones', async () => {
    const stream = newStream();
    await client.appendToStream(stream, events('abcd'));
    await client.setStreamMetadata(stream, { maxCount: 2 });
    expect(await content(stream)).toBe('2:c 3:d');
    await client.deleteStream(stream);
    expect(await content(stream)).toBe('StreamNotFoundError');
    await client.appendToStream(stream, events('e'));
    expect(await content(stream)).toBe('4:e');
    await client.tombstoneStream(stream);
    expect(await content(stream)).toBe('StreamDeletedError');
  });

  it('shares a persistent subscription, parks and replays', async () => {
    const stream = newStream();
    await client.appendToStream(stream, events('abc'));
    const settings = kurrent.persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: 'start' });
    await client.createPersistentSubscriptionToStream(stream, 'group', settings);
    const seen: string[] = [];
    const subscription = client.subscribeToPersistentSubscriptionToStream(stream, 'group');
    bench.atEnd(() => subscription.unsubscribe());
    subscription.on('error', () => undefined);
    subscription.on('data', (resolved) => {
      seen.push(typeOf(resolved));
      void (resolved.link ? subscription.ack(resolved) : subscription.nack('park', 'odd', resolved));
    });
    await until('three events', () => seen.length === 3);
    const info = () => client.getPersistentSubscriptionToStreamInfo(stream, 'group');
    await until('three parked', async () => (await info()).stats.parkedMessageCount === 3n);
    await client.replayParkedMessagesToStream(stream, 'group');
    await until('three replayed', () => seen.length === 6);
    expect(seen.slice(3).toSorted()).toEqual(['a', 'b', 'c']);
    await client.deletePersistentSubscriptionToStream(stream, 'group');
  });
});
