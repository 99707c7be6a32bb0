import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { jsonEvent } from '@eventstore/db-client';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Engine } from 'embedded-eventstoredb/engine';
import { firstLine, startCommand } from '../support/command-line.ts';
import { controlsTheNode, newStream, NodeBench } from '../support/node.ts';

/** How often the node is killed; a thorough run sets KILL_ROUNDS=50. */
const ROUNDS = Number(process.env.KILL_ROUNDS ?? 4);
/** Of the moments; with that of an earlier run they are the same again. */
const SEED = Number(process.env.KILL_SEED ?? randomInt(2 ** 31));
const WRITERS = 12;

/** One append: three events whose data name the append, so that a half one shows. */
type Append = { readonly events: ReturnType<typeof jsonEvent>[]; readonly first: number; isAcknowledged: boolean };

(controlsTheNode ? describe : describe.skip)(`${ROUNDS} times kill -9 under load (KILL_SEED=${SEED})`, () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  it(
    'keeps every acknowledged event, without gaps or half appends, and a repeated append changes nothing',
    async () => {
      const dataDir = bench.directory();
      const streams = Array.from({ length: WRITERS }, () => newStream('kill'));
      const appends = new Map<string, Append[]>(streams.map((stream) => [stream, []]));
      let port = '0';
      const moments = fc.sample(fc.integer({ min: 200, max: 500 }), { seed: SEED, numRuns: ROUNDS });
      for (const [round, momentMs] of moments.entries()) {
        const child = startCommand(bench, '--data-dir', dataDir, '--port', port);
        const url = await firstLine(child);
        port = new URL(url).port;
        const client = bench.client(`${url}&connectionName=round${round}`);
        for (const stream of streams) await verify(client, stream, appends.get(stream)!);
        const writers = streams.map((stream) => write(client, stream, appends.get(stream)!));
        await pause(momentMs);
        child.kill('SIGKILL');
        await once(child, 'exit');
        await Promise.all(writers);
        await client.dispose();
      }
      const report = Engine.integrity(dataDir);
      expect(report.problems).toEqual([]);
      expect(report.events).toBeGreaterThan(ROUNDS * WRITERS);
    },
    20_000 + ROUNDS * 10_000,
  );
});

/** Appends three events at a time at the exact revision until the node is gone. */
async function write(client: EventStoreDBClient, stream: string, appends: Append[]): Promise<void> {
  for (;;) {
    const first = appends.length * 3;
    const events = [0, 1, 2].map((n) =>
      jsonEvent({ id: randomUUID(), type: 'k', data: { append: appends.length, n } }),
    );
    const append: Append = { events, first, isAcknowledged: false };
    appends.push(append);
    try {
      await client.appendToStream(stream, events, { expectedRevision: before(first) });
      append.isAcknowledged = true;
    } catch {
      return;
    }
  }
}

const before = (first: number) => (first === 0 ? 'no_stream' : BigInt(first - 1));

/** Compares the stream with what was appended; repeats the last append, whose outcome is open. */
async function verify(client: EventStoreDBClient, stream: string, appends: Append[]): Promise<void> {
  const last = appends.at(-1);
  if (!last) return;
  const { nextExpectedRevision } = await client.appendToStream(stream, last.events, {
    expectedRevision: before(last.first),
  });
  expect(nextExpectedRevision).toBe(BigInt(last.first + 2));
  const stored: string[] = [];
  const positions: bigint[] = [];
  for await (const { event } of client.readStream(stream)) {
    stored.push(event!.id);
    positions.push(event!.position!.commit);
  }
  expect(stored).toEqual(appends.flatMap(({ events }) => events.map(({ id }) => id)));
  expect(positions.every((position, i) => i === 0 || position > positions[i - 1]!)).toBe(true);
}
