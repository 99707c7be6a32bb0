import type { CommitSignal } from './commit-signal.ts';
import { EngineClosedError, StreamDeletedError } from './errors.ts';
import type { EventTable } from './event-table.ts';
import { asBuffer, decodeRecord, TOMBSTONE } from './record.ts';
import type { RecentEvents } from './recent-events.ts';
import { readStream } from './stream-reader.ts';
import { fullName, isTombstoned, lastRevision, rowId } from './stream-states.ts';
import type { StreamReference, StreamStates } from './stream-states.ts';
import { TOMBSTONE_REVISION } from './types.ts';
import type { RecordedEvent, StreamSubscriptionBatch } from './types.ts';

export type StreamSubscriptionOptions = {
  readonly table: EventTable;
  readonly states: StreamStates;
  readonly recent: RecentEvents;
  readonly signal: CommitSignal;
  readonly stream: string;
  /** First revision wanted. */
  readonly from: number;
  readonly maxBatch: number;
  readonly abort: AbortSignal | undefined;
};

const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/**
 * A subscription to one stream. Stored events are read as the stream's metadata allows. Once caught up, every appended
 * event is delivered, whatever happens to the stream later. Throws StreamDeletedError after delivering a tombstone, and
 * EngineClosedError when the engine closes; ends without an error on `return` or abort.
 */
export class StreamSubscription implements AsyncIterableIterator<StreamSubscriptionBatch> {
  readonly #options: StreamSubscriptionOptions;
  #next: number;
  /** While live: everything of this stream up to this position of the log was delivered. */
  #position = 0;
  #isLive = false;
  #done = false;
  #wake: (() => void) | undefined;
  readonly #stop = (): void => {
    this.#done = true;
    this.#wake?.();
  };

  constructor(options: StreamSubscriptionOptions) {
    this.#options = options;
    this.#next = options.from;
    if (isTombstoned(this.#reference())) throw new StreamDeletedError(options.stream);
    if (options.abort?.aborted) this.#stop();
    options.abort?.addEventListener('abort', this.#stop, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<StreamSubscriptionBatch, undefined>> {
    while (!this.#done) {
      if (this.#options.signal.closed) {
        this.#end();
        throw new EngineClosedError();
      }
      if (!this.#isLive) return { done: false, value: this.#catchUp() };
      const events = this.#newEvents();
      if (events.length > 0) {
        this.#next = Number(events.at(-1)!.revision) + 1;
        return { done: false, value: { events, caughtUp: true } };
      }
      if (isTombstoned(this.#reference())) {
        this.#end();
        throw new StreamDeletedError(this.#options.stream);
      }
      await this.#nextCommit();
    }
    this.#end();
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<StreamSubscriptionBatch, undefined>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  #reference(): StreamReference {
    return this.#options.states.resolve(this.#options.stream);
  }

  #catchUp(): StreamSubscriptionBatch {
    const { table, stream, maxBatch } = this.#options;
    const reference = this.#reference();
    const page = readStream(table, reference, {
      stream,
      direction: 'forwards',
      from: BigInt(this.#next),
      maxCount: maxBatch,
      maxBytes: MAX_BATCH_BYTES,
    });
    const events = page.status === 'found' ? page.events : [];
    if (page.status === 'found' && page.next !== undefined) {
      this.#next = Number(page.next);
      return { events, caughtUp: false };
    }
    // Events hidden now stay hidden for this subscription; a start beyond the end is kept.
    this.#next = Math.max(this.#next, lastRevision(reference) + 1);
    this.#position = this.#options.signal.lastPosition;
    this.#isLive = true;
    return { events, caughtUp: true };
  }

  /** Appended events that were not delivered yet; a tombstone comes last. */
  #newEvents(): RecordedEvent[] {
    const reference = this.#reference();
    const isEnding = isTombstoned(reference) && this.#next <= TOMBSTONE;
    if (lastRevision(reference) < this.#next && !isEnding) {
      this.#position = this.#options.signal.lastPosition;
      return [];
    }
    return this.#newEventsFromMemory(reference) ?? this.#newEventsFromFile(reference);
  }

  #newEventsFromMemory(reference: StreamReference): RecordedEvent[] | undefined {
    const { recent, maxBatch } = this.#options;
    const name = fullName(reference);
    const page = recent.pageAfter(this.#position, maxBatch);
    if (!page) return undefined;
    this.#position = page.positions.at(-1) ?? this.#position;
    const next = BigInt(this.#next);
    const events = page.events.filter(({ stream, revision }) => stream === name && revision >= next);
    return events.length > 0 || page.events.length === 0 ? events : this.#newEventsFromMemory(reference);
  }

  #newEventsFromFile(reference: StreamReference): RecordedEvent[] {
    const { table, maxBatch } = this.#options;
    const events: RecordedEvent[] = [];
    let bytes = 0;
    for (const [position, revision, row] of table.streamRows(rowId(reference), this.#next, TOMBSTONE, 'forwards')) {
      if (events.length >= maxBatch || bytes >= MAX_BATCH_BYTES) break;
      events.push(decodeRecord(asBuffer(row), position, revision));
      bytes += row.length;
      this.#position = position;
    }
    return events;
  }

  async #nextCommit(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const unlisten = this.#options.signal.listen(resolve);
    await promise;
    unlisten();
    this.#wake = undefined;
  }

  #end(): void {
    this.#options.abort?.removeEventListener('abort', this.#stop);
    this.#stop();
  }
}

/** First revision of a subscription that starts after `after`. The highest possible revision means the end. */
export function firstWanted(after: bigint | 'start' | 'end', last: number): number {
  if (after === 'start') return 0;
  if (after === 'end' || after >= TOMBSTONE_REVISION) return last + 1;
  return Math.min(Number(after), TOMBSTONE - 1) + 1;
}
