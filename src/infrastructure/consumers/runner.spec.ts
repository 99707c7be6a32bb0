import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { StoredEvent } from '../event-store/event-store.ts';
import { createLogger } from '../observability/logger.ts';
import type { Logger } from '../observability/logger.ts';
import type { Queryable } from '../postgres/database.ts';
import { CheckpointMovedError } from './checkpoints.ts';
import type { Batch, Changes, Consumer } from './consumer.ts';
import type { Lead } from './leadership.ts';
import { ForeignLogError } from './log-identity.ts';
import { NewerReadModelError } from './rebuild.ts';
import { Runner } from './runner.ts';
import { eventAt, GivenLog } from './testing/given-log.ts';
import { MemoryCheckpoints } from './testing/memory-checkpoints.ts';
import { MemoryParked } from './testing/memory-parked.ts';

const DB: Queryable = { query: () => Promise.reject(new Error('The runner itself asks the database nothing.')) };
const copy = () => Promise.reject(new Error('The runner copies nothing.'));
const WRITE = { text: 'INSERT', values: [1] };

/** A consumer that records its calls; tests set its answers. */
class Recorder implements Consumer {
  readonly name = 'recorder';
  readonly version = 1;
  readonly told: string[] = [];
  answer: (events: readonly StoredEvent[], batch: Batch) => Promise<Changes | null> = () =>
    Promise.resolve({ statements: [WRITE], committed: () => this.told.push('committed') });
  onPrepare: () => Promise<void> = () => Promise.resolve();

  async prepare(): Promise<void> {
    this.told.push('prepare');
    await this.onPrepare();
  }

  handle(events: readonly StoredEvent[], batch: Batch): Promise<Changes | null> {
    this.told.push(`handle ${events.map(({ position }) => position).join(' ')}`);
    return this.answer(events, batch);
  }

  touched(streams: readonly string[]): Promise<void> {
    this.told.push(`touched ${streams.join(' ')}`);
    return Promise.resolve();
  }
}

let consumer: Recorder;
let log: GivenLog;
let parked: MemoryParked;
let checkpoints: MemoryCheckpoints;
let lead: Lead;
let lost: AbortController;
let released: number;
let proofs: number;
let prove: () => void;
let witnessed: string[];
let warnings: string[];
let errors: string[];
let runner: Runner;

