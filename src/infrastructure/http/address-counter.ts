import type { EventEmitter } from 'node:events';
import { networkOf } from './network.ts';

/** Limits concurrent connections or calls per client address. An IPv6 /64 counts as one address. */
export class AddressCounter {
  readonly #most: number;
  readonly #open = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts one more until `held` emits `close`. Returns false, and counts nothing, if the address is at its limit. */
  admit(address: string | undefined, held: EventEmitter): boolean {
    const network = networkOf(address ?? '');
    const count = this.#open.get(network) ?? 0;
    if (count >= this.#most) return false;
    this.#open.set(network, count + 1);
    held.once('close', () => {
      const left = (this.#open.get(network) ?? 1) - 1;
      if (left === 0) this.#open.delete(network);
      else this.#open.set(network, left);
    });
    return true;
  }
}
