/**
 * Detects subscriptions that have died on a healthy connection, by comparing them with the log. The tail alone is not enough, because
 * thousands of foreign events may pass unreported. So if the tail is ahead, the log is read with the subscription's filter: an event found
 * there must arrive before the next check. A slow read proves nothing; the next check continues where it ended.
 */
import type { EventStoreLimits } from '../limits.ts';
import type { StoreAdapter } from './adapter.ts';
import { now } from './messages.ts';
import type { SubscribeMessage } from './messages.ts';

export class SilenceWatch {
  readonly #adapter: StoreAdapter;
  readonly #streamPrefix: string;
  readonly #limits: EventStoreLimits;
  readonly #onSilent: (reason: string) => void;
  readonly #timer: NodeJS.Timeout;
  #position: bigint | null;
  /** There are no matching events between the subscription's position and this one. */
  #looked: bigint | null = null;
  #heardSinceLook = false;
  #paused = false;
  #looking = false;
  /** Position of an event in the log that the subscription has not delivered. */
  #awaited: bigint | null = null;

  constructor(
    adapter: StoreAdapter,
    { after, streamPrefix }: SubscribeMessage,
    limits: EventStoreLimits,
    onSilent: (reason: string) => void,
  ) {
    this.#adapter = adapter;
    this.#streamPrefix = streamPrefix;
    this.#limits = limits;
    this.#onSilent = onSilent;
    this.#position = after;
    this.#timer = setInterval(() => void this.#look(), limits.silenceMs);
  }

  heard(position: bigint): void {
    this.#position = position;
    this.#looked = null;
    this.#heardSinceLook = true;
    this.#awaited = null;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#heardSinceLook = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const silent = !this.#heardSinceLook && !this.#paused;
    this.#heardSinceLook = false;
    if (!silent || this.#looking) return;
    if (this.#awaited !== null) {
      this.#onSilent(`it was silent for ${this.#limits.silenceMs} ms while the log held an event for it`);
      return;
    }
    this.#looking = true;
    try {
      const missed = await this.#firstMissed();
      if (!this.#heardSinceLook && !this.#paused) this.#awaited = missed;
    } catch {
      // The log cannot be read now. Either that passes, or it ends the subscription anyway.
    } finally {
      this.#looking = false;
    }
  }

  async #firstMissed(): Promise<bigint | null> {
    const after = this.#looked ?? this.#position;
    const call = { call: 0, deadlineMs: now() + this.#limits.silenceMs };
    const tail = await this.#adapter.look.tail({ kind: 'tail', ...call });
    if (tail === null || (after !== null && tail <= after)) return null;
    const page = await this.#adapter.look.readLog({
      kind: 'read-log',
      ...call,
      after,
      streamPrefix: this.#streamPrefix,
      maxCount: 1,
    });
    const [missed] = page.events;
    if (!missed && !this.#heardSinceLook) this.#looked = page.position;
    return missed?.position ?? null;
  }
}
