import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CancelledError, UnavailableError } from '@eventstore/db-client';
import { afterEach, describe, expect, it } from '@jest/globals';
import { contentOf, controlsTheNode, events, follow, labelled, newStream, NodeBench, until } from '../support/node.ts';

const describeNode = controlsTheNode ? describe : describe.skip;

describeNode('stopping a node', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  it('answers or rejects every append, ends subscriptions as unavailable, and loses nothing acknowledged', async () => {
    const dataDir = bench.directory();
    const node = await bench.node({ dataDir });
    const client = bench.client(node.connectionString);
    const stream = newStream();
    await client.appendToStream(stream, events('a'));
    const logs = [
      follow(bench, client.subscribeToAll({ fromPosition: 'end' })),
      follow(bench, client.subscribeToStream(stream, { fromRevision: 'start' })),
      follow(bench, client.subscribeToStream(newStream('absent'), { fromRevision: 'start' })),
    ];
    await until('three live subscriptions', () => logs.every((log) => log.includes('caughtUp')));
    const pending = Array.from({ length: 300 }, (_, i) => {
      const name = newStream();
      const append = client.appendToStream(name, [labelled(String(i))], { expectedRevision: 'no_stream' });
      return append.then(
        () => ({ name, error: undefined }),
        (error: unknown) => ({ name, error }),
      );
    });
    await client.appendToStream(stream, events('b'));
    const begin = performance.now();
    await node.stop();
    // What is waited for at most when a connection lingers is half a second; the rest is room for a busy machine.
    expect(performance.now() - begin).toBeLessThan(3000);
    const outcomes = await Promise.all(pending);
    const isExpected = (error: unknown) =>
      error === undefined || error instanceof UnavailableError || error instanceof CancelledError;
    expect(outcomes.filter(({ error }) => !isExpected(error))).toEqual([]);
    await until('the subscriptions to end', () => logs.every((log) => /Unavailable|Cancelled/.test(log.at(-1)!)));
    await bench.node({ dataDir, port: node.port });
    for (const { name, error } of outcomes) {
      if (error === undefined) expect(await contentOf(client, name)).toMatch(/^0:\d+$/);
    }
    await client.appendToStream(stream, events('c'), { expectedRevision: 1n });
    expect(await contentOf(client, stream)).toBe('0:a 1:b 2:c');
  });

  it('works twice, and right after the start', async () => {
    const node = await bench.node();
    await expect(Promise.all([node.stop(), node.stop()])).resolves.toHaveLength(2);
    await expect(node.stop()).resolves.toBeUndefined();
  });

  it.each(['in-process', 'thread', 'child'] as const)(
    'lets a process with a node %s and a client exit by itself',
    async (run) => {
      const script = `
        const { EmbeddedEventStoreDB } = await import('embedded-eventstoredb');
        const { EventStoreDBClient, jsonEvent } = await import('@eventstore/db-client');
        const node = await EmbeddedEventStoreDB.start({ inMemory: true, run: ${JSON.stringify(run)} });
        const client = EventStoreDBClient.connectionString(node.connectionString);
        await client.appendToStream('s', [jsonEvent({ type: 't', data: {} })]);
        for await (const { event } of client.readStream('s')) process.stdout.write(event.type);
        const subscription = client.subscribeToAll({ fromPosition: 'start' });
        for await (const { event } of subscription) if (event.streamId === 's') break;
        await subscription.unsubscribe();
        await client.dispose();
        await node.stop();
        process.stdout.write(' stopped');`;
      const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '--eval', script], {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      bench.atEnd(() => child.kill('SIGKILL'));
      let out = '';
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
      expect(await once(child, 'exit')).toEqual([0, null]);
      expect(out).toBe('t stopped');
    },
  );
});

describeNode('a node in a child process', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  it('ends when its parent process is killed', async () => {
    const dataDir = bench.directory();
    const script = `
      const { EmbeddedEventStoreDB } = await import('embedded-eventstoredb');
      const node = await EmbeddedEventStoreDB.start({ dataDir: ${JSON.stringify(dataDir)}, run: 'child' });
      console.log(node.connectionString);`;
    const parent = spawn(process.execPath, ['--conditions=source', '--input-type=module', '--eval', script], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    bench.atEnd(() => parent.kill('SIGKILL'));
    await once(parent.stdout, 'data');
    await expect(bench.node({ dataDir })).rejects.toMatchObject({ code: 'locked' });
    parent.kill('SIGKILL');
    await until('the directory to be free', async () =>
      bench.node({ dataDir }).then(
        () => true,
        () => false,
      ),
    );
  });
});
