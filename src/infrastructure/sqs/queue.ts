import type { SendMessageBatchRequestEntry, SQSClient } from '@aws-sdk/client-sqs';
import { regionOf } from './queue-url.ts';

/** A message for the queue. */
export interface OutgoingMessage {
  /** Deduplication id: a FIFO queue drops a message whose id it has seen within five minutes. */
  readonly id: string;
  /** A FIFO queue keeps messages of one group in order. */
  readonly groupId: string;
  readonly body: string;
  /** String attributes; values must not be empty. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface SentMessage {
  readonly message: OutgoingMessage;
  readonly messageId: string;
}

/** Result of a batch: messages accepted, and messages refused with the queue's own error code. */
export interface BatchResult {
  readonly sent: readonly SentMessage[];
  readonly refused: readonly { readonly message: OutgoingMessage; readonly code: string }[];
}

/** SQS accepts at most this many messages in a batch. */
export const MAX_BATCH = 10;
/** Deadline of one call. The SDK sets none by default and would wait forever for a peer that accepts and never answers. */
const CALL_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 2_000;
const PROBE_LIMIT_MS = 1_000;

const nothing = (): void => undefined;
/** Replaces the SDK's default logger, which writes a line to the console for each call whose queue URL differs from the endpoint. */
const SILENT = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

export interface Queue {
  /** Sends up to {@link MAX_BATCH} messages. Throws if the queue does not answer in time or rejects the whole batch. */
  send(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<BatchResult>;
  /** Checks the queue: null if it answers, otherwise an error code. Takes at most {@link PROBE_LIMIT_MS}. */
  trouble(): Promise<string | null>;
  close(): void;
}

/** No AWS region is configured for the queue. The message is the rest of a sentence that begins with `AWS_REGION`. */
export class NoRegionError extends Error {
  constructor() {
    super('must be set: AWS_SQS_AUTOMATION_QUEUE_URL does not contain a region.');
    this.name = 'NoRegionError';
  }
}

/**
 * Connects to the queue at a URL. Endpoint and credentials come from the SDK's own variables, the region from {@link regionOf} or the SDK.
 * Throws {@link NoRegionError}. The SDK is loaded only when a queue is configured.
 */
export async function connectQueue(url: string): Promise<Queue> {
  const { GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } = await import('@aws-sdk/client-sqs');
  const region = regionOf(url, process.env);
  const client: SQSClient = new SQSClient({
    ...(region === undefined ? {} : { region }),
    // The forwarder retries, without end, and reports it in health.
    maxAttempts: 1,
    logger: SILENT,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: CALL_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  });
  await client.config.region().catch(() => {
    throw new NoRegionError();
  });
  const isFifo = url.endsWith('.fifo');

  return {
    async send(messages, signal) {
      const command = new SendMessageBatchCommand({
        QueueUrl: url,
        Entries: messages.map((message, i) => toEntry(message, String(i), isFifo)),
      });
      const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
      const { Successful = [], Failed = [] } = await client.send(command, { abortSignal });
      const at = (id: string | undefined): OutgoingMessage => {
        const message = messages[Number(id)];
        if (!message) throw new Error('The queue answered for a message that was not in the batch.');
        return message;
      };
      return {
        sent: Successful.map(({ Id, MessageId = '' }) => ({ message: at(Id), messageId: MessageId })),
        refused: Failed.map(({ Id, Code = 'unknown' }) => ({ message: at(Id), code: Code })),
      };
    },
    async trouble() {
      const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] });
      try {
        await client.send(command, { abortSignal: AbortSignal.timeout(PROBE_LIMIT_MS) });
        return null;
      } catch (error) {
        const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
        // Credentials that may only send get 403 here, which still proves that the queue answers.
        return $metadata?.httpStatusCode === 403 ? null : name;
      }
    },
    close: () => client.destroy(),
  };
}

function toEntry(message: OutgoingMessage, id: string, isFifo: boolean): SendMessageBatchRequestEntry {
  return {
    Id: id,
    MessageBody: message.body,
    MessageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
    ),
    ...(isFifo ? { MessageGroupId: message.groupId, MessageDeduplicationId: message.id } : {}),
  };
}
