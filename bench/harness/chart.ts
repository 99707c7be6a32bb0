import { WAYS } from './contestants.ts';
import type { Measurements } from './measurements.ts';
import { hasBound, isMet, targetsAt } from './targets.ts';

const LABEL = 430;
const SCALE = 300;
const WIDTH = LABEL + SCALE + 40;
const LINE = 18;
/** A bar ends here, however far it would go: a fourth of a target, or four times. */
const MOST = 4;

interface Bar {
  readonly name: string;
  /** Measured value in units of its target; 1 or more means met. */
  readonly share: number;
  readonly isMet: boolean;
}

/** How far each target is met, as an SVG: bars on a logarithmic scale that start at the target. */
export function targetChart(measurements: Measurements, rows: number): string {
  const bars: Bar[] = WAYS.flatMap((way) =>
    targetsAt(rows)
      .filter((target) => hasBound(target, way))
      .map((target) => {
        const measured = target.measured(measurements, way);
        const share = target.better === 'higher' ? measured / target.bound[way] : target.bound[way] / measured;
        return { name: `${way}: ${target.name}`, share, isMet: isMet(target, way, measured) };
      }),
  ).filter(({ share }) => !Number.isNaN(share));
  const height = (bars.length + 2) * LINE;
  const middle = xOf(1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    '<title>Targets: to the right of the line met, to the left missed</title>',
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...[1 / MOST, 1 / 2, 1, 2, MOST].map(
      (share) => `<text x="${xOf(share)}" y="12" text-anchor="middle">${share}</text>`,
    ),
    ...bars.map((bar, i) => barOf(bar, (i + 1) * LINE)),
    `<path d="M${middle} ${LINE}V${height - LINE / 2}" stroke="#222"/>`,
    '</svg>\n',
  ].join('\n');
}

function barOf({ name, share, isMet: met }: Bar, y: number): string {
  const [from, to] = [xOf(1), xOf(share)].sort((a, b) => a - b) as [number, number];
  const label = name.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return (
    `<text x="${LABEL - 10}" y="${y + 12}" text-anchor="end">${label}</text>` +
    `<rect x="${from}" y="${y + 3}" width="${Math.max(to - from, 1)}" height="${LINE - 6}" fill="${met ? '#2a7' : '#c43'}"/>`
  );
}

function xOf(share: number): number {
  const held = Math.min(Math.max(share, 1 / MOST), MOST);
  return Math.round(LABEL + SCALE / 2 + (Math.log(held) / Math.log(MOST)) * (SCALE / 2));
}
