import { readFileSync } from 'node:fs';
import { jsonEvent } from '@eventstore/db-client';
import { afterEach, describe, expect, it } from '@jest/globals';
import { firstLine, startCommand } from '../support/command-line.ts';
import { contentOf, controlsTheNode, events, newStream, NodeBench, until } from '../support/node.ts';

const EVENTS = 100_000;
const MIB = 1024 * 1024;

const isLinux = process.platform === 'linux';

(controlsTheNode && isLinux ? describe : describe.skip)('a consumer that stops reading', () => {
  const bench = new NodeBench();
  afterEach(() => bench.clean());

  it(`costs the node hardly any memory over ${EVENTS} events, and does not affect others`, async () => {
    const child = startCommand(bench, '--data-dir', bench.directory(), '--port', '0');
    const client = bench.client(await firstLine(child));
    const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) * 1024;
    const stream = newStream();
    for (let i = 0; i < EVENTS; i += 5000) {
      const batch = Array.from({ length: 5000 }, (_, n) =>
        jsonEvent({ type: 'n', data: { n: i + n, pad: 'x'.repeat(100) } }),
      );
      await client.appendToStream(stream, batch, { batchAppendSize: 1_000_000 });
    }
    const before = rss();
    const paused = Array.from({ length: 3 }, () => client.subscribeToStream(stream, { fromRevision: 'start' }));
    for (const subscription of paused) {
      bench.atEnd(() => subscription.unsubscribe());
      let seen = 0;
      subscription.on('data', () => {
        seen += 1;
        if (seen === 10) subscription.pause();
      });
      await until('ten events', () => seen >= 10);
    }
    const other = newStream();
    for (const label of 'abcdefgh') await client.appendToStream(other, events(label));
    expect(await contentOf(client, other)).toBe('0:a 1:b 2:c 3:d 4:e 5:f 6:g 7:h');
    expect(rss() - before).toBeLessThan(50 * MIB);
    let count = 0;
    const subscription = client.subscribeToStream(stream, { fromRevision: 'start' });
    subscription.on('data', () => (count += 1));
    await until('every event', () => count === EVENTS, 50_000);
    await subscription.unsubscribe();
  });
});
