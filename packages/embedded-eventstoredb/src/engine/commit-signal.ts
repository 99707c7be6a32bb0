/** Holds the end of the log, and notifies listeners when the log grows or closes. */
export class CommitSignal {
  #lastPosition: number;
  #closed = false;
  readonly #listeners = new Set<() => void>();

  constructor(lastPosition: number) {
    this.#lastPosition = lastPosition;
  }

  /** Position of the newest committed event. */
  get lastPosition(): number {
    return this.#lastPosition;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Calls `listener` after every commit and when the engine closes, until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  committed(lastPosition: number): void {
    this.#lastPosition = lastPosition;
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }
}
