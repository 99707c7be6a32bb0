/** Compares the service with many requests with the empty one: what grows with the data, and by how much. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Arena } from './arena.ts';
import type { Clients } from './clients.ts';
import type { Ground } from './contestants.ts';
import { startContestant } from './contestants.ts';
import type { Traffic } from './load.ts';
import { Measurements } from './measurements.ts';
import type { Options } from './options.ts';
import { caughtUp, readLog, rebuild } from './rebuild.ts';
import { table, written } from './report.ts';
import { seedLog } from './seed.ts';
import { ROOT } from './service-modules.ts';

const WAY = 'in-process';
const SIZES = ['empty', 'full'] as const;
const TRAFFIC: readonly Traffic[] = ['post', 'patch', 'get', 'list', 'filtered', 'search'];
const CONNECTIONS = 8;
const EVENTS_PER_REQUEST = 5;

/** Runs the comparison. Returns its table. */
export async function runScale(
  { ground, clients, options, progress }: Parts,
  requests: number,
): Promise<{ readonly text: string; readonly measurements: Measurements }> {
  const measurements = new Measurements();
  progress(`writing a log of ${requests} requests`);
  const grounds = {
    empty: { ...ground, folder: join(ground.folder, 'empty') },
    full: { ...ground, folder: join(ground.folder, 'full') },
  };
  await seedLog(join(grounds.full.folder, WAY), requests, EVENTS_PER_REQUEST);
  await seedLog(join(grounds.empty.folder, WAY), 0, EVENTS_PER_REQUEST);

  for (const size of SIZES) {
    progress(`${size}: filling`);
    const environment = { DATABASE_SCHEMA: schemaOf(size) };
    const first = await startContestant(WAY, grounds[size], environment);
    await caughtUp(first.url);
    await ground.postgres.query(`VACUUM ANALYZE ${schemaOf(size)}.requests`);
    await first.stop();
    for (let round = 0; round < options.rounds; round += 1) {
      progress(`${size}: start, round ${round + 1}`);
      const service = await startContestant(WAY, grounds[size], environment);
      measurements.add('start', size, { ms: service.startedIn });
      await service.stop();
    }
  }

  const arenas = new Map(
    SIZES.map((size) => {
      const { warmUpSeconds } = options;
      return [
        size,
        new Arena(grounds[size], clients, { environment: { DATABASE_SCHEMA: schemaOf(size) }, warmUpSeconds }),
      ];
    }),
  );
  try {
    for (const traffic of TRAFFIC) {
      for (let round = 0; round < options.rounds; round += 1) {
        for (const [size, arena] of arenas) {
          progress(`${traffic}, round ${round + 1}: ${size}`);
          const ids = traffic === 'get' ? { stored: await someIds(ground, schemaOf(size)) } : {};
          const load = { connections: CONNECTIONS, seconds: options.seconds, ...ids };
          const { peak: _, ...values } = await arena.round(WAY, traffic, load);
          measurements.add(traffic, size, values);
        }
      }
    }
    progress('rebuild');
    const rebuiltIn = await rebuild(ground.postgres, schemaOf('full'));
    measurements.add('rebuild', 'full', { ms: rebuiltIn });
  } finally {
    for (const arena of arenas.values()) await arena.stop();
  }
  progress('reading the log');
  measurements.add('read the log', 'full', { ms: (await readLog(WAY, grounds.full)).ms });
  progress('verify');
  for (const size of SIZES) measurements.add('verify', size, { ms: await verify(join(grounds[size].folder, WAY)) });
  return { text: describe(measurements, requests), measurements };
}

function schemaOf(size: (typeof SIZES)[number]): string {
  return `scale_${size}`;
}

interface Parts {
  readonly ground: Ground;
  readonly clients: Clients;
  readonly options: Options;
  readonly progress: (text: string) => void;
}

/** Ids of requests all over the table. */
async function someIds({ postgres }: Ground, schema: string): Promise<string[]> {
  const rows = await postgres.query(`SELECT id FROM ${schema}.requests ORDER BY md5(id::text) LIMIT 100000`);
  return rows.map(({ id }) => id ?? '');
}

/** Runs `npm run verify`. Returns how long it took, in ms. */
async function verify(dataDir: string): Promise<number> {
  const begun = performance.now();
  const child = spawn(process.execPath, [join(ROOT, 'dist/cli/verify.js')], {
    env: { ...process.env, DATA_DIR: dataDir },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`The log does not verify (exit status ${code}).`);
  return performance.now() - begun;
}

function describe(measurements: Measurements, requests: number): string {
  const rows = measurements.scenarios.map((scenario) => {
    const metric = TRAFFIC.includes(scenario as Traffic) ? 'p50' : 'ms';
    const [empty = NaN, full = NaN] = SIZES.map((size) => measurements.value(scenario, size, metric));
    const [emptyCpu = NaN, fullCpu = NaN] = SIZES.map((size) => measurements.value(scenario, size, 'all_cpu'));
    const ratio = measurements.ratio(scenario, 'full', 'empty', metric);
    const milliseconds = [written(empty, 2), written(full, 2), written(ratio, 2)];
    return [scenario, ...milliseconds, written(emptyCpu, 0), written(fullCpu, 0)];
  });
  const heads = ['', 'empty: ms', `${requests.toLocaleString('en')}: ms`, 'ratio', 'empty: CPU us', 'full: CPU us'];
  return `${requests.toLocaleString('en')} requests, ${CONNECTIONS} connections\n${table([heads, ...rows])}`;
}
