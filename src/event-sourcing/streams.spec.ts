import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  AppendRefusedError,
  EventStoreUnavailableError,
  StreamTruncatedError,
} from '../infrastructure/event-store/event-store.ts';
import { EventCodec } from './codec.ts';
import { record } from './hash-chain.ts';
import type { Fold, Head, Needs } from './streams.ts';
import { StreamHeads } from './streams.ts';
import { MemoryStreams } from './testing/memory-streams.ts';
import { verifyChain } from './testing/verify-chain.ts';

interface Added {
  readonly type: 'Added';
  readonly data: { readonly n: number };
}

const STREAM = 'sums-1';
const codec = new EventCodec<Added>({ Added: 'Added' });
const SUM: Fold<number> = {
  initial: 0,
  fold: (sum, stored) => sum + codec.decode(stored).event.data.n,
  sizeOf: () => 10,
};

let store: MemoryStreams;
/** Two instances on one store. */
let one: StreamHeads<number>;
let two: StreamHeads<number>;
let ids: number;

beforeEach(() => {
  store = new MemoryStreams();
  [one, two, ids] = [heads(), heads(), 0];
});

function heads({ needs = 'whole', maxBytes = 100 }: { needs?: Needs; maxBytes?: number } = {}): StreamHeads<number> {
  return new StreamHeads(store, SUM, { maxBytes, needs });
}

function nextId(): string {
  ids += 1;
  return `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`;
}

/** The decision to append these numbers. */
function adding(id: string, ...numbers: readonly number[]) {
  const metadata = { $correlationId: id, $causationId: id, principal: 'me', occurred_at: 'now', schema_version: 1 };
  const events = numbers.map((n) => ({ type: 'Added', data: { n } }) as const);
  return ({ state, hash }: Head<number>) => ({
    ...record(codec, events, { id, metadata }, hash),
    state: numbers.reduce((sum, n) => sum + n, state),
  });
}

function add(to: StreamHeads<number>, ...numbers: readonly number[]): Promise<Head<number>> {
  return to.decideAndAppend(STREAM, adding(nextId(), ...numbers));
}

/** The calls made by `work`. */
async function callsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  store.calls = [];
  await work();
  return store.calls;
}

const READ = `read ${STREAM} from 0`;
const APPEND = `append ${STREAM}`;

describe('a command', () => {
  it('appends to a new stream, and returns the resulting state, revision and position', async () => {
    expect(await add(one, 1, 2)).toMatchObject({ state: 3, revision: 1, position: 20n });
    expect(store.eventsOf(STREAM).map(({ data }) => data)).toEqual(['{"n":1}', '{"n":2}']);
  });

  it('is decided on all events of the stream, over several pages', async () => {
    await add(one, 1, 2, 3, 4, 5);
    store.pageLimit = 2;
    const calls = await callsOf(() => add(two, 10));
    expect(calls).toEqual([READ, `read ${STREAM} from 2`, `read ${STREAM} from 4`, APPEND]);
    expect(await one.load(STREAM)).toMatchObject({ state: 25, revision: 5 });
    expect(verifyChain(store.eventsOf(STREAM))).toEqual({ verified: 6 });
  });

  it('costs one append and no read if the stream is known or assumed to be new', async () => {
    const assumed = () => one.decideAndAppend(STREAM, adding(nextId(), 1), { assumeNew: true });
    expect(await callsOf(assumed)).toEqual([APPEND]);
    expect(await callsOf(() => add(one, 2))).toEqual([APPEND]);
    expect(await callsOf(() => add(two, 3))).toEqual([READ, APPEND]);
  });

  it('that appends nothing gets the current head, even if another instance wrote meanwhile', async () => {
    await add(one, 1);
    await two.load(STREAM);
    await add(one, 2);
    const nothing = ({ state, hash }: Head<number>) => ({ events: [], state, hash });
    const calls = await callsOf(async () =>
      expect(await two.decideAndAppend(STREAM, nothing)).toMatchObject({ state: 3, revision: 1 }),
    );
    expect(calls).toEqual([`read ${STREAM} from 1`]);
  });

  it('is refused only on the current state', async () => {
    await add(one, 1);
    await two.load(STREAM);
    await add(one, 10);
    const decide = (head: Head<number>) => {
      if (head.state < 10) throw new Error('too little');
      return adding(nextId(), 1)(head);
    };
    expect(await two.decideAndAppend(STREAM, decide)).toMatchObject({ state: 12 });
    await expect(two.decideAndAppend('sums-2', decide)).rejects.toThrow('too little');
    expect(store.eventsOf('sums-2')).toEqual([]);
  });
});

