/**
 * The log as the embedded engine holds it: in files of this process, without a wire. Calls of the engine are synchronous
 * or wait for one commit, so there is nothing to time here; should it hang, the main thread notices.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { Engine, EngineError } from 'embedded-eventstoredb/engine';
import type { EventFilter, NewEvent, RecordedEvent } from 'embedded-eventstoredb/engine';
import { EventStoreUnavailableError } from '../event-store.ts';
import type { Appended, LogBatch, LogPage, StoredEvent, StreamPage, SubscribeRequest } from '../event-store.ts';
import type { EventStoreLimits } from '../limits.ts';
import type { StoreAdapter } from './adapter.ts';
import { binaryText, endOfPage_ms, followedPrefixes, noMetadata, touchedBy } from './adapter.ts';
import { unitsOf } from './batch-buffer.ts';
import { checkAppend } from './check-append.ts';
import type { AppendCall, ReadLogCall, ReadStreamCall } from './messages.ts';
import { now } from './messages.ts';
import { appendWithRetries } from './retry.ts';
import type { Outcome } from './retry.ts';

/** Beside the rest of the service in one process; a node of its own takes twice and four times as much. */
const cacheBytes = 16 * 1024 * 1024;
const cachedStreams = 16_384;
/** Failures of the disk in a row after which the engine is given up: some it never gets over while its files are open. */
const maxStorageFailures = 16;

export class EmbeddedAdapter implements StoreAdapter {
  readonly #engine: Engine;
  readonly #limits: EventStoreLimits;
  readonly #onBroken: (reason: string) => void;
  #storageFailures = 0;

  /** Throws when the files are in use, or are no log of this engine. */
  constructor(path: string, limits: EventStoreLimits, onBroken: (reason: string) => void) {
    this.#engine = Engine.open({ path, maxAppendSize: limits.maxAppendBytes, cacheBytes, cachedStreams });
    this.#limits = limits;
    this.#onBroken = onBroken;
  }

