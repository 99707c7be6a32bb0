/**
 * The adapter of an EventStoreDB server or cluster, and the only file that imports the official client. Workarounds for client version
 * 6.2.1:
 *
 * - Credentials on each append make the client use a unary call. Otherwise it uses a batch stream, whose state is shared across the
 *   process and which can hang forever. Without TLS the credentials are not sent, so any values will do.
 * - Reads ignore deadlines and connecting has none, so each call has our own timer.
 * - Unread streams keep running, so they are always cancelled; they may fail later, so they always have an error listener.
 */
import {
  BACKWARDS,
  END,
  EventStoreDBClient,
  NO_STREAM,
  START,
  jsonEvent,
  streamNameFilter,
} from '@eventstore/db-client';
import type {
  AllStreamSubscription,
  JSONType,
  ReadPosition,
  ResolvedEvent,
  StreamingRead,
} from '@eventstore/db-client';
import { EventStoreUnavailableError } from '../event-store.ts';
import type { Appended, LogBatch, LogPage, StoredEvent, StreamPage, SubscribeRequest } from '../event-store.ts';
import type { EventStoreLimits } from '../limits.ts';
import { endOfPageMs, followedPrefixes } from './adapter.ts';
import type { StoreAdapter, ThreadLog } from './adapter.ts';
import { BatchBuffer, unitsOf } from './batch-buffer.ts';
import type { BufferLimits } from './batch-buffer.ts';
import { checkAppend } from './check-append.ts';
import type { CheckedEvent } from './check-append.ts';
import { clientConnectionString } from './connection-string.ts';
import type { Connection, Credentials } from './connection-string.ts';
import {
  OwnTimeout,
  TooBusy,
  describe,
  isAbsence,
  isNoBeginning,
  isSilence,
  isTombstoned,
  outcomeOfAppend,
} from './eventstoredb-errors.ts';
import { beginnings, reachedBy } from './eventstoredb-events.ts';
import { abandon, collect, holdsMore, mark, pour, within } from './eventstoredb-streams.ts';
import { KnownPositions } from './known-positions.ts';
import { now } from './messages.ts';
import type { AppendCall, ReadLogCall, ReadStreamCall, TailCall } from './messages.ts';
import { Replaceable } from './replaceable.ts';
import { Slots } from '../../slots.ts';
import { TryAgain, appendWithRetries, withinBudget } from './retry.ts';

/** About when the server times out a write. */
const serverDeadlineMs = 2_000;
/**
 * Maximum time of one append attempt, whatever the deadline of the call. The client waits without a deadline for a connection and for
 * the server's features; only failed attempts show that it is stuck and must be replaced.
 */
const longestTryMs = 2_500;
/**
 * Number of events that the server checks between checkpoints. With the default of 32, passing millions of foreign events takes four
 * times as long.
 */
const checkpointWindow = 4_096;
/** `positionIntervalMs` while reading a page, which must know how far it has come. */
const pagePositionIntervalMs = 50;

export class EventStoreDbAdapter implements StoreAdapter {
  readonly #limits: EventStoreLimits;
  readonly #log: ThreadLog;
  readonly #credentials: Credentials;
  readonly #client: Replaceable<EventStoreDBClient>;
  readonly #slots: Slots;
  readonly #known = new KnownPositions();

