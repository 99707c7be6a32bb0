import { streamNameFilter } from '@eventstore/db-client';
import type { Position } from '@eventstore/db-client';
import { afterEach, describe, expect, it } from '@jest/globals';
import { events, follow, labelled, newStream, NodeBench, until } from '../support/node.ts';

describe('catch-up subscriptions through the client', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  it('deliver from start, end and a position, and report caught-up after the stored events', async () => {
    const client = await bench.connect();
    const prefix = newStream('sub');
    const filter = streamNameFilter({ prefixes: [prefix] });
    const { position } = await client.appendToStream(`${prefix}-1`, events('ab'));
    await client.appendToStream(`${prefix}-2`, events('c'));
    const logs = [
      follow(bench, client.subscribeToAll({ fromPosition: 'start', filter })),
      follow(bench, client.subscribeToAll({ fromPosition: position!, filter })),
      follow(bench, client.subscribeToAll({ fromPosition: 'end', filter })),
    ];
    await until('all caught up', () => logs.every((log) => log.includes('caughtUp')), 60_000);
    await client.appendToStream(`${prefix}-1`, events('d'));
    await until('the live event', () => logs.every((log) => log.includes('d')));
    expect(logs).toEqual([
      ['a', 'b', 'c', 'caughtUp', 'd'],
      ['c', 'caughtUp', 'd'],
      ['caughtUp', 'd'],
    ]);
  });

  it('lose and duplicate nothing while eight writers append during the switch', async () => {
    const client = await bench.connect();
    const prefix = newStream('switch');
    const stored = Array.from({ length: 2000 }, (_, i) => labelled(`o${i}`));
    const { position } = await client.appendToStream(`${prefix}-marker`, events('m'));
    await client.appendToStream(`${prefix}-old`, stored);
    const seen: string[] = [];
    const positions: bigint[] = [];
    const subscription = client.subscribeToAll({
      fromPosition: position!,
      filter: streamNameFilter({ prefixes: [prefix] }),
    });
    bench.atEnd(() => subscription.unsubscribe());
    subscription.on('data', ({ event }) => {
      seen.push((event!.data as { label: string }).label);
      positions.push(event!.position.commit);
    });
    const write = async (writer: number) => {
      for (let i = 0; i < 100; i++) await client.appendToStream(`${prefix}-${writer}`, [labelled(`${writer}-${i}`)]);
    };
    await Promise.all(Array.from({ length: 8 }, (_, writer) => write(writer)));
    await until('every event', () => seen.length >= 2800, 30_000);
    expect(new Set(seen).size).toBe(2800);
    expect(seen).toHaveLength(2800);
    expect(positions.every((at, i) => i === 0 || at > positions[i - 1]!)).toBe(true);
  });

  it('resumed from any checkpoint deliver the same events, and checkpoints are increasing real positions', async () => {
    const client = await bench.connect();
    const prefix = newStream('cp');
    const { position: start } = await client.appendToStream(`${prefix}-marker`, events('m'));
    for (let i = 0; i < 120; i++) {
      await client.appendToStream(i % 7 === 0 ? `${prefix}-match` : `other-${prefix}`, [labelled(String(i))]);
    }
    const expected = Array.from({ length: 18 }, (_, i) => String(i * 7));

    /** What a subscription delivers from there, and each checkpoint with what came before it. */
    async function collect(fromPosition: Position) {
      const labels: string[] = [];
      const checkpoints: { position: Position; before: string[] }[] = [];
      const filter = streamNameFilter({
        prefixes: [`${prefix}-match`],
        maxSearchWindow: 10,
        checkpointReached: (_subscription, position) => {
          checkpoints.push({ position, before: [...labels] });
        },
      });
      const subscription = client.subscribeToAll({ fromPosition, filter });
      let isLive = false;
      subscription.on('caughtUp', () => (isLive = true));
      subscription.on('data', ({ event }) => labels.push((event!.data as { label: string }).label));
      await until('caught up', () => isLive);
      await subscription.unsubscribe();
      return { labels, checkpoints };
    }

    const whole = await collect(start!);
    expect(whole.labels).toEqual(expected);
    expect(whole.checkpoints.length).toBeGreaterThanOrEqual(8);
    const commits = whole.checkpoints.map(({ position }) => position.commit);
    expect(commits.every((commit, i) => commit < 2n ** 63n && (i === 0 || commit > commits[i - 1]!))).toBe(true);
    for (const { position, before } of whole.checkpoints) {
      const { labels } = await collect(position);
      expect([...before, ...labels]).toEqual(expected);
    }
  });

  it('get checkpoints that are real positions even if nothing matches', async () => {
    const client = await bench.connect();
    const checkpoints: Position[] = [];
    const filter = streamNameFilter({
      prefixes: [newStream('nothing')],
      maxSearchWindow: 5,
      checkpointReached: (_subscription, position) => void checkpoints.push(position),
    });
    for (let i = 0; i < 20; i++) await client.appendToStream(newStream(), events('a'));
    const log = follow(bench, client.subscribeToAll({ fromPosition: 'start', filter }));
    await until('caught up', () => log.includes('caughtUp'), 60_000);
    await until('a checkpoint', () => checkpoints.length > 0);
    expect(checkpoints.every(({ commit }) => commit < 2n ** 63n)).toBe(true);
  });

  it('leave nothing behind in the node when abandoned', async () => {
    const client = await bench.connect();
    const stream = newStream();
    await client.appendToStream(stream, events('abc'));
    for (let i = 0; i < 200; i++) {
      const log: string[] = [];
      const subscription = client.subscribeToStream(stream, { fromRevision: 'start' });
      subscription.on('data', () => log.push('event'));
      await until('three events', () => log.length === 3);
      await subscription.unsubscribe();
    }
    await client.appendToStream(stream, events('d'));
  });
});
