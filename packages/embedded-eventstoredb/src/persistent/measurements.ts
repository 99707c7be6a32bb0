/** Maximum number of times kept; newer ones replace the oldest. */
const MAX_TIMES = 1000;

/** Names of the statistics, and the share of times at or below each. */
const QUANTILES: [name: string, share: number][] = [
  ['Median', 0.5],
  ['Fastest', 0],
  ['Quintile 1', 0.2],
  ['Quintile 2', 0.4],
  ['Quintile 3', 0.6],
  ['Quintile 4', 0.8],
  ['Quintile 5', 1],
  ['90%', 0.9],
  ['95%', 0.95],
  ['99%', 0.99],
  ['99.5%', 0.995],
  ['99.9%', 0.999],
  ['Highest', 1],
];

/** How long a consumer takes to answer messages, in milliseconds. */
export class Measurements {
  #times: number[] = [];
  #next = 0;

  add(milliseconds: number): void {
    this.#times[this.#next] = milliseconds;
    this.#next = (this.#next + 1) % MAX_TIMES;
  }

  /** The fourteen statistics shown to operators. */
  summary(): { key: string; value: bigint }[] {
    const sorted = this.#times.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
    const mean = sorted.reduce((sum, time) => sum + time, 0) / Math.max(1, sorted.length);
    const values: [string, number][] = [
      ['Mean', mean],
      ...QUANTILES.map(([n, share]): [string, number] => [n, at(share)]),
    ];
    return values.map(([key, value]) => ({ key, value: BigInt(Math.round(value)) }));
  }
}
