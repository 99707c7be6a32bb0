/** More than these are thinned out; then they lie about a thousandth of the log apart. */
const maxKnown = 1_024;

/**
 * A sparse list of positions at which a server goes on. It takes those at which a record begins and no others, so for any
 * other a reader begins at the next known one before it, and drops what lies between.
 */
export class KnownPositions {
  /** Rises. */
  #known: bigint[] = [];
  #apart = 1n;

  note(position: bigint): void {
    const at = this.#indexAfter(position);
    const [before, next] = [this.#known[at - 1], this.#known[at]];
    if (before !== undefined && position - before < this.#apart) return;
    if (next !== undefined && next - position < this.#apart) return;
    this.#known.splice(at, 0, position);
    if (this.#known.length <= maxKnown) return;
    while (this.#known.length > maxKnown / 2) this.#thinOut();
  }

  /** The greatest known position at or below this one; null when there is none. */
  atOrBefore(position: bigint): bigint | null {
    return this.#known[this.#indexAfter(position) - 1] ?? null;
  }

  #thinOut(): void {
    this.#apart *= 2n;
    let last = -this.#apart;
    this.#known = this.#known.filter((position) => {
      if (position - last < this.#apart) return false;
      last = position;
      return true;
    });
  }

  /** Index of the first known position above this one. */
  #indexAfter(position: bigint): number {
    let [low, high] = [0, this.#known.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#known[middle]! <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
