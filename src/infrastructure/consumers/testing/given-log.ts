import { Follower } from '../follower.ts';
import { RemoteSubscription } from '../../event-store/remote-subscription.ts';
import type { LogBatch, ReadStreamRequest, StoredEvent, StreamPage } from '../../event-store/event-store.ts';

/** An event at this position; its revision in the stream is the same number. */
export function eventAt(position: number, more: Partial<StoredEvent> = {}): StoredEvent {
  return {
    id: `00000000-0000-4000-8000-${String(position).padStart(12, '0')}`,
    type: 'Happened',
    data: '{}',
    metadata: '{}',
    stream: 'thing-1',
    revision: position,
    position: BigInt(position),
    ...more,
  };
}

/** A log whose batches come from the test, through a real `RemoteSubscription`. */
export class GivenLog {
  /** Where each subscription began. */
  readonly asked: (bigint | null)[] = [];
  /** Number of `hurry` calls. */
  hurries = 0;
  closed = 0;
  #reader: RemoteSubscription | null = null;

  readonly subscribe = (after: bigint | null): RemoteSubscription => {
    this.asked.push(after);
    this.#reader = new RemoteSubscription({
      onTaken: () => undefined,
      onHurry: () => (this.hurries += 1),
      onClosed: () => (this.closed += 1),
    });
    return this.#reader;
  };

  /** A follower that never gets as far as a shared reader. */
  readonly follow = (after: bigint | null, onArrival: (events: number) => void): Follower => {
    const alone = { subscribe: this.subscribe, join: () => false, leave: () => undefined, hurry: () => undefined };
    return new Follower(alone, after, onArrival);
  };

  /** Delivers the events at these positions as one batch, which ends at the last of them. */
  hands(positions: readonly number[], { caughtUp = true }: { readonly caughtUp?: boolean } = {}): void {
    const events = positions.map((position) => eventAt(position));
    this.handsBatch({ events, position: BigInt(positions.at(-1) ?? 0), caughtUp });
  }

  handsBatch(batch: Partial<LogBatch> & Pick<LogBatch, 'position'>): void {
    for (const event of batch.events ?? []) this.events.set(event.position, event);
    this.#reader?.deliver({ events: [], touched: [], caughtUp: true, ...batch });
  }

  /** Everything that was handed out is in the log; an event twice is there once. */
  readonly events = new Map<bigint, StoredEvent>();

  readStream({ stream, from = 0, maxCount }: ReadStreamRequest): Promise<StreamPage> {
    const all = [...this.events.values()].filter((event) => event.stream === stream && event.revision >= from);
    all.sort((a, b) => a.revision - b.revision);
    return Promise.resolve({ events: all.slice(0, maxCount), atEnd: all.length <= maxCount, truncated: false });
  }

  /** Ends the subscription without an error. */
  ends(): void {
    this.#reader?.close();
  }

  drops(reason: string): void {
    this.#reader?.drop(reason);
  }
}
