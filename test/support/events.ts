import { randomUUID } from 'node:crypto';
import type {
  EventStore,
  EventToAppend,
  LogBatch,
  LogSubscription,
  StoredEvent,
} from '../../src/infrastructure/event-store/event-store.ts';

/** A prefix that no other test, run or user of the log uses. */
export function uniquePrefix(): string {
  return `test_${randomUUID().replaceAll('-', '')}-`;
}

export function event(data: unknown = { n: 1 }, type = 'TestHappened'): EventToAppend {
  return { id: randomUUID(), type, data: JSON.stringify(data), metadata: JSON.stringify({ by: 'test' }) };
}

export function events(count: number): EventToAppend[] {
  return Array.from({ length: count }, (_, n) => event({ n }));
}

export function ids(list: readonly { readonly id: string }[]): string[] {
  return list.map(({ id }) => id);
}

/** All events of the log whose streams have a prefix, read page by page. */
export async function readAll(store: EventStore, streamPrefix: string, maxCount = 1_000): Promise<StoredEvent[]> {
  const all: StoredEvent[] = [];
  for (let after: bigint | null = null; ;) {
    const page = await store.readLog({ after, streamPrefix, maxCount });
    all.push(...page.events);
    after = page.position;
    if (page.atEnd) return all;
  }
}

/** The batches of a subscription. Checks that each one keeps what the previous one promised about its position. */
export async function* batchesOf(subscription: LogSubscription): AsyncGenerator<LogBatch, void, undefined> {
  let reached: bigint | null = null;
  for await (const batch of subscription) {
    for (const { position } of batch.events) {
      if (reached !== null && position <= reached)
        throw new Error(`${position} came after ${reached} had been reached.`);
      reached = position;
    }
    if (reached !== null && batch.position < reached) throw new Error(`${batch.position} is behind ${reached}.`);
    reached = batch.position;
    yield batch;
  }
}

/** Takes batches until there is enough, then closes the subscription. */
export async function take(
  subscription: LogSubscription,
  enough: (taken: readonly StoredEvent[], caughtUp: boolean) => boolean,
): Promise<StoredEvent[]> {
  const taken: StoredEvent[] = [];
  for await (const batch of batchesOf(subscription)) {
    taken.push(...batch.events);
    if (enough(taken, batch.caughtUp)) break;
  }
  return taken;
}

/** Whether each position is above the previous one. */
export function rises(list: readonly StoredEvent[]): boolean {
  return list.every((item, index) => index === 0 || item.position > (list[index - 1]?.position ?? item.position));
}
