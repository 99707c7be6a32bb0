import { setTimeout as delay } from 'node:timers/promises';
import { Arena, quiet } from './arena.ts';
import type { Clients, QueueProcess } from './clients.ts';
import { startQueue } from './clients.ts';
import type { Ground, Name } from './contestants.ts';
import { startContestant } from './contestants.ts';
import type { Traffic } from './load.ts';
import type { Measurements } from './measurements.ts';
import type { Options } from './options.ts';
import { memoryOf } from './processes.ts';
import { measureRebuild } from './rebuild.ts';
import { seedTables } from './seed.ts';
import { quantile } from './statistics.ts';

/** What every scenario uses. */
export interface Bench {
  readonly options: Options;
  readonly ground: Ground;
  readonly measurements: Measurements;
  readonly clients: Clients;
  /** A second process of clients, for load during a measurement. */
  readonly others: Clients;
  /** Id of a request whose stream has 10,000 events. */
  readonly longStream: string;
  /** Those of a scenario's contestants that were selected. */
  readonly taking: (names: readonly Name[]) => Name[];
  readonly progress: (text: string) => void;
}

const IDLE_MS = 5_000;
const PROBES = 200;
const WRITERS = 8;

const TRAFFIC: readonly { readonly traffic: Traffic; readonly names: readonly Name[] }[] = [
  { traffic: 'post', names: ['p0', 'p1', 'p2', 'in-process', 'grpc'] },
  { traffic: 'patch', names: ['p0', 'p1', 'p1t', 'p2', 'in-process', 'grpc'] },
  { traffic: 'get', names: ['p0', 'p1', 'p2', 'in-process', 'grpc'] },
  { traffic: 'recent', names: ['p1', 'in-process', 'grpc'] },
  { traffic: 'list', names: ['p1', 'p2', 'in-process', 'grpc'] },
  { traffic: 'mix', names: ['p1', 'p2', 'in-process', 'grpc'] },
];

/** Runs the selected scenarios, in an order in which none disturbs a later one. */
export async function runScenarios(bench: Bench): Promise<void> {
  const { only } = bench.options;
  const wanted = (name: string): boolean => only.length === 0 || only.some((part) => name.startsWith(part));
  if (wanted('start')) await measureStart(bench);

  const { warmUpSeconds } = bench.options;
  const arena = new Arena(bench.ground, bench.clients, { warmUpSeconds });
  try {
    for (const { traffic, names } of TRAFFIC.filter(({ traffic }) => wanted(traffic))) {
      for (const connections of bench.options.connections) {
        await measureTraffic(bench, arena, `${traffic} c=${connections}`, { traffic, connections, names });
      }
    }
    if (wanted('long')) await measureLongStream(bench, arena);
    if (wanted('visible')) await measureVisibility(bench, arena);
  } finally {
    await arena.stop();
  }
  if (wanted('queue')) await measureQueue(bench);
  if (wanted('rebuild')) await measureRebuilds(bench);
}

/** From process start to the first 201, with PostgreSQL running and the data in place; and the memory when idle afterwards. */
async function measureStart({ options, ground, measurements, progress, taking }: Bench): Promise<void> {
  for (let round = 0; round < options.rounds; round += 1) {
    for (const name of rotated(taking(['p1', 'p2', 'in-process', 'grpc']), round)) {
      progress(`start, round ${round + 1}: ${name}`);
      const contestant = await startContestant(name, ground);
      measurements.add('start', name, { ms: contestant.startedIn });
      if (round === 0) {
        await quiet(contestant.pids);
        await delay(IDLE_MS);
        const { anon, rss } = memoryOf(contestant.pid);
        measurements.add('memory', name, { idle: anon, rss });
      }
      await contestant.stop();
    }
  }
}

async function measureTraffic(
  { options, measurements, taking, progress }: Bench,
  arena: Arena,
  scenario: string,
  { traffic, connections, names }: { traffic: Traffic; connections: number; names: readonly Name[] },
): Promise<void> {
  const { rounds, seconds, amount } = options;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of rotated(taking(names), round)) {
      progress(`${scenario}, round ${round + 1}: ${name}`);
      const { peak, ...values } = await arena.round(name, traffic, { connections, seconds, amount });
      measurements.add(scenario, name, { ...values });
      measurements.add('memory', name, { peak });
    }
  }
}

/** A change of a request whose stream has 10,000 events, compared with one whose stream has one. */
async function measureLongStream(bench: Bench, arena: Arena): Promise<void> {
  const { options, measurements, taking, progress, longStream } = bench;
  for (let round = 0; round < options.rounds; round += 1) {
    for (const name of rotated(taking(['in-process', 'grpc']), round)) {
      progress(`long stream, round ${round + 1}: ${name}`);
      const load = { connections: 1, seconds: options.seconds / 2 };
      const [fresh = ''] = await bench.clients.submit({ url: (await arena.contestant(name)).url, count: 1 });
      const short = await arena.round(name, 'patch', { ...load, ids: [fresh] });
      const long = await arena.round(name, 'patch', { ...load, ids: [longStream] });
      measurements.add('long stream', name, { short: short.p50, long: long.p50, ratio: long.p50 / short.p50 });
    }
  }
}

