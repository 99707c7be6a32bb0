import { parseArgs } from 'node:util';

export interface Options {
  /** Names or prefixes of scenarios. */
  readonly only: readonly string[];
  /** Names of contestants to measure; all if empty. */
  readonly contestants: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  /** Number of requests in a round, which then ends whatever the time; null for rounds of `seconds`. */
  readonly amount: number | null;
  readonly rows: number;
  readonly connections: readonly number[];
  /** Length of the load on each contestant after its start that is not measured, in seconds. */
  readonly warmUpSeconds: number;
  /** Whether to write the results into docs/performance.md. */
  readonly all: boolean;
  /** Number of requests of the large system in a comparison with the empty one; null for no such comparison. */
  readonly scale: number | null;
  /** File for the figures; null for a file in `results/`. */
  readonly json: string | null;
}

const HELP = `
npm run bench -- [options]

  --all                 everything; also writes docs/performance.json, .svg and the table in docs/performance.md
  --scale [n]           instead, the service with n requests (20,000) of five events against the empty one
  --quick               a first look, in a few minutes: 20,000 rows, 3 rounds of 1 s, 16 connections
  --only a,b            only these scenarios: start post patch get recent list mix long visible queue rebuild
  --contestants a,b     only these: p0 p1 p1t p1q p2 in-process grpc
  --rounds n            rounds of each measurement, interleaved (5)
  --seconds n           length of a round (4)
  --amount n            end a round after n requests instead: then a busy machine does not change what is measured
  --warm-up n           seconds of load on each contestant after its start (15)
  --rows n              requests stored beforehand (100,000)
  --connections a,b     concurrent connections (1,16,64)
  --json file           file for the figures (bench/results/TIME.json)
`;

export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: withDefault(args, '--scale', '20000'),
    options: {
      quick: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      only: text,
      contestants: text,
      rounds: text,
      seconds: text,
      rows: text,
      connections: text,
      amount: text,
      scale: text,
      'warm-up': text,
      json: text,
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const { quick } = values;
  return {
    only: list(values.only),
    contestants: list(values.contestants),
    rounds: number(values.rounds, quick ? 3 : 5),
    seconds: number(values.seconds, quick ? 1 : 4),
    amount: values.amount === undefined ? null : number(values.amount, 0),
    rows: number(values.rows, quick ? 20_000 : 100_000),
    connections: values.connections ? list(values.connections).map(Number) : quick ? [16] : [1, 16, 64],
    warmUpSeconds: values['warm-up'] === '0' ? 0 : number(values['warm-up'], quick ? 1 : 15),
    all: values.all,
    scale: values.scale === undefined ? null : number(values.scale, 0),
    json: values.json ?? null,
  };
}

/** Adds the default value of an option that is given without one. */
function withDefault(args: readonly string[], name: string, value: string): string[] {
  return args.flatMap((arg, i) => (arg === name && !/^\d/.test(args[i + 1] ?? '') ? [arg, value] : [arg]));
}

function list(value: string | undefined): string[] {
  return value === undefined ? [] : value.split(',').map((part) => part.trim());
}

function number(value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const parsed = Number(value);
  if (!(parsed > 0)) throw new Error(`${value} is not a number above zero.`);
  return parsed;
}
