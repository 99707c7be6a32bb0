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

/** Reads $all and ends: forwards the position is included, backwards not. */
export async function readAll(delivery: Delivery, source: AllSource, wish: AllReadWish): Promise<void> {
  const { engine, call } = delivery;
  const { direction, count, filter } = wish;
  let from = typeof source.from === 'object' ? source.from.commit : source.from;
  for (let left = count; left > 0;) {
    const page = engine.readAll({
      direction,
      from,
      maxCount: Math.min(left, PAGE_EVENTS),
      maxScan: MAX_SCAN,
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