/** From a 201 until the list contains the request, as seen by the client: this includes the time of the list call. */
async function measureVisibility(
  { options, measurements, clients, others, taking, progress }: Bench,
  arena: Arena,
): Promise<void> {
  for (const [scenario, connections] of [
    ['visible idle', 0],
    [`visible, ${WRITERS} writers`, WRITERS],
  ] as const) {
    for (let round = 0; round < options.rounds; round += 1) {
      for (const name of rotated(taking(['in-process', 'grpc']), round)) {
        progress(`${scenario}, round ${round + 1}: ${name}`);
        const { url, pids } = await arena.contestant(name);
        const { visible } = await beside(others, url, connections, () =>
          clients.probe({ url, samples: PROBES, look: true }),
        );
        measurements.add(scenario, name, percentiles(visible));
        await quiet(pids);
      }
    }
  }
}

/** The same POST with a queue, and the time from the 201 until the message arrives in the queue. */
async function measureQueue(bench: Bench): Promise<void> {
  const { options, measurements, ground, clients, others, taking, progress } = bench;
  const queue = await startQueue();
  const arena = new Arena(ground, clients, { environment: queue.environment, warmUpSeconds: options.warmUpSeconds });
  try {
    // It does not start without a queue, so its table could not be filled earlier.
    for (const name of taking(['p1q'])) {
      await arena.contestant(name);
      await seedTables(ground.postgres, [name], options.rows);
    }
    for (const connections of options.connections) {
      const scenario = `post, queued c=${connections}`;
      for (let round = 0; round < options.rounds; round += 1) {
        for (const name of rotated(taking(['p1q', 'in-process', 'grpc']), round)) {
          progress(`${scenario}, round ${round + 1}: ${name}`);
          const { peak, ...values } = await arena.round(name, 'post', { connections, seconds: options.seconds });
          measurements.add(scenario, name, { ...values });
          measurements.add('memory, queued', name, { peak });
          await queue.empty();
        }
      }
    }
    const own = await queue.ownLatency();
    measurements.add('queue', 'own latency', { ms: own });
    for (const [scenario, connections] of [
      ['queued idle', 0],
      [`queued, ${WRITERS} writers`, WRITERS],
    ] as const) {
      for (let round = 0; round < options.rounds; round += 1) {
        for (const name of rotated(taking(['in-process', 'grpc']), round)) {
          progress(`${scenario}, round ${round + 1}: ${name}`);
          const { url, pids } = await arena.contestant(name);
          await quiet([...pids, queue.pid]);
          const { acknowledged } = await beside(others, url, connections, () =>
            clients.probe({ url, samples: PROBES, look: false }),
          );
          await quiet([...pids, queue.pid]);
          measurements.add(scenario, name, percentiles(await latencies(queue, acknowledged, own)));
          await queue.empty();
        }
      }
    }
  } finally {
    await arena.stop();
    queue.stop();
  }
}

async function latencies(
  queue: QueueProcess,
  acknowledged: readonly { id: string; at: number }[],
  own: number,
): Promise<number[]> {
  const arrivals = await queue.arrivals(acknowledged.map(({ id }) => id));
  return arrivals.map((arrival, i) => (arrival === null ? Infinity : arrival - (acknowledged[i]?.at ?? NaN) - own));
}

/** A rebuild beside the live tables, the first filling of empty ones, and reading the log alone, in events per second. */
async function measureRebuilds({ options, ground, measurements, taking, progress }: Bench): Promise<void> {
  for (let round = 0; round < Math.min(options.rounds, 3); round += 1) {
    for (const name of rotated(taking(['in-process', 'grpc']), round)) {
      progress(`rebuild, round ${round + 1}: ${name}`);
      measurements.add('rebuild', name, { ...(await measureRebuild(name, ground, `rebuild_${round}`)) });
    }
  }
}

/** Runs `work` while others post over this many connections. */
async function beside<T>(others: Clients, url: string, connections: number, work: () => Promise<T>): Promise<T> {
  if (connections === 0) return work();
  let isOver = false;
  const load = async (): Promise<void> => {
    while (!isOver) await others.load({ url, traffic: 'post', connections, seconds: 0.5, active: [], stored: [] });
  };
  const loading = load();
  await delay(500);
  const result = await work();
  isOver = true;
  await loading;
  return result;
}

function percentiles(samples: readonly number[]): { p50: number; p99: number } {
  const sorted = Float64Array.from(samples).sort();
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}

/** Starts each round with a different contestant, so that none always follows the same one. */
function rotated<T>(items: readonly T[], by: number): T[] {
  return items.map((_, i) => items[(i + by) % items.length] as T);
}
