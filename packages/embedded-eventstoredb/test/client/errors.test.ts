import { afterEach, describe, expect, it } from '@jest/globals';
import type { AppendToStreamOptions } from '@eventstore/db-client';
import { events, newStream, NodeBench } from '../support/node.ts';

const CLASSIC = { credentials: { username: 'nobody', password: 'nothing' } };

/** Class and typed fields of the error that a promise rejects with. */
async function errorOf(promise: Promise<unknown>) {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason as Error,
  );
  const { streamName, expectedVersion, actualVersion } = error as unknown as Record<string, unknown>;
  return { class: error.constructor.name, streamName, expectedVersion, actualVersion };
}

describe('errors carry their class and fields', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  it.each<[string, AppendToStreamOptions]>([
    ['batch', {}],
    ['unary', CLASSIC],
  ])('of an append on the %s path', async (_path, options) => {
    const client = await bench.connect();
    const stream = newStream();
    const append = (name: string, expectedRevision: AppendToStreamOptions['expectedRevision']) =>
      errorOf(client.appendToStream(name, events('x'), { ...options, expectedRevision: expectedRevision! }));
    await client.appendToStream(stream, events('abc'));
    const wrong = { class: 'WrongExpectedVersionError', streamName: stream };
    expect(await append(stream, 7n)).toMatchObject({ ...wrong, expectedVersion: 7n, actualVersion: 2n });
    expect(await append(stream, 'no_stream')).toMatchObject({
      ...wrong,
      expectedVersion: 'no_stream',
      actualVersion: 2n,
    });
    const absent = newStream();
    expect(await append(absent, 'stream_exists')).toMatchObject({
      streamName: absent,
      expectedVersion: 'stream_exists',
      actualVersion: 'no_stream',
    });
    await client.tombstoneStream(stream);
    expect(await append(stream, 'any')).toMatchObject({ class: 'StreamDeletedError', streamName: stream });
  });

  it('of deletes and tombstones, whose revisions are numbers', async () => {
    const client = await bench.connect();
    const stream = newStream();
    await client.appendToStream(stream, events('ab'));
    for (const remove of [client.deleteStream.bind(client), client.tombstoneStream.bind(client)]) {
      expect(await errorOf(remove(stream, { expectedRevision: 5n }))).toMatchObject({
        class: 'WrongExpectedVersionError',
        streamName: stream,
        expectedVersion: 5n,
        actualVersion: 1n,
      });
      expect(await errorOf(remove(newStream(), { expectedRevision: 0n }))).toMatchObject({ actualVersion: -1n });
    }
  });

  it("of a stream whose name does not fit into a header match a real server's: unknown, or by the message", async () => {
    const client = await bench.connect();
    const stream = newStream('größe-日本-');
    await client.appendToStream(stream, events('a'));
    expect(await errorOf(client.appendToStream(stream, events('b'), { expectedRevision: 5n }))).toMatchObject({
      class: 'WrongExpectedVersionError',
      streamName: stream,
    });
    await client.tombstoneStream(stream);
    expect(await errorOf(client.appendToStream(stream, events('c'), CLASSIC))).toMatchObject({ class: 'UnknownError' });
    expect(await errorOf(client.deleteStream(stream))).toMatchObject({ class: 'UnknownError' });
  });
});
