import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventCodec } from '../../../src/event-sourcing/codec.ts';
import { record } from '../../../src/event-sourcing/hash-chain.ts';
import { lastEvent, seek } from '../../../src/event-sourcing/seek.ts';
import type { Fold, Head, Needs } from '../../../src/event-sourcing/streams.ts';
import { StreamHeads } from '../../../src/event-sourcing/streams.ts';
import { verifyChain } from '../../../src/event-sourcing/testing/verify-chain.ts';
import type { EventStore } from '../../../src/infrastructure/event-store/event-store.ts';
import { EventStoreUnavailableError } from '../../../src/infrastructure/event-store/event-store.ts';
import { startEventStore } from '../../../src/infrastructure/event-store/store-thread.ts';

interface Added {
  readonly type: 'Added';
  readonly data: { readonly n: number };
}

const STREAM = 'sums-1';
const codec = new EventCodec<Added>({ Added: 'Added' });
const SUM: Fold<number> = {
  initial: 0,
  fold: (sum, stored) => sum + codec.decode(stored).event.data.n,
  sizeOf: () => 1,
};

let folder: string;
let store: EventStore;
/** Of two instances on one store. */
let one: StreamHeads<number>;
let two: StreamHeads<number>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'automation-streams-'));
  store = await startEventStore({ kind: 'embedded', path: join(folder, 'log') });
  one = heads();
  two = heads();
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

function heads(on: EventStore = store, needs: Needs = 'whole'): StreamHeads<number> {
  return new StreamHeads(on, SUM, { maxBytes: 100, needs });
}

/** What a decision makes of these numbers. */
function added({ state, hash }: Head<number>, id: string, ...numbers: readonly number[]) {
  const metadata = { $correlationId: id, $causationId: id, principal: 'me', occurred_at: 'now', schema_version: 1 };
  const events = numbers.map((n) => ({ type: 'Added', data: { n } }) as const);
  return { ...record(codec, events, { id, metadata }, hash), state: numbers.reduce((sum, n) => sum + n, state) };
}

function add(to: StreamHeads<number>, ...numbers: readonly number[]): Promise<Head<number>> {
  const id = randomUUID();
  return to.decideAndAppend(STREAM, (head) => added(head, id, ...numbers));
}

/** A store that takes appends and then does not answer, so many times. */
function unanswering(times: number): EventStore {
  let left = times;
  return {
    append: async (request) => {
      const appended = await store.append(request);
      if (left-- > 0) throw new EventStoreUnavailableError('no answer');
      return appended;
    },
    readStream: (request) => store.readStream(request),
    readLog: (request) => store.readLog(request),
    subscribe: (request) => store.subscribe(request),
    tail: () => store.tail(),
    close: () => store.close(),
  };
}

async function stored() {
  return (await store.readStream({ stream: STREAM, maxCount: 1_000 })).events;
}

describe('stream heads', () => {
  it('hold the fold of the stream, and chain its events, whoever appends', async () => {
    await add(one, 1, 2);
    await add(two, 3);
    const head = await add(one, 4, 5);
    expect(head).toMatchObject({ state: 15, revision: 4 });
    expect(await two.load(STREAM)).toEqual(head);
    expect(await heads().load(STREAM)).toEqual(head);
    expect(verifyChain(await stored())).toEqual({ verified: 5 });
  });

  it('lose nothing of many concurrent appends', async () => {
    const numbers = Array.from({ length: 30 }, (_, n) => n);
    await Promise.all(numbers.map((n) => add(one, n)));
    expect(await two.load(STREAM)).toMatchObject({ state: 435, revision: 29 });
    expect(verifyChain(await stored())).toEqual({ verified: 30 });
  });

  it('refuse nothing based on an outdated state', async () => {
    await add(one, 1);
    await two.load(STREAM);
    await add(one, 10);
    const decide = (head: Head<number>) => {
      if (head.state < 10) throw new Error('too little');
      return added(head, randomUUID(), 1);
    };
    expect(await two.decideAndAppend(STREAM, decide)).toMatchObject({ state: 12 });
  });

  it('pass on a valid refusal, and append nothing', async () => {
    await add(one, 1);
    const refusal = one.decideAndAppend(STREAM, () => {
      throw new Error('never');
    });
    await expect(refusal).rejects.toThrow('never');
    expect(await stored()).toHaveLength(1);
  });

  it('give up with a conflict if others are always faster', async () => {
    await add(one, 1);
    const losing = heads({
      ...unanswering(0),
      append: async (request) => {
        await add(one, 1);
        return store.append(request);
      },
    });
    await expect(add(losing, 5)).rejects.toMatchObject({ code: 'conflict' });
    expect((await one.load(STREAM)).state).toBe(5);
  });

  it('recognise an append whose answer was lost', async () => {
    const unsure = heads(unanswering(2));
    const id = randomUUID();
    const append = () => unsure.decideAndAppend(STREAM, (head) => added(head, id, 7));
    await expect(append()).rejects.toMatchObject({ code: 'event-store-unavailable' });
    await add(one, 1);
    await unsure.load(STREAM);
    const next = randomUUID();
    const again = () => unsure.decideAndAppend(STREAM, (head) => added(head, next, 3));
    await expect(again()).rejects.toMatchObject({ code: 'event-store-unavailable' });
    expect(await again()).toMatchObject({ state: 11, revision: 2 });
    expect(await stored()).toHaveLength(3);
  });

  it('read only the last event of a stream of which only the end matters', async () => {
    for (let n = 0; n < 20; n += 1) await add(one, n);
    const last = heads(store, 'last-event');
    expect(await last.load(STREAM)).toMatchObject({ state: 19, revision: 19 });
    await add(last, 100);
    expect(verifyChain(await stored())).toEqual({ verified: 21 });
  });
});

describe('seeking in a stream', () => {
  it('finds the first event after a position, and the end', async () => {
    expect(await lastEvent(store, STREAM)).toBeNull();
    expect(await seek(store, STREAM, () => true)).toBe(0);
    for (const n of Array.from({ length: 23 }, (_, i) => i)) {
      await add(one, n);
      expect((await lastEvent(store, STREAM))?.revision).toBe(n);
    }
    for (const { position, revision } of await stored()) {
      expect(await seek(store, STREAM, (event) => event.position > position)).toBe(revision + 1);
      expect(await seek(store, STREAM, (event) => event.position >= position)).toBe(revision);
    }
  });
});
