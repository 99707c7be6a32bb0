import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LogBatch, LogPage } from '../event-store.ts';
import { defaultLimits } from '../limits.ts';
import { EmbeddedAdapter } from './embedded.ts';
import { now } from './messages.ts';
import type { FromThread, ReadLogCall } from './messages.ts';
import { SilenceWatch } from './silence-watch.ts';
import { Subscriptions, pieces } from './subscriptions.ts';

const limits = { ...defaultLimits, batchMaxEvents: 10, batchesAhead: 2, silenceMs: 40 };

/** The real adapter, which counts reads of the tail. */
class CountingAdapter extends EmbeddedAdapter {
  looks = 0;
  override tail(): Promise<bigint | null> {
    this.looks += 1;
    return super.tail();
  }
}

let adapter: CountingAdapter;
let streams = 0;

beforeEach(() => {
  adapter = new CountingAdapter(':memory:', limits, () => undefined);
});

afterEach(() => adapter.close());

async function append(prefix: string, count: number): Promise<bigint> {
  const events = Array.from({ length: count }, () => ({ id: randomUUID(), type: 'T', data: '{}', metadata: '{}' }));
  const { position } = await adapter.append({
    kind: 'append',
    call: 1,
    deadlineMs: now() + 5_000,
    stream: `${prefix}${streams++}`,
    expectedRevision: 'no_stream',
    events,
    repeated: false,
  });
  return position;
}

