import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { EventStore, StoredEvent } from '../../infrastructure/event-store/event-store.ts';
import { EventStoreUnavailableError } from '../../infrastructure/event-store/event-store.ts';
import type { Logger } from '../../infrastructure/observability/logger.ts';
import { createLogger } from '../../infrastructure/observability/logger.ts';
import type { Queryable } from '../../infrastructure/postgres/database.ts';
import type { BatchResult, OutgoingMessage, Queue } from '../../infrastructure/sqs/queue.ts';
import { claimed, failed, PLANNING, retried, submitted } from '../domain/testing/histories.ts';
import { minute } from '../domain/testing/given.ts';
import { GivenEvents, requestId } from '../projections/testing/given-events.ts';
import { handled, MemoryTables } from '../projections/testing/memory-tables.ts';
import { skipUnknown } from '../../infrastructure/consumers/event-failure.ts';
import { QueueForwarder } from './queue-forwarder.ts';

const NOW = '2026-01-06T00:00:00.000Z';

/** A queue that accepts every message unless the test says otherwise. */
class GivenQueue implements Queue {
  readonly calls: (readonly OutgoingMessage[])[] = [];
  answers: ((messages: readonly OutgoingMessage[]) => Promise<BatchResult>)[] = [];
  probe: string | null = null;

  get sent(): readonly OutgoingMessage[] {
    return this.calls.flat();
  }

  async send(messages: readonly OutgoingMessage[]): Promise<BatchResult> {
    this.calls.push(messages);
    return (this.answers.shift() ?? takes)(messages);
  }

  trouble(): Promise<string | null> {
    return Promise.resolve(this.probe);
  }

  close(): void {
    // Nothing to close.
  }
}

const takes = (messages: readonly OutgoingMessage[]): Promise<BatchResult> =>
  Promise.resolve({ sent: messages.map((message) => ({ message, messageId: `sqs-${message.id}` })), refused: [] });

const refuses =
  (code: string, ...refusedAt: number[]) =>
  (messages: readonly OutgoingMessage[]) =>
    Promise.resolve({
      sent: messages.filter((_, i) => !refusedAt.includes(i)).map((message) => ({ message, messageId: message.id })),
      refused: messages.filter((_, i) => refusedAt.includes(i)).map((message) => ({ message, code })),
    });

const fails = (error: Error) => () => Promise.reject(error);

let queue: GivenQueue;
let events: GivenEvents;
let tail: () => Promise<bigint | null>;
let truncated: boolean;
let delivered: string[];
let warnings: string[];
let forwarder: QueueForwarder;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'Date'] });
  jest.spyOn(Math, 'random').mockReturnValue(1);
  queue = new GivenQueue();
  events = new GivenEvents();
  tail = () => Promise.resolve(70n);
  truncated = false;
  delivered = [];
  warnings = [];
  const store = {
    tail: () => tail(),
    readStream: ({ stream }: { stream: string }) =>
      Promise.resolve({ events: events.all.filter((event) => event.stream === stream), atEnd: true, truncated }),
  } as unknown as EventStore;
  forwarder = new QueueForwarder({
    queue,
    store,
    logger: { warn: (_: object, text: string) => warnings.push(text) } as unknown as Logger,
    nowMs: () => Date.parse(NOW),
    onDelivered: (id, { queued_at, queue_message_id }) => delivered.push(`${id} ${queued_at} ${queue_message_id}`),
  });
});

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

const forward = (batches: readonly (readonly StoredEvent[])[] = [events.all]) => handled(forwarder, batches);
const bodyOf = (message: OutgoingMessage | undefined) => JSON.parse(message?.body ?? '{}') as Record<string, unknown>;

/** Starts handling all events without waiting for the result. */
function forwarding(): { done: () => boolean; result: ReturnType<QueueForwarder['handle']>; stop: AbortController } {
  const stop = new AbortController();
  let isDone = false;
  const batch = { db: new MemoryTables(), signal: stop.signal, skip: () => undefined };
  const result = forwarder.handle(events.all, batch).finally(() => (isDone = true));
  return { done: () => isDone, result, stop };
}

