import type { Message } from '@aws-sdk/client-sqs';
import { ChangeMessageVisibilityCommand, DeleteMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import type { Logger } from '../infrastructure/observability/logger.ts';
import { regionOf } from '../infrastructure/sqs/queue-url.ts';
import { isObject } from './api.ts';
import { backoffMs, pause } from '../infrastructure/backoff.ts';
import { DELAYS } from './patience.ts';
import { readRequestId } from './request-id.ts';
import type { Worker } from './worker.ts';

export interface QueueOptions {
  readonly queueUrl: string;
  /** How long one receive call waits for a message, 0 to 20 s. */
  readonly waitSeconds: number;
  readonly leaseSeconds: number;
  readonly worker: Worker;
  readonly log: Logger;
}

/** Timeout of a call to the queue. A receive call gets its waiting time on top. */
const CALL_MS = 5_000;
/** Visibility timeout of a received message until its request is claimed; covers the retries of a claim. */
const UNCLAIMED_SECONDS = 30;

/**
 * Receives wake-ups from SQS, one at a time and only while a run can start, so that no message is held here that another worker could
 * handle. A message stays invisible during its run and is deleted once the end of the run is recorded, because from then on the service
 * knows what is next.
 */
export class Queue {
  readonly #options: QueueOptions;
  /** A client of its own, because it is destroyed to end a receive call. */
  readonly #receiver: SQSClient;
  readonly #sqs: SQSClient;
  readonly #consumer: Consumer;
  readonly #stopping = new AbortController();
  readonly #deletions = new Set<Promise<void>>();
  #failures = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#receiver = client(options.queueUrl, options.waitSeconds * 1000 + CALL_MS);
    this.#sqs = client(options.queueUrl, CALL_MS);
    this.#consumer = Consumer.create({
      queueUrl: options.queueUrl,
      sqs: this.#receiver,
      batchSize: 1,
      waitTimeSeconds: options.waitSeconds,
      visibilityTimeout: Math.min(UNCLAIMED_SECONDS, options.leaseSeconds),
      // Requests run concurrently, and the claim decides the order within a request.
      suppressFifoWarning: true,
      // Messages are deleted in #handle, or when the end of the run is recorded.
      shouldDeleteMessages: false,
      preReceiveMessageCallback: () => this.#untilWanted(),
      handleMessage: async (message) => {
        this.#failures = 0;
        await this.#handle(message);
        // sqs-consumer deletes only messages that are returned.
        return undefined;
      },
    });
    this.#consumer.on('empty', () => {
      this.#failures = 0;
    });
    const noteFailure = (error: Error): void => {
      if (this.#stopping.signal.aborted) return;
      this.#failures += 1;
      options.log.warn({ err: error, failures: this.#failures }, 'the queue cannot be read');
    };
    this.#consumer.on('error', noteFailure);
    this.#consumer.on('processing_error', noteFailure);
  }

  start(): void {
    this.#consumer.start();
  }

  /**
   * Stops receiving. Messages of runs in progress are still deleted. Waits up to `limitMs` ms, or until `now` is aborted, for a receive
   * call in flight: aborting it could lose a message until its visibility timeout ends.
   */
  async stop(limitMs: number, now: AbortSignal): Promise<void> {
    this.#stopping.abort();
    this.#consumer.stop();
    const limit = performance.now() + limitMs;
    while (this.#consumer.status.isPolling && !now.aborted && performance.now() < limit) await pause(20, now);
    this.#receiver.destroy();
  }

  /** Waits for pending deletions. Call it after the last run. */
  async close(): Promise<void> {
    await Promise.all(this.#deletions);
    this.#sqs.destroy();
  }

  async #untilWanted(): Promise<void> {
    if (this.#failures > 0) await pause(backoffMs(this.#failures, DELAYS), this.#stopping.signal);
    await this.#options.worker.capacity.untilFree();
    this.#stopping.signal.throwIfAborted();
  }

  async #handle(message: Message): Promise<void> {
    const { log, worker, leaseSeconds } = this.#options;
    const wakeUp = readWakeUp(message.Body);
    if (!wakeUp) {
      // The message is useless, and no request is lost: the service lists all of them.
      log.error({ message_id: message.MessageId }, 'dropped a message without a valid request id');
      return this.#delete(message);
    }
    const extend = () => void this.#setVisibility(message, leaseSeconds);
    const taken = await worker.take({ ...wakeUp, origin: 'queue', extend });
    switch (taken.kind) {
      case 'running': {
        extend();
        const deletion = this.#deleteWhenRecorded(message, taken.ended).finally(() => this.#deletions.delete(deletion));
        this.#deletions.add(deletion);
        return;
      }
      case 'done':
        return this.#delete(message);
      case 'full':
        return this.#setVisibility(message, 0);
      case 'later':
        return this.#setVisibility(message, taken.afterSeconds);
    }
  }

  async #deleteWhenRecorded(message: Message, ended: Promise<'recorded' | 'not-recorded'>): Promise<void> {
    if ((await ended) === 'recorded') await this.#delete(message);
  }

  /** Logs a failure: the message is delivered again and finds nothing to claim. */
  async #delete({ ReceiptHandle, MessageId }: Message): Promise<void> {
    try {
      await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: this.#options.queueUrl, ReceiptHandle }), deadline());
    } catch (error) {
      this.#options.log.warn({ err: error, message_id: MessageId }, 'could not delete a message');
    }
  }

  /** Logs a failure: a message that is delivered again too early finds its request claimed. */
  async #setVisibility({ ReceiptHandle, MessageId }: Message, seconds: number): Promise<void> {
    try {
      const command = new ChangeMessageVisibilityCommand({
        QueueUrl: this.#options.queueUrl,
        ReceiptHandle,
        VisibilityTimeout: seconds,
      });
      await this.#sqs.send(command, deadline());
    } catch (error) {
      this.#options.log.warn({ err: error, message_id: MessageId }, "a message's visibility could not be changed");
    }
  }
}

/** Without these timeouts the client waits forever for a peer that accepts connections and never answers. */
function client(queueUrl: string, requestTimeout: number): SQSClient {
  const region = regionOf(queueUrl, process.env);
  return new SQSClient({
    ...(region === undefined ? {} : { region }),
    requestHandler: { connectionTimeout: CALL_MS, requestTimeout, throwOnRequestTimeout: true },
    maxAttempts: 2,
  });
}

function deadline(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(CALL_MS) };
}

function readWakeUp(body: string | undefined): { requestId: string; correlationId: string | null } | null {
  let message: unknown;
  try {
    message = JSON.parse(body ?? '');
  } catch {
    return null;
  }
  const requestId = isObject(message) ? readRequestId(message.request_id) : null;
  if (!isObject(message) || requestId === null) return null;
  const { correlation_id } = message;
  // Used in a header and in logs.
  const clean = typeof correlation_id === 'string' && /^[\x21-\x7e]{1,128}$/.test(correlation_id);
  return { requestId, correlationId: clean ? correlation_id : null };
}
