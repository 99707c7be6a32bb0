import { backoffMs, pause } from '../../infrastructure/backoff.ts';
import type { EventStore, StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import { EventStoreUnavailableError, StreamTruncatedError } from '../../infrastructure/event-store/event-store.ts';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import type { Queryable } from '../../infrastructure/postgres/database.ts';
import type { OutgoingMessage, Queue, SentMessage } from '../../infrastructure/sqs/queue.ts';
import { MAX_BATCH } from '../../infrastructure/sqs/queue.ts';
import { beginAt, readCheckpoint } from '../../infrastructure/consumers/checkpoints.ts';
import type { Batch, Changes, Consumer } from '../../infrastructure/consumers/consumer.ts';
import { messageFor } from './queue-message.ts';

/** Maximum number of concurrent batches. */
const MAX_IN_FLIGHT = 8;
const BACKOFF = { firstMs: 200, mostMs: 10_000 };

/** Consumer name. */
export const FORWARDER = 'queue-forwarder';

/** How long the first start waits for an event store that is still starting, and how often it asks. */
const STORE_PATIENCE_MS = 20_000;
const ASK_EVERY_MS = 250;

async function tailWithin(store: EventStore, patienceMs: number): Promise<bigint | null> {
  for (const until = Date.now() + patienceMs; ;) {
    try {
      return await store.tail();
    } catch (error) {
      if (!(error instanceof EventStoreUnavailableError) || Date.now() >= until) throw error;
      await pause(ASK_EVERY_MS);
    }
  }
}

/**
 * Wakes workers: sends a message for each event that makes a request wait for one. Delivery is at least once, after the event is durable,
 * and in order per request. The checkpoint advances only once the queue has accepted everything before it. Sending is retried indefinitely.
 */
export class QueueForwarder implements Consumer {
  readonly name = FORWARDER;
  readonly version = 1;
  readonly #queue: Queue;
  readonly #store: EventStore;
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  /** Where to begin if there is no checkpoint; set at startup. */
  #beginning: { readonly position: bigint | null } | null = null;
  readonly #onDelivered: (requestId: string, delivery: Pick<Delivery, 'queued_at' | 'queue_message_id'>) => void;
  /** Code of the latest queue error; null while messages are accepted. */
  #trouble: string | null = null;

  constructor(parts: {
    queue: Queue;
    store: EventStore;
    logger: Logger;
    nowMs: () => number;
    /** Called after a message was sent and recorded. */
    onDelivered: (requestId: string, delivery: { queued_at: string; queue_message_id: string }) => void;
  }) {
    this.#queue = parts.queue;
    this.#store = parts.store;
    this.#logger = parts.logger;
    this.#nowMs = parts.nowMs;
    this.#onDelivered = parts.onDelivered;
  }

  /**
   * Sets where the forwarder begins on its first start: at the end of the log. Requests submitted before there was a queue are stored but
   * not queued, and if the database is lost, nothing is sent twice. Must run before the first command, so the first start waits for the
   * event store; later ones need not. While the database is unavailable, the position is kept until it can be stored.
   */
  async begin(database: Queryable): Promise<void> {
    const known = await readCheckpoint(database, this.name).catch(() => undefined);
    if (known) return;
    try {
      this.#beginning = { position: await tailWithin(this.#store, STORE_PATIENCE_MS) };
    } catch (error) {
      // If both are unavailable, this is most likely not the first start, and no commands are accepted until the event store is back.
      if (known === null) throw error;
    }
    if (known === null) await this.prepare(database);
  }

  async prepare(database: Queryable): Promise<void> {
    if (await readCheckpoint(database, this.name)) return;
    const { position } = this.#beginning ?? { position: await this.#store.tail() };
    await beginAt(database, this.name, this.version, position);
    this.#beginning = null;
  }

  /** The error code of the queue, or null if it works. */
  async trouble(): Promise<string | null> {
    return (await this.#queue.trouble()) ?? this.#trouble;
  }

  async handle(events: readonly StoredEvent[], { signal, skip }: Batch): Promise<Changes | null> {
    const deliveries = new Map<string, Delivery>();
    for (const wave of inWaves(await this.#messages(events, skip))) {
      for (const { message, messageId } of await this.#sendAll(wave, signal)) {
        deliveries.set(message.groupId, {
          request_id: message.groupId,
          event_id: message.id,
          queued_at: new Date(this.#nowMs()).toISOString(),
          queue_message_id: messageId,
        });
      }
    }
    if (deliveries.size === 0) return null;
    return {
      statements: [{ text: RECORD, values: [JSON.stringify([...deliveries.values()])] }],
      committed: () => {
        for (const { request_id, queued_at, queue_message_id } of deliveries.values()) {
          this.#onDelivered(request_id, { queued_at, queue_message_id });
        }
      },
    };
  }

  async #messages(events: readonly StoredEvent[], skip: Batch['skip']): Promise<OutgoingMessage[]> {
    const messages: OutgoingMessage[] = [];
    for (const event of events) {
      try {
        const message = await messageFor(event, this.#store);
        if (message) messages.push(message);
      } catch (error) {
        if (error instanceof EventStoreUnavailableError) throw error;
        // The stream was truncated on purpose, so no worker has to be woken.
        if (error instanceof StreamTruncatedError)
          this.#logger.warn(
            { err: error, position: event.position.toString() },
            'the history of a queued request is gone',
          );
        // Nothing was sent yet: the messages of this request wait, and those of others go on.
        else skip(event, error);
      }
    }
    return messages;
  }

  async #sendAll(wave: readonly OutgoingMessage[], signal: AbortSignal): Promise<SentMessage[]> {
    const sent: SentMessage[] = [];
    const waiting: OutgoingMessage[][] = [];
    for (let i = 0; i < wave.length; i += MAX_BATCH) waiting.push(wave.slice(i, i + MAX_BATCH));
    const lane = async (): Promise<void> => {
      for (let batch = waiting.shift(); batch; batch = waiting.shift())
        sent.push(...(await this.#sendBatch(batch, signal)));
    };
    await Promise.all(Array.from({ length: Math.min(MAX_IN_FLIGHT, waiting.length) }, lane));
    return sent;
  }

  /** Sends until the queue has accepted every message of the batch. Throws only if `signal` is aborted. */
  async #sendBatch(batch: readonly OutgoingMessage[], signal: AbortSignal): Promise<SentMessage[]> {
    const sent: SentMessage[] = [];
    let left = batch;
    for (let failures = 0; ; failures += 1) {
      signal.throwIfAborted();
      try {
        const result = await this.#queue.send(left, signal);
        sent.push(...result.sent);
        left = result.refused.map(({ message }) => message);
        if (left.length === 0) {
          if (failures > 0) this.#trouble = null;
          return sent;
        }
        const code = result.refused[0]?.code ?? 'unknown';
        this.#noteFailure(code, `it refused ${left.length} of them with ${code}`, failures);
      } catch (error) {
        signal.throwIfAborted();
        this.#noteFailure(codeOf(error), causesOf(error), failures);
      }
      await pause(backoffMs(failures + 1, BACKOFF), signal);
    }
  }

  #noteFailure(code: string, said: string, failures: number): void {
    if (failures === 0) this.#logger.warn({ code }, `the queue does not take messages, trying on: ${said}`);
    this.#trouble = code;
  }
}

/** The error's code, such as `ECONNREFUSED`, if it has one; otherwise its name, which is telling for the queue's own errors. */
function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown';
}

/** The first line of the error and its causes, up to three, without repetition. */
function causesOf(error: unknown): string {
  const said: string[] = [];
  for (let cause: unknown = error; cause instanceof Error && said.length < 3; cause = cause.cause) {
    const line = (cause.message === '' ? codeOf(cause) : cause.message).split('\n', 1)[0]?.slice(0, 200) ?? '';
    if (!said.some((text) => text.includes(line))) said.push(line);
  }
  return said.length === 0 ? codeOf(error) : said.join(': ');
}

interface Delivery {
  readonly request_id: string;
  readonly event_id: string;
  readonly queued_at: string;
  readonly queue_message_id: string;
}

const RECORD = `
  INSERT INTO queue_deliveries (request_id, event_id, queued_at, queue_message_id)
  SELECT request_id, event_id, queued_at, queue_message_id FROM json_to_recordset($1::json)
    AS row (request_id uuid, event_id uuid, queued_at timestamptz, queue_message_id text)
  ON CONFLICT (request_id) DO UPDATE
    SET event_id = excluded.event_id, queued_at = excluded.queued_at, queue_message_id = excluded.queue_message_id
`;

/** Splits messages into waves with one message per request, so that messages of the same request are never sent concurrently. */
function* inWaves(messages: readonly OutgoingMessage[]): Generator<OutgoingMessage[]> {
  let wave: OutgoingMessage[] = [];
  const groups = new Set<string>();
  for (const message of messages) {
    if (groups.has(message.groupId)) {
      yield wave;
      wave = [];
      groups.clear();
    }
    wave.push(message);
    groups.add(message.groupId);
  }
  if (wave.length > 0) yield wave;
}