/** Runs all pending microtasks and immediates. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = now() + 5_000; !condition() && now() < end;) await sleep(5);
}

describe('Subscriptions', () => {
  it('sends one batch per credit', async () => {
    await append('a-', 100);
    const sent: FromThread[] = [];
    const subscriptions = new Subscriptions(adapter, limits, (message) => sent.push(message));
    subscriptions.open({ kind: 'subscribe', subscription: 1, after: null, streamPrefix: 'a-' });
    await settle();
    expect(sent).toHaveLength(limits.batchesAhead);
    for (let more = 1; more <= 3; more += 1) {
      subscriptions.credit(1);
      await settle();
      expect(sent).toHaveLength(limits.batchesAhead + more);
    }
    subscriptions.closeAll();
    await settle();
    expect(sent.every(({ kind }) => kind === 'batch')).toBe(true);
  });

  it('collects live events at the requested pace, and delivers them at once when the reader hurries', async () => {
    const sent: number[] = [];
    const subscriptions = new Subscriptions(adapter, { ...limits, batchesAhead: 100 }, (message) => {
      if (message.kind === 'batch') sent.push(message.events.length);
    });
    subscriptions.open({ kind: 'subscribe', subscription: 1, after: null, streamPrefix: 'a-', paceMs: 60_000 });
    await settle();
    for (let event = 0; event < 3; event += 1) {
      await append('a-', 1);
      await settle();
    }
    // The batch that caught up with the empty log, and the first event.
    expect(sent).toEqual([0, 1]);
    subscriptions.hurry(1);
    await settle();
    expect(sent).toEqual([0, 1, 2]);
    subscriptions.closeAll();
  });

  it('reports a dropped subscription, but not to a reader that closed it', async () => {
    const sent: FromThread[] = [];
    const subscriptions = new Subscriptions(adapter, limits, (message) => sent.push(message));
    subscriptions.open({ kind: 'subscribe', subscription: 1, after: null, streamPrefix: 'a-' });
    subscriptions.open({ kind: 'subscribe', subscription: 2, after: null, streamPrefix: 'a-' });
    await settle();
    subscriptions.close(1);
    await adapter.close();
    await settle();
    expect(sent.filter(({ kind }) => kind === 'dropped')).toEqual([
      { kind: 'dropped', subscription: 2, reason: expect.any(String) },
    ]);
  });
});

describe('pieces', () => {
  const event = (position: bigint, size: number): LogBatch['events'][number] => ({
    id: '',
    type: '',
    data: 'x'.repeat(size),
    metadata: '',
    stream: '',
    revision: 0,
    position,
  });
  const narrow = { ...defaultLimits, batchMaxEvents: 2, batchMaxUnits: 100 };

  it('splits by number, and only the last piece has the position and level of the whole', () => {
    const events = [1n, 2n, 3n, 4n, 5n].map((position) => event(position, 1));
    expect([...pieces({ events, touched: [], position: 9n, caughtUp: true }, narrow)]).toEqual([
      { events: events.slice(0, 2), touched: [], position: 2n, caughtUp: false },
      { events: events.slice(2, 4), touched: [], position: 4n, caughtUp: false },
      { events: events.slice(4), touched: [], position: 9n, caughtUp: true },
    ]);
  });

  it('splits after the event that makes it too large', () => {
    const events = [event(1n, 150), event(2n, 10)];
    const cut = [...pieces({ events, touched: [], position: 2n, caughtUp: false }, narrow)];
    expect(cut.map((piece) => piece.events.length)).toEqual([1, 1]);
  });

  it.each([0, 1, 2])('leaves a batch of %s events whole', (count) => {
    const events = [1n, 2n].slice(0, count).map((position) => event(position, 1));
    const batch = { events, touched: [], position: 7n, caughtUp: true };
    expect([...pieces(batch, narrow)]).toEqual([batch]);
  });
});

describe('SilenceWatch', () => {
  function watch(after: bigint | null): { watch: SilenceWatch; reasons: string[] } {
    const reasons: string[] = [];
    const request = { kind: 'subscribe', subscription: 1, after, streamPrefix: 'a-' } as const;
    return { reasons, watch: new SilenceWatch(adapter, request, limits, (reason) => reasons.push(reason)) };
  }

  it('notices an event in the log that the subscription does not deliver', async () => {
    const { watch: silent, reasons } = watch(null);
    await append('a-', 1);
    await until(() => reasons.length > 0);
    silent.stop();
    expect(reasons[0]).toContain('silent');
  });

  it('stays quiet while nothing matches, whatever others write', async () => {
    const position = await append('a-', 1);
    const { watch: quiet, reasons } = watch(position);
    await append('b-', 100);
    await until(() => adapter.looks >= 4);
    quiet.stop();
    expect(reasons).toEqual([]);
  });

  it('stays quiet while the subscription delivers, and while its reader is behind', async () => {
    const { watch: alive, reasons } = watch(null);
    const { watch: behind, reasons: reasonsBehind } = watch(null);
    behind.pause();
    for (let round = 0; round < 8; round += 1) {
      alive.heard(await append('a-', 1));
      await sleep(limits.silenceMs);
    }
    alive.stop();
    behind.stop();
    expect(reasons).toEqual([]);
    expect(reasonsBehind).toEqual([]);
  });

  it('tolerates a log that takes long to scan, and continues where it was', async () => {
    const after: (bigint | null)[] = [];
    // Like a server where passing foreign events takes the whole time of a page.
    class SlowAdapter extends CountingAdapter {
      override look = {
        tail: () => Promise.resolve(1_000n),
        readLog: (call: ReadLogCall): Promise<LogPage> => {
          after.push(call.after);
          if (after.length === 2) return Promise.reject(new Error('it took too long'));
          return Promise.resolve({ events: [], position: (call.after ?? 0n) + 100n, atEnd: false });
        },
      };
    }
    const slow = new SlowAdapter(':memory:', limits, () => undefined);
    const reasons: string[] = [];
    const request = { kind: 'subscribe', subscription: 1, after: null, streamPrefix: 'a-' } as const;
    const looking = new SilenceWatch(slow, request, limits, (reason) => reasons.push(reason));
    await until(() => after.length >= 4);
    looking.stop();
    await slow.close();
    expect(after.slice(0, 4)).toEqual([null, 100n, 100n, 200n]);
    expect(reasons).toEqual([]);
  });
});
