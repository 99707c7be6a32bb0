import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  binaryEvent,
  DeadlineExceededError,
  jsonEvent,
  MaxAppendSizeExceededError,
  TimeoutError,
} from '@eventstore/db-client';
import { afterEach, describe, expect, it } from '@jest/globals';
import { contentOf, controlsTheNode, events, newStream, NodeBench } from '../support/node.ts';

const MIB = 1024 * 1024;
/** Sending 40,000 events takes a slow machine longer than the client's own deadline of ten seconds. */
const PATIENT = { deadline: 60_000 };
/** Two of them. */
const LIMIT_MS = 130_000;
const CLASSIC = { credentials: { username: 'nobody', password: 'nothing' } };

describe('an append that is too large or too late', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  const big = (bytes: number) => [binaryEvent({ type: 'big', data: Buffer.alloc(bytes, 1) })];
  const many = (count: number) =>
    Array.from({ length: count }, (_, n) => jsonEvent({ type: 'many', data: { n, pad: 'x'.repeat(40) } }));

  it.each([
    ['of 2 MiB', () => big(2 * MIB)],
    ['of 5 MiB', () => big(5 * MIB)],
    ['of 40,000 small events', () => many(40_000)],
  ])(
    '%s is refused by name on both paths, and the next append works',
    async (_what, make) => {
      const client = await bench.connect();
      for (const options of [PATIENT, { ...PATIENT, ...CLASSIC }]) {
        const stream = newStream();
        const refused = client.appendToStream(stream, make(), options).catch((error: unknown) => error);
        const error = await refused;
        expect(error).toBeInstanceOf(MaxAppendSizeExceededError);
        expect((error as MaxAppendSizeExceededError).maxAppendSize).toBe(MIB);
        await client.appendToStream(stream, events('a'), options);
        expect(await contentOf(client, stream)).toBe('0:a');
      }
    },
    LIMIT_MS,
  );

  it('whose deadline passes on the way gets DeadlineExceededError, and is not written', async () => {
    const client = await bench.connect();
    const stream = newStream();
    const late = client.appendToStream(stream, many(30_000).slice(0, 10_000), { deadline: 1 });
    await expect(late).rejects.toBeInstanceOf(DeadlineExceededError);
    await client.appendToStream(stream, events('a'));
    expect(await contentOf(client, stream)).toBe('0:a');
  });

  (controlsTheNode ? it : it.skip)(
    'is answered with an error that says so while the file cannot be written to',
    async () => {
      const dataDir = bench.directory();
      const node = await bench.node({ dataDir });
      const client = bench.client(node.connectionString);
      const stream = newStream();
      await client.appendToStream(stream, events('a'));
      const other = new DatabaseSync(join(dataDir, 'events.sqlite'));
      other.exec('BEGIN IMMEDIATE');
      const stalled = client.appendToStream(stream, events('b'), { deadline: 300, expectedRevision: 0n });
      await expect(stalled).rejects.toBeInstanceOf(DeadlineExceededError);
      const unary = client.appendToStream(stream, events('x'), { ...CLASSIC, deadline: 8000, expectedRevision: 7n });
      await expect(unary).rejects.toBeInstanceOf(TimeoutError);
      other.exec('ROLLBACK');
      other.close();
      // The outcome of what timed out is open; what comes now goes through behind it.
      await client.appendToStream(stream, events('c'));
      expect(await contentOf(client, stream)).toBe('0:a 1:b 2:c');
    },
  );
});
