import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import type { AddressInfo } from 'node:net';

const REGION = 'eu-central-1';
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

/** A message as a worker receives it. */
export interface ReceivedMessage {
  readonly messageId: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read JSON as it comes
  readonly body: any;
  readonly attributes: Readonly<Record<string, { DataType?: string | undefined; StringValue?: string | undefined }>>;
  /** FIFO queues only. */
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
}

/** An SQS emulator for one test file, on loopback only. */
export class TestQueue {
  readonly url: string;
  readonly endpoint: string;
  readonly #app: ReturnType<typeof buildApp>;
  readonly #sqs: SQSClient;

  private constructor(app: ReturnType<typeof buildApp>, endpoint: string, sqs: SQSClient, url: string) {
    this.#app = app;
    this.endpoint = endpoint;
    this.#sqs = sqs;
    this.url = url;
  }

  static async start(name = 'automation'): Promise<TestQueue> {
    const app = buildApp({ logger: false });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const endpoint = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    const sqs = new SQSClient({ endpoint, region: REGION, credentials: CREDENTIALS });
    const attributes = name.endsWith('.fifo') ? { Attributes: { FifoQueue: 'true' } } : {};
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name, ...attributes }));
    return new TestQueue(app, endpoint, sqs, endpoint + new URL(QueueUrl ?? '').pathname);
  }

  /** Environment that makes service and worker use it. */
  get env(): Record<string, string> {
    return this.envBehind(this.endpoint);
  }

  /** The same, through a proxy in front of it. */
  envBehind(endpoint: string): Record<string, string> {
    return {
      AWS_SQS_AUTOMATION_QUEUE_URL: endpoint + new URL(this.url).pathname,
      AWS_ENDPOINT_URL_SQS: endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    };
  }

  async send(body: string): Promise<void> {
    await this.#sqs.send(new SendMessageCommand({ QueueUrl: this.url, MessageBody: body }));
  }

  /** Receives and deletes all waiting messages, in the order of the queue. */
  async takeAll(): Promise<ReceivedMessage[]> {
    const taken: ReceivedMessage[] = [];
    for (;;) {
      const { Messages = [] } = await this.#sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: this.url,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['All'],
        }),
      );
      if (Messages.length === 0) return taken;
      for (const { MessageId = '', Body = '', MessageAttributes = {}, Attributes, ReceiptHandle } of Messages) {
        await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: this.url, ReceiptHandle }));
        taken.push({
          messageId: MessageId,
          body: JSON.parse(Body),
          attributes: MessageAttributes,
          groupId: Attributes?.MessageGroupId,
          deduplicationId: Attributes?.MessageDeduplicationId,
        });
      }
    }
  }

  /** How many messages are waiting, and how many are in flight. */
  async counts(): Promise<{ waiting: number; out: number }> {
    const { Attributes = {} } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: this.url, AttributeNames: ['All'] }),
    );
    return {
      waiting: Number(Attributes.ApproximateNumberOfMessages),
      out: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
    };
  }

  async isEmpty(): Promise<boolean> {
    const { waiting, out } = await this.counts();
    return waiting + out === 0;
  }

  async stop(): Promise<void> {
    this.#sqs.destroy();
    this.#app.server.closeAllConnections();
    await this.#app.close();
  }
}
