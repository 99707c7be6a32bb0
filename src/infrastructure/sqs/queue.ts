import type { SendMessageBatchRequestEntry, SQSClient } from '@aws-sdk/client-sqs';
import { regionOf } from './queue-url.ts';

/** A message for the queue. */
export interface OutgoingMessage {
  /** Unique for what it tells; on a FIFO queue what is sent again under it within five minutes is dropped. */
  readonly id: string;
  /** On a FIFO queue messages of one group stay in order. */
  readonly groupId: string;
  readonly body: string;
  /** String attributes; not empty. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface SentMessage {
  readonly message: OutgoingMessage;
  readonly messageId: string;
}

/** What the queue took of a batch, and what it did not, with its own codes. */
export interface BatchResult {
  readonly sent: readonly SentMessage[];
  readonly refused: readonly { readonly message: OutgoingMessage; readonly code: string }[];
}

/** SQS takes this many messages at once. */
export const MAX_BATCH = 10;
/** Of one call. The SDK has none of its own, and waits for ever on a peer that accepts and never answers. */
const CALL_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 2_000;
const PROBE_LIMIT_MS = 1_000;

const nothing = (): void => undefined;
/** Without one the SDK writes to the console: a line for each call, with the queue's URL, where that is not the endpoint's own. */
const SILENT = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

export interface Queue {
  /** Sends up to {@link MAX_BATCH} messages. Throws when there is no answer in time, or an error for the whole batch. */
  send(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<BatchResult>;
  /** Code of what is wrong with the queue now, null when it answers; within {@link PROBE_LIMIT_MS}. */
  trouble(): Promise<string | null>;
  close(): void;
}

/** No region can be found for a queue. The message is the rest of a sentence that begins with `AWS_REGION`. */
export class NoRegionError extends Error {
  constructor() {
    super('is needed: AWS_SQS_AUTOMATION_QUEUE_URL names no region.');
    this.name = 'NoRegionError';
  }
}

/**
 * The queue behind a URL; endpoint and credentials by the SDK's own variables, the region by {@link regionOf} or them. Throws
 * {@link NoRegionError}. The SDK is loaded only when there is a queue.
 */
export async function connectQueue(url: string): Promise<Queue> {
  const { GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } = await import('@aws-sdk/client-sqs');
  const region = regionOf(url, process.env);
  const client: SQSClient = new SQSClient({
    ...(region === undefined ? {} : { region }),
    // Retries are ours: they go on for ever, and say so in health.
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
        if (!message) throw new Error('The queue answered about a message that was not sent.');
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
        // Who may only send is told so by a queue that is there.
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
