import { randomUUID } from 'node:crypto';
import type { RecordedEvent } from '../engine/engine.ts';
import { MAX_SCAN_MS } from '../engine/log-reader.ts';
import { Code, GrpcError } from '../grpc/grpc-error.ts';
import { readResponse } from '../wire/read-messages.ts';
import { breathe, sendEvent, sendEvents } from './deliver.ts';
import type { ReadFilter } from './filter.ts';
import { INVALID_POSITION } from './read-all.ts';
import type { AllSource, Delivery } from './read.ts';

/** Follows $all until the client disconnects. With a filter, checkpoints report the progress through the log. */
export async function subscribeToAll(
  delivery: Delivery,
  source: AllSource,
  filter: ReadFilter | undefined,
): Promise<void> {
  const { engine, call } = delivery;
  const abort = new AbortController();
  call.onClosed(() => {
    abort.abort();
  });
  call.send(readResponse.encode({ confirmation: { subscriptionId: randomUUID() } }));
  if (typeof source.from === 'object' && engine.placeOf(source.from.commit) === 'inside') {
    throw new GrpcError(Code.INVALID_ARGUMENT, INVALID_POSITION);
  }
  const batches = engine.subscribe({ after: behind(source), signal: abort.signal });
  const filtered = filter && new FilteredDelivery(delivery, filter);
  let isLive = false;
  for await (const { events, caughtUp, isReplayed } of batches) {
    if (!(await (filtered ? filtered.send(events) : sendEvents(delivery, events)))) return;
    // Reading from the file means that the subscription had fallen behind and must catch up again.
    isLive &&= !isReplayed;
    if (caughtUp && !isLive) {
      filtered?.sendLastCheckpoint();
      call.send(readResponse.encode({ caughtUp: {} }));
      isLive = true;
    }
  }
}

/** The position up to which everything is handled. If `prepare` is below `commit`, the event at `commit` is not. */
function behind({ from }: AllSource): bigint | 'start' | 'end' {
  if (typeof from !== 'object') return from;
  if (from.prepare === from.commit) return from.commit;
  return from.commit === 0n ? 'start' : from.commit - 1n;
}

/** Counts examined events. A checkpoint is at the last examined event, so it neither lags nor leads. */
class FilteredDelivery {
  readonly #delivery: Delivery;
  readonly #filter: ReadFilter;
  readonly #interval: number;
  #considered = 0;
  #last: RecordedEvent | undefined;
  #hasMatched = false;

  constructor(delivery: Delivery, filter: ReadFilter) {
    if (filter.checkpointInterval === undefined) {
      throw new GrpcError(Code.UNKNOWN, 'Window and checkpoint interval must be above 0');
    }
    this.#delivery = delivery;
    this.#filter = filter;
    this.#interval = filter.checkpointInterval;
  }

  /** Sends matching events, and the checkpoints that are due. Returns false if the call is over. */
  async send(events: readonly RecordedEvent[]): Promise<boolean> {
    const { call } = this.#delivery;
    let due = performance.now() + MAX_SCAN_MS;
    for (const event of events) {
      if (performance.now() > due) {
        await breathe();
        due = performance.now() + MAX_SCAN_MS;
      }
      this.#last = event;
      this.#considered += 1;
      if (this.#filter.matches(event)) {
        this.#hasMatched = true;
        if (!sendEvent(this.#delivery, event)) await call.drained();
      }
      if (this.#considered >= this.#interval) {
        this.#sendCheckpoint(event.position);
        // If nothing matches, checkpoints alone may be more than a slow client can read.
        if (call.isCongested) await call.drained();
      }
      if (!call.isOpen) return false;
    }
    return true;
  }

  /** Sends a checkpoint for what was delivered since the last one, before the subscription reports caught up. */
  sendLastCheckpoint(): void {
    if (this.#hasMatched && this.#last) this.#sendCheckpoint(this.#last.position);
  }

  #sendCheckpoint(position: bigint): void {
    this.#considered = 0;
    this.#hasMatched = false;
    const checkpoint = { commitPosition: position, preparePosition: position };
    this.#delivery.call.send(readResponse.encode({ checkpoint }));
  }
}
