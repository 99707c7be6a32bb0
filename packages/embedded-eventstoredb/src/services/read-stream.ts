import { Code, GrpcError } from '../grpc/grpc-error.ts';
import { readResponse } from '../wire/read-messages.ts';
import { toStreamIdentifier } from '../wire/shared-messages.ts';
import { breathe, PAGE_EVENTS, sendEvents } from './deliver.ts';
import { streamDeletedStatus } from './engine-errors.ts';
import type { Delivery, StreamSource } from './read.ts';

const PAGE_BYTES = 4 * 1024 * 1024;

export type StreamReadWish = {
  readonly direction: 'forwards' | 'backwards';
  readonly count: number;
  /** Whether to send the stream's last revision at the end. */
  readonly withEnd: boolean;
};

/** Reads one stream and ends. A missing or soft-deleted stream is a normal answer, a tombstoned one an error. */
export async function readOneStream(delivery: Delivery, source: StreamSource, wish: StreamReadWish): Promise<void> {
  const { engine, call } = delivery;
  const { stream } = source;
  const { direction, count } = wish;
  if (direction === 'forwards' && source.from === 'end') {
    throw new GrpcError(Code.UNKNOWN, 'A read forwards cannot start at the end');
  }
  let from = source.from;
  for (let left = count; left > 0;) {
    const maxCount = Math.min(left, PAGE_EVENTS);
    const page = engine.readStream({ stream, direction, from, maxCount, maxBytes: PAGE_BYTES });
    if (page.status === 'deleted') throw streamDeletedStatus(stream);
    if (page.status === 'not-found') {
      call.send(readResponse.encode({ streamNotFound: { streamIdentifier: toStreamIdentifier(stream) } }));
      break;
    }
    if (!(await sendEvents(delivery, page.events))) return;
    left -= page.events.length;
    if (page.next === undefined || left === 0) {
      if (wish.withEnd) call.send(readResponse.encode({ lastStreamPosition: page.lastRevision }));
      break;
    }
    from = page.next;
    await breathe();
  }
  call.end();
}