describe('a message', () => {
  it('is sent for a submission, with what a worker needs and none of its text', async () => {
    await forward([events.happened(1, submitted('bug')).all]);
    const [event] = events.all;
    expect(queue.sent).toHaveLength(1);
    expect(queue.sent[0]).toMatchObject({
      id: event?.id,
      groupId: requestId(1),
      attributes: {
        event_type: 'RequestSubmitted',
        request_type: 'bug',
        priority: 'medium',
        correlation_id: 'correlation-1',
      },
    });
    expect(bodyOf(queue.sent[0])).toEqual({
      request_id: requestId(1),
      event_id: event?.id,
      event_type: 'RequestSubmitted',
      request_type: 'bug',
      priority: 'medium',
      created_at: minute(0),
      correlation_id: 'correlation-1',
      schema_version: 1,
    });
  });

  it("is sent for a return to pending, with the request's state at that time", async () => {
    events.happened(
      1,
      submitted(),
      { type: 'RequestDetailsRevised', data: { priority: 'critical' } },
      claimed(),
      failed(),
    );
    events.happened(1, retried('failed'), { type: 'RequestDetailsRevised', data: { priority: 'low' } });
    await forward([events.all.slice(1)]);
    expect(queue.sent.map(bodyOf)).toMatchObject([
      { event_type: 'RequestRequeued', priority: 'critical', created_at: minute(0), request_type: 'feature' },
    ]);
  });

  it('is sent for nothing else', async () => {
    events.happened(1, PLANNING, failed()).stored(2, 'RequestBlessed', 'no JSON');
    const { skipped } = await forward();
    expect([queue.calls, skipped]).toEqual([[], []]);
    expect(await forwarding().result).toBeNull();
  });

  it.each([1, 7])('is recorded and announced once the queue has it, in batches of %i', async (size) => {
    events.happened(1, submitted()).happened(2, submitted()).happened(1, failed(), retried('failed'));
    const { tables } = await forward(events.batches(size));
    const [first, second, , requeued] = events.all;
    expect(Object.values(tables.rows('queue_deliveries'))).toEqual([
      { request_id: requestId(1), event_id: requeued?.id, queued_at: NOW, queue_message_id: `sqs-${requeued?.id}` },
      { request_id: requestId(2), event_id: second?.id, queued_at: NOW, queue_message_id: `sqs-${second?.id}` },
    ]);
    expect(delivered.at(-1)).toMatch(size === 1 ? (requeued?.id ?? '') : requestId(2));
    expect(queue.sent.map(({ id }) => id)).toEqual([first?.id, second?.id, requeued?.id]);
  });

  it('is announced only once committed', async () => {
    events.happened(1, submitted());
    const changes = await forwarding().result;
    expect(changes?.statements).toHaveLength(1);
    expect(delivered).toEqual([]);
    changes?.committed?.();
    expect(delivered).toEqual([`${requestId(1)} ${NOW} sqs-${events.all[0]?.id}`]);
  });

  it.each([
    ['for an unreadable event', () => events.happened(2, submitted()).stored(1, 'RequestSubmitted', 'no JSON')],
    [
      'for an event after an unreadable one',
      () => events.happened(2, submitted()).stored(1, 'PlanningStarted', 'no JSON').stored(1, 'RequestRequeued', '{}'),
    ],
  ])('%s is not sent, and no other before that event is parked', async (_, happen) => {
    happen();
    const { signal } = new AbortController();
    const skip = skipUnknown(() => undefined);
    const handling = forwarder.handle(events.all, { db: new MemoryTables(), signal, skip });
    await expect(handling).rejects.toMatchObject({ name: 'EventFailedError', event: events.all.at(-1) });
    expect(queue.calls).toEqual([]);
  });

  it('for a request whose history is gone is not sent, which is not an error', async () => {
    events.happened(1, submitted(), failed(), retried('failed')).happened(2, submitted());
    truncated = true;
    const { skipped } = await forward();
    expect(skipped).toEqual([]);
    expect(warnings).toEqual(['the history of a queued request is gone']);
    expect(queue.sent.map(bodyOf)).toMatchObject([
      { event_type: 'RequestSubmitted', request_id: requestId(1) },
      { event_type: 'RequestSubmitted', request_id: requestId(2) },
    ]);
  });
});

