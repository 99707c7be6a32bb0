/** Writes results into docs/performance.md, with a chart and all figures beside it. */
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { targetChart } from './chart.ts';
import type { Measurements } from './measurements.ts';
import type { Options } from './options.ts';
import { targetLines } from './report.ts';
import { ROOT } from './service-modules.ts';

export interface Results {
  readonly at: Date;
  readonly machine: Machine;
  readonly options: Options;
  readonly measurements: Measurements;
}

interface Machine {
  readonly cpus: number;
  readonly model: string | undefined;
  /** Bytes. */
  readonly memory: number;
  readonly node: string;
  /** Average number of processes that wanted to run, over the last 15 minutes. */
  readonly load: number;
}

/** The machine, without its name. */
export function describeMachine(): Machine {
  const [, , load = NaN] = loadavg();
  return { cpus: cpus().length, model: cpus()[0]?.model, memory: totalmem(), node: process.version, load };
}

const page = join(ROOT, 'docs/performance.md');
const [BEGIN, END] = ['<!-- results -->', '<!-- end of results -->'];

const CHART =
  '![How far each target is met](performance.svg)\n\n' +
  'A bar to the right of the line is a target that is met. All figures, round by round, are in [performance.json](performance.json).';

export async function publish(results: Results): Promise<void> {
  const { at, machine, options, measurements } = results;
  const [head = [], ...lines] = targetLines(measurements, options.rows);
  const rows = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
  const { cpus: cores, model, memory, node, load } = machine;
  const said =
    `Measured on ${at.toISOString().slice(0, 10)} on ${cores} cores (${model ?? 'unknown'}), ${Math.round(memory / 2 ** 30)} GiB, Node ` +
    `${node.slice(1)}; ${options.rounds} rounds of ${options.seconds} s, ${options.rows.toLocaleString('en')} requests stored. The load average ` +
    `(15 minutes) at the end was ${load.toFixed(1)}, of which the benchmark itself accounts for about ${cores}.`;
  const text = await readFile(page, 'utf8');
  const [before, rest = ''] = text.split(BEGIN);
  const after = rest.split(END)[1] ?? '';
  await save(page, `${before}${BEGIN}\n\n${said}\n\n${rows.join('\n')}\n\n${CHART}\n\n${END}${after}`);
  await save(join(ROOT, 'docs/performance.json'), JSON.stringify({ ...results, options: { ...options, json: null } }));
  await writeFile(join(ROOT, 'docs/performance.svg'), targetChart(measurements, options.rows));
}

async function save(file: string, text: string): Promise<void> {
  await writeFile(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
}
