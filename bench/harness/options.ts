import { parseArgs } from 'node:util';

export interface Options {
  /** Names or prefixes of scenarios. */
  readonly only: readonly string[];
  /** Names of contestants to measure; all if empty. */
  readonly contestants: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly rows: number;
  readonly connections: readonly number[];
  /** File for the figures; null for a file in `results/`. */
  readonly json: string | null;
}

const HELP = `
npm run bench -- [options]

  --quick               a first look, in a few minutes: 20,000 rows, 3 rounds of 1 s, 16 connections
  --only a,b            only these scenarios: start post patch get list mix visible queue
  --contestants a,b     only these: p0 p1 p1t p1q p2 in-process grpc
  --rounds n            rounds of each measurement, interleaved (5)
  --seconds n           length of a round (4)
  --rows n              requests stored beforehand (100,000)
  --connections a,b     concurrent connections (1,16,64)
  --json file           file for the figures (bench/results/TIME.json)
`;

export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      only: text,
      contestants: text,
      rounds: text,
      seconds: text,
      rows: text,
      connections: text,
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
    rows: number(values.rows, quick ? 20_000 : 100_000),
    connections: values.connections ? list(values.connections).map(Number) : quick ? [16] : [1, 16, 64],
    json: values.json ?? null,
  };
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
