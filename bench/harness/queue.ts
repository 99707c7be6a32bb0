/** The queue, as a separate process: an SQS emulator that records when each message arrives. */
import { CreateQueueCommand, PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { machineTime } from './clock.ts';
import { median } from './statistics.ts';

export type QueueOrder =
  | { readonly kind: 'arrivals'; readonly ids: readonly string[] }
  | { readonly kind: 'own-latency' }
  | { readonly kind: 'empty' };

const arrivals = new Map<string, number>();

const app = buildApp({ logger: false });
app.addHook('preHandler', (request, _reply, done) => {
  const at = machineTime();
  const { MessageBody, Entries } = request.body as { MessageBody?: string; Entries?: { MessageBody: string }[] };
  for (const body of MessageBody === undefined ? (Entries ?? []).map((entry) => entry.MessageBody) : [MessageBody]) {
    const id = /"request_id":"([^"]+)"/.exec(body)?.[1];
    if (id !== undefined) arrivals.set(id, at);
  }
  done();
});
const endpoint = await app.listen({ port: 0, host: '127.0.0.1' });
const client = new SQSClient({ endpoint });
const created = await client.send(new CreateQueueCommand({ QueueName: 'automation' }));
const queueUrl = endpoint + new URL(created.QueueUrl ?? '').pathname;

/** Median time in ms from a call of the SDK until the message arrives, when nothing else is running. */
async function ownLatency(): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 400; i += 1) {
    const begun = machineTime();
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: `{"request_id":"own-${i}"}` }));
    if (i >= 200) times.push((arrivals.get(`own-${i}`) ?? NaN) - begun);
  }
  return median(times);
}

async function carryOut(order: QueueOrder): Promise<unknown> {
  switch (order.kind) {
    case 'arrivals':
      return order.ids.map((id) => arrivals.get(id) ?? null);
    case 'own-latency':
      return ownLatency();
    case 'empty':
      arrivals.clear();
      await client.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
      return null;
  }
}

// The process that gave the orders has ended.
process.on('disconnect', () => process.exit());
process.on('message', (order: QueueOrder) => {
  carryOut(order).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.send?.({ result: { endpoint, queueUrl } });
