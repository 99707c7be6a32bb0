import { setTimeout as delay } from 'node:timers/promises';
import { UnknownEventType } from '../../event-sourcing/codec.ts';
import { UnreadableEvent } from '../../event-sourcing/metadata.ts';
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

/** Batches under way at once, when there is that much to send. */
const MAX_IN_FLIGHT = 8;
const BACKOFF = { firstMs: 200, mostMs: 10_000 };

/** The name of this consumer. */
export const FORWARDER = 'queue-forwarder';

/** For how long the first start waits for an event store that is starting beside us, and how often it asks. */
const STORE_PATIENCE_MS = 20_000;
const ASK_EVERY_MS = 250;

async function tailWithin(store: EventStore, patienceMs: number): Promise<bigint | null> {
  for (const until = Date.now() + patienceMs; ;) {
    try {
      return await store.tail();
    } catch (error) {
      if (!(error instanceof EventStoreUnavailableError) || Date.now() >= until) throw error;
      await delay(ASK_EVERY_MS);
    }
  }
}

/**
 * Wakes workers: sends a message for each event that makes a request wait for one. A message is sent at least once, after its event is
 * durable, and in order for each request; the checkpoint moves only when the queue has taken everything before it. A queue that does
 * not answer is asked again for ever.
 */
export class QueueForwarder implements Consumer {
  readonly name = FORWARDER;
  readonly version = 1;
  readonly windowMs = 0;
  readonly #queue: Queue;
  readonly #store: EventStore;
  readonly #logger: Logger;
  readonly #now: () => Date;
  /** Where it begins if it never has; noted at the start. */
  #beginning: { readonly position: bigint | null } | null = null;
  readonly #onDelivered: (requestId: string, delivery: Pick<Delivery, 'queued_at' | 'queue_message_id'>) => void;
  /** What the queue refuses messages with; null while it takes them. */
  #trouble: string | null = null;

  constructor(parts: {
    queue: Queue;
    store: EventStore;
    logger: Logger;
    now: () => Date;
    /** Hears of what was sent and recorded. */
    onDelivered: (requestId: string, delivery: { queued_at: string; queue_message_id: string }) => void;
  }) {
    this.#queue = parts.queue;
    this.#store = parts.store;
    this.#logger = parts.logger;
    this.#now = parts.now;
    this.#onDelivered = parts.onDelivered;
  }

  /**
   * Where the forwarder begins on its first start: at the end of the log. What was submitted before there was a queue is stored and not
   * queued; and should the database be lost, nothing is sent a second time. Must be done before the first command is taken, so the first
   * start waits for the event store; later ones need not. While the database is away, the place is kept until it can be written down.
   */
  async begin(database: Queryable): Promise<void> {
    const known = await readCheckpoint(database, this.name).catch(() => undefined);
    if (known) return;
    try {
      this.#beginning = { position: await tailWithin(this.#store, STORE_PATIENCE_MS) };
    } catch (error) {
      // With both away, it is most likely a later start; no command is taken until the event store is back.
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

  /** The code of what is wrong with the queue; null when nothing is. */
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
          queued_at: this.#now().toISOString(),
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
        // What cannot be read wakes nobody, and must not keep the messages after it back.
        if (error instanceof UnknownEventType || error instanceof UnreadableEvent) skip(event, error);
        // Somebody may do that; the request waits for nobody any more.
        else if (error instanceof StreamTruncatedError)
          this.#logger.warn(
            { err: error, position: event.position.toString() },
            'the history of a queued request is gone',
          );
        else throw error;
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

  /** Until the queue has taken every message of the batch. Throws only when `signal` is aborted. */
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

/** `ECONNREFUSED` says more than the name of a plain `Error` does; the queue's own errors have telling names. */
function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown';
}

/** What failed, and why, and why that: the first line of each, where it says more than the one before. */
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

/** Parts within which every request occurs once, so that what is sent at the same time is never of the same request. */
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
