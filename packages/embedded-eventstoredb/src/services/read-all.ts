import type { Engine } from '../engine/engine.ts';
import { MAX_SCAN_MS } from '../engine/log-reader.ts';
import { Code, GrpcError } from '../grpc/grpc-error.ts';
import { breathe, PAGE_EVENTS, sendEvents } from './deliver.ts';
import type { ReadFilter } from './filter.ts';
import type { AllSource, Delivery } from './read.ts';

/** Maximum number of events to examine before other calls get a turn, if a filter matches few. */
const MAX_SCAN = 2000;
const PAGE_BYTES = 4 * 1024 * 1024;

export type AllReadWish = {
  readonly direction: 'forwards' | 'backwards';
  readonly count: number;
  readonly filter: ReadFilter | undefined;
};

/** A real server's message for a position at which no event begins. */
export const INVALID_POSITION = 'Trying to read from an invalid position';

/** Whether a read may start at a position: at an event, or, reading forwards, beyond the end, where it returns nothing. */
function canBegin(engine: Engine, position: bigint, direction: AllReadWish['direction']): boolean {
  const place = engine.placeOf(position);
  return place === 'boundary' || (place === 'beyond' && direction === 'forwards');
}

/** Reads $all and ends. The position is inclusive when reading forwards, exclusive backwards. */
export async function readAll(delivery: Delivery, source: AllSource, wish: AllReadWish): Promise<void> {
  const { engine, call } = delivery;
  const { direction, count, filter } = wish;
  if (typeof source.from === 'object' && !canBegin(engine, source.from.commit, direction)) {
    throw new GrpcError(Code.UNKNOWN, INVALID_POSITION);
  }
  let from = typeof source.from === 'object' ? source.from.commit : source.from;
  for (let left = count; left > 0;) {
    const page = engine.readAll({
      direction,
      from,
      maxCount: Math.min(left, PAGE_EVENTS),
      maxBytes: PAGE_BYTES,
      maxScan: MAX_SCAN,
      maxScanMs: MAX_SCAN_MS,
      ...(filter ? { filter: filter.filter } : {}),
    });
    if (!(await sendEvents(delivery, page.events))) return;
    left -= page.events.length;
    if (page.isEnd) break;
    from = page.next;
    await breathe();
  }
  call.end();
}
