/**
 * Ends the store thread again and again under load, outside of any test runner, and reports what happened to the process and the events.
 *
 *   node bench/endings.mjs --rounds 500 --adapter embedded|client --way terminate|throw|exit|loop --writers 16
 *
 * The loop runs in a child process, so that a crash is noticed and counted; with `ulimit -c unlimited` it leaves a core dump.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    adapter: { type: 'string', default: 'embedded' },
    way: { type: 'string', default: 'terminate' },
    writers: { type: 'string', default: '16' },
    child: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);

if (values.child) await loop();
else await supervise();

async function supervise() {
  const args = process.argv.slice(2);
  const child = spawn(
    process.execPath,
    [
      '--conditions=source',
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(import.meta.url),
      ...args,
      '--child',
    ],
    { stdio: 'inherit' },
  );
  const [code, signal] = await once(child, 'exit');
  console.log(`${values.adapter}, ${values.way}: the process ended with ${signal ?? `code ${code}`}`);
  process.exitCode = code ?? 1;
}

/** Like `test/support/until.ts`, which is an assertion and only works inside the test runner. */
async function until(what, condition, limitMs) {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function loop() {
  const { startEventStore } = await import('../src/infrastructure/event-store/store-thread.ts');
  const { Load } = await import('../test/support/load.ts');
  const { Follower } = await import('../test/support/follower.ts');
  const { readAll, ids, uniquePrefix } = await import('../test/support/events.ts');
  const { EventStoreNode } = await import('../test/support/event-store-node.ts');
  const { breakChannel } = await import('../test/support/breakable-thread.ts');

  const node = values.adapter === 'client' ? await EventStoreNode.create() : null;
  const path = await mkdtemp(join(tmpdir(), 'endings-'));
  let worker = null;
  let workers = 0;
  process.on('worker', (next) => {
    worker = next;
    workers += 1;
  });
  const channel = breakChannel();
  const logged = [];
  const store = await startEventStore({
    ...(node ? { kind: 'eventstoredb', connectionString: node.connectionString } : { kind: 'embedded', path }),
    threadEntry: new URL('../test/support/breakable-thread.ts', import.meta.url),
    limits: {
      appendTimeoutMs: 60_000,
      readTimeoutMs: 60_000,
      ...(values.way === 'loop' ? { heartbeatMs: 100, missedHeartbeats: 4 } : {}),
    },
    log: (level, message) => logged.push(`${level}: ${message}`),
  });
  await until(
    'the log answers',
    () =>
      store.tail().then(
        () => true,
        () => false,
      ),
    30_000,
  );
  const prefix = uniquePrefix();
  const follower = new Follower(store, prefix);
  const load = new Load(store, prefix, Number(values.writers));
  let reading = true;
  const reader = (async () => {
    while (reading) await store.readLog({ after: null, streamPrefix: prefix, maxCount: 1_000 }).catch(() => undefined);
  })();
  const begun = Date.now();
  for (let round = 1; round <= rounds; round += 1) {
    const target = load.acknowledged.size + 1 + Math.floor(Math.random() * 120);
    await until('appends are acknowledged', () => load.acknowledged.size >= target, 60_000).catch((error) => {
      console.log(`round ${round}`, logged.slice(-20), load.errors.slice(-5));
      throw error;
    });
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    if (values.way === 'terminate') void worker.terminate();
    else channel.postMessage(values.way);
    await ended;
    if (round % 50 === 0)
      console.log(
        `${round} ends, ${load.acknowledged.size} acknowledged, ${process.memoryUsage.rss() >> 20} MiB, ${Math.round((Date.now() - begun) / 1000)} s`,
      );
  }
  const target = load.acknowledged.size + 100;
  await until('appends are acknowledged again', () => load.acknowledged.size >= target, 60_000);
  reading = false;
  await Promise.all([load.stop(), reader]);
  const stored = await readAll(store, prefix);
  const present = new Set(ids(stored));
  const missing = [...load.acknowledged].filter((id) => !present.has(id)).length;
  console.log(
    `${workers} threads, ${load.acknowledged.size} acknowledged, ${missing} missing, ${stored.length - present.size} twice, ${load.errors.length} errors`,
  );
  await follower.stop();
  await store.close();
  channel.close();
  await node?.dispose();
  await rm(path, { recursive: true, force: true });
}
