/**
 * The adapter of the embedded engine, which keeps the log in local files. Its calls are synchronous or wait for one commit, so they need
 * no timeouts; if one hangs, the main thread notices.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { Engine, EngineError } from 'embedded-eventstoredb/engine';
import type { EventFilter, NewEvent, RecordedEvent } from 'embedded-eventstoredb/engine';
import { EventStoreUnavailableError } from '../event-store.ts';
import type { Appended, LogBatch, LogPage, StoredEvent, StreamPage, SubscribeRequest } from '../event-store.ts';
import type { EventStoreLimits } from '../limits.ts';
import type { StoreAdapter } from './adapter.ts';
import { binaryText, endOfPageMs, followedPrefixes, noMetadata, touchedBy } from './adapter.ts';
import { unitsOf } from './batch-buffer.ts';
import { checkAppend } from './check-append.ts';
import type { AppendCall, ReadLogCall, ReadStreamCall } from './messages.ts';
import { now } from './messages.ts';
import { appendWithRetries } from './retry.ts';
import type { Outcome } from './retry.ts';

/** Smaller than the engine's defaults (32 MiB and 65,536 streams), because the engine shares its process with the service. */
const cacheBytes = 16 * 1024 * 1024;
const cachedStreams = 16_384;
/** Longest time for which reading the log keeps other calls waiting, in ms. */
const maxScanMs = 20;
/** Storage failures in a row after which the engine is reopened: from some it cannot recover while its files are open. */
const maxStorageFailures = 16;

export class EmbeddedAdapter implements StoreAdapter {
  readonly #engine: Engine;
  readonly #limits: EventStoreLimits;
  readonly #onBroken: (reason: string) => void;
  #storageFailures = 0;

  /** Throws if the files are in use or are not a log of this engine. */
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

  async readLog({ after, streamPrefix, maxCount, deadlineMs }: ReadLogCall): Promise<LogPage> {
    const filter = filterOf(streamPrefix);
    const events: StoredEvent[] = [];
    let units = 0;
    let position = after;
    const endMs = endOfPageMs(deadlineMs);
    let from = after === null ? ('start' as const) : after + 1n;
    while (now() < endMs) {
      const page = guarded(() =>
        this.#engine.readAll({
          direction: 'forwards',
          from,
          maxCount: maxCount - events.length,
          maxBytes: this.#limits.batchMaxUnits - units,
          maxScanMs,
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
      // Keeps `after` if it is beyond the end of the log.
      if (position === null || from - 1n > position) position = from - 1n;
      if (page.isEnd || events.length >= maxCount) return { events, position, atEnd: page.isEnd };
      // Scanning a long log must not block appends.
      await turn();
    }
    return { events, position, atEnd: false };
  }

  tail(): Promise<bigint | null> {
    const position = guarded(() => this.#engine.lastPosition());
    return Promise.resolve(position === 0n ? null : position);
  }

  /** The same calls: a local log has no connection to judge. */
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
      // Position 0 for a repeated append whose events have been truncated since: it is recognised, but its position is lost.
      return { revision: last, position: position ?? this.#read(stream, last, 1).events[0]?.position ?? 0n };
    } catch (error) {
      if (error instanceof EngineError && error.code === 'storage-failed') {
        this.#storageFailures += 1;
        if (this.#storageFailures === maxStorageFailures) this.#onBroken(describe(error));
      }
      throw error;
    }
  }

  /** Reads until the page is full, because the engine's pages may be smaller than requested. */
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

/** Metadata has no content type, so it is checked for JSON unless it starts like an object. */
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

/** Converts any error of a read to `EventStoreUnavailableError`. */
function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new EventStoreUnavailableError(`The event store cannot be read: ${describe(error)}`);
  }
}
