import { describe, expect, it } from '@jest/globals';
import type { StoredEvent } from '../event-store.ts';
import { BatchBuffer } from './batch-buffer.ts';

const limits = { batchMaxEvents: 3, batchMaxUnits: 1_000, positionIntervalMs: 40 };

function event(position: number, size = 10): StoredEvent {
  const data = JSON.stringify('x'.repeat(size));
  return {
    id: `${position}`,
    type: 'T',
    data,
    metadata: '{}',
    stream: 's',
    revision: position,
    position: BigInt(position),
  };
}

function buffer(after: bigint | null = null): { source: { holds: boolean }; batches: BatchBuffer } {
  const source = { holds: false };
  return { source, batches: new BatchBuffer(after, limits, () => source.holds) };
}

describe('BatchBuffer', () => {
  it('delivers together what arrived while no one asked', async () => {
    const { batches } = buffer();
    void batches.push(event(1));
    void batches.push(event(2));
    expect(await batches.take()).toEqual({ touched: [], events: [event(1), event(2)], position: 2n, caughtUp: false });
  });

  it('makes the source wait while it is full in number or size', async () => {
    const { batches } = buffer();
    expect(batches.push(event(1))).toBeUndefined();
    expect(batches.push(event(2))).toBeUndefined();
    const third = batches.push(event(3));
    expect(third).toBeInstanceOf(Promise);
    await batches.take();
    await third;
    expect(batches.push(event(4, 2_000))).toBeInstanceOf(Promise);
  });

  it('reports caught-up once, and again after falling behind', async () => {
    const { batches } = buffer(7n);
    batches.live(true);
    expect(await batches.take()).toEqual({ touched: [], events: [], position: 7n, caughtUp: true });
    batches.live(true);
    void batches.push(event(8));
    expect(await batches.take()).toEqual({ touched: [], events: [event(8)], position: 8n, caughtUp: true });
    batches.live(false);
    void batches.push(event(9));
    expect((await batches.take()).caughtUp).toBe(false);
    batches.live(true);
    expect(await batches.take()).toEqual({ touched: [], events: [], position: 9n, caughtUp: true });
  });

  it('has not caught up while the source still has something, but reports its position', async () => {
    const { batches, source } = buffer();
    source.holds = true;
    batches.live(true);
    void batches.push(event(10));
    batches.reach(50n);
    expect(await batches.take()).toEqual({ touched: [], events: [event(10)], position: 50n, caughtUp: false });
    source.holds = false;
    void batches.push(event(60));
    expect(await batches.take()).toEqual({ touched: [], events: [event(60)], position: 60n, caughtUp: true });
  });

  it('drops repeated events of a source that had to start further back', async () => {
    const { batches } = buffer(20n);
    void batches.push(event(10));
    batches.reach(15n);
    void batches.touch('s', 18n);
    void batches.push(event(30));
    expect(await batches.take()).toEqual({ touched: [], events: [event(30)], position: 30n, caughtUp: false });
  });

  it('names each touched stream once, and makes the source wait if there are many', async () => {
    const { batches } = buffer();
    expect(batches.touch('a', 1n)).toBeUndefined();
    expect(batches.touch('a', 2n)).toBeUndefined();
    expect(batches.touch('b', 3n)).toBeUndefined();
    expect(batches.touch('c', 4n)).toBeInstanceOf(Promise);
    expect(await batches.take()).toEqual({ touched: ['a', 'b', 'c'], events: [], position: 4n, caughtUp: false });
  });

  it('reports a position that moved without events, but not constantly', async () => {
    const { batches } = buffer();
    batches.reach(5n);
    expect(await batches.take()).toEqual({ touched: [], events: [], position: 5n, caughtUp: false });
    const begun = performance.now();
    batches.reach(6n);
    const next = batches.take();
    batches.reach(7n);
    expect(await next).toEqual({ touched: [], events: [], position: 7n, caughtUp: false });
    expect(performance.now() - begun).toBeGreaterThan(limits.positionIntervalMs / 2);
  });

  it('never goes back', async () => {
    const { batches } = buffer(100n);
    batches.reach(3n);
    batches.live(true);
    expect((await batches.take()).position).toBe(100n);
  });

  it('delivers what it holds before it fails', async () => {
    const { batches } = buffer();
    void batches.push(event(1));
    batches.fail(new Error('dropped'));
    batches.fail(new Error('a later reason'));
    expect((await batches.take()).events).toHaveLength(1);
    await expect(batches.take()).rejects.toThrow('dropped');
  });

  it('wakes a waiting reader', async () => {
    const { batches } = buffer();
    const taken = batches.take();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    void batches.push(event(1));
    expect((await taken).events).toHaveLength(1);
    const failed = batches.take();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    batches.fail(new Error('dropped'));
    await expect(failed).rejects.toThrow('dropped');
  });
});
