import { RemoteSubscription } from '../../event-store/remote-subscription.ts';
import type { LogBatch, StoredEvent } from '../../event-store/event-store.ts';

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
  /** The requests, one per subscription. */
  readonly asked: { readonly after: bigint | null; readonly paceMs: number }[] = [];
  /** Number of `hurry` calls. */
  hurries = 0;
  closed = 0;
  #reader: RemoteSubscription | null = null;

  readonly subscribe = (from: { readonly after: bigint | null; readonly paceMs: number }): RemoteSubscription => {
    this.asked.push(from);
    this.#reader = new RemoteSubscription({
      onTaken: () => undefined,
      onHurry: () => (this.hurries += 1),
      onClosed: () => (this.closed += 1),
    });
    return this.#reader;
  };

  /** Delivers the events at these positions as one batch, which ends at the last of them. */
  hands(positions: readonly number[], { caughtUp = true }: { readonly caughtUp?: boolean } = {}): void {
    const events = positions.map((position) => eventAt(position));
    this.handsBatch({ events, position: BigInt(positions.at(-1) ?? 0), caughtUp });
  }

  handsBatch(batch: Partial<LogBatch> & Pick<LogBatch, 'position'>): void {
    this.#reader?.deliver({ events: [], touched: [], caughtUp: true, ...batch });
  }

  /** Ends the subscription without an error. */
  ends(): void {
    this.#reader?.close();
  }

  drops(reason: string): void {
    this.#reader?.drop(reason);
  }
}