describe('many messages', () => {
  it('go in batches of ten', async () => {
    for (let n = 1; n <= 23; n += 1) events.happened(n, submitted());
    await forward();
    expect(queue.calls.map(({ length }) => length)).toEqual([10, 10, 3]);
    expect(new Set(queue.sent.map(({ id }) => id))).toEqual(new Set(events.all.map(({ id }) => id)));
  });

  it('go eight batches at a time', async () => {
    for (let n = 1; n <= 95; n += 1) events.happened(n, submitted());
    const open: (() => void)[] = [];
    const gated = async (messages: readonly OutgoingMessage[]) => {
      await new Promise<void>((resolve) => open.push(resolve));
      return takes(messages);
    };
    queue.answers = Array.from({ length: 10 }, () => gated);
    const { result, done } = forwarding();
    await jest.advanceTimersByTimeAsync(0);
    expect(queue.calls).toHaveLength(8);
    for (let i = 0; i < 10; i += 1) {
      open[i]?.();
      await jest.advanceTimersByTimeAsync(0);
    }
    expect(done()).toBe(true);
    expect((await result)?.statements).toHaveLength(1);
    expect(queue.calls).toHaveLength(10);
  });

  it('of one request are sent one after another', async () => {
    events.happened(1, submitted()).happened(2, submitted()).happened(1, failed(), retried('failed'));
    events.happened(3, submitted()).happened(2, failed(), retried('failed'));
    await forward();
    expect(queue.calls.map((call) => call.map(({ groupId }) => groupId))).toEqual([
      [requestId(1), requestId(2)],
      [requestId(1), requestId(3), requestId(2)],
    ]);
  });
});