describe('a conflict with another writer', () => {
  it('has the command decided again on what the other wrote', async () => {
    await add(one, 1);
    await two.load(STREAM);
    await add(one, 2);
    expect(await add(two, 3)).toMatchObject({ state: 6, revision: 2 });
    expect(verifyChain(store.eventsOf(STREAM))).toEqual({ verified: 3 });
  });

  it('reveals that a stream assumed to be new is not', async () => {
    await add(one, 1);
    const head = await two.decideAndAppend(STREAM, adding(nextId(), 2), { assumeNew: true });
    expect(head).toMatchObject({ state: 3, revision: 1 });
  });

  /** Another instance appends before each of the next `times` appends. */
  function outrun(times: number): void {
    let left = times;
    store.beforeAppend = async () => {
      if (left === 0) return;
      left -= 1;
      const { beforeAppend } = store;
      store.beforeAppend = () => Promise.resolve();
      await add(two, 1);
      store.beforeAppend = beforeAppend;
    };
  }

  it('is retried three times', async () => {
    outrun(3);
    expect(await add(one, 10)).toMatchObject({ state: 13 });
  });

  it('is reported to the caller the fourth time, who may send the command again', async () => {
    outrun(4);
    await expect(add(one, 10)).rejects.toMatchObject({ code: 'conflict', name: 'ConflictError' });
    expect(store.eventsOf(STREAM)).toHaveLength(4);
    expect(await add(one, 10)).toMatchObject({ state: 14 });
  });
});

describe('an unanswered append', () => {
  it('is not retried automatically, and is recognised when the caller repeats it', async () => {
    await add(one, 1);
    const again = adding(nextId(), 5);
    store.afterAppend = () => Promise.reject(new EventStoreUnavailableError('no answer'));
    const calls = await callsOf(() =>
      expect(one.decideAndAppend(STREAM, again)).rejects.toThrow(EventStoreUnavailableError),
    );
    expect(calls).toEqual([APPEND]);
    store.afterAppend = () => Promise.resolve();
    expect(await callsOf(() => one.decideAndAppend(STREAM, again))).toEqual([APPEND]);
    expect(store.eventsOf(STREAM)).toHaveLength(2);
    expect(await two.load(STREAM)).toMatchObject({ state: 6 });
  });

  it('has the next other command find out what happened', async () => {
    await add(one, 1);
    store.afterAppend = () => Promise.reject(new EventStoreUnavailableError('no answer'));
    await expect(add(one, 5)).rejects.toThrow(EventStoreUnavailableError);
    store.afterAppend = () => Promise.resolve();
    expect(await add(one, 7)).toMatchObject({ state: 13, revision: 2 });
  });
});

describe('an append that the store refuses', () => {
  it('fails with that refusal, and leaves no outdated head', async () => {
    await add(one, 1);
    await add(two, 2);
    store.beforeAppend = () => Promise.reject(new AppendRefusedError('too large'));
    await expect(add(one, 3)).rejects.toThrow('too large');
    expect(one.peek(STREAM)).toMatchObject({ state: 3, revision: 1 });
  });

  it('reports a truncated stream if that is the cause', async () => {
    await add(one, 1);
    store.truncate(STREAM, Infinity);
    await expect(add(one, 3)).rejects.toThrow(StreamTruncatedError);
    expect(one.peek(STREAM)).toBeUndefined();
  });

  it('fails with any other error at once', async () => {
    await add(one, 1);
    store.beforeAppend = () => Promise.reject(new TypeError('a bug'));
    const calls = await callsOf(() => expect(add(one, 3)).rejects.toThrow('a bug'));
    expect(calls).toEqual([APPEND]);
    expect(one.peek(STREAM)).toBeUndefined();
  });
});

