/**
 * Holds the one client of the thread, and makes a new one when calls keep failing: a client can hang on a dead connection,
 * or stay with a node that no longer leads, for as long as it lives.
 */
import { now } from './messages.ts';

export interface Disposable {
  dispose(): Promise<void>;
}

/** A pause of the server shorter than this is no fault of the connection. */
const minSilence_ms = 3_000;
/** So many failures in a row, of whatever kind, cost the client its place. */
const maxFailures = 64;
const firstInterval_ms = 5_000;
const maxInterval_ms = 30_000;

export class Replaceable<T extends Disposable> {
  readonly #create: (generation: number) => T;
  readonly #onReplaced: (failures: number) => void;
  #current: T;
  #generation = 0;
  #disposed = false;
  #failures = 0;
  /** When the first of the unanswered calls in a row began; null while the peer answers. */
  #silentSince_ms: number | null = null;
  #replacedAt_ms = -Infinity;
  /** A lasting outage must not meet a new connection each second, so the pause between two clients grows. */
  #interval_ms = firstInterval_ms;

  constructor(create: (generation: number) => T, onReplaced: (failures: number) => void) {
    this.#create = create;
    this.#onReplaced = onReplaced;
    this.#current = create(0);
  }

  get current(): T {
    return this.#current;
  }

  /** True for the client in use. A disposed one ends its streams quietly, as if there were nothing more to read. */
  isCurrent(client: T): boolean {
    return client === this.#current && !this.#disposed;
  }

  /** An answer of any kind came, be it a refusal. Returns true when calls had been failing before. */
  answered(): boolean {
    const failing = this.#failures > 0;
    this.#failures = 0;
    this.#silentSince_ms = null;
    this.#interval_ms = firstInterval_ms;
    return failing;
  }

  /** A call begun at `begunAt_ms` failed; `silent` when nothing came back at all. Returns true when it is the first failure. */
  failed(begunAt_ms: number, silent: boolean): boolean {
    this.#failures += 1;
    const first = this.#failures === 1;
    if (silent) this.#silentSince_ms = Math.min(this.#silentSince_ms ?? begunAt_ms, begunAt_ms);
    const silentForLong = silent && this.#silentSince_ms !== null && now() - this.#silentSince_ms >= minSilence_ms;
    if ((silentForLong || this.#failures >= maxFailures) && now() - this.#replacedAt_ms >= this.#interval_ms) {
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
    if (this.#replacedAt_ms !== -Infinity) this.#interval_ms = Math.min(this.#interval_ms * 2, maxInterval_ms);
    this.#replacedAt_ms = now();
    this.#onReplaced(this.#failures);
    this.#failures = 0;
    this.#silentSince_ms = null;
    // Ends its subscriptions; calls under way run on until their own deadline.
    void old.dispose().catch(() => undefined);
  }
}
