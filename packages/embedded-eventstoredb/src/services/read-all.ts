import type { Engine } from '../engine/engine.ts';
import { MAX_SCAN_MS } from '../engine/log-reader.ts';
import { Code, GrpcError } from '../grpc/grpc-error.ts';
import { breathe, PAGE_EVENTS, sendEvents } from './deliver.ts';
import type { ReadFilter } from './filter.ts';
import type { AllSource, Delivery } from './read.ts';

/** Events looked at before others get a turn, when a filter lets few through. */
const MAX_SCAN = 2000;

export type AllReadWish = {
  readonly direction: 'forwards' | 'backwards';
  readonly count: number;
  readonly filter: ReadFilter | undefined;
};

/** What a real server says of a position at which no event begins. */
export const INVALID_POSITION = 'Trying to read from an invalid position';

/** A read begins where an event does, forwards also beyond the end: there is nothing to give, yet. */
function canBegin(engine: Engine, position: bigint, direction: AllReadWish['direction']): boolean {
  const place = engine.placeOf(position);
  return place === 'boundary' || (place === 'beyond' && direction === 'forwards');
}

/** Reads $all and ends: forwards the position is included, backwards not. */
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
