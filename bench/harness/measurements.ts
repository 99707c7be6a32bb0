import { median } from './statistics.ts';

/** Measurements by round: the `metric` of a `contestant` in a `scenario`, such as the `rate` of p1 in `post c=16`. */
export class Measurements {
  readonly #values = new Map<string, number[]>();
  readonly #scenarios = new Map<string, Set<string>>();

  add(scenario: string, contestant: string, values: Readonly<Record<string, number>>): void {
    const contestants = this.#scenarios.get(scenario) ?? new Set();
    this.#scenarios.set(scenario, contestants.add(contestant));
    for (const [metric, value] of Object.entries(values)) {
      const key = keyOf(scenario, contestant, metric);
      this.#values.set(key, [...(this.#values.get(key) ?? []), value]);
    }
  }

  /** Median of the rounds; NaN if there are none. */
  value(scenario: string, contestant: string, metric: string): number {
    return median(this.#rounds(scenario, contestant, metric));
  }

  /** Maximum of the rounds. */
  most(scenario: string, contestant: string, metric: string): number {
    const rounds = this.#rounds(scenario, contestant, metric);
    return rounds.length === 0 ? NaN : Math.max(...rounds);
  }

  /**
   * Median of the ratios within each round: a temporary slowdown of the machine affects both sides of a round. `againstMetric` defaults to
   * `metric`.
   */
  ratio(scenario: string, contestant: string, against: string, metric: string, againstMetric = metric): number {
    const own = this.#rounds(scenario, contestant, metric);
    const other = this.#rounds(scenario, against, againstMetric);
    return median(own.slice(0, other.length).map((value, round) => value / (other[round] ?? NaN)));
  }

  get scenarios(): string[] {
    return [...this.#scenarios.keys()];
  }

  contestants(scenario: string): string[] {
    return [...(this.#scenarios.get(scenario) ?? [])];
  }

  toJSON(): object {
    return [...this.#values].map(([key, rounds]) => {
      const [scenario, contestant, metric] = key.split('|');
      return { scenario, contestant, metric, median: median(rounds), rounds };
    });
  }

  #rounds(scenario: string, contestant: string, metric: string): readonly number[] {
    return this.#values.get(keyOf(scenario, contestant, metric)) ?? [];
  }
}

function keyOf(...parts: readonly string[]): string {
  return parts.join('|');
}
