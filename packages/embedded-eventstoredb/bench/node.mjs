// Measures the node through the official client: node --conditions=source bench/node.mjs [--run child|thread|in-process]
//   [--rounds 3] [--seconds 2] [--only append]
//
// Prints one line per measurement: the median of the rounds, and the CPU time of client and node per operation in
// microseconds. A node in the same process has no CPU time of its own; its line shows both together.
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EventStoreDBClient, jsonEvent, streamNameFilter } from '@eventstore/db-client';
import { EmbeddedEventStoreDB } from 'embedded-eventstoredb';

const { values } = parseArgs({
  options: {
    run: { type: 'string', default: 'child' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const TICKS_PER_SECOND = 100;

const dataDir = mkdtempSync(join(tmpdir(), 'embedded-eventstoredb-bench-'));
const node = await start();
const client = EventStoreDBClient.connectionString(node.connectionString);
const run = randomUUID().slice(0, 8);
let streams = 0;

/** A node, and its process id if it runs in a separate process. */
async function start() {
  if (values.run !== 'child') return EmbeddedEventStoreDB.start({ dataDir, run: values.run });
  const bin = fileURLToPath(new URL('../bin/embedded-eventstoredb.mjs', import.meta.url));
  const child = spawn(
    process.execPath,
    [...process.execArgv, bin, '--data-dir', dataDir, '--port', '0', '--exit-with-parent'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const [connectionString] = await once(createInterface(child.stdout), 'line');
  return { connectionString, pid: child.pid, stop: () => (child.stdin.end(), once(child, 'exit')) };
}

/** CPU seconds of the client's process and of the node's. */
function cpu() {
  const { user, system } = process.cpuUsage();
  const fields = node.pid ? readFileSync(`/proc/${node.pid}/stat`, 'utf8').split(') ')[1].split(' ') : [];
  return {
    client: (user + system) / 1e6,
    node: node.pid ? (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND : 0,
  };
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const event = () => jsonEvent({ type: 'Measured', data: { text: 'x'.repeat(330) }, metadata: { of: run } });
const stream = () => `bench-${run}-${++streams % 2000}`;

/** `work` runs some operations and returns their number and, if measured, the duration of each in ms. */
async function measure(name, work) {
  if (!name.includes(values.only)) return;
  const seen = [];
  for (let i = 0; i <= rounds; i++) {
    const before = cpu();
    const begin = performance.now();
    const { count, times = [] } = await work();
    const elapsed = (performance.now() - begin) / 1000;
    const after = cpu();
    // The first round is a warm-up.
    if (i === 0) continue;
    seen.push({
      rate: count / elapsed,
      p50: median(times) ?? NaN,
      client: ((after.client - before.client) / count) * 1e6,
      node: ((after.node - before.node) / count) * 1e6,
    });
  }
  const of = (key, digits) => median(seen.map((round) => round[key])).toFixed(digits);
  const nodeCpu = node.pid ? `node ${of('node', 0)} us` : '';
  console.log(
    `${name.padEnd(34)} ${of('rate', 0).padStart(8)}/s  p50 ${of('p50', 2)} ms  client ${of('client', 0)} us  ${nodeCpu}`,
  );
}

async function appends(inFlight, options = {}) {
  const end = performance.now() + seconds * 1000;
  const times = [];
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < end) {
        const begin = performance.now();
        await client.appendToStream(stream(), [event()], options);
        times.push(performance.now() - begin);
      }
    }),
  );
  return { count: times.length, times };
}

async function readAllEvents(iterable) {
  let count = 0;
  for await (const resolved of iterable) count += resolved ? 1 : 0;
  return { count };
}

await measure('append, 1 in flight', () => appends(1));
await measure('append, 32 in flight', () => appends(32));
await measure('append, 256 in flight', () => appends(256));
await measure('append unary, 32 in flight', () => appends(32, { credentials: { username: 'x', password: 'y' } }));
await measure('append of 500 events, per event', async () => {
  for (let i = 0; i < 20; i++) await client.appendToStream(stream(), Array.from({ length: 500 }, event));
  return { count: 10_000 };
});

const long = `long-${run}`;
for (let i = 0; i < 20; i++) await client.appendToStream(long, Array.from({ length: 500 }, event));
const short = `short-${run}`;
await client.appendToStream(short, Array.from({ length: 10 }, event));

await measure('read a stream of 10,000 events', () => readAllEvents(client.readStream(long)));
await measure('read $all, 50,000 events', () => readAllEvents(client.readAll({ maxCount: 50_000 })));
await measure('catch up, filtered, 50,000 events', async () => {
  const filter = streamNameFilter({ prefixes: ['bench-'] });
  let count = 0;
  const subscription = client.subscribeToAll({ fromPosition: 'start', filter });
  for await (const resolved of subscription) if (resolved && ++count === 50_000) break;
  await subscription.unsubscribe();
  return { count };
});
await measure('read a stream of 10 events', async () => {
  const times = [];
  for (let i = 0; i < 500; i++) {
    const begin = performance.now();
    await readAllEvents(client.readStream(short));
    times.push(performance.now() - begin);
  }
  return { count: times.length, times };
});
await measure('append to subscriber', async () => {
  const times = [];
  let wake;
  const subscription = client.subscribeToAll({
    fromPosition: 'end',
    filter: streamNameFilter({ prefixes: ['live-'] }),
  });
  subscription.on('data', () => wake?.());
  await once(subscription, 'caughtUp');
  for (let i = 0; i < 500; i++) {
    const begin = performance.now();
    const seen = new Promise((resolve) => (wake = resolve));
    await Promise.all([client.appendToStream(`live-${run}`, [event()]), seen]);
    times.push(performance.now() - begin);
  }
  await subscription.unsubscribe();
  return { count: times.length, times };
});

await client.dispose();
await node.stop();
rmSync(dataDir, { recursive: true, force: true });
