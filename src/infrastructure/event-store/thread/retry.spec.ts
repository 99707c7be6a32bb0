import { describe, expect, it } from '@jest/globals';
import { AppendRefusedError, EventStoreUnavailableError, WrongExpectedRevisionError } from '../event-store.ts';
import type { Appended, StoredEvent } from '../event-store.ts';
import { now } from './messages.ts';
import type { AppendCall } from './messages.ts';
import { appendWithRetries } from './retry.ts';
import type { Outcome } from './retry.ts';

const success: Appended = { revision: 1, position: 200n };

function call(budgetMs: number, repeated = false): AppendCall {
  const events = ['a', 'b'].map((id) => ({ id, type: 'T', data: '{}', metadata: '{}' }));
  return {
    kind: 'append',
    call: 1,
    deadlineMs: now() + budgetMs,
    stream: 's',
    expectedRevision: 'no_stream',
    events,
    repeated,
  };
}

function stored(...ids: string[]): StoredEvent[] {
  return ids.map((id, revision) => ({
    id,
    type: 'T',
    data: '{}',
    metadata: '{}',
    stream: 's',
    revision,
    position: BigInt(100 * (revision + 1)),
  }));
}

/** A store with scripted answers; the last one repeats. */
class Script {
  tries = 0;
  reads = 0;
  readonly #answers: (Outcome | Appended)[];
  readonly #inStream: StoredEvent[] | Error;
  readonly #pageSize: number;
  constructor(answers: (Outcome | Appended)[], inStream: StoredEvent[] | Error = [], pageSize = Infinity) {
    this.#answers = answers;
    this.#inStream = inStream;
    this.#pageSize = pageSize;
  }
  attempt(): Promise<Appended> {
    const answer = this.#answers[Math.min(this.tries++, this.#answers.length - 1)]!;
    return typeof answer === 'string' ? Promise.reject(new Error(answer)) : Promise.resolve(answer);
  }
  readBack(from: number, maxCount: number): Promise<StoredEvent[]> {
    this.reads += 1;
    if (this.#inStream instanceof Error) return Promise.reject(this.#inStream);
    return Promise.resolve(this.#inStream.slice(from, from + Math.min(maxCount, this.#pageSize)));
  }
  classify(error: unknown): Outcome {
    return (error as Error).message as Outcome;
  }
  describe(error: unknown): string {
    return (error as Error).message;
  }
}

describe('appendWithRetries', () => {
  it('retries after outcomes not-taken and unknown', async () => {
    const script = new Script(['not-taken', 'unknown', success]);
    expect(await appendWithRetries(call(2_000), script)).toEqual(success);
    expect(script.tries).toBe(3);
  });

  it('does not retry what is refused', async () => {
    const script = new Script(['refused', success]);
    await expect(appendWithRetries(call(2_000), script)).rejects.toThrow(AppendRefusedError);
    expect(script.tries).toBe(1);
  });

  it('is in conflict at once if no attempt of its own can be the cause', async () => {
    const script = new Script(['not-taken', 'wrong-revision'], stored('a', 'b'));
    await expect(appendWithRetries(call(2_000), script)).rejects.toThrow(WrongExpectedRevisionError);
    expect(script.reads).toBe(0);
  });

  it.each([
    ['an earlier try', ['unknown', 'wrong-revision'] as Outcome[], false],
    ['an earlier thread', ['wrong-revision'] as Outcome[], true],
  ])('recognises in the stream what %s has appended', async (_, answers, repeated) => {
    const script = new Script(answers, stored('A', 'b', 'later'));
    expect(await appendWithRetries(call(2_000, repeated), script)).toEqual({ revision: 1, position: 200n });
  });

  it('recognises it even if a page of the stream ends before the append does', async () => {
    const script = new Script(['wrong-revision'], stored('a', 'b', 'later'), 1);
    expect(await appendWithRetries(call(2_000, true), script)).toEqual({ revision: 1, position: 200n });
    expect(script.reads).toBe(2);
  });

  it.each([
    ['other events', stored('x', 'y')],
    ['its beginning only', stored('a', 'y')],
    ['too little', stored('a')],
    ['nothing', []],
  ])('is in conflict when the stream holds %s in its place', async (_, inStream) => {
    const script = new Script(['unknown', 'wrong-revision'], inStream);
    await expect(appendWithRetries(call(2_000), script)).rejects.toThrow(WrongExpectedRevisionError);
  });

  it('keeps retrying if the stream cannot be read', async () => {
    const script = new Script(['unknown', 'wrong-revision', success], new Error('unknown'));
    expect(await appendWithRetries(call(2_000), script)).toEqual(success);
  });

  it('gives up at the deadline, not later, and says why', async () => {
    const begun = now();
    const failed = appendWithRetries(call(300), new Script(['unknown']));
    await expect(failed).rejects.toThrow(EventStoreUnavailableError);
    await expect(failed).rejects.toThrow('unknown');
    expect(now() - begun).toBeLessThan(1_000);
  });

  it('does not start without time left', async () => {
    const script = new Script([success]);
    await expect(appendWithRetries(call(0), script)).rejects.toThrow(EventStoreUnavailableError);
    expect(script.tries).toBe(0);
  });
});
