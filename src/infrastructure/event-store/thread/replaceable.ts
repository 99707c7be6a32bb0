/**
 * Holds the thread's client and replaces it when calls keep failing: a client can hang on a dead connection, or stay with a node that is
 * no longer the leader, indefinitely.
 */
import { now } from './messages.ts';

export interface Disposable {
  dispose(): Promise<void>;
}

/** The client is kept if the server was silent for less than this. */
const minSilenceMs = 3_000;
/** The client is replaced after this many failures of any kind in a row. */
const maxFailures = 64;
const firstIntervalMs = 5_000;
const maxIntervalMs = 30_000;

export class Replaceable<T extends Disposable> {
  readonly #create: (generation: number) => T;
  readonly #onReplaced: (failures: number) => void;
  #current: T;
  #generation = 0;
  #disposed = false;
  #failures = 0;
  /** When the first of the unanswered calls in a row began; null while the server answers. */
  #silentSinceMs: number | null = null;
  #replacedAtMs = -Infinity;
  /** Minimum interval between replacements. It doubles during an outage, to avoid opening a new connection every second. */
  #intervalMs = firstIntervalMs;

  constructor(create: (generation: number) => T, onReplaced: (failures: number) => void) {
    this.#create = create;
    this.#onReplaced = onReplaced;
    this.#current = create(0);
  }

  get current(): T {
    return this.#current;
  }

  /** Whether this client is in use. A disposed one ends its streams without an error, as if they were complete. */
  isCurrent(client: T): boolean {
    return client === this.#current && !this.#disposed;
  }

  /** Records an answer of any kind, including a refusal. Returns true if calls had been failing. */
  answered(): boolean {
    const failing = this.#failures > 0;
    this.#failures = 0;
    this.#silentSinceMs = null;
    this.#intervalMs = firstIntervalMs;
    return failing;
  }

  /** Records the failure of a call begun at `begunAtMs`; `silent` if there was no answer at all. Returns true for the first failure. */
  failed(begunAtMs: number, silent: boolean): boolean {
    this.#failures += 1;
    const first = this.#failures === 1;
    if (silent) this.#silentSinceMs = Math.min(this.#silentSinceMs ?? begunAtMs, begunAtMs);
    const silentForLong = silent && this.#silentSinceMs !== null && now() - this.#silentSinceMs >= minSilenceMs;
    if ((silentForLong || this.#failures >= maxFailures) && now() - this.#replacedAtMs >= this.#intervalMs) {
      this.#replace();
    }
    return first;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#current.dispose();
  }

  #replace(): void {
    const old = this.#current;
    this.#generation += 1;
    this.#current = this.#create(this.#generation);
    if (this.#replacedAtMs !== -Infinity) this.#intervalMs = Math.min(this.#intervalMs * 2, maxIntervalMs);
    this.#replacedAtMs = now();
    this.#onReplaced(this.#failures);
    this.#failures = 0;
    this.#silentSinceMs = null;
    // Ends its subscriptions; calls in progress continue until their deadline.
    void old.dispose().catch(() => undefined);
  }
}
