import { WAYS } from './contestants.ts';
import type { Measurements } from './measurements.ts';
import { hasBound, isMet, targetsAt } from './targets.ts';

/** A metric as a column: its heading, and the format of its values. */
interface Column {
  readonly metric: string;
  readonly head: string;
  readonly digits: number;
}

const COLUMNS: readonly Column[] = [
  { metric: 'rate', head: 'requests/s', digits: 0 },
  { metric: 'ms', head: 'ms', digits: 1 },
  { metric: 'p50', head: 'p50 ms', digits: 2 },
  { metric: 'p99', head: 'p99 ms', digits: 2 },
  { metric: 'cpu', head: 'CPU us', digits: 0 },
  { metric: 'database_cpu', head: 'Postgres us', digits: 0 },
  { metric: 'settled_in', head: 'settled ms', digits: 0 },
  { metric: 'errors', head: 'errors', digits: 0 },
  { metric: 'short', head: 'fresh p50 ms', digits: 2 },
  { metric: 'long', head: 'long p50 ms', digits: 2 },
  { metric: 'idle', head: 'idle MiB', digits: 0 },
  { metric: 'rss', head: 'idle RSS MiB', digits: 0 },
  { metric: 'peak', head: 'peak MiB', digits: 0 },
];

/** Formats the results: a table for each scenario, and the targets with what was measured. */
export function report(measurements: Measurements, rows: number): string {
  const tables = measurements.scenarios.map((scenario) => `${scenario}\n${scenarioTable(measurements, scenario)}`);
  return [...tables, `targets\n${targetTable(measurements, rows)}`].join('\n\n');
}

function scenarioTable(measurements: Measurements, scenario: string): string {
  const names = measurements.contestants(scenario);
  const baselines = names.filter((name) => name.startsWith('p'));
  const columns = COLUMNS.filter(({ metric }) =>
    names.some((name) => !Number.isNaN(measurements.value(scenario, name, metric))),
  );
  const main = columns[0]?.metric ?? '';
  const rows = names.map((name) => [
    name,
    ...columns.map(({ metric, digits }) => written(measurements.value(scenario, name, metric), digits)),
    ...baselines.map((baseline) => written(measurements.ratio(scenario, name, baseline, main), 2)),
  ]);
  return table([['', ...columns.map(({ head }) => head), ...baselines.map((name) => `: ${name}`)], ...rows]);
}

function targetTable(measurements: Measurements, rows: number): string {
  const lines = targetLines(measurements, rows);
  return lines.length === 1 ? '(none was measured)' : table(lines);
}

/** The targets that were measured: a line of headings, then one for each. */
export function targetLines(measurements: Measurements, rows: number): string[][] {
  const lines = targetsAt(rows).flatMap((target) => {
    const cells = WAYS.map((way) => {
      const measured = target.measured(measurements, way);
      if (Number.isNaN(measured)) return ['', '', ''];
      const sign = target.better === 'higher' ? '>=' : '<=';
      const unit = target.unit === undefined ? '' : ` ${target.unit}`;
      const mark = isMet(target, way, measured) ? 'yes' : 'NO';
      if (!hasBound(target, way)) return ['', written(measured, 2), ''];
      return [`${sign} ${target.bound[way]}${unit}`, written(measured, 2), mark];
    });
    return cells.every(([, measured]) => measured === '') ? [] : [[target.name, ...cells.flat()]];
  });
  return [['', ...WAYS.flatMap((way) => [`${way}: wanted`, 'measured', 'met'])], ...lines];
}

/** Empty for NaN. */
export function written(value: number, digits: number): string {
  return Number.isNaN(value)
    ? ''
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Aligns the first column to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join('\n');
}