beforeEach(() => {
  // The clock moves only when the test advances it.
  jest.useFakeTimers({ now: 1_000_000, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  // No jitter: every backoff has its full length.
  jest.spyOn(Math, 'random').mockReturnValue(1);
  consumer = new Recorder();
  log = new GivenLog();
  parked = new MemoryParked();
  checkpoints = new MemoryCheckpoints((consumer, statements) => parked.write(consumer, statements));
  checkpoints.places.set('recorder', 10n);
  [released, proofs, witnessed, warnings, errors] = [0, 0, [], [], []];
  prove = () => undefined;
  lead = () => {
    lost = new AbortController();
    return Promise.resolve({ db: DB, copy, lost: lost.signal, release: () => Promise.resolve(void (released += 1)) });
  };
});

afterEach(async () => {
  await runner.stop();
  jest.restoreAllMocks();
  jest.useRealTimers();
});

/** Advances the clock by `ms`, and runs everything that is due. */
async function passes(ms = 0): Promise<void> {
  await jest.advanceTimersByTimeAsync(ms);
}

async function starts(): Promise<void> {
  const logger = createLogger('silent');
  jest.spyOn(logger, 'child').mockReturnValue({
    warn: (_: object, text: string) => warnings.push(text),
    error: (_: object, text: string) => errors.push(text),
  } as unknown as ReturnType<Logger['child']>);
  runner = new Runner(consumer, {
    lead: (...args) => lead(...args),
    checkpoints,
    parked,
    readStream: (request) => log.readStream(request),
    follow: log.follow,
    log: {
      prove: () => {
        proofs += 1;
        prove();
        return Promise.resolve();
      },
      witness: (events) => Promise.resolve(void witnessed.push(...events.map(({ id }) => id))),
    },
    logger,
  });
  runner.start();
  await passes();
}

describe('a runner starts', () => {
  it('after the checkpoint, at its consumer’s pace, once the log is verified and the consumer is prepared', async () => {
    await starts();
    expect(consumer.told).toEqual(['prepare']);
    expect(proofs).toBe(1);
    expect(log.asked).toEqual([10n]);
    expect(runner.progress).toMatchObject({ state: 'catching_up', position: 10n, term: 1 });
  });

  it('at the beginning of the log if the consumer says so', async () => {
    checkpoints.places.set('recorder', null);
    await starts();
    expect(log.asked).toEqual([null]);
    log.hands([1]);
    await passes();
    expect(checkpoints.commits).toEqual([{ from: null, to: 1n, statements: [WRITE] }]);
  });

  it('only when the consumer has said where', async () => {
    checkpoints.places.delete('recorder');
    await starts();
    expect(log.asked).toEqual([]);
    expect(runner.progress).toMatchObject({ state: 'retrying', lastError: 'internal-error' });
  });
});

describe('a batch', () => {
  it('is committed with the checkpoint, and the consumer is told afterwards', async () => {
    await starts();
    log.hands([11, 12]);
    await passes();
    expect(consumer.told).toEqual(['prepare', 'handle 11 12', 'committed']);
    expect(checkpoints.commits).toEqual([{ from: 10n, to: 12n, statements: [WRITE] }]);
    expect(runner.progress).toMatchObject({ state: 'live', position: 12n, pendingEvents: 0, lastError: null });
    expect(witnessed).toEqual([eventAt(11).id, eventAt(12).id]);
  });

  it('is noted as a witness of the log, at first and then every ten seconds', async () => {
    await starts();
    for (const position of [11, 12]) {
      log.hands([position]);
      await passes();
    }
    await passes(10_000);
    log.hands([13]);
    await passes();
    expect(witnessed).toEqual([eventAt(11).id, eventAt(13).id]);
  });

  it('grows while the previous one is being committed', async () => {
    await starts();
    let open!: () => void;
    checkpoints.gate = new Promise((resolve) => (open = resolve));
    log.hands([11]);
    await passes();
    log.hands([12], { caughtUp: false });
    log.hands([13, 14]);
    await passes(40);
    expect(runner.progress).toMatchObject({ position: 10n, pendingEvents: 4, behindSince: 1_000_000 });
    expect(consumer.told).toEqual(['prepare', 'handle 11']);
    open();
    await passes();
    expect(consumer.told).toEqual(['prepare', 'handle 11', 'committed', 'handle 12 13 14', 'committed']);
    expect(checkpoints.commits.map(({ from, to }) => [from, to])).toEqual([
      [10n, 11n],
      [11n, 14n],
    ]);
    expect(runner.progress).toMatchObject({ position: 14n, pendingEvents: 0, behindSince: null });
  });

  it('marks an up-to-date consumer as behind from its arrival until it is handled', async () => {
    await starts();
    log.handsBatch({ position: 10n });
    await passes(500);
    let open!: () => void;
    checkpoints.gate = new Promise((resolve) => (open = resolve));
    log.hands([11]);
    await passes(30);
    expect(runner.progress).toMatchObject({ behindSince: 1_000_500, pendingEvents: 1 });
    open();
    await passes();
    expect(runner.progress).toMatchObject({ behindSince: null, pendingEvents: 0 });
  });

  it('with changes is committed even if the checkpoint stays where it is', async () => {
    await starts();
    log.hands([10]);
    await passes();
    expect(checkpoints.commits).toEqual([{ from: 10n, to: 10n, statements: [WRITE] }]);
    expect(consumer.told.at(-1)).toBe('committed');
  });

  it('keeps the consumer marked as behind while more batches wait', async () => {
    const behind: (number | null)[] = [];
    consumer.answer = () => {
      behind.push(runner.progress.behindSince);
      return Promise.resolve({ statements: [WRITE] });
    };
    await starts();
    let open!: () => void;
    checkpoints.gate = new Promise((resolve) => (open = resolve));
    log.hands([11]);
    await passes();
    log.hands([12]);
    await passes(40);
    open();
    await passes();
    expect(behind).toEqual([1_000_000, 1_000_040]);
    expect(runner.progress.behindSince).toBeNull();
  });

  it('that does not reach the end of the log keeps the consumer marked as behind', async () => {
    await starts();
    log.hands([11], { caughtUp: false });
    await passes();
    expect(runner.progress).toMatchObject({ state: 'catching_up', position: 11n, caughtUpOnce: false });
    expect(runner.progress.behindSince).toBe(1_000_000);
  });

  it('without changes moves the checkpoint once a second, without a statement', async () => {
    consumer.answer = () => Promise.resolve(null);
    await starts();
    log.hands([11]);
    await passes();
    log.hands([12]);
    await passes(999);
    expect(checkpoints.commits).toEqual([{ from: 10n, to: 11n, statements: [] }]);
    expect(runner.progress.position).toBe(12n);
    await passes(1);
    log.hands([13]);
    await passes();
    expect(checkpoints.commits.slice(1)).toEqual([{ from: 11n, to: 13n, statements: [] }]);
  });

  it('that follows batches without changes moves the checkpoint from where it is stored', async () => {
    consumer.answer = ([first]) => Promise.resolve(first?.position === 12n ? { statements: [WRITE] } : null);
    await starts();
    log.hands([11]);
    await passes();
    log.hands([12]);
    await passes();
    expect(checkpoints.commits.map(({ from, to }) => [from, to])).toEqual([
      [10n, 11n],
      [11n, 12n],
    ]);
  });

  it('with events of unknown types counts them, and goes on', async () => {
    consumer.answer = (events, { skip }) => {
      skip(events[0] ?? eventAt(0), Object.assign(new Error('unknown'), { code: 'unknown-event-type' }));
      return Promise.resolve(null);
    };
    await starts();
    log.hands([11, 12]);
    await passes();
    expect(runner.progress).toMatchObject({ skippedEvents: 1, position: 12n, state: 'live' });
    expect(errors).toEqual(['an event cannot be handled']);
  });

  it('is handled with the connection that holds the lead, and a signal that aborts with it', async () => {
    const seen: Batch[] = [];
    consumer.answer = (_, batch) => {
      seen.push(batch);
      return Promise.resolve(null);
    };
    await starts();
    log.hands([11]);
    await passes();
    expect(seen[0]?.db).toBe(DB);
    expect(seen[0]?.signal.aborted).toBe(false);
    lost.abort();
    expect(seen[0]?.signal.aborted).toBe(true);
  });
});

describe('an event that cannot be handled', () => {
  const MINE = { stream: 'thing-2' };

  beforeEach(() => {
    consumer.answer = (events) =>
      events.some(({ position }) => position === 12n)
        ? Promise.reject(new TypeError('poison'))
        : Promise.resolve({ statements: [WRITE] });
  });

  it('is parked with its cause, and only later events of its stream wait for it', async () => {
    await starts();
    log.handsBatch({ events: [eventAt(11), eventAt(12, MINE), eventAt(13), eventAt(14, MINE)], position: 14n });
    await passes();
    expect(runner.progress).toMatchObject({ state: 'live', position: 14n, parked: 1, lastError: null });
    expect(checkpoints.places.get('recorder')).toBe(14n);
    expect(parked.all).toMatchObject([{ stream: 'thing-2', position: 12n, eventId: eventAt(12).id, behind: 1 }]);
    expect(parked.all[0]?.tries).toEqual([
      { at: new Date(1_000_000).toISOString(), cause: expect.stringMatching(/^TypeError\b/) as unknown },
    ]);
    expect(await runner.progress.waitFor(14n, 0)).toBe(true);
    expect(consumer.told.slice(-1)).toEqual(['handle 13']);
  });

  it('is tried again by itself, ever later, and then left to an operator', async () => {
    await starts();
    log.handsBatch({ events: [eventAt(12, MINE)], position: 12n });
    await passes(30_000);
    const tries = parked.all[0]?.tries.map(({ at }) => Date.parse(at) - 1_000_000);
    expect(tries).toEqual([0, 1_000, 11_000]);
    expect(parked.all[0]?.nextTryAt).toBeNull();
  });

  it('is handled within a second when an operator asks for it, with those behind it, in one commit', async () => {
    await starts();
    log.handsBatch({ events: [eventAt(12, MINE), eventAt(13, MINE)], position: 13n });
    await passes(20_000);
    consumer.answer = () => Promise.resolve({ statements: [WRITE] });
    const { length } = checkpoints.commits;
    consumer.told.length = 0;
    parked.wish('thing-2', 'retry');
    await passes(1_000);
    expect(consumer.told).toEqual(['handle 12 13']);
    expect(checkpoints.commits).toHaveLength(length + 1);
    expect(parked.all).toEqual([]);
    expect(runner.progress.parked).toBe(0);
  });

  it('costs live batches nothing when nothing is parked: nobody looks for wishes', async () => {
    const asked = jest.spyOn(parked, 'wishes');
    await starts();
    log.hands([11]);
    await passes(10_000);
    expect(asked).not.toHaveBeenCalled();
  });
});

describe('a position reached past other applications’ events', () => {
  it('is stored every five seconds', async () => {
    await starts();
    log.handsBatch({ position: 20n });
    await passes();
    log.handsBatch({ position: 21n });
    await passes(4_999);
    expect(checkpoints.commits).toEqual([{ from: 10n, to: 20n, statements: [] }]);
    expect(runner.progress).toMatchObject({ position: 21n, state: 'live' });
    await passes(1);
    log.handsBatch({ position: 22n });
    await passes();
    expect(checkpoints.commits.slice(1)).toEqual([{ from: 20n, to: 22n, statements: [] }]);
    expect(consumer.told).toEqual(['prepare']);
  });

  it('is not stored if the checkpoint is already there', async () => {
    await starts();
    log.handsBatch({ position: 10n });
    await passes();
    expect(checkpoints.commits).toEqual([]);
    expect(runner.progress.state).toBe('live');
  });

  it('is stored after the consumer was told of touched streams', async () => {
    await starts();
    consumer.touched = () => {
      consumer.told.push(`touched before ${checkpoints.commits.length} commits`);
      return Promise.resolve();
    };
    log.handsBatch({ position: 20n, touched: ['thing-9'] });
    await passes();
    expect(consumer.told).toEqual(['prepare', 'touched before 0 commits']);
    expect(checkpoints.commits).toHaveLength(1);
  });

  it('is reported without touched streams to a consumer that does not ask for them', async () => {
    Object.defineProperty(consumer, 'touched', { value: undefined });
    await starts();
    log.handsBatch({ position: 20n, touched: ['thing-9'] });
    await passes();
    expect(runner.progress).toMatchObject({ state: 'live', position: 20n });
  });
});

describe('a failure', () => {
  it('is retried from the checkpoint, after the consumer was prepared again', async () => {
    checkpoints.failure = Object.assign(new Error('away'), { code: '57P01' });
    await starts();
    log.hands([11, 12]);
    await passes();
    expect(runner.progress).toMatchObject({ state: 'retrying', lastError: '57P01', position: 10n, pendingEvents: 0 });
    expect([released, log.closed]).toEqual([1, 1]);
    await passes(199);
    expect(log.asked).toHaveLength(1);
    await passes(1);
    expect(log.asked[1]).toEqual(10n);
    log.hands([11, 12]);
    await passes();
    expect(consumer.told).toEqual(['prepare', 'handle 11 12', 'prepare', 'handle 11 12', 'committed']);
    expect(runner.progress).toMatchObject({ state: 'live', lastError: null, term: 2 });
  });

  it('is retried after growing delays up to five seconds, and logged once', async () => {
    consumer.onPrepare = () => Promise.reject(new Error('not today'));
    await starts();
    const tries: number[] = [];
    for (let ms = 0; ms < 20_000; ms += 100) {
      const before = consumer.told.length;
      await passes(100);
      if (consumer.told.length > before) tries.push(ms + 100);
    }
    expect(tries).toEqual([200, 600, 1_400, 3_000, 6_200, 11_200, 16_200]);
    expect(warnings).toEqual(['consumer failed, trying again: not today']);
    expect(runner.progress.lastError).toBe('internal-error');
  });

  it('is retried after a short delay and logged again once a batch has succeeded', async () => {
    await starts();
    for (let i = 0; i < 2; i += 1) {
      log.drops('restart');
      await passes(200);
      log.handsBatch({ position: 10n });
      await passes();
    }
    expect(log.asked).toHaveLength(3);
    expect(warnings).toHaveLength(2);
    expect(runner.progress).toMatchObject({ state: 'live', lastError: null });
  });

  it('because another runner moved the checkpoint writes nothing, and the runner continues from there', async () => {
    await starts();
    checkpoints.places.set('recorder', 15n);
    log.hands([11]);
    await passes();
    expect(consumer.told).toEqual(['prepare', 'handle 11']);
    expect(runner.progress.lastError).toBe(new CheckpointMovedError('x').code);
    await passes(200);
    expect(log.asked[1]).toBe(15n);
  });

  it('of a subscription that is dropped leads to a new one', async () => {
    await starts();
    log.drops('slow');
    await passes();
    expect(runner.progress).toMatchObject({ state: 'retrying', lastError: 'subscription-dropped' });
    await passes(200);
    expect(log.asked).toHaveLength(2);
  });

  it('of a subscription that ends without an error leads to a new one', async () => {
    await starts();
    log.ends();
    await passes();
    expect(runner.progress).toMatchObject({ state: 'retrying', lastError: 'internal-error' });
    await passes(200);
    expect(log.asked).toHaveLength(2);
    expect([released, consumer.told]).toEqual([1, ['prepare', 'prepare']]);
    log.hands([11]);
    await passes();
    expect(runner.progress).toMatchObject({ state: 'live', position: 11n });
  });

  it.each([
    ['with a long message', new Error('x'.repeat(1_000)), 'internal-error'],
    ['without a message', Object.assign(new Error(), { code: 'odd' }), 'odd'],
  ])('is told in a line of bounded length, %s', async (_, error, code) => {
    consumer.onPrepare = () => Promise.reject(error);
    await starts();
    expect(runner.progress.lastError).toBe(code);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.length).toBeLessThan(300);
    await passes(200);
    expect(consumer.told).toEqual(['prepare', 'prepare']);
  });

  it('of the connection that holds the lead makes the runner take the lead again', async () => {
    await starts();
    lost.abort();
    await passes();
    expect(runner.progress.state).toBe('retrying');
    expect([released, log.closed]).toEqual([1, 1]);
    expect(warnings).toEqual(['consumer failed, trying again: The connection that held the lead was lost.']);
    await passes(200);
    expect(runner.progress).toMatchObject({ state: 'catching_up', term: 2 });
  });

  it.each([
    ['foreign_log', 'foreign-log', new ForeignLogError()],
    ['superseded', 'newer-read-model', new NewerReadModelError('recorder')],
  ])('shows as %s where that is what somebody has to know', async (state, code, error) => {
    consumer.onPrepare = () => Promise.reject(error);
    await starts();
    expect(runner.progress).toMatchObject({ state, lastError: code });
    expect(released).toBe(1);
  });

  it('keeps the time since which events have been waiting', async () => {
    await starts();
    log.handsBatch({ position: 10n });
    await passes();
    expect(runner.progress.behindSince).toBeNull();
    await passes(30);
    log.drops('slow');
    await passes();
    expect(runner.progress.behindSince).toBe(1_000_030);
  });
});

describe('a standby runner', () => {
  it('verifies the log once, and is healthy', async () => {
    let asked = 0;
    lead = async (_name, signal, onStandby) => {
      for (; asked < 3; asked += 1) await onStandby(DB);
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
      throw new Error('unreachable');
    };
    await starts();
    expect(asked).toBe(3);
    expect(proofs).toBe(1);
    expect(runner.progress).toMatchObject({ state: 'standby', lastError: null, behindSince: null });
    expect(consumer.told).toEqual([]);
  });

  it('reports a foreign log too', async () => {
    prove = () => {
      throw new ForeignLogError();
    };
    lead = async (_name, _signal, onStandby) => {
      await onStandby(DB);
      throw new Error('unreachable');
    };
    await starts();
    expect(runner.progress.state).toBe('foreign_log');
  });

  it('takes the lead under its consumer’s name', async () => {
    const names: string[] = [];
    const taken = lead;
    lead = (name, ...rest) => {
      names.push(name);
      return taken(name, ...rest);
    };
    await starts();
    expect(names).toEqual(['recorder']);
    expect(runner.name).toBe('recorder');
  });
});

describe('a waiting read', () => {
  it('hurries the subscription, also after each batch that does not have its event', async () => {
    await starts();
    log.handsBatch({ position: 10n });
    await passes();
    const reached = runner.progress.waitFor(12n, 1_000);
    expect(log.hurries).toBe(1);
    log.hands([11]);
    await passes();
    expect(log.hurries).toBe(2);
    log.hands([12]);
    await passes();
    await expect(reached).resolves.toBe(true);
    const { hurries } = log;
    log.hands([13]);
    await passes();
    expect(log.hurries).toBe(hurries);
  });
});

describe('stopping', () => {
  it('lets the current batch be committed, and no other', async () => {
    await starts();
    let open!: () => void;
    checkpoints.gate = new Promise((resolve) => (open = resolve));
    log.hands([11]);
    await passes();
    log.hands([12]);
    const stopped = runner.stop();
    await passes();
    open();
    await stopped;
    expect(consumer.told).toEqual(['prepare', 'handle 11', 'committed']);
    expect(runner.progress.state).toBe('stopped');
    expect(released).toBe(1);
  });

  it('stores the position reached past events that changed nothing', async () => {
    consumer.answer = () => Promise.resolve(null);
    await starts();
    for (const position of [11, 12]) {
      log.hands([position]);
      await passes();
    }
    expect(checkpoints.places.get('recorder')).toBe(11n);
    await runner.stop();
    expect(checkpoints.places.get('recorder')).toBe(12n);
  });

  it('ends the delay before a retry at once', async () => {
    consumer.onPrepare = () => Promise.reject(new Error('not today'));
    await starts();
    await runner.stop();
    await passes(60_000);
    expect(consumer.told).toEqual(['prepare']);
    expect(runner.progress.state).toBe('stopped');
  });
});
