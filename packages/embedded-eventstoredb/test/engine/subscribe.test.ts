import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import type { Engine, SubscribeRequest } from 'embedded-eventstoredb/engine';
import { EngineBench, event, fill, labelOf, OWN } from '../support/engine.ts';

describe('following the log', () => {
  let bench: EngineBench;
  let engine: Engine;
  beforeEach(() => {
    bench = new EngineBench();
    engine = bench.open();
  });
  afterEach(() => bench.clean());

  /** Labels delivered until `count` events arrived or, with count 0, until the subscription caught up. */
  async function take(request: SubscribeRequest, count = 0): Promise<string> {
    const labels: string[] = [];
    for await (const batch of engine.subscribe({ filter: OWN, ...request })) {
      labels.push(...batch.events.map(labelOf));
      if (count === 0 ? batch.caughtUp : labels.length >= count) break;
    }
    return labels.join('');
  }

  it('delivers stored events, then live ones, each once and in order', async () => {
    await fill(engine, 's', 'abc');
    const seen = take({ after: 'start' }, 6);
    await fill(engine, 't', 'd');
    await fill(engine, 's', 'ef');
    expect(await seen).toBe('abcdef');
  });

  it('starts after a position, or at the end', async () => {
    const { position } = await fill(engine, 's', 'ab');
    await fill(engine, 's', 'c');
    expect(await take({ after: position! })).toBe('c');
    const live = take({ after: 'end' }, 1);
    await turn();
    await fill(engine, 's', 'd');
    expect(await live).toBe('d');
  });

  it('reports caught-up once, with the position everything is delivered up to', async () => {
    await fill(engine, 's', 'ab');
    const subscription = engine.subscribe({ after: 'start' });
    expect((await subscription.next()).value).toMatchObject({ caughtUp: true, position: engine.lastPosition() });
    const next = subscription.next();
    await fill(engine, 's', 'c');
    expect((await next).value).toMatchObject({ caughtUp: true, position: engine.lastPosition() });
    await subscription.return?.();
    const empty = engine.subscribe({ after: 'end' });
    expect((await empty.next()).value).toMatchObject({ events: [], caughtUp: true });
  });

  it('filters by stream and by type', async () => {
    for (const [stream, letters] of [
      ['order-1', 'ab'],
      ['x', 'c'],
      ['order-2', 'd'],
    ] as const) {
      await fill(engine, stream, letters);
    }
    const filtered = (filter: SubscribeRequest['filter']) => take({ after: 'start', filter: filter! });
    expect(await filtered({ kind: 'stream-prefix', prefixes: ['order-'] })).toBe('abd');
    expect(await filtered({ kind: 'stream-prefix', prefixes: ['x', 'order-2'] })).toBe('cd');
    expect(await filtered({ kind: 'type-prefix', prefixes: ['type-a'] })).toBe('a');
    expect(await filtered({ kind: 'stream-regex', pattern: '-\\d$' })).toBe('abd');
    expect(await filtered({ kind: 'type-regex', pattern: '(?i)TYPE-[CD]' })).toBe('cd');
    expect(() => engine.subscribe({ after: 'start', filter: { kind: 'type-regex', pattern: '(' } })).toThrow(
      expect.objectContaining({ code: 'bad-request' }),
    );
  });

  it('reports its position while nothing matches', async () => {
    const filter = { kind: 'stream-prefix', prefixes: ['wanted'] } as const;
    const subscription = engine.subscribe({ after: 'start', filter });
    await subscription.next();
    const next = subscription.next();
    for (let i = 0; i < 30; i++) await fill(engine, 'other', 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnop');
    const batch = (await next).value!;
    expect(batch.events).toEqual([]);
    expect(batch.position).toBeGreaterThan(0n);
  });

  it('loses and duplicates nothing while eight writers append during the switch from stored to live', async () => {
    const many = Array.from({ length: 3000 }, (_, i) => event(`o${i}`));
    await engine.append({ stream: 'old', expectedRevision: 'any', events: many });
    const seen: string[] = [];
    const positions: bigint[] = [];
    const follow = (async () => {
      for await (const { events } of engine.subscribe({ after: 'start', maxBatch: 100, filter: OWN })) {
        seen.push(...events.map(labelOf));
        positions.push(...events.map(({ position }) => position));
        if (seen.length >= 3800) break;
      }
    })();
    await Promise.all(
      Array.from({ length: 8 }, async (_, w) => {
        for (let i = 0; i < 100; i++) {
          await engine.append({ stream: `w${w}`, expectedRevision: 'any', events: [event(`w${w}-${i}`)] });
        }
      }),
    );
    await follow;
    expect(new Set(seen).size).toBe(3800);
    expect(positions.every((position, i) => i === 0 || position > positions[i - 1]!)).toBe(true);
  });

  it('returns to the file when far behind, and loses nothing', async () => {
    const subscription = engine.subscribe({ after: 'end' });
    await subscription.next();
    for (let round = 0; round < 24; round++) {
      const events = Array.from({ length: 1000 }, (_, i) => event(`${round * 1000 + i}`));
      await engine.append({ stream: `s${round}`, expectedRevision: 'any', events });
    }
    const seen: number[] = [];
    for await (const { events } of subscription) {
      seen.push(...events.map((recorded) => Number(labelOf(recorded))));
      if (seen.length >= 24_000) break;
    }
    expect(seen.every((n, i) => n === i)).toBe(true);
  });

  it('ends properly while it yields to others', async () => {
    await fill(engine, 'a', 'xy');
    await engine.close();
    // What is stored is read from the file, and between two pages of the file others have a turn.
    const reopened = bench.open();
    const abort = new AbortController();
    const [aborted, closed] = [
      reopened.subscribe({ after: 'start', signal: abort.signal }),
      reopened.subscribe({ after: 'start' }),
    ];
    expect(await Promise.all([aborted.next(), closed.next()])).toMatchObject([{ done: false }, { done: false }]);
    const ending = [aborted.next(), closed.next()];
    abort.abort();
    const closing = reopened.close();
    await expect(ending[0]).resolves.toMatchObject({ done: true });
    await expect(ending[1]).rejects.toMatchObject({ code: 'closed' });
    await closing;
  });

  it('ends quietly on abort and loudly when the engine closes', async () => {
    const abort = new AbortController();
    const aborted = engine.subscribe({ after: 'end', signal: abort.signal });
    await aborted.next();
    const ended = aborted.next();
    abort.abort();
    expect(await ended).toEqual({ done: true, value: undefined });
    const closed = engine.subscribe({ after: 'end' });
    await closed.next();
    const failing = closed.next();
    await engine.close();
    await expect(failing).rejects.toMatchObject({ code: 'closed' });
  });
});
