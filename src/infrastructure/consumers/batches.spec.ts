import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StoredEvent } from '../event-store/event-store.ts';
import { createLogger } from '../observability/logger.ts';
import type { Queryable } from '../postgres/database.ts';
import { Batches } from './batches.ts';
import type { Statement } from './checkpoints.ts';
import type { Batch, Changes, Consumer } from './consumer.ts';
import { MAX_PARKED, TooManyParkedError } from './parked-events.ts';
import { Progress } from './progress.ts';
import { eventAt } from './testing/given-log.ts';
import { MemoryCheckpoints } from './testing/memory-checkpoints.ts';
import { MemoryParked } from './testing/memory-parked.ts';

/** How an event fails: the consumer says so, the code breaks, or PostgreSQL refuses the row. */
type Poison = 'unreadable' | 'broken' | 'refused';

const away = () => Object.assign(new Error('terminating connection'), { code: '57P01' });

/** A log, tables, and what is parked. They outlive the process. */
class World implements Consumer {
  readonly name = 'lists';
  readonly version = 1;
  readonly log: StoredEvent[] = [];
  readonly poison = new Map<bigint, Poison>();
  /** What was handled, by stream: revisions in the order in which they were written. Negative: passed over. */
  readonly rows = new Map<string, number[]>();
  readonly parked = new MemoryParked();
  readonly checkpoints = new MemoryCheckpoints((consumer, statements) => this.#write(consumer, statements));
  /** The next commit is the last of its process: the connection is lost before or after it is carried out. */
  dies: 'before' | 'after' | null = null;
  #batches = this.#start();
  readonly progress = new Progress();

  constructor() {
    this.checkpoints.places.set(this.name, null);
  }

  happened(stream: string): this {
    const revision = this.log.filter((event) => event.stream === stream).length;
    this.log.push(eventAt(this.log.length + 1, { stream, revision }));
    return this;
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  handle(events: readonly StoredEvent[], { skip }: Batch): Promise<Changes | null> {
    const known = new Set<StoredEvent>();
    for (const event of events) {
      if (event.type !== 'Happened') {
        skip(event, Object.assign(new Error('unknown'), { code: 'unknown-event-type' }));
        known.add(event);
        continue;
      }
      if (this.poison.get(event.position) === 'unreadable') skip(event, new Error('with text of a request'));
      if (this.poison.get(event.position) === 'broken') throw new TypeError('with text of a request');
    }
    const values = events.map((event) => ({ event, passedOver: known.has(event) }));
    return Promise.resolve({ statements: [{ text: 'ROWS', values }] });
  }

  /** Delivers the events from the checkpoint on, in batches of this size, as far as the process lives. */
  async delivers(size: number, batches = Infinity): Promise<void> {
    for (let n = 0; n < batches; n += 1) {
      const position = this.progress.position ?? 0n;
      const events = this.log.filter((event) => event.position > position).slice(0, size);
      const last = events.at(-1);
      if (!last) return;
      await this.#alive(async () => {
        await this.#batches.handle(events, last.position, this.#term);
        this.progress.moved(last.position, true);
      });
    }
  }

  async looks(): Promise<void> {
    await this.#alive(() => this.#batches.look(this.#term));
  }

  async restarts(): Promise<void> {
    this.#batches = this.#start();
    await this.#batches.begin(this.#term);
    this.progress.position = this.#batches.stored;
  }

  readonly #term = { db: null as unknown as Queryable, signal: new AbortController().signal };

  /** A process that dies is followed by another. */
  async #alive(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if ((error as { code?: unknown }).code !== '57P01') throw error;
      await this.restarts();
    }
  }

  #start(): Batches {
    return new Batches(this, this.progress ?? new Progress(), {
      checkpoints: {
        read: (...args) => this.checkpoints.read(...args),
        commit: async (...args) => {
          const { dies } = this;
          this.dies = null;
          if (dies === 'before') throw away();
          await this.checkpoints.commit(...args);
          if (dies === 'after') throw away();
        },
      },
      parked: this.parked,
      readStream: ({ stream, from = 0, maxCount }) => {
        const all = this.log.filter((event) => event.stream === stream && event.revision >= from);
        return Promise.resolve({ events: all.slice(0, maxCount), atEnd: all.length <= maxCount, truncated: false });
      },
      logger: createLogger('silent'),
    });
  }

  #write(consumer: string, statements: readonly Statement[]): void {
    const written = statements.filter(({ text }) => text === 'ROWS').flatMap(({ values }) => values);
    for (const { event, passedOver } of written as { event: StoredEvent; passedOver: boolean }[]) {
      if (!passedOver && this.poison.get(event.position) === 'refused')
        throw Object.assign(new Error('with text of a request'), { code: '23514', table: 'lists', detail: 'secret' });
    }
    for (const { event, passedOver } of written as { event: StoredEvent; passedOver: boolean }[]) {
      const rows = this.rows.get(event.stream) ?? [];
      rows.push(passedOver ? -event.revision - 1 : event.revision);
      this.rows.set(event.stream, rows);
    }
    this.parked.write(consumer, statements);
  }
}

