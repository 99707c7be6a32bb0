import type { Measurements } from './measurements.ts';

/** A target, as a ratio or a figure, and how it is measured. */
export interface Target {
  readonly name: string;
  readonly measured: (m: Measurements, way: string) => number;
  /** The limit for each way to the log: the measured value must be at least, or at most, this. */
  readonly bound: { readonly 'in-process': number; readonly grpc: number };
  readonly better: 'higher' | 'lower';
  readonly unit?: 'ms' | 'MiB';
}

const rate = (scenario: string, against: string, inProcess: number, grpc: number): Target => ({
  name: `${scenario}, requests/s against ${against}`,
  measured: (m, way) => m.ratio(scenario, way, against, 'rate'),
  bound: { 'in-process': inProcess, grpc },
  better: 'higher',
});

const latency = (scenario: string, metric: 'p50' | 'p99', inProcess: number, grpc: number): Target => ({
  name: `${scenario}, ${metric} against p1`,
  measured: (m, way) => m.ratio(scenario, way, 'p1', metric),
  bound: { 'in-process': inProcess, grpc },
  better: 'lower',
});

const figure = (scenario: string, metric: string, inProcess: number, grpc: number): Target => ({
  name: `${scenario}, ${metric}`,
  measured: (m, way) => m.value(scenario, way, metric),
  bound: { 'in-process': inProcess, grpc },
  better: 'lower',
  unit: 'ms',
});

/** CPU of the contestant and PostgreSQL, per request. */
const cpu = (scenario: string, against: string, inProcess: number, grpc: number): Target => ({
  name: `${scenario}, CPU against ${against}`,
  measured: (m, way) => m.ratio(scenario, way, against, 'all_cpu'),
  bound: { 'in-process': inProcess, grpc },
  better: 'lower',
});

/** Where a way to the log has no target, its bound is met by anything. */
const ANY = { least: 0, most: Infinity };

const MILLION = 1_000_000;

/** The targets for contestants with this many rows. */
export function targetsAt(rows: number): readonly Target[] {
  return [...TARGETS, rate('list c=16', 'p1', rows >= MILLION ? 30 : 6, rows >= MILLION ? 30 : 6)];
}

const TARGETS: readonly Target[] = [
  rate('post c=64', 'p0', 0.56, ANY.least),
  rate('post c=64', 'p1', 1.8, 0.6),
  rate('post c=64', 'p2', 7, 2.6),
  rate('post c=16', 'p1', 1.6, 0.4),
  latency('post c=1', 'p50', 0.8, ANY.most),
  cpu('post c=1', 'p1', 1, ANY.most),
  cpu('post c=16', 'p0', 1.75, ANY.most),
  rate('post, queued c=16', 'p1q', 4, 2),
  rate('post, queued c=64', 'p1q', 4.5, 2.25),
  rate('patch c=16', 'p1', 3, 1),
  rate('patch c=16', 'p2', 6, 2.2),
  cpu('patch c=16', 'p0', 2, ANY.most),
  rate('get c=16', 'p1', 1, 1),
  rate('recent c=16', 'p1', 1.5, 1),
  rate('mix c=16', 'p1', 1.6, 1.2),
  figure('visible idle', 'p99', 5, 7),
  figure('visible, 8 writers', 'p99', 10, 20),
  figure('queued idle', 'p50', 0.5, 1),
  figure('queued, 8 writers', 'p99', 5, 8),
  {
    name: 'rebuild, events/s against reading the log alone',
    measured: (m, way) => m.ratio('rebuild', way, way, 'rebuilt', 'read'),
    bound: { 'in-process': 0.65, grpc: 0.9 },
    better: 'higher',
  },
  {
    name: 'rebuild, events/s against filling live tables',
    measured: (m, way) => m.ratio('rebuild', way, way, 'rebuilt', 'filled'),
    bound: { 'in-process': 2, grpc: ANY.least },
    better: 'higher',
  },
  {
    name: 'memory, idle, above p1',
    measured: (m, way) => m.value('memory', way, 'idle') - m.value('memory', 'p1', 'idle'),
    bound: { 'in-process': 25, grpc: 45 },
    better: 'lower',
    unit: 'MiB',
  },
  {
    name: 'memory, peak against p1',
    measured: (m, way) => m.most('memory', way, 'peak') / m.most('memory', 'p1', 'peak'),
    bound: { 'in-process': 1.75, grpc: 2.25 },
    better: 'lower',
  },
  {
    name: 'start to the first 201 against p1',
    measured: (m, way) => m.ratio('start', way, 'p1', 'ms'),
    bound: { 'in-process': 1.15, grpc: 1.3 },
    better: 'lower',
  },
  {
    name: 'patch, stream of 10,000 events, p50 against a fresh one',
    measured: (m, way) => m.value('long stream', way, 'ratio'),
    bound: { 'in-process': 1.2, grpc: 1.2 },
    better: 'lower',
  },
];

export function isMet({ better, bound }: Target, way: keyof Target['bound'], measured: number): boolean {
  return better === 'higher' ? measured >= bound[way] : measured <= bound[way];
}

/** Whether there is a target for this way to the log. */
export function hasBound({ bound }: Target, way: keyof Target['bound']): boolean {
  return bound[way] !== ANY.least && bound[way] !== ANY.most;
}