describe('a queue that refuses messages', () => {
  it('is sent them again, and health says why until it accepts them', async () => {
    for (let n = 1; n <= 3; n += 1) events.happened(n, submitted());
    queue.answers = [refuses('ThrottlingException', 0, 2), refuses('ThrottlingException', 1)];
    const { result, done } = forwarding();
    await jest.advanceTimersByTimeAsync(0);
    expect(await forwarder.trouble()).toBe('ThrottlingException');
    await jest.advanceTimersByTimeAsync(199);
    expect(queue.calls).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(queue.calls[1]?.map(({ groupId }) => groupId)).toEqual([requestId(1), requestId(3)]);
    await jest.advanceTimersByTimeAsync(399);
    expect([done(), queue.calls.length]).toEqual([false, 2]);
    await jest.advanceTimersByTimeAsync(1);
    expect(queue.calls[2]?.map(({ groupId }) => groupId)).toEqual([requestId(3)]);
    expect(JSON.parse((await result)?.statements[0]?.values[0] as string)).toHaveLength(3);
    expect(await forwarder.trouble()).toBeNull();
  });

  it.each([
    ['its code', Object.assign(new Error('away'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['its name', Object.assign(new Error('away'), { name: 'QueueDoesNotExist' }), 'QueueDoesNotExist'],
  ])('is recognised by %s', async (_, error, code) => {
    events.happened(1, submitted());
    queue.answers = [fails(error)];
    const { result } = forwarding();
    await jest.advanceTimersByTimeAsync(0);
    expect(await forwarder.trouble()).toBe(code);
    await jest.advanceTimersByTimeAsync(200);
    expect(await result).not.toBeNull();
    expect(await forwarder.trouble()).toBeNull();
  });

  it('is retried with growing pauses of up to ten seconds, indefinitely', async () => {
    events.happened(1, submitted());
    queue.answers = Array.from({ length: 9 }, () => fails(new Error('away')));
    const { result, done } = forwarding();
    const times: number[] = [];
    for (let ms = 0; !done(); ms += 100) {
      const before = queue.calls.length;
      await jest.advanceTimersByTimeAsync(ms === 0 ? 0 : 100);
      if (queue.calls.length > before) times.push(ms);
    }
    expect(times).toEqual([0, 200, 600, 1_400, 3_000, 6_200, 12_600, 22_600, 32_600, 42_600]);
    expect(await result).not.toBeNull();
  });

  it('is not retried once the forwarder stops', async () => {
    events.happened(1, submitted());
    queue.answers = Array.from({ length: 9 }, () => fails(new Error('away')));
    const { result, stop } = forwarding();
    await jest.advanceTimersByTimeAsync(0);
    stop.abort();
    await expect(result).rejects.toMatchObject({ name: 'AbortError' });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(queue.calls).toHaveLength(1);
    expect(delivered).toEqual([]);
  });

  it('stays reported while other batches get through', async () => {
    for (let n = 1; n <= 11; n += 1) events.happened(n, submitted());
    let open!: () => void;
    const gate = new Promise<void>((resolve) => (open = resolve));
    queue.answers = [fails(new Error('away')), (messages) => gate.then(() => takes(messages))];
    const { result } = forwarding();
    await jest.advanceTimersByTimeAsync(0);
    open();
    await jest.advanceTimersByTimeAsync(0);
    expect(await forwarder.trouble()).toBe('Error');
    await jest.advanceTimersByTimeAsync(200);
    await result;
    expect(await forwarder.trouble()).toBeNull();
  });

  it('is not reported for a call that the forwarder itself aborted', async () => {
    events.happened(1, submitted());
    let cut!: (error: Error) => void;
    queue.answers = [() => new Promise((_, reject) => (cut = reject))];
    const { result, stop } = forwarding();
    await jest.advanceTimersByTimeAsync(0);
    stop.abort();
    cut(new Error('aborted'));
    await expect(result).rejects.toMatchObject({ name: 'AbortError' });
    expect([warnings, await forwarder.trouble()]).toEqual([[], null]);
  });

  it('is described by its own error rather than the one observed', async () => {
    queue.probe = 'AccessDenied';
    expect(await forwarder.trouble()).toBe('AccessDenied');
  });
});

describe('the logged warning about a queue that refuses messages', () => {
  const caused = (...messages: string[]) =>
    messages.reduceRight<Error | undefined>((cause, message) => new Error(message, { cause }), undefined);

  it.each<[string, unknown, string]>([
    ['shows the message', new Error('away'), 'away'],
    ['shows only its first line', new Error('away\nat home'), 'away'],
    ['shows at most 200 characters', new Error('x'.repeat(300)), 'x'.repeat(200)],
    ['shows the causes', caused('no answer', 'no route'), 'no answer: no route'],
    ['shows up to three messages', caused('one', 'two', 'three', 'four'), 'one: two: three'],
    ['repeats no message', caused('no answer: no route', 'no route', 'cable'), 'no answer: no route: cable'],
    ['shows the code if the message is empty', Object.assign(new Error(''), { code: 'ECONNRESET' }), 'ECONNRESET'],
    ['shows the name if it is not an Error', { name: 'Odd' }, 'Odd'],
    ['says unknown if nothing is known', 'odd', 'unknown'],
  ])('%s, once', async (_, error, said) => {
    events.happened(1, submitted());
    queue.answers = Array.from({ length: 3 }, () => fails(error as Error));
    const { result } = forwarding();
    await jest.advanceTimersByTimeAsync(200 + 400 + 800);
    await result;
    expect(warnings).toEqual([`the queue does not take messages, trying on: ${said}`]);
  });

  it('tells how many messages it refused, and why', async () => {
    for (let n = 1; n <= 3; n += 1) events.happened(n, submitted());
    queue.answers = [refuses('ThrottlingException', 0, 2)];
    const { result } = forwarding();
    await jest.advanceTimersByTimeAsync(200);
    await result;
    expect(warnings).toEqual([
      'the queue does not take messages, trying on: it refused 2 of them with ThrottlingException',
    ]);
  });
});

it('fails with the event store, so that nothing is skipped', async () => {
  events.happened(1, failed(), retried('failed'));
  const store = {
    readStream: () => Promise.reject(new EventStoreUnavailableError('away')),
  } as unknown as EventStore;
  const parts = {
    queue,
    store,
    logger: createLogger('silent'),
    nowMs: () => Date.parse(NOW),
    onDelivered: () => undefined,
  };
  await expect(handled(new QueueForwarder(parts), [events.all])).rejects.toThrow(EventStoreUnavailableError);
});

describe('its start', () => {
  /** A database with or without a checkpoint, or one that is unavailable. */
  function given(checkpoint: string | null, isAway = false) {
    const written: unknown[][] = [];
    const state = { checkpoint, isAway };
    const database = {
      query: ({ text, values = [] }: { text: string; values?: unknown[] }) => {
        if (state.isAway) return Promise.reject(new Error('away'));
        if (text.startsWith('SELECT')) {
          return Promise.resolve({
            rows: state.checkpoint === null ? [] : [{ version: 1, position: state.checkpoint }],
          });
        }
        written.push(values);
        return Promise.resolve({ rows: [] });
      },
    } as unknown as Queryable;
    return { database, written, state };
  }

  it('is the end of the log at first', async () => {
    const { database, written } = given(null);
    await forwarder.begin(database);
    expect(written).toEqual([['queue-forwarder', 1, '70']]);
  });

  it('is the beginning if the log is empty', async () => {
    tail = () => Promise.resolve(null);
    const { database, written } = given(null);
    await forwarder.begin(database);
    expect(written).toEqual([['queue-forwarder', 1, null]]);
  });

  it('is its checkpoint later, without asking the store', async () => {
    tail = () => Promise.reject(new EventStoreUnavailableError('away'));
    const { database, written } = given('10');
    await forwarder.begin(database);
    await forwarder.prepare(database);
    expect(written).toEqual([]);
  });

  it('is where the log ended at the start, even if the database was unreachable then', async () => {
    const { database, written, state } = given(null, true);
    await forwarder.begin(database);
    tail = () => Promise.resolve(99n);
    state.isAway = false;
    await forwarder.prepare(database);
    expect(written).toEqual([['queue-forwarder', 1, '70']]);
  });

  it('is not asked for again when both are unreachable', async () => {
    tail = () => Promise.reject(new Error('no log'));
    const { database, written, state } = given(null, true);
    await forwarder.begin(database);
    tail = () => Promise.resolve(99n);
    state.isAway = false;
    await forwarder.prepare(database);
    expect(written).toEqual([['queue-forwarder', 1, '99']]);
  });

  it('is asked for again while the event store is still starting', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    let asked = 0;
    tail = () => {
      asked += 1;
      return asked <= 3 ? Promise.reject(new EventStoreUnavailableError('starting')) : Promise.resolve(70n);
    };
    const { database, written } = given(null);
    const begun = forwarder.begin(database);
    await jest.advanceTimersByTimeAsync(749);
    expect([asked, written]).toEqual([3, []]);
    await jest.advanceTimersByTimeAsync(1);
    await begun;
    expect(written).toEqual([['queue-forwarder', 1, '70']]);
  });

  it('fails the start if the event store does not answer for 20 s', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    tail = () => Promise.reject(new EventStoreUnavailableError('starting'));
    let failure: unknown = null;
    const begun = forwarder.begin(given(null).database).catch((error: unknown) => (failure = error));
    await jest.advanceTimersByTimeAsync(19_999);
    expect(failure).toBeNull();
    await jest.advanceTimersByTimeAsync(1);
    await begun;
    expect(failure).toBeInstanceOf(EventStoreUnavailableError);
  });

  it('must be known before the first command is accepted', async () => {
    tail = () => Promise.reject(new Error('no log'));
    await expect(forwarder.begin(given(null).database)).rejects.toThrow('no log');
  });
});