let world: World;

beforeEach(async () => {
  world = new World();
  await world.restarts();
});

const KINDS: readonly Poison[] = ['unreadable', 'broken', 'refused'];

describe.each(KINDS)('an event that is %s', (kind) => {
  beforeEach(() => {
    for (const stream of ['a', 'b', 'a', 'c', 'b', 'a', 'b']) world.happened(stream);
    world.poison.set(3n, kind);
  });

  it.each([1, 2, 7])('holds up its own stream only, in batches of %i', async (size) => {
    await world.delivers(size);
    expect(Object.fromEntries(world.rows)).toEqual({ a: [0], b: [0, 1, 2], c: [0] });
    expect(world.parked.all).toMatchObject([{ stream: 'a', position: 3n, revision: 1, behind: 1 }]);
    expect(world.progress.parked).toBe(1);
    expect(world.checkpoints.places.get('lists')).toBe(7n);
  });

  it('is told by its cause, without any text', async () => {
    await world.delivers(7);
    const cause = world.parked.all[0]?.tries[0]?.cause;
    expect(cause).toMatch(kind === 'refused' ? /^SQLSTATE 23514, table lists$/ : /^(?:Type)?Error, in /);
    expect(cause).not.toMatch(/text|secret/);
  });

  it('is handled again when somebody asks for it, and those behind it after it', async () => {
    await world.delivers(7);
    world.poison.clear();
    await world.looks();
    expect(world.rows.get('a')).toEqual([0]);
    world.parked.wish('a', 'retry');
    await world.looks();
    expect(world.rows.get('a')).toEqual([0, 1, 2]);
    expect(world.parked.all).toEqual([]);
  });

  it('has another try with its cause when it fails again', async () => {
    await world.delivers(7);
    const [{ id = '' } = {}] = world.parked.all;
    for (let n = 0; n < 20; n += 1) {
      world.parked.wish('a', 'retry');
      await world.looks();
    }
    expect(world.parked.all).toMatchObject([{ id, behind: 1, wish: null, nextTryAt: null }]);
    expect(world.parked.all[0]?.tries).toHaveLength(10);
  });

  it('is passed over when somebody says so, and those behind it are handled', async () => {
    await world.delivers(7);
    world.parked.wish('a', 'skip');
    await world.looks();
    expect(world.rows.get('a')).toEqual([0, -2, 2]);
    expect(world.parked.all).toEqual([]);
    expect([...world.parked.skipped]).toEqual([`lists ${eventAt(3).id}`]);
    expect(world.progress.skippedEvents).toBe(0);
  });

  it('that was skipped is passed over when everything is handled again', async () => {
    world.parked.skipped.add(`lists ${eventAt(3).id}`);
    await world.delivers(7);
    expect(world.rows.get('a')).toEqual([0, -2, 2]);
    expect(world.parked.all).toEqual([]);
  });

  it('is replaced by a later one of its stream that fails when it does no longer', async () => {
    world.poison.set(6n, kind);
    await world.delivers(7);
    const [{ id = '' } = {}] = world.parked.all;
    world.poison.delete(3n);
    world.parked.wish('a', 'retry');
    await world.looks();
    expect(world.rows.get('a')).toEqual([0, 1]);
    expect(world.parked.all).toMatchObject([{ position: 6n, behind: 0, tries: [{}] }]);
    expect(world.parked.all[0]?.id).not.toBe(id);
  });
});

it('an event that no longer exists is let go, and those behind it are handled', async () => {
  for (const stream of ['a', 'a', 'a']) world.happened(stream);
  world.poison.set(2n, 'broken');
  await world.delivers(3);
  world.log.splice(1, 1);
  world.parked.wish('a', 'skip');
  await world.looks();
  expect(world.rows.get('a')).toEqual([0, 2]);
  expect(world.parked.all).toEqual([]);
});

