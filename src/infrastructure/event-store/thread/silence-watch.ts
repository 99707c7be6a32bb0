/**
 * Finds a subscription that is silent though there is something to tell. A connection may be sound and its subscription
 * dead; nothing but the log itself can show that. The tail alone does not: thousands of events of others may pass
 * unmentioned. So where the tail is ahead, the log is read with the subscription's own filter: an event found there has to
 * arrive before the next look. That the log takes long to read says nothing, and the next look goes on where this one ended.
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
  /** No event that matches lies between the subscription's position and this one. */
  #looked: bigint | null = null;
  #heardSinceLook = false;
  #paused = false;
  #looking = false;
  /** An event that the log holds and the subscription has not delivered. */
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
    this.#timer = setInterval(() => void this.#look(), limits.silence_ms);
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
      this.#onSilent(`it was silent for ${this.#limits.silence_ms} ms while the log held an event for it`);
      return;
    }
    this.#looking = true;
    try {
      const missed = await this.#firstMissed();
      if (!this.#heardSinceLook && !this.#paused) this.#awaited = missed;
    } catch {
      // The log cannot be read just now. That will end the subscription by itself, or pass.
    } finally {
      this.#looking = false;
    }
  }

  async #firstMissed(): Promise<bigint | null> {
    const after = this.#looked ?? this.#position;
    const call = { call: 0, deadline_ms: now() + this.#limits.silence_ms };
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
