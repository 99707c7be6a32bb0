import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Engine } from '../../src/engine/engine.ts';
import { GrpcServer } from '../../src/grpc/grpc-server.ts';
import type { Handler } from '../../src/grpc/grpc-server.ts';
import { allMethods } from '../../src/node/methods.ts';
import { Groups } from '../../src/persistent/groups.ts';
import { Code, GrpcError } from '../../src/grpc/grpc-error.ts';
import { contentOf, controlsTheNode, events, follow, newStream, NodeBench, until } from '../support/node.ts';

const CLASSIC = { credentials: { username: 'nobody', password: 'nothing' } };

(controlsTheNode ? describe : describe.skip)('which call an append takes', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  /** A node that counts calls, without the methods whose names contain `omit`. */
  async function countingNode(omit = 'nothing') {
    const calls: string[] = [];
    const engine = Engine.open({ path: ':memory:' });
    const handlers = new Map<string, Handler>();
    for (const [name, handler] of allMethods(engine, new Groups(engine))) {
      if (name.includes(omit)) continue;
      handlers.set(name, (call) => {
        calls.push(name.split('/')[2]!);
        return handler(call);
      });
    }
    const options = { host: '127.0.0.1', port: 0, tls: undefined, maxMessageBytes: 1 << 24, admit: () => undefined };
    const server = new GrpcServer({ ...options, handlers });
    const port = await server.listen();
    bench.atEnd(async () => {
      await engine.close();
      await server.close(new GrpcError(Code.UNAVAILABLE, 'closed'), 200);
    });
    return { calls, client: bench.client(`esdb://127.0.0.1:${port}?tls=false`) };
  }

  it('is one batch stream for all appends, and a unary call for appends with their own credentials', async () => {
    const { calls, client } = await countingNode();
    const stream = newStream();
    await client.appendToStream(stream, events('a'));
    await client.appendToStream(stream, events('b'));
    await client.appendToStream(stream, events('c'), CLASSIC);
    expect(calls).toEqual(['GetSupportedMethods', 'BatchAppend', 'Append']);
    expect(await contentOf(client, stream)).toBe('0:a 1:b 2:c');
  });

  it('is the unary one if the server does not report its features; append and read still work', async () => {
    const { calls, client } = await countingNode('ServerFeatures');
    const stream = newStream();
    await client.appendToStream(stream, events('ab'));
    expect(await contentOf(client, stream)).toBe('0:a 1:b');
    expect(calls).toEqual(['Append', 'Read']);
  });
});

describe('a connection that is kept alive by frequent pings', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  it('stays usable while idle', async () => {
    const url = process.env.TEST_EVENTSTORE_CONNECTION_STRING ?? (await bench.node()).connectionString;
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const client = bench.client(`${url}&keepAliveInterval=500`);
    const stream = newStream();
    const log = follow(bench, client.subscribeToStream(stream, { fromRevision: 'start' }));
    await until('caught up', () => log.includes('caughtUp'));
    await pause(5000);
    await client.appendToStream(stream, events('a'));
    await until('the event', () => log.includes('a'));
    expect(log).toEqual(['caughtUp', 'a']);
  });
});
