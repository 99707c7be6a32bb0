import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Arena, quiet } from './arena.ts';
import { startClients } from './clients.ts';
import type { Ground, Name } from './contestants.ts';
import { BASELINES, startNode, WAYS } from './contestants.ts';
import { Measurements } from './measurements.ts';
import { readOptions } from './options.ts';
import { startPostgres } from './postgres.ts';
import { describeMachine, publish } from './publish.ts';
import { report } from './report.ts';
import { runScale } from './scale.ts';
import { runScenarios } from './scenarios.ts';
import { seedLogs, seedTables } from './seed.ts';
import { ROOT } from './service-modules.ts';

const options = readOptions(process.argv.slice(2));
const stops: (() => Promise<void> | void)[] = [];
const measurements = new Measurements();

let isBrokenOff = false;

async function stopAll(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) {
    await Promise.resolve(stop()).catch((error: unknown) => console.error(error));
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isBrokenOff = true;
    void stopAll().then(() => process.exit(130));
  });
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

function taking(names: readonly Name[]): Name[] {
  return names.filter((name) => options.contestants.length === 0 || options.contestants.includes(name));
}

interface Results {
  readonly text: string;
  readonly figures: Measurements;
}

async function run(): Promise<Results> {
  const folder = await mkdtemp(join(tmpdir(), 'automation-bench-'));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  progress('starting PostgreSQL');
  const postgres = await startPostgres(folder);
  stops.push(() => postgres.stop());
  const clients = startClients();
  const others = startClients();
  stops.push(
    () => clients.stop(),
    () => others.stop(),
  );

  if (options.scale !== null) {
    const scaled = await runScale(
      { ground: { folder, postgres, node: null }, clients, options, progress },
      options.scale,
    );
    return { text: scaled.text, figures: scaled.measurements };
  }

  progress(`writing a log of ${options.rows} requests`);
  const { longStream } = await seedLogs(folder, options.rows);
  const node = await startNode(folder, join(folder, 'node'));
  if (node) stops.push(() => node.stop());
  else process.stderr.write('The embedded node has no program yet: only what needs none is measured.\n');
  const ground: Ground = { folder, postgres, node };
  const isThere = (name: Name): boolean => name !== 'grpc' || node !== null;

  progress(`filling tables with ${options.rows} requests`);
  const arena = new Arena(ground, clients);
  stops.push(() => arena.stop());
  const baselines = taking(BASELINES).filter((name) => name !== 'p1q');
  for (const name of baselines) await arena.contestant(name);
  await seedTables(postgres, baselines, options.rows);
  progress('waiting for the projections');
  for (const name of taking(WAYS).filter(isThere)) {
    const { pids } = await arena.contestant(name);
    await quiet([...pids, postgres.pid]);
    await postgres.query(`VACUUM ANALYZE ${name.replace('-', '_')}.requests`);
  }
  await arena.stop();

  await runScenarios({
    options,
    ground,
    measurements,
    clients,
    others,
    longStream,
    taking: (names) => taking(names).filter(isThere),
    progress,
  });
  return { text: report(measurements, options.rows), figures: measurements };
}

async function write({ text, figures }: Results): Promise<void> {
  const file = options.json ?? join(ROOT, 'bench/results', `${new Date().toISOString().replaceAll(':', '-')}.json`);
  const results = { at: new Date(), machine: describeMachine(), options, measurements: figures };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(results, null, 2));
  if (options.all) await publish(results);
  process.stdout.write(`${text}\n\nAll figures: ${file}\n`);
}

let results: Results;
try {
  results = await run();
} catch (error) {
  // Processes that are being stopped fail in many ways.
  if (isBrokenOff) await new Promise(() => undefined);
  await stopAll();
  throw error;
}
progress('');
await stopAll();
await write(results);
process.exit(0);