describe('a truncated stream', () => {
  beforeEach(async () => {
    await add(one, 1, 2, 3, 4);
    store.truncate(STREAM, 2);
  });

  it('is refused if every event is needed', async () => {
    await expect(two.load(STREAM)).rejects.toThrow(StreamTruncatedError);
    await expect(add(two, 5)).rejects.toThrow(StreamTruncatedError);
    expect(store.eventsOf(STREAM)).toHaveLength(4);
  });

  it('is refused if new events are missing, and its head is dropped', async () => {
    await two.decideAndAppend('sums-2', adding(nextId(), 1));
    await one.load('sums-2');
    await two.decideAndAppend('sums-2', adding(nextId(), 2, 3));
    store.truncate('sums-2', 2);
    await expect(one.load('sums-2')).rejects.toThrow(StreamTruncatedError);
    expect(one.peek('sums-2')).toBeUndefined();
  });

  it('is folded from what is left, or from its last event, if that is enough', async () => {
    expect(await heads({ needs: 'what-is-left' }).load(STREAM)).toMatchObject({ state: 7, revision: 3 });
    expect(await heads({ needs: 'last-event' }).load(STREAM)).toMatchObject({ state: 4, revision: 3 });
  });

  it('goes unnoticed while its state is cached', async () => {
    expect(await one.load(STREAM)).toMatchObject({ state: 10 });
    one.forget(STREAM);
    await expect(one.load(STREAM)).rejects.toThrow(StreamTruncatedError);
  });
});

describe('a head', () => {
  it('of a missing stream is empty, and not cached', async () => {
    expect(await one.load(STREAM)).toEqual({ state: 0, hash: null, revision: -1, position: null });
    expect(one.peek(STREAM)).toBeUndefined();
  });

  it('is cached after a load, and updated by the next', async () => {
    await add(one, 1, 2);
    const head = await two.load(STREAM);
    expect(two.peek(STREAM)).toBe(head);
    await add(one, 3);
    expect(two.peek(STREAM)).toBe(head);
    expect(await callsOf(() => two.load(STREAM))).toEqual([`read ${STREAM} from 2`]);
    expect(two.peek(STREAM)).toMatchObject({ state: 6, revision: 2 });
  });

  it('of a stream with one event is cached too', async () => {
    await add(one, 1);
    for (const needs of ['whole', 'last-event'] as const) {
      const head = heads({ needs });
      await head.load(STREAM);
      expect(head.peek(STREAM)).toMatchObject({ state: 1, revision: 0 });
      expect(await callsOf(() => head.load(STREAM))).toEqual([`read ${STREAM} from 1`]);
    }
  });

  it('that was least recently used makes room for others', async () => {
    const small = heads({ maxBytes: 20 });
    for (const stream of ['sums-1', 'sums-2', 'sums-3']) await small.decideAndAppend(stream, adding(nextId(), 1));
    expect(['sums-1', 'sums-2', 'sums-3'].map((stream) => small.peek(stream)?.state)).toEqual([undefined, 1, 1]);
  });

  it('after a foreign event has no hash: the chain starts over', async () => {
    await store.append({
      stream: STREAM,
      expectedRevision: 'no_stream',
      events: [{ id: nextId(), type: 'Added', data: '{"n":1}', metadata: '{"by":"others"}' }],
    });
    const tolerant = new StreamHeads<number>(
      store,
      { ...SUM, fold: (sum, { data }) => sum + (JSON.parse(data) as { n: number }).n },
      { maxBytes: 100, needs: 'whole' },
    );
    expect(await tolerant.load(STREAM)).toMatchObject({ state: 1, hash: null, revision: 0 });
    expect(await tolerant.decideAndAppend(STREAM, adding(nextId(), 2))).toMatchObject({ state: 3 });
    expect(JSON.parse(store.eventsOf(STREAM)[1]?.metadata ?? '')).toMatchObject({ previous_hash: null });
  });

  it('of a stream of which only the end matters is read without its beginning', async () => {
    for (let n = 0; n < 20; n += 1) await add(one, n);
    const last = heads({ needs: 'last-event' });
    expect(await last.load(STREAM)).toMatchObject({ state: 19, revision: 19 });
    expect(await last.load('sums-2')).toMatchObject({ state: 0, revision: -1 });
    await add(last, 100);
    expect(verifyChain(store.eventsOf(STREAM))).toEqual({ verified: 21 });
  });
});