  async append(call: AppendCall): Promise<Appended> {
    checkAppend(call, this.#limits.maxAppendBytes);
    const events = call.events.map(({ id, type, data, metadata }): NewEvent => ({
      id,
      type,
      isJson: true,
      data: Buffer.from(data),
      metadata: Buffer.from(metadata),
    }));
    return appendWithRetries(call, {
      attempt: () => this.#appendOnce(call, events),
      readBack: (from, maxCount) => Promise.resolve(this.#read(call.stream, from, maxCount).events),
      classify: outcomeOf,
      describe,
    });
  }

  readStream({ stream, from, maxCount }: ReadStreamCall): Promise<StreamPage> {
    return Promise.resolve(guarded(() => this.#read(stream, from, maxCount)));
  }

  async readLog({ after, streamPrefix, maxCount, deadline_ms }: ReadLogCall): Promise<LogPage> {
    const filter = filterOf(streamPrefix);
    const events: StoredEvent[] = [];
    let units = 0;
    let position = after;
    const end_ms = endOfPage_ms(deadline_ms);
    let from = after === null ? ('start' as const) : after + 1n;
    while (now() < end_ms) {
      const page = guarded(() =>
        this.#engine.readAll({
          direction: 'forwards',
          from,
          maxCount: maxCount - events.length,
          maxBytes: this.#limits.batchMaxUnits - units,
          filter,
        }),
      );
      for (const recorded of page.events) {
        position = recorded.position;
        if (touchedBy(recorded) !== null) continue;
        const event = storedEvent(recorded);
        events.push(event);
        units += unitsOf(event);
        if (units < this.#limits.batchMaxUnits) continue;
        return { events, position, atEnd: page.isEnd && recorded === page.events.at(-1) };
      }
      from = page.next;
      // Beyond the end of the log there is nothing to go on from.
      if (position === null || from - 1n > position) position = from - 1n;
      if (page.isEnd || events.length >= maxCount) return { events, position, atEnd: page.isEnd };
      // A scan of a long log must not hold up the appends of others.
      await turn();
    }
    return { events, position, atEnd: false };
  }

  tail(): Promise<bigint | null> {
    const position = guarded(() => this.#engine.lastPosition());
    return Promise.resolve(position === 0n ? null : position);
  }

  /** A log in this process is read by the same calls, whoever asks. */
  readonly look = {
    tail: (): Promise<bigint | null> => this.tail(),
    readLog: (call: ReadLogCall): Promise<LogPage> => this.readLog(call),
  };

  async *subscribe({ after, streamPrefix }: SubscribeRequest, signal: AbortSignal): AsyncGenerator<LogBatch> {
    const batches = this.#engine.subscribe({
      after: after ?? 'start',
      filter: filterOf(streamPrefix),
      maxBatch: this.#limits.batchMaxEvents,
      signal,
    });
    for await (const { events: recorded, position, caughtUp } of batches) {
      const events: StoredEvent[] = [];
      const touched = new Set<string>();
      for (const event of recorded) {
        const stream = touchedBy(event);
        if (stream === null) events.push(storedEvent(event));
        else touched.add(stream);
      }
      yield { events, touched: [...touched], position, caughtUp };
    }
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  async #appendOnce(call: AppendCall, events: readonly NewEvent[]): Promise<Appended> {
    const { stream, expectedRevision } = call;
    try {
      const { revision, position } = await this.#engine.append({
        stream,
        expectedRevision: expectedRevision === 'no_stream' ? expectedRevision : BigInt(expectedRevision),
        events,
      });
      this.#storageFailures = 0;
      const last = Number(revision);
      // A repeated append whose events have been truncated since is recognised, but its position is not known any more.
      return { revision: last, position: position ?? this.#read(stream, last, 1).events[0]?.position ?? 0n };
    } catch (error) {
      if (error instanceof EngineError && error.code === 'storage-failed') {
        this.#storageFailures += 1;
        if (this.#storageFailures === maxStorageFailures) this.#onBroken(describe(error));
      }
      throw error;
    }
  }

  /** Pages of the engine may be smaller than asked for. */
  #read(stream: string, from: number, maxCount: number): StreamPage {
    const events: StoredEvent[] = [];
    let next: bigint | undefined = BigInt(from);
    let units = 0;
    while (next !== undefined && events.length < maxCount && units < this.#limits.batchMaxUnits) {
      const page = this.#engine.readStream({
        stream,
        direction: 'forwards',
        from: next,
        maxCount: maxCount - events.length,
        maxBytes: this.#limits.batchMaxUnits - units,
      });
      if (page.status !== 'found') {
        const truncated = page.status === 'deleted' || this.#engine.lastRevision(stream) >= from;
        return { events, atEnd: true, truncated };
      }
      if (events.length === 0 && page.events.length === 0) {
        return { events, atEnd: true, truncated: page.lastRevision >= from };
      }
      for (const recorded of page.events) {
        const event = storedEvent(recorded);
        events.push(event);
        units += unitsOf(event);
      }
      next = page.next;
    }
    return { events, atEnd: next === undefined, truncated: (events[0]?.revision ?? from) > from };
  }
}

function filterOf(streamPrefix: string): EventFilter {
  return { kind: 'stream-prefix', prefixes: followedPrefixes(streamPrefix) };
}

function storedEvent(event: RecordedEvent): StoredEvent {
  return {
    id: event.id,
    type: event.type,
    data: event.isJson ? textOf(event.data) : binaryText(event.data),
    metadata: metadataText(event.metadata),
    stream: event.stream,
    revision: Number(event.revision),
    position: event.position,
  };
}

const openingBrace = 0x7b;

/** Metadata has no mark of its content, so whatever does not begin like an object is looked at more closely. */
function metadataText(metadata: Uint8Array): string {
  if (metadata.length === 0) return noMetadata;
  if (metadata[0] === openingBrace) return textOf(metadata);
  try {
    const text = textOf(metadata);
    JSON.parse(text);
    return text;
  } catch {
    return binaryText(metadata);
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof EngineError)) return 'unknown';
  switch (error.code) {
    case 'wrong-expected-revision':
      return 'wrong-revision';
    case 'stream-deleted':
    case 'max-append-size-exceeded':
    case 'bad-request':
      return 'refused';
    case 'overloaded':
    case 'closed':
      return 'not-taken';
    default:
      return 'unknown';
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** What the engine throws at a reader means that the log is not there for now. */
function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new EventStoreUnavailableError(`The event store cannot be read: ${describe(error)}`);
  }
}
