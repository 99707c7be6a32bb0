/**
 * Counts the files of the service that a call passes on the main thread: those in which at least one function ran, by V8's precise coverage.
 * Run it on a build: `npm run build && node bench/files-passed.mjs`. Options: `--list` names the files, `--runs N` (default 5).
 *
 * The service runs in this process, warm, on a data folder of its own. Each figure is over several calls, each in a window of its own:
 * the files that every window has. Files that also run in every idle window of the same length are left out.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passes } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { list: { type: 'boolean', default: false }, runs: { type: 'string', default: '5' } },
});
const RUNS = Number(options.runs);
const DIST = join(import.meta.dirname, '..', 'dist');
const BASE = `${pathToFileURL(DIST).href}/`;
const load = (file) => import(new URL(file, BASE));

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

/** The files in which a function ran since the last call. */
async function filesSinceLast() {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  return new Set(
    result
      .filter(({ url, functions }) => url.startsWith(BASE) && functions.some(({ ranges: [{ count }] }) => count > 0))
      .map(({ url }) => url.slice(BASE.length)),
  );
}

const common = (sets) => sets.reduce((one, other) => one.intersection(other));

/** The files that `call` passes each time, without those that run anyway. */
async function measure(call, between = () => passes(200)) {
  const windows = [];
  const idle = [];
  for (let run = 0; run < RUNS + 3; run += 1) {
    await between();
    await filesSinceLast();
    const begun = performance.now();
    await call();
    const files = await filesSinceLast();
    const lengthMs = performance.now() - begun;
    await between();
    await filesSinceLast();
    await passes(lengthMs);
    const others = await filesSinceLast();
    // The first ones warm the caches.
    if (run < 3) continue;
    windows.push(files);
    idle.push(others);
  }
  return [...common(windows).difference(common(idle))].sort();
}

function show(name, files) {
  console.log(`${name}: ${files.length} files`);
  if (options.list) for (const file of files) console.log(`  ${file}`);
}

/**
 * Lets batches of the log through one by one: while it is shut, the store thread soon stops sending, and no consumer runs beside the
 * measured call. Subscriptions are numbered in the order of the list of consumers.
 */
const gates = [];
function gated(subscription) {
  const gate = { isShut: false, free: 0, wake: () => undefined, taken: 0 };
  gates.push(gate);
  const reader = subscription[Symbol.asyncIterator]();
  const next = async () => {
    while (gate.isShut && gate.free === 0) await new Promise((resolve) => (gate.wake = resolve));
    gate.free = Math.max(0, gate.free - 1);
    const result = await reader.next();
    gate.taken += 1;
    return result;
  };
  return {
    hurry: () => subscription.hurry(),
    close: () => {
      subscription.close();
      gate.isShut = false;
      gate.wake();
    },
    [Symbol.asyncIterator]: () => ({ next, return: () => reader.return() }),
  };
}

const data = await mkdtemp(join(tmpdir(), 'automation-files-'));
const { startEventStore } = await load('infrastructure/event-store/store-thread.js');
const probe = await startEventStore({ kind: 'embedded', path: join(data, 'probe') });
const { subscribe } = Object.getPrototypeOf(probe);
Object.getPrototypeOf(probe).subscribe = function (request) {
  return gated(subscribe.call(this, request));
};
await probe.close();

const { readConfig } = await load('config.js');
const { createLogger } = await load('infrastructure/observability/logger.js');
const { startService } = await load('service.js');
const config = readConfig({ PORT: '0', DATA_DIR: join(data, 'data') });
const service = await startService(config, createLogger('error'));
try {
  const post = async (path, body) => {
    const response = await fetch(`${service.url}/api/v1/automation${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const submit = () => post('/requests', { type: 'feature', title: 'Count', description: 'the files passed' });
  const { id } = await submit();
  await post(`/requests/${id}/attempts`, { worker: 'bench', lease_seconds: 3600 });
  let turns = 0;
  await passes(1_000);

  for (const gate of gates) gate.isShut = true;
  for (let i = 0; i < 10; i += 1) {
    await submit();
    await passes(50);
  }
  show('POST /requests', await measure(submit));
  const beat = (figures) => post(`/requests/${id}/attempts/1/heartbeat`, figures);
  show('heartbeat', await measure(() => beat({})));
  show('heartbeat with figures', await measure(() => beat({ num_turns: (turns += 1) })));

  for (const gate of gates) {
    const step = async () => {
      gate.free = 1;
      gate.wake();
      await passes(150);
    };
    const feed = async () => {
      await submit();
      await passes(100);
    };
    show(`batch of consumer ${gates.indexOf(gate) + 1}`, await measure(step, feed));
  }
} finally {
  for (const gate of gates) {
    gate.isShut = false;
    gate.wake();
  }
  await service.stop();
  session.disconnect();
  await rm(data, { recursive: true, force: true });
}
