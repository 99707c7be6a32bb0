import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { contentOf, labelled, newStream, NodeBench } from '../support/node.ts';

/** All begin at once, so on a slow server the last are answered long after the client's own deadline of ten seconds. */
const PATIENT = { deadline: 120_000 };
const LIMIT_MS = 130_000;

describe('5000 appends at once', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  it(
    'are each answered once, in order within each stream',
    async () => {
      const client = await bench.connect();
      const streams = Array.from({ length: 50 }, () => newStream());
      const revisions = new Map<string, bigint[]>(streams.map((stream) => [stream, []]));
      await Promise.all(
        Array.from({ length: 5000 }, async (_, i) => {
          const stream = streams[i % streams.length]!;
          const { nextExpectedRevision } = await client.appendToStream(stream, [labelled(String(i))], PATIENT);
          revisions.get(stream)!.push(nextExpectedRevision);
        }),
      );
      for (const stream of streams) {
        expect(
          revisions
            .get(stream)!
            .map(Number)
            .toSorted((a, b) => a - b),
        ).toEqual([...Array(100).keys()]);
      }
      const labels = (await contentOf(client, streams[7]!)).split(' ').map((word) => Number(word.split(':')[1]));
      expect(labels).toEqual(Array.from({ length: 100 }, (_, i) => 7 + i * 50));
    },
    LIMIT_MS,
  );

  it(
    'of the same event store it once',
    async () => {
      const client = await bench.connect();
      const stream = newStream();
      const event = labelled('once', randomUUID());
      const append = () => client.appendToStream(stream, [event], { ...PATIENT, expectedRevision: 'no_stream' });
      await Promise.all(Array.from({ length: 200 }, append));
      expect(await contentOf(client, stream)).toBe('0:once');
    },
    LIMIT_MS,
  );
});