describe('a settled head', () => {
  it('is the cached one while no command is under way', async () => {
    expect(one.settled(STREAM)).toBeUndefined();
    await add(one, 1);
    expect(one.settled(STREAM)).toMatchObject({ state: 1, revision: 0 });
    let answer!: () => void;
    store.afterAppend = () => new Promise((resolve) => (answer = resolve));
    const running = add(one, 2);
    while (store.eventsOf(STREAM).length < 2) await turn();
    expect(one.peek(STREAM)).toMatchObject({ state: 1 });
    expect(one.settled(STREAM)).toBeUndefined();
    answer();
    await running;
    expect(one.settled(STREAM)).toMatchObject({ state: 3, revision: 1 });
  });

  it('is not known after an append of unknown outcome, until a newer event is known', async () => {
    await add(one, 1);
    store.beforeAppend = () => Promise.reject(new EventStoreUnavailableError('no answer'));
    await expect(add(one, 2)).rejects.toThrow(EventStoreUnavailableError);
    expect(one.settled(STREAM)).toBeUndefined();
    // The append may still arrive.
    expect(await one.load(STREAM)).toMatchObject({ state: 1 });
    expect(one.settled(STREAM)).toBeUndefined();
    store.beforeAppend = () => Promise.resolve();
    await add(one, 3);
    expect(one.settled(STREAM)).toMatchObject({ state: 4, revision: 1 });
  });

  it('is not replaced by an older one that was read during an append', async () => {
    await add(one, 1);
    one.forget(STREAM);
    const readStream = store.readStream.bind(store);
    let answer!: () => void;
    store.readStream = async (request) => {
      store.readStream = readStream;
      const page = await readStream(request);
      await new Promise<void>((resolve) => (answer = resolve));
      return page;
    };
    const reading = one.load(STREAM);
    while (answer === undefined) await turn();
    await add(one, 2);
    answer();
    expect(await reading).toMatchObject({ state: 3, revision: 1 });
    expect(one.settled(STREAM)).toMatchObject({ state: 3, revision: 1 });
  });
});

describe('the position of the last append', () => {
  it('is the greatest of this process, in whatever order the answers arrive', async () => {
    expect(one.lastAppended).toBeNull();
    await add(two, 1);
    expect(one.lastAppended).toBeNull();
    let answer!: () => void;
    store.afterAppend = () => new Promise((resolve) => (answer = resolve));
    const slow = one.decideAndAppend('sums-2', adding(nextId(), 1));
    while (store.eventsOf('sums-2').length === 0) await turn();
    store.afterAppend = () => Promise.resolve();
    await one.decideAndAppend('sums-3', adding(nextId(), 1));
    expect(one.lastAppended).toBe(30n);
    answer();
    expect(await slow).toMatchObject({ position: 20n });
    expect(one.lastAppended).toBe(30n);
    await one.decideAndAppend('sums-2', adding(nextId(), 1));
    expect(one.lastAppended).toBe(40n);
  });
});

describe('commands of one process', () => {
  it('run one at a time on a stream, in order of arrival', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, n) => add(one, n)));
    expect(store.eventsOf(STREAM).map(({ data }) => data)).toEqual(Array.from({ length: 30 }, (_, n) => `{"n":${n}}`));
    expect(store.calls.filter((call) => call === APPEND)).toHaveLength(30);
  });

  it('do not overtake waiting ones', async () => {
    let answer!: () => void;
    const hold = () => new Promise<void>((resolve) => (answer = resolve));
    store.beforeAppend = hold;
    const first = add(one, 1);
    while (store.calls.length < 2) await turn();
    const second = add(one, 2);
    answer();
    await first;
    while (store.calls.filter((call) => call === APPEND).length < 2) await turn();
    const third = add(one, 3);
    for (let i = 0; i < 20; i += 1) await turn();
    expect(store.calls.filter((call) => call === APPEND)).toHaveLength(2);
    store.beforeAppend = () => Promise.resolve();
    answer();
    expect((await second).revision).toBe(1);
    expect((await third).revision).toBe(2);
  });

  it('do not wait for those on other streams, nor forever after a failed one', async () => {
    let answer!: () => void;
    store.beforeAppend = () => new Promise((_, reject) => (answer = () => reject(new TypeError('a bug'))));
    const failing = add(one, 1);
    while (store.calls.length < 2) await turn();
    store.beforeAppend = () => Promise.resolve();
    const waiting = add(one, 2);
    await one.decideAndAppend('sums-2', adding(nextId(), 1));
    expect(store.eventsOf(STREAM)).toEqual([]);
    answer();
    await expect(failing).rejects.toThrow('a bug');
    expect(await waiting).toMatchObject({ state: 2 });
  });

  it('wait for a stream up to a thousand at a time, and are refused beyond that', async () => {
    let answer!: () => void;
    store.beforeAppend = () => new Promise((resolve) => (answer = resolve));
    const first = add(one, 0);
    while (store.calls.length < 2) await turn();
    store.beforeAppend = () => Promise.resolve();
    const waiting = Array.from({ length: 999 }, () => add(one, 1));
    await expect(add(one, 1)).rejects.toThrow(EventStoreUnavailableError);
    answer();
    await Promise.all([first, ...waiting]);
    expect(one.peek(STREAM)).toMatchObject({ state: 999, revision: 999 });
    expect(await add(one, 1)).toMatchObject({ state: 1_000 });
  });
});
