/** Like p1, but sends a message to the queue before it answers. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Injectable } from '@nestjs/common';
import { PostgresRequests } from './shell/postgres-requests.ts';
import type { SubmitRequestDto } from './shell/request.dto.ts';
import type { RequestResource } from './shell/request.ts';
import { serve } from './shell/serve.ts';

@Injectable()
class QueuedRequests extends PostgresRequests {
  readonly #queue = new SQSClient();

  override async submit(body: SubmitRequestDto): Promise<RequestResource> {
    const request = await super.submit(body);
    const { id, type, priority, created_at } = request;
    await this.#queue.send(
      new SendMessageCommand({
        QueueUrl: process.env.AWS_SQS_AUTOMATION_QUEUE_URL,
        MessageBody: JSON.stringify({ request_id: id, request_type: type, priority, created_at }),
        MessageAttributes: {
          request_type: { DataType: 'String', StringValue: type },
          priority: { DataType: 'String', StringValue: priority },
        },
      }),
    );
    return request;
  }
}

await serve(QueuedRequests);