  constructor(connection: Connection, limits: EventStoreLimits, log: ThreadLog) {
    this.#limits = limits;
    this.#log = log;
    this.#credentials = connection.credentials ?? { username: 'none', password: 'none' };
    this.#slots = new Slots(limits.maxAppendsInFlight);
    this.#client = new Replaceable(
      (generation) =>
        withWarnings(log, () => EventStoreDBClient.connectionString(clientConnectionString(connection, generation))),
      (failures) => log('warn', `The client was replaced after ${failures} failures in a row.`),
    );
  }

  async append(call: AppendCall): Promise<Appended> {
    const events = checkAppend(call, this.#limits.maxAppendBytes);
    return appendWithRetries(call, {
      attempt: (timeoutMs) =>
        this.#slots.run(
          timeoutMs,
          () => this.#observed(() => this.#appendOnce(call, events, Math.min(call.deadlineMs - now(), longestTryMs))),
          () => new TooBusy(),
        ),
      readBack: (from, maxCount, timeoutMs) =>
        this.#observed(async () => (await this.#readStreamOnce(call.stream, from, maxCount, timeoutMs)).events),
      classify: outcomeOfAppend,
      describe,
    });
  }

  readStream(call: ReadStreamCall): Promise<StreamPage> {
    return this.#retryingRead(call.deadlineMs, (leftMs) =>
      this.#readStreamOnce(call.stream, call.from, call.maxCount, leftMs),
    );
  }

  readLog(call: ReadLogCall): Promise<LogPage> {
    return this.#retryingRead(call.deadlineMs, (leftMs) => this.#readLogOnce(call, leftMs));
  }

  readonly look = {
    tail: (call: TailCall): Promise<bigint | null> => this.#tailOnce(call.deadlineMs - now()),
    readLog: (call: ReadLogCall): Promise<LogPage> => this.#readLogOnce(call, call.deadlineMs - now()),
  };

  async tail(call: TailCall): Promise<bigint | null> {
    try {
      return await this.#observed(() => this.#tailOnce(call.deadlineMs - now()));
    } catch (error) {
      // A probe reports the current state, so there is no retry.
      throw new EventStoreUnavailableError(`The event store is not ready: ${describe(error)}`);
    }
  }

  async *subscribe(request: SubscribeRequest, signal: AbortSignal): AsyncGenerator<LogBatch, void, undefined> {
    try {
      yield* this.#batches(request, this.#limits, signal);
    } catch (error) {
      throw new Error(describe(error), { cause: error });
    }
  }

  close(): Promise<void> {
    return this.#client.dispose();
  }

  async #appendOnce(call: AppendCall, events: readonly CheckedEvent[], timeoutMs: number): Promise<Appended> {
    const expected = call.expectedRevision;
    const proposed = events.map(({ id, type, data, metadata }) =>
      jsonEvent({ id, type, data: data as JSONType, metadata: metadata as Record<string, unknown> }),
    );
    const result = await within(
      timeoutMs,
      'Appending',
      this.#client.current.appendToStream(call.stream, proposed, {
        expectedRevision: expected === 'no_stream' ? NO_STREAM : BigInt(expected),
        credentials: this.#credentials,
        deadline: Math.min(serverDeadlineMs, timeoutMs),
      }),
    );
    const revision = Number(result.nextExpectedRevision);
    if (result.position) return { revision, position: result.position.commit };
    // Position 0 for a repeated append whose events have been truncated since: it is recognised, but its position is lost.
    const [last] = (await this.#readStreamOnce(call.stream, revision, 1, timeoutMs)).events;
    return { revision, position: last?.revision === revision ? last.position : 0n };
  }

  async #readStreamOnce(stream: string, from: number, maxCount: number, timeoutMs: number): Promise<StreamPage> {
    const untilMs = now() + timeoutMs;
    let page: { events: StoredEvent[]; whole: boolean } | null = null;
    try {
      page = await this.#collect('Reading a stream', timeoutMs, (client, credentials) =>
        client.readStream(stream, { fromRevision: BigInt(from), maxCount, credentials }),
      );
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
    const [first] = page?.events ?? [];
    if (!page || !first) {
      // Beyond the end of an existing stream nothing is missing. A stream without any events was truncated if it has metadata.
      const truncated = from > 0 ? page === null : await this.#hasMetadata(stream, untilMs - now());
      return { events: [], atEnd: true, truncated };
    }
    const { events, whole } = page;
    return { events, atEnd: whole && events.length < maxCount, truncated: first.revision > from };
  }

  /** Deleting or truncating a stream writes metadata. False if access to the metadata is denied. */
  async #hasMetadata(stream: string, timeoutMs: number): Promise<boolean> {
    try {
      const { events } = await this.#collect("Reading a stream's metadata", timeoutMs, (client, credentials) =>
        client.readStream(`$$${stream}`, { direction: BACKWARDS, fromRevision: END, maxCount: 1, credentials }),
      );
      return events.length > 0;
    } catch (error) {
      if (isTombstoned(error)) return true;
      if (isAbsence(error) || outcomeOfAppend(error) === 'refused') return false;
      throw error;
    }
  }

  async #tailOnce(timeoutMs: number): Promise<bigint | null> {
    const { events } = await this.#collect('Reading the end of the log', timeoutMs, (client, credentials) =>
      client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1, credentials }),
    );
    return events[0]?.position ?? null;
  }

  #collect(
    what: string,
    timeoutMs: number,
    begin: (client: EventStoreDBClient, credentials: Credentials) => StreamingRead<ResolvedEvent>,
  ): Promise<{ events: StoredEvent[]; whole: boolean }> {
    const client = this.#client.current;
    const isWhole = (): boolean => this.#client.isCurrent(client);
    const maxUnits = this.#limits.batchMaxUnits;
    return collect(begin(client, this.#credentials), { what, timeoutMs, maxUnits, isWhole });
  }

  /** The client cannot filter reads of the log, so a page is read through a subscription. */
  async #readLogOnce(call: ReadLogCall, timeoutMs: number): Promise<LogPage> {
    const events: StoredEvent[] = [];
    let units = 0;
    let reached: bigint | null = null;
    const stop = new AbortController();
    const timer = setTimeout(
      () => {
        stop.abort();
      },
      Math.max(0, endOfPageMs(now() + timeoutMs) - now()),
    );
    const limits = { ...this.#limits, positionIntervalMs: pagePositionIntervalMs };
    try {
      for await (const batch of this.#batches(call, limits, stop.signal)) {
        for (const event of batch.events) {
          events.push(event);
          units += unitsOf(event);
          if (events.length >= call.maxCount || units >= limits.batchMaxUnits) {
            const atEnd = batch.caughtUp && event === batch.events.at(-1);
            return { events, position: atEnd ? batch.position : event.position, atEnd };
          }
        }
        if (batch.caughtUp) return { events, position: batch.position, atEnd: true };
        reached = batch.position;
      }
    } finally {
      clearTimeout(timer);
    }
    // A partial page, or an empty one that has made progress.
    if (reached !== null) return { events, position: reached, atEnd: false };
    throw new OwnTimeout('Reading the log', timeoutMs);
  }

  /** The batches after a position, whether or not the server accepts it as a start. Throws the client's errors. */
  async *#batches(
    request: { readonly after: bigint | null; readonly streamPrefix: string },
    limits: BufferLimits,
    signal: AbortSignal,
  ): AsyncGenerator<LogBatch, void, undefined> {
    for (const beginning of this.#beginnings(request.after)) {
      try {
        yield* this.#batchesFrom(beginning, request, limits, signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (beginning === START || !isNoBeginning(error)) throw error;
      }
    }
  }

  /** Start positions that miss no event after `after`, nearest first. The last is the start of the log, which is always accepted. */
  *#beginnings(after: bigint | null): Generator<ReadPosition> {
    if (after !== null) {
      yield* beginnings(after);
      const known = this.#known.atOrBefore(after - 1n);
      if (known !== null) yield* beginnings(known);
    }
    yield START;
  }

  async *#batchesFrom(
    fromPosition: ReadPosition,
    { after, streamPrefix }: { readonly after: bigint | null; readonly streamPrefix: string },
    limits: BufferLimits,
    signal: AbortSignal,
  ): AsyncGenerator<LogBatch, void, undefined> {
    let source: AllStreamSubscription | null = null;
    const buffer = new BatchBuffer(after, limits, () => source !== null && holdsMore(source));
    source = this.#open(fromPosition, streamPrefix, buffer);
    const stop = (): void => {
      buffer.fail(new Error('closed'));
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      void pour(source, buffer);
      while (!signal.aborted) yield await buffer.take();
    } finally {
      signal.removeEventListener('abort', stop);
      abandon(source);
    }
  }

  #open(fromPosition: ReadPosition, streamPrefix: string, buffer: BatchBuffer): AllStreamSubscription {
    const filter = streamNameFilter({
      prefixes: followedPrefixes(streamPrefix),
      maxSearchWindow: checkpointWindow,
      checkpointReached: (subscription, checkpoint) => {
        const reached = reachedBy(checkpoint);
        if (reached === null) return;
        this.#known.note(reached);
        mark(subscription, reached);
      },
    });
    const subscription = this.#client.current.subscribeToAll({
      fromPosition,
      credentials: this.#credentials,
      // An empty prefix needs no filter, and then no checkpoints either: every event has a position.
      ...(streamPrefix === '' ? {} : { filter }),
    });
    subscription.on('caughtUp', () => {
      buffer.live(true);
    });
    subscription.on('fellBehind', () => {
      buffer.live(false);
    });
    return subscription;
  }

  /** Reads have no side effects, so any error may be retried. */
  #retryingRead<T>(deadlineMs: number, read: (leftMs: number) => Promise<T>): Promise<T> {
    return withinBudget(deadlineMs, async (leftMs) => {
      try {
        return await this.#observed(() => read(leftMs));
      } catch (error) {
        throw new TryAgain(describe(error));
      }
    });
  }

  /** Tracks failures, on which the client is replaced, and logs outages and recoveries. */
  async #observed<T>(call: () => Promise<T>): Promise<T> {
    const begunAtMs = now();
    try {
      const result = await call();
      if (this.#client.answered()) this.#log('info', 'The event store answers again.');
      return result;
    } catch (error) {
      const outcome = outcomeOfAppend(error);
      if (outcome === 'refused' || outcome === 'wrong-revision') this.#client.answered();
      else if (this.#client.failed(begunAtMs, isSilence(error))) {
        this.#log('warn', `The event store does not answer: ${describe(error)}`);
      }
      throw error;
    }
  }
}

/** Logs the warnings that the client writes to the console, except the one about our short keepalive interval. */
function withWarnings<T>(log: ThreadLog, create: () => T): T {
  const { warn } = console;
  console.warn = (text: unknown): void => {
    if (!String(text).includes('KeepAliveInterval')) log('warn', String(text));
  };
  try {
    return create();
  } finally {
    console.warn = warn;
  }
}
