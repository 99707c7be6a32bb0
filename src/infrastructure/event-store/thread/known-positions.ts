/** Above this the list is thinned out. The positions are then about a thousandth of the log apart. */
const maxKnown = 1_024;

/**
 * A sparse list of positions at which a server accepts a read. It only accepts positions where a record begins; for any other, a reader
 * starts at the last known one before it and drops the events in between.
 */
export class KnownPositions {
  /** In ascending order. */
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

  /** The greatest known position at or below this one; null if there is none. */
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
