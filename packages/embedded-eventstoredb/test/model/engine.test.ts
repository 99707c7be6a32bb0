import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { EngineError, WrongExpectedRevisionError } from 'embedded-eventstoredb/engine';
import type { ExpectedRevision, RecordedEvent } from 'embedded-eventstoredb/engine';
import fc from 'fast-check';
import { EngineBench } from '../support/engine.ts';
import { Model } from './model.ts';
import type { Expected, Metadata } from './model.ts';

const RUNS = Number(process.env.MODEL_RUNS ?? 50);

const name = fc.constantFrom('a', 'b', '$c');
const expected = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<Expected>('any', 'no_stream', 'stream_exists') },
  { weight: 2, arbitrary: fc.nat(6) },
);
const ids = fc.array(
  fc.nat(11).map((n) => `e${n}`),
  { maxLength: 4 },
);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('append' as const), name, expected, ids }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), name, expected }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tombstone' as const), name, expected }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('metadata' as const),
      name,
      maxCount: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      truncateBefore: fc.option(fc.nat(6), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A GUID for each label, the same in every run. */
const guid = (label: string) =>
  createHash('md5')
    .update(label)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const labels = new Map(Array.from({ length: 12 }, (_, n) => [guid(`e${n}`), `e${n}`]));
const labelOf = ({ id }: RecordedEvent) => labels.get(id) ?? '';
const revisionOf = (value: Expected): ExpectedRevision => (typeof value === 'number' ? BigInt(value) : value);

/** The engine, translated into the model's vocabulary. */
class Subject {
  readonly #bench = new EngineBench();
  #engine = this.#bench.open();
  readonly followed: string[] = [];
  /** The log was followed up to here; the next subscription continues after it. */
  #followedTo = 0n;
  #following = this.#follow();

  async restart(): Promise<void> {
    await this.#engine.close();
    await this.#following;
    this.#engine = this.#bench.open();
    this.#following = this.#follow();
  }

  async apply(given: Exclude<Step, { kind: 'restart' }>): Promise<string> {
    const stream = given.name;
    try {
      if (given.kind === 'append') {
        const events = given.ids.map((id) => newEvent(guid(id), 'model', '{}'));
        const request = { stream, expectedRevision: revisionOf(given.expected), events };
        const { revision } = await this.#engine.append(request);
        return `ok ${revision === 'no_stream' ? -1 : revision}`;
      }
      if (given.kind === 'metadata') {
        const data = JSON.stringify({ $maxCount: given.maxCount, $tb: given.truncateBefore });
        const events = [newEvent(crypto.randomUUID(), '$metadata', data)];
        await this.#engine.append({ stream: `$$${stream}`, expectedRevision: 'any', events });
      } else {
        const request = { stream, expectedRevision: revisionOf(given.expected) };
        await (given.kind === 'delete' ? this.#engine.deleteStream(request) : this.#engine.tombstoneStream(request));
      }
      return 'ok';
    } catch (error) {
      if (error instanceof WrongExpectedRevisionError) {
        return `wrong ${error.actual === 'no_stream' ? -1 : error.actual}`;
      }
      if (error instanceof EngineError && error.code === 'stream-deleted') return 'deleted';
      throw error;
    }
  }

  read(stream: string, direction: 'forwards' | 'backwards'): string {
    const from = direction === 'forwards' ? 'start' : 'end';
    const page = this.#engine.readStream({ stream, direction, from, maxCount: 1000 });
    if (page.status !== 'found') return page.status;
    return page.events.map((event) => `${event.revision}:${labelOf(event)}`).join(' ');
  }

  log(): string[] {
    return this.#engine.readAll({ direction: 'forwards', from: 'start', maxCount: 100_000 }).events.flatMap(logEntry);
  }

  async end(): Promise<void> {
    while (this.#followedTo < this.#engine.lastPosition()) await turn();
    await this.#engine.close();
    await this.#following;
    await this.#bench.clean();
  }

  /** Collects the whole log through subscriptions, each continuing where the previous one ended. */
  async #follow(): Promise<void> {
    const subscription = this.#engine.subscribe({ after: this.#followedTo });
    try {
      for await (const { events, position } of subscription) {
        this.followed.push(...events.flatMap(logEntry));
        this.#followedTo = position;
      }
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'closed') throw error;
    }
  }
}

const newEvent = (id: string, type: string, data: string) => ({
  id,
  type,
  isJson: true,
  data: Buffer.from(data),
  metadata: Buffer.alloc(0),
});

/** An event of the log in the model's notation; none for metadata. */
function logEntry(event: RecordedEvent): string[] {
  if (event.type === '$metadata') return [];
  if (event.type === '$streamDeleted') return [`${event.stream}:end:`];
  return [`${event.stream}:${event.revision}:${labelOf(event)}`];
}

function predict(model: Model, given: Exclude<Step, { kind: 'restart' }>): string {
  if (given.kind === 'append') return model.append(given.name, given.expected, given.ids);
  if (given.kind === 'delete') return model.delete(given.name, given.expected);
  if (given.kind === 'tombstone') return model.tombstone(given.name, given.expected);
  const metadata: Metadata = {};
  if (given.maxCount !== undefined) metadata.maxCount = given.maxCount;
  if (given.truncateBefore !== undefined) metadata.truncateBefore = given.truncateBefore;
  return model.setMetadata(given.name, metadata);
}

describe('the engine and a model of the rules', () => {
  it(`agree on ${RUNS} random histories with restarts in between`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const model = new Model();
        const subject = new Subject();
        try {
          for (const given of steps) {
            if (given.kind === 'restart') await subject.restart();
            else expect([given, await subject.apply(given)]).toEqual([given, predict(model, given)]);
            for (const stream of ['a', 'b', '$c']) {
              expect(subject.read(stream, 'forwards')).toBe(model.read(stream, 'forwards'));
              expect(subject.read(stream, 'backwards')).toBe(model.read(stream, 'backwards'));
            }
          }
          expect(subject.log()).toEqual(model.log);
          await subject.restart();
          expect(subject.log()).toEqual(model.log);
        } finally {
          await subject.end();
        }
        expect(subject.followed).toEqual(model.log);
      }),
      {
        numRuns: RUNS,
        // A history takes a fraction of a second, so one that does not end is a failure, not an interruption.
        timeout: 20_000,
        interruptAfterTimeLimit: Number(process.env.MODEL_LIMIT_MS ?? 25_000),
        markInterruptAsFailure: false,
      },
    );
  });
});