it.each(['57P01', '40P01', '42P01', '55P03', '25006', 'ECONNRESET', 'event-store-unavailable'])(
  'nothing is parked when the surroundings fail with %s',
  async (code) => {
    world.happened('a').happened('b');
    world.checkpoints.failure = Object.assign(new Error('x'), { code });
    await world.delivers(2).catch((error: unknown) => expect(error).toMatchObject({ code }));
    expect(world.parked.all).toEqual([]);
    await world.delivers(2);
    expect(Object.fromEntries(world.rows)).toEqual({ a: [0], b: [0] });
  },
);

it.each([new Error('Query read timeout'), Object.assign(new TypeError('fetch failed'), { cause: new Error('reset') })])(
  'nothing is parked when the surroundings fail with %s',
  async (error) => {
    world.happened('a');
    world.checkpoints.failure = error;
    await expect(world.delivers(2)).rejects.toBe(error);
    expect(world.parked.all).toEqual([]);
  },
);

it('a consumer stops before one event more than may be parked', async () => {
  for (let n = 1; n <= MAX_PARKED + 1; n += 1) {
    world.happened(`s${n}`);
    world.poison.set(BigInt(n), 'broken');
  }
  await expect(world.delivers(MAX_PARKED + 1)).rejects.toThrow(TooManyParkedError);
  expect(world.parked.all).toHaveLength(MAX_PARKED);
  expect(world.checkpoints.places.get('lists')).toBe(BigInt(MAX_PARKED));
  world.parked.wish('s1', 'skip');
  await world.restarts();
  await world.looks();
  await world.delivers(10);
  expect(world.checkpoints.places.get('lists')).toBe(BigInt(MAX_PARKED + 1));
});

describe('whatever fails and dies meanwhile', () => {
  const streams = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 40, size: 'max' });
  const poisons = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.constantFrom(...KINDS)), { maxLength: 8 });
  const steps = fc.array(
    fc.oneof(
      fc.record({ do: fc.constant('deliver' as const), size: fc.integer({ min: 1, max: 15 }) }),
      fc.record({ do: fc.constant('die' as const), when: fc.constantFrom('before' as const, 'after' as const) }),
      fc.record({
        do: fc.constant('wish' as const),
        stream: fc.constantFrom('a', 'b', 'c', 'd'),
        wish: fc.constantFrom('retry' as const, 'retry' as const, 'skip' as const),
      }),
      fc.record({ do: fc.constant('cure' as const), position: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ do: fc.constant('restart' as const) }),
    ),
    { maxLength: 40, size: 'max' },
  );

  it('each event is handled once and in the order of its stream, and in the end all are', async () => {
    await fc.assert(
      fc.asyncProperty(streams, poisons, steps, async (happened, poison, todo) => {
        world = new World();
        await world.restarts();
        for (const stream of happened) world.happened(stream);
        for (const [position, kind] of poison) world.poison.set(BigInt(position), kind);
        for (const step of todo) {
          if (step.do === 'deliver') await world.delivers(step.size, 1);
          else if (step.do === 'die') world.dies = step.when;
          else if (step.do === 'cure') world.poison.delete(BigInt(step.position));
          else if (step.do === 'restart') await world.restarts();
          else {
            world.parked.wish(step.stream, step.wish);
            await world.looks();
          }
          expectEverythingInOrder();
        }
        world.dies = null;
        await world.restarts();
        await world.delivers(9);
        expectEverythingInOrder();
        world.poison.clear();
        for (const { stream } of world.parked.all) world.parked.wish(stream, 'retry');
        await world.looks();
        expect(world.parked.all).toEqual([]);
        for (const [stream, rows] of allRows()) {
          const handled = (world.rows.get(stream) ?? []).map((n) => (n < 0 ? -n - 1 : n));
          expect(handled).toEqual(rows);
        }
      }),
      { numRuns: 500 },
    );
  });

  /** The revisions of each stream. */
  function allRows(): Map<string, number[]> {
    const all = new Map<string, number[]>();
    for (const { stream, revision } of world.log) all.set(stream, [...(all.get(stream) ?? []), revision]);
    return all;
  }

  /** What is in the tables and parked is what the checkpoint says. */
  function expectEverythingInOrder(): void {
    const stored = world.checkpoints.places.get('lists') ?? 0n;
    for (const [stream] of allRows()) {
      const passed = world.log.filter((event) => event.stream === stream && event.position <= stored);
      const parked = world.parked.all.find((each) => each.stream === stream);
      const handled = passed.filter(({ position }) => !parked || position < parked.position);
      const rows = (world.rows.get(stream) ?? []).map((n) => (n < 0 ? -n - 1 : n));
      expect(rows).toEqual(handled.map(({ revision }) => revision));
      expect(parked?.behind ?? 0).toBe(Math.max(0, passed.length - handled.length - 1));
    }
  }
});
