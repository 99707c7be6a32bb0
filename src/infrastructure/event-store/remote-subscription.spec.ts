import { describe, expect, it } from '@jest/globals';
import { SubscriptionDroppedError } from './event-store.ts';
import type { LogBatch } from './event-store.ts';
import { RemoteSubscription } from './remote-subscription.ts';

const batch = (position: bigint): LogBatch => ({ events: [], touched: [], position, caughtUp: false });

function subscription(): { reader: RemoteSubscription; calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    reader: new RemoteSubscription({
      onTaken: () => calls.push('taken'),
      onHurry: () => calls.push('hurried'),
      onClosed: () => calls.push('closed'),
    }),
  };
}

describe('RemoteSubscription', () => {
  it('acknowledges a batch when it is taken, not when it arrives', async () => {
    const { reader, calls } = subscription();
    reader.deliver(batch(1n));
    reader.deliver(batch(2n));
    expect(calls).toEqual([]);
    const iterator = reader[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual(batch(1n));
    expect(calls).toEqual(['taken']);
    await iterator.next();
    const third = iterator.next();
    reader.deliver(batch(3n));
    expect((await third).value).toEqual(batch(3n));
    expect(calls).toEqual(['taken', 'taken', 'taken']);
  });

  it('delivers what it has before it throws the drop, and throws again on every call', async () => {
    const { reader, calls } = subscription();
    reader.deliver(batch(1n));
    reader.drop('the server is gone');
    reader.deliver(batch(2n));
    const iterator = reader[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual(batch(1n));
    await expect(iterator.next()).rejects.toThrow(SubscriptionDroppedError);
    await expect(iterator.next()).rejects.toThrow('the server is gone');
    expect(calls).toEqual([]);
  });

  it('ends a waiting reader with an error if dropped, and quietly if closed', async () => {
    const dropped = subscription().reader;
    const waiting = dropped[Symbol.asyncIterator]().next();
    dropped.drop('gone');
    await expect(waiting).rejects.toThrow(SubscriptionDroppedError);

    const { reader, calls } = subscription();
    const other = reader[Symbol.asyncIterator]().next();
    reader.close();
    reader.close();
    expect(await other).toEqual({ done: true, value: undefined });
    expect(calls).toEqual(['closed']);
  });

  it('is closed by leaving the loop, and discards what was not taken', async () => {
    const { reader, calls } = subscription();
    reader.deliver(batch(1n));
    reader.deliver(batch(2n));
    for await (const _ of reader) break;
    expect(calls).toEqual(['taken', 'closed']);
    const END = { done: true, value: undefined };
    expect(await reader[Symbol.asyncIterator]().next()).toEqual(END);
    reader.drop('too late');
    expect(await reader[Symbol.asyncIterator]().next()).toEqual(END);
  });

  it('has one reader at a time', async () => {
    const { reader } = subscription();
    const first = reader[Symbol.asyncIterator]().next();
    await expect(reader[Symbol.asyncIterator]().next()).rejects.toThrow('one reader');
    reader.deliver(batch(1n));
    expect((await first).value).toEqual(batch(1n));
  });
});
