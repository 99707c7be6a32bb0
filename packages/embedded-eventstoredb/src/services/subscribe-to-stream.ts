import { randomUUID } from 'node:crypto';
import { readResponse } from '../wire/read-messages.ts';
import { sendEvents } from './deliver.ts';
import type { Delivery, StreamSource } from './read.ts';

/** Follows one stream until the client disconnects or the stream is tombstoned. */
export async function subscribeToStream(delivery: Delivery, source: StreamSource): Promise<void> {
  const { engine, call } = delivery;
  const abort = new AbortController();
  call.onClosed(() => {
    abort.abort();
  });
  const batches = engine.subscribeToStream({ stream: source.stream, after: source.from, signal: abort.signal });
  call.send(readResponse.encode({ confirmation: { subscriptionId: randomUUID() } }));
  let isLive = false;
  for await (const { events, caughtUp } of batches) {
    if (!(await sendEvents(delivery, events))) return;
    if (caughtUp && !isLive) call.send(readResponse.encode({ caughtUp: {} }));
    isLive ||= caughtUp;
  }
}
