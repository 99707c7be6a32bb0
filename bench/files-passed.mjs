/**
 * Counts the files of the service that a call passes on the main thread: those in which at least one function ran, by V8's precise coverage.
 * Run it on a build: `npm run build && node bench/files-passed.mjs`. Options: `--list` names the files and the functions that ran in them,
 * `--runs N` (default 5).
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

/** The files in which a function ran since the last call, each with the names of its functions. */
async function filesSinceLast() {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const files = new Map();
  for (const { url, functions } of result) {
    const ran = functions.filter(({ ranges: [{ count }] }) => count > 0);
    if (url.startsWith(BASE) && ran.length > 0) files.set(url.slice(BASE.length), ran);
  }
  return files;
}

const common = (windows) =>
  windows.map((files) => new Set(files.keys())).reduce((one, other) => one.intersection(other));

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
  const files = [...common(windows).difference(common(idle))].sort();
  return files.map((file) => [file, windows.at(-1).get(file)]);
}

function show(name, files) {
  console.log(`${name}: ${files.length} files`);
  if (!options.list) return;
  for (const [file, ran] of files) {
    const names = [...new Set(ran.map(({ functionName }) => functionName || '(anonymous)'))];
    console.log(`  ${file}: ${names.join(', ')}`);
  }
}

/** While it is shut, callers wait until one is let through. */
class Gate {
  #isShut = false;
  #waiting = [];

  shut() {
    this.#isShut = true;
  }

  open() {
    this.#isShut = false;
    for (const pass of this.#waiting.splice(0)) pass();
  }

  /** Lets one through, who need not be there yet. */
  async letOneThrough() {
    while (this.#waiting.length === 0) await passes(5);
    this.#waiting.shift()();
  }

  async pass() {
    if (this.#isShut) await new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Holds back batches of the log: while it is shut, the store thread soon stops sending, and no consumer runs beside the measured call. */
const log = new Gate();
function gated(subscription) {
  const reader = subscription[Symbol.asyncIterator]();
  const next = async () => {
    await log.pass();
    return reader.next();
  };
  return {
    hurry: () => subscription.hurry(),
    close: () => subscription.close(),
    [Symbol.asyncIterator]: () => ({ next, return: () => reader.return() }),
  };
}

/** Hold back the consumers that are not measured, by name: all get each batch at once. */
const consumers = new Map();
function gatedConsumer(consumer) {
  const gate = new Gate();
  consumers.set(consumer.name, gate);
  const prototype = Object.getPrototypeOf(consumer);
  const { handle } = prototype;
  prototype.handle = async function (events, batch) {
    await gate.pass();
    return handle.call(this, events, batch);
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
const { createConsumers } = await load('automation/projections/consumers.js');
const { ProofTree } = await load('proof/proof-tree.js');
for (const consumer of createConsumers({ forwarder: null, proof: new ProofTree({ category: '' }) }))
  gatedConsumer(consumer);

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

  log.shut();
  for (let i = 0; i < 10; i += 1) {
    await submit();
    await passes(50);
  }
  show('POST /requests', await measure(submit));
  const beat = (figures) => post(`/requests/${id}/attempts/1/heartbeat`, figures);
  show('heartbeat', await measure(() => beat({})));
  show('heartbeat with figures', await measure(() => beat({ num_turns: (turns += 1) })));

  // One batch is delivered, for whichever consumer is not held back.
  const step = async () => {
    await log.letOneThrough();
    await passes(100);
  };
  const feed = async () => {
    await submit();
    await passes(100);
  };
  for (const [name, measured] of consumers) {
    for (const gate of consumers.values()) gate.shut();
    measured.open();
    show(`batch of ${name}`, await measure(step, feed));
  }
} finally {
  log.open();
  for (const gate of consumers.values()) gate.open();
  await service.stop();
  session.disconnect();
  await rm(data, { recursive: true, force: true });
}
